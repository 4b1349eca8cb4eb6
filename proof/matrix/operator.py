"""The operator of a cell: a script of acts by session time, and what an operator does when something happens.

After a trip it looks on for a while, because nothing may start by itself then. An operator that goes on clears the
trip, arms anew and raises once.
"""

from __future__ import annotations

from eastim.clock import ManualClock
from eastim.front import Act, Happened


def _raise(lead: str) -> Act:
    return Act("raise", {"lead": lead, "kind": None})


def _lower(lead: str) -> Act:
    return Act("lower", {"lead": lead, "kind": None})


# 2 s of 2 Hz and 2 s of 100 Hz by turns. A raise of 2 Hz needs a pulse (500 ms) and its report (100 ms) to be felt.
SCRIPT: tuple[tuple[int, Act], ...] = (
    (550_000, _raise("A")),
    (600_000, _raise("B")),
    (1_250_000, _raise("A")),
    (2_300_000, _raise("A")),
    (2_400_000, _raise("B")),
    (2_700_000, _raise("A")),
    (3_100_000, _raise("B")),
    (8_700_000, _lower("A")),
    (9_000_000, _lower("B")),
    (9_500_000, Act("pause")),
    (10_300_000, Act("resume")),
    (10_700_000, Act("resume")),  # for when the first was refused; else it changes nothing
    (11_000_000, _raise("A")),
    (11_050_000, _raise("B")),
    (12_360_000, _raise("A")),
    (12_400_000, _raise("B")),
)
STOP_US = 12_600_000
LONGEST_US = 20_000_000  # a session of 12 s that has not ended by then is stopped

WATCHES_US = 1_500_000
AGAIN: tuple[tuple[int, Act], ...] = ((600_000, _raise("A")), (2_500_000, Act("stop", {"source": "operator"})))


class Operator:
    """A front end that plays the script. goes_on: what it does after a trip; stops: whether it stops at STOP_US."""

    def __init__(self, clock: ManualClock, *, goes_on: bool, stops: bool) -> None:
        self._clock, self._goes_on = clock, goes_on
        stop_us = STOP_US if stops else LONGEST_US
        self._script = [*SCRIPT, (stop_us, Act("stop", {"source": "operator"}))]
        self._due: list[tuple[int, Act]] = []
        self._began_us: int | None = None
        self._armed = False
        self.state = "OFF"
        self.happened: list[tuple[int, Happened]] = []

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        now_us = self._clock.now_us()
        for what in happened:
            self.happened.append((now_us, what))
            if what.name == "state":
                self.state = str(what.body["state"])
                self._see(now_us)
        acts = [act for at_us, act in self._due if at_us <= now_us]
        self._due = [(at_us, act) for at_us, act in self._due if at_us > now_us]
        return acts

    def fds(self) -> list[int]:
        return []

    def next_us(self) -> int | None:
        """Session time; before the session has begun, or at an act that is due, as soon as possible."""
        if not self._due:
            return None
        return 0 if self._began_us is None else self._due[0][0] - self._began_us

    def close(self) -> None:
        pass

    def _see(self, now_us: int) -> None:
        """Plan what this state asks for."""
        if self.state == "SAFE":
            self._arm(now_us)
        elif self.state == "LIVE":
            self._began_us = now_us if self._began_us is None else self._began_us
            if self._script:
                self._due, self._script = [(now_us + at_us, act) for at_us, act in self._script], []
        elif self.state == "TRIPPED":
            self._tripped(now_us)
        elif self.state == "UNCERTAIN":
            self._due = [(now_us + WATCHES_US, Act("stop", {"source": "operator"}))]

    def _arm(self, now_us: int) -> None:
        """Arm; when that is done anew it may be refused for good (the ordered time is used up), and then it stops."""
        self._due = [(now_us + 50_000, Act("arm"))]
        if self._armed:
            self._due.append((now_us + 2 * WATCHES_US, Act("stop", {"source": "operator"})))
        self._armed = True

    def _tripped(self, now_us: int) -> None:
        stop = Act("stop", {"source": "operator"})
        self._due = [(now_us + WATCHES_US, stop)]
        if self._goes_on:
            self._goes_on = False
            self._script = list(AGAIN)
            self._due = [(now_us + WATCHES_US, Act("clear")), (now_us + 2 * WATCHES_US, stop)]
