"""What may never happen in one step of the guard, whatever the device does and whatever came before."""

from __future__ import annotations

from typing import Any

from eastim.safety import inputs as i
from eastim.safety.guard_state import GuardState
from eastim.safety.interlock import State
from proof.model.same import CLOSED, NEVER_CLEARED
from proof.model.words import STEP_UA, Request

UNANSWERED = "unanswered"
"""The fault of a device that reports silence and answers no cut (decision 0011): a piece of news of its own."""

OPEN = (State.SAFE, State.ARMED, State.LIVE, State.PAUSED)


def news(record: dict[str, Any]) -> str:
    """What a record tells the world."""
    return UNANSWERED if record.get("fault") == UNANSWERED else str(record["type"])


def judge_step(
    was: GuardState, what: i.Input, now: GuardState, wire: list[Request], records: list[dict[str, Any]]
) -> list[str]:
    """What may never happen in a step."""
    said = [record["type"] for record in records]
    cuts = [n for n, request in enumerate(wire) if request.word == "stop"]
    written = [request.word for request in wire if request.word != "stop"]
    risen = [(a, b) for a, b in zip(was.ceilings, now.ceilings, strict=True) if b > a]
    fallen = any(b < a for a, b in zip(was.ceilings, now.ceilings, strict=True))
    rises = {(k, ua) for k, ua in enumerate(now.ceilings) if ua > was.ceilings[k]}
    asked = {(raised.index, raised.to_ua) for raised in was.pending[:1]}
    claims = {
        f"{', '.join(written)} is written in {was.state.value}": written and was.state in CLOSED,
        "a refused frame is written": written and "refused" in said,
        "a frame is written together with a cut": written and cuts,
        f"{', '.join(written)} is written, but no player asked": written and not isinstance(what, i.Asked),
        "a stop does not cut": isinstance(what, i.Stop) and not was.finished and not cuts,
        "a ceiling rises without a kept record": risen and not isinstance(what, i.Recorded),
        "a raise waits that nobody's hand asked for": len(now.pending) > len(was.pending) + isinstance(what, i.Raise),
        f"a raise is taken in {now.state.value}": len(now.pending) > len(was.pending) and now.state is not State.LIVE,
        f"{was.state.value} opens": was.state in CLOSED and now.state in OPEN and not isinstance(what, i.Clear),
        "a ceiling rises as no raise that waited asks": rises - asked,
        "a ceiling falls, and no record says why": fallen
        and not {"lower", "pause", "stop", "trip", "close"} & set(said),
        f"ceilings rise by {risen}": len(risen) > 1 or any(b - a > STEP_UA for a, b in risen),
        f"a ceiling is above zero in {now.state.value}": any(now.ceilings) and now.state is not State.LIVE,
        "the first cause of the trip is lost": was.trip and now.trip != was.trip and not isinstance(what, i.Clear),
        "a trip is told and does not cut": "trip" in said and not cuts,
        f"a trip or stop leads to {now.state.value}": {"trip", "stop"} & set(said) and now.state in OPEN,
        f"{now.state.value} with a trip that nobody cleared": now.trip and now.state in OPEN,
        "a trip that is never cleared is": was.trip
        and now.trip is None
        and not now.finished
        and was.trip.fault in NEVER_CLEARED,
        "ARMED without the operator's go": now.state is State.ARMED
        and was.state is not State.ARMED
        and not isinstance(what, i.Arm | i.Resume),
        "zero is believed, though the device said nothing": (now.state is State.TRIPPED or now.zero)
        and not (was.state is State.TRIPPED or was.zero)
        and not isinstance(what, i.Heard),
        "LIVE without a start": now.state is State.LIVE and was.state not in (State.LIVE, State.ARMED),
        "something happens after the end": was.finished and (wire or records or now != was),
    }
    return [claim for claim, broken in claims.items() if broken]


def cause(was: GuardState, now: GuardState) -> str:
    """The fault that a step made the first cause of a cut; "" for none. Seen before `same` joins the faults."""
    return now.trip.fault if was.trip is None and now.trip is not None else ""


def raised(guard: GuardState, inputs: tuple[i.Input, ...], news: tuple[str, ...]) -> int:
    """Which kind's raise came into force: its record was kept, and the guard did not void it."""
    kept = any(isinstance(what, i.Recorded) and not what.error for what in inputs)
    live = guard.state is State.LIVE and guard.pending
    return guard.pending[0].index if kept and live and not {"void", "trip", "stop"} & set(news) else -1
