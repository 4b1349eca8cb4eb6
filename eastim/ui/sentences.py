"""What happened, in one plain sentence each. No colour, no cursor movement: a screen reader reads them as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eastim.front import Happened
from eastim.text import safe_text
from eastim.units import format_current, format_left

MAX_SENTENCE = 300

STATES = {
    "SAFE": "The device is found, checked and silent. Press Enter to begin at zero strength.",
    "ARMED": "Armed. The contact test runs, then the session begins at zero strength.",
    "LIVE": "Live at zero strength.",
    "PAUSED": "Paused: silent, and all strengths are back at zero. Press p to go on from zero.",
    "STOPPING": "Stopping: waiting for the device to confirm zero.",
    "UNCERTAIN": "ZERO IS NOT CONFIRMED: take the leads off.",
}
WHY = {"raise": "raised", "lower": "lowered", "zeroed": "back at zero"}


def sentence(event: Happened) -> str | None:
    """Say one happening; None for what is not worth a sentence (a status)."""
    body = event.body
    match event.name:
        case "state":
            return _state(body)
        case "level":
            why = WHY.get(str(body.get("why")), safe_text(body.get("why", "")))
            return f"Lead {_word(body, 'lead')}, {_kind(body.get('kind'))}: {format_current(int(body['ua']))}, {why}."
        case "section":
            return f"{_kind(body.get('kind'))} sounds." if body.get("kind") is not None else None
        case "hold":
            return (
                f"{_kind(body.get('kind'))} is held on all leads; k releases it." if body.get("kind") else "Released."
            )
        case "notice":
            return _told("ALARM" if body.get("priority") == "high" else "Notice", body.get("text", ""))
        case "trip":
            return _told("TRIPPED", body.get("text", ""))
        case "end":
            return ended(body)
        case _:
            return None


def _state(body: Mapping[str, Any]) -> str | None:
    state = str(body.get("state"))
    return tripped(body) if state == "TRIPPED" else STATES.get(state)


def tripped(body: Mapping[str, Any], *, clears: bool = True) -> str:
    """Say the state TRIPPED. clears: whether the operator can clear this fault and go on."""
    way_out = "Press Enter to clear it, space to end" if clears else "It can't be cleared, so the session ends"
    return _told("Zero is confirmed after a fault", f"{body.get('cause', '')}. {way_out}")


def _word(body: Mapping[str, Any], name: str) -> str:
    return safe_text(body.get(name, "?"), 32)


def _kind(kind: object) -> str:
    """Kinds that are named by their rate are said with its unit."""
    name = safe_text(kind, 32)
    return f"{name} Hz" if name.replace(".", "").isdecimal() else name


def _told(what: str, text: object) -> str:
    return f"{what}: {safe_text(text, MAX_SENTENCE)}."


def never_started(body: Mapping[str, Any]) -> bool:
    """Whether an `end` is of a session that did not come to its first SAFE."""
    return bool(body.get("error")) or str(body.get("reason", "")).startswith("never started")


def ended(body: Mapping[str, Any]) -> str:
    """Say how it ended; whether zero is confirmed comes first of all that matters."""
    zero = "Output zero confirmed" if body.get("zero") else "ZERO IS NOT CONFIRMED: TAKE THE LEADS OFF"
    if body.get("error"):
        if body.get("zero"):
            return f"The session ended before it began: {safe_text(body['error'], MAX_SENTENCE)}."
        return f"{zero}. {safe_text(body['error'], MAX_SENTENCE)}."
    return f"{zero}. The session ended: {safe_text(body.get('reason', ''), MAX_SENTENCE)}."


def strengths(levels: Mapping[str, Mapping[str, int]]) -> str:
    """Say the strengths of all leads: "A 2 Hz 0.5 mA, 100 Hz 0.3 mA; B ..."."""
    return "; ".join(
        f"{safe_text(lead, 8)} " + ", ".join(f"{_kind(kind)} {format_current(ua)}" for kind, ua in kinds.items())
        for lead, kinds in levels.items()
    )


def time_left(left_us: int) -> str:
    """Say the time left: "29:54 left"."""
    return f"{format_left(left_us)} left"
