"""The demo's operator: a script instead of keys. It reads no stdin; the simulator is the only device it is given."""

from __future__ import annotations

from typing import TextIO

from eastim.front import Act, Happened
from eastim.ui.sentences import sentence
from eastim.units import format_current, format_left

BAR = 24
STRIP_US = 1_000_000

# Session time in us, act, lead. A raise with kind null takes what is sounding: 2 Hz from 0 and 6 s, 100 Hz from 3 and
# 9 s. One step waits for a whole pulse of the last, at 2 Hz half a second.
SCRIPT: tuple[tuple[int, str, str], ...] = (
    (700_000, "raise", "A"),
    (900_000, "raise", "B"),
    (1_400_000, "raise", "A"),
    (1_600_000, "raise", "B"),
    (2_100_000, "raise", "A"),
    (3_300_000, "raise", "A"),
    (3_600_000, "raise", "B"),
    (3_900_000, "raise", "A"),
    (4_200_000, "raise", "B"),
    (6_700_000, "raise", "A"),
    (6_900_000, "raise", "B"),
    (7_500_000, "lower", "A"),
    (9_400_000, "raise", "B"),
)


class ScriptedFront:
    """Arm once the device is found, then play the script; show everything."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._script = list(SCRIPT)
        self._armed = self._begun = False
        self._strip_us = 0

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        acts: list[Act] = []
        for event in happened:
            acts += self._see(event)
        while self._begun and self._script and self._script[0][0] <= now_us:
            _, name, lead = self._script.pop(0)
            acts.append(Act(name, {"lead": lead, "kind": None}))
        return acts

    def fds(self) -> list[int]:
        return []

    def next_us(self) -> int | None:
        return self._script[0][0] if self._begun and self._script else None

    def close(self) -> None:
        self._out.flush()

    def _see(self, event: Happened) -> list[Act]:
        state = event.body.get("state") if event.name == "state" else None
        self._begun = self._begun or state == "LIVE"
        if event.name == "status":
            self._strip(event)
        else:
            self._tell(event)
        if state == "SAFE" and not self._armed:
            self._armed = True
            return [Act("arm")]
        if state == "TRIPPED":
            return [Act("stop", {"source": "demo"})]  # the script has no answer to a fault
        return []

    def _tell(self, event: Happened) -> None:
        said = "The device is found, checked and silent; the script arms." if _is_safe(event) else sentence(event)
        if said is not None:
            self._say(f"{event.at_us / 1e6:5.1f} s  {said}")

    def _strip(self, event: Happened) -> None:
        """Once a second: how far, what sounds, and what the device measures on each lead."""
        if not self._begun or event.at_us < self._strip_us:
            return
        self._strip_us = event.at_us - event.at_us % STRIP_US + STRIP_US
        body = event.body
        played_us, left_us = int(body.get("played_us", 0)), int(body.get("left_us", 0))
        whole = max(1, played_us + left_us)
        filled = BAR * played_us // whole
        measured = "  ".join(
            f"{lead} +{format_current(now['plus_ua'])} -{format_current(now['minus_ua'])}"
            for lead, now in body.get("measured", {}).items()
            if now.get("plus_ua") and now.get("kind") == body.get("kind")
        )
        bar = "#" * filled + "." * (BAR - filled)
        kind = f"{body['kind']} Hz" if body.get("kind") else "-"
        self._say(f"{event.at_us / 1e6:5.1f} s  [{bar}] {format_left(left_us)} left  {kind:<7} {measured}".rstrip())

    def _say(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def _is_safe(event: Happened) -> bool:
    return event.name == "state" and event.body.get("state") == "SAFE"
