"""What is known of a cell: the current at the loads, the ledger, the end; and the words for what must not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from eastim.ledger_verify import LedgerRecord
from proof.asked import Act

Edge = tuple[int, str, int]  # us, lead, uA at the load from then on
Rule = Literal["envelope", "double", "restart", "charge", "shape", "rate", "zero", "felt", "log", "end"]

STEP_UA = 100  # one raise of a needle up to 1 mA
MAX_UA = 1000  # of both leads, as ordered
CONTACT_UA = 100
WIDTHS = {"2": 600, "100": 200, "contact": 100}
PERIODS = {"2": 500_000, "100": 10_000}
ROUNDED_US = 2  # an onset is at a whole us
# A pulse that has begun is finished, and what was read just before it still acts on it (1.5, 5.3).
PULSE_US = 5_000
# A lower may take this long until it is followed, or else cut.
FOLLOW_US = 250_000
# What ends the output when no stop arrives: the lease (5.5), and the answers that were on their way.
LEASE_US = 505_000
CONTACT_US = 205_000  # a contact test of both leads: 2 x 10 pulses, 10 ms each


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a cell. Times in us on the device's and the guard's clock, which are one.

    end: the body of the session's end. error: what crashed, "" for nothing. began_us: when the fault began, None when
    it never did. rebooted_us: when the device booted anew. ended_us: when the session ended; the edges go on after it.
    trips_told: of how many trips the operator was told. raises: every raise that the operator said, and when. stops:
    when a stop reached the device, obeyed or not. acted: whether the device did what the fault says, until the end.
    """

    edges: tuple[Edge, ...]
    records: tuple[LedgerRecord, ...]
    problems: tuple[str, ...]
    end: Mapping[str, Any]
    error: str
    began_us: int | None
    rebooted_us: int | None
    ended_us: int
    trips_told: int = 0
    raises: tuple[Act, ...] = ()
    stops: tuple[int, ...] = ()
    acted: bool = True


@dataclass(frozen=True, slots=True)
class Late:
    """How long the output may go on after a cut: usual_us, and from a fault until it no longer acts harmed_us."""

    usual_us: int = PULSE_US
    harmed_us: int = PULSE_US
    from_us: int = 0
    until_us: int = 0

    def us(self, cut_us: int, follow_us: int = 0) -> int:
        """For a cut at this moment; one that may take its time meets also what begins in the meantime."""
        within = self.from_us <= cut_us + follow_us and cut_us <= self.until_us
        return self.harmed_us if within else self.usual_us


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that must not be. ua: how much flowed; of: the lead and kind of the pulse, where it is one.

    since_us: when what is wrong began, where that is before it was there to be seen.
    """

    rule: Rule
    at_us: int
    text: str
    ua: int = 0
    of: str = ""
    since_us: int | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


@dataclass(frozen=True, slots=True)
class Pulse:
    """One stretch of current of a lead, from zero to zero; phases: (uA, us) each. ended: False when it never did."""

    lead: str
    at_us: int
    phases: tuple[tuple[int, int], ...]
    ended: bool

    @property
    def peak_ua(self) -> int:
        return max(abs(ua) for ua, _ in self.phases)

    @property
    def charge_pc(self) -> int:
        return sum(ua * us for ua, us in self.phases)

    @property
    def ends_us(self) -> int:
        return self.at_us + sum(us for _, us in self.phases)

    def breaks(self, rule: Rule, text: str, since_us: int | None = None) -> Breach:
        return Breach(rule, self.at_us, text, self.peak_ua, f"{self.lead} {self.kind}", since_us)

    @property
    def kind(self) -> str:
        """By its first phase: 600 us is of 2 Hz, 200 of 100 Hz, 100 of the contact test; also on a clock 1/4 off."""
        width_us = self.phases[0][1]
        return "contact" if width_us < 140 else "100" if width_us < 350 else "2"


def pulses(edges: Sequence[Edge], until_us: int) -> list[Pulse]:
    """Cut edges into pulses; what has not ended lasts until `until_us`."""
    found: list[Pulse] = []
    for lead in sorted({lead for _, lead, _ in edges}):
        begun: list[tuple[int, int]] = []
        for t_us, name, ua in edges:
            if name == lead:
                begun.append((t_us, ua))
                if ua == 0:
                    found += [Pulse(lead, begun[0][0], _phases(begun), True)] if t_us > begun[0][0] else []
                    begun = []
        if begun:
            found.append(Pulse(lead, begun[0][0], _phases([*begun, (max(until_us, begun[-1][0] + 1), 0)]), False))
    return sorted(found, key=lambda pulse: pulse.at_us)


def _phases(points: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((ua, after_us - t_us) for (t_us, ua), (after_us, _) in pairwise(points) if after_us > t_us)
