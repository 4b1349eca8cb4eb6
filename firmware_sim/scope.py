"""An oscilloscope at the loads: every change of current with its microsecond, judged by nobody.

Its time is that of the simulator: it starts with the program and never goes back, also over a reset of the device
(whose own clock, in STATUS, starts again at 0). Equal pulses are kept as one train and written out when somebody looks,
so an unwatched scope costs nothing per pulse.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from typing import TextIO

from firmware_sim.drift import TRUE, Drift

Edge = tuple[int, str, int]  # t_us, lead, uA at the load from then on


@dataclass(slots=True)
class Train:
    """Pulses equal at the load. Onset k is start + floor(k * den * 10^6 / num + 1/2) us, first <= k < last (4.4).

    These are us of the device; what it gives out is in the scope's own time, by the drift of the device's clock.
    """

    lead: str
    start_us: int
    num: int
    den: int
    first: int
    last: int
    width_us: int
    gap_us: int
    first_ua: int
    second_ua: int
    drift: Drift = TRUE

    def onset_us(self, k: int) -> int:
        """Return the moment of onset k."""
        return self.drift.world(self.start_us + (2 * k * self.den * 1_000_000 + self.num) // (2 * self.num))

    def end_us(self) -> int:
        """Return the end of the last pulse."""
        return self.onset_us(self.last - 1) + 2 * self.drift.span(self.width_us) + self.drift.span(self.gap_us)

    def follows(self, other: Train) -> bool:
        """Say whether this goes on where `other` ends, the same in all else."""
        return self.first == other.last and self._same() == other._same()

    def _same(self) -> tuple[object, ...]:
        own = (self.start_us, self.num, self.den, self.width_us, self.gap_us, self.first_ua, self.second_ua)
        return *own, self.drift

    def edges(self, since_us: int = 0) -> Iterator[Edge]:
        """Yield the changes of current from a moment on, in order."""
        drift, lead = self.drift, self.lead
        steps = _steps(self.first_ua, self.second_ua, drift.span(self.width_us), drift.span(self.gap_us))
        for k in range(self.first, self.last):
            onset = self.onset_us(k)
            for after, ua in steps:
                if onset + after >= since_us:
                    yield onset + after, lead, ua


def _steps(first_ua: int, second_ua: int, width_us: int, gap_us: int) -> tuple[tuple[int, int], ...]:
    """Return the changes of one pulse as (us after the onset, uA), moments without a change left out."""
    wanted = [(0, first_ua), (width_us, 0), (width_us + gap_us, second_ua), (2 * width_us + gap_us, 0)]
    if gap_us == 0:
        del wanted[1]
    steps, before = [], 0
    for after, ua in wanted:
        if ua != before:
            steps.append((after, ua))
            before = ua
    return tuple(steps)


class Scope:
    """Keep what came out, per lead, for as long as the program runs."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Train | Edge]] = {}
        self._ends: dict[str, list[int]] = {}
        self.writer: EdgeWriter | None = None
        self.drift = TRUE  # of the device's clock, from now on

    def add(self, train: Train) -> None:
        """Take pulses as they begin; a begun pulse is always finished (1.5)."""
        if not train.first_ua and not train.second_ua:
            return
        train.drift = self.drift
        if self.writer is not None:
            self.writer.put(train.edges())
        kept, ends = self._kept.setdefault(train.lead, []), self._ends.setdefault(train.lead, [])
        if kept and isinstance(kept[-1], Train) and train.follows(kept[-1]):
            kept[-1].last = train.last
            ends[-1] = train.end_us()
            return
        kept.append(train)
        ends.append(train.end_us())

    def step(self, t_us: int, lead: str, ua: int) -> None:
        """Take one change of a resting current, as a broken output stage makes it."""
        edge = (self.drift.world(t_us), lead, ua)
        if self.writer is not None:
            self.writer.put(iter([edge]))
        self._kept.setdefault(lead, []).append(edge)
        self._ends.setdefault(lead, []).append(edge[0])

    def edges(self, since_us: int = 0, until_us: int | None = None) -> Iterator[Edge]:
        """Yield all changes with since_us <= t_us <= until_us, in order of time, then lead."""
        for edge in merge(*(self._lead(lead, since_us) for lead in sorted(self._kept))):
            if until_us is not None and edge[0] > until_us:
                return
            yield edge

    def _lead(self, lead: str, since_us: int) -> Iterator[Edge]:
        for kept in self._kept[lead][bisect_left(self._ends[lead], since_us) :]:
            if isinstance(kept, Train):
                yield from kept.edges(since_us)
            else:
                yield kept

    def page(self, since_us: int, until_us: int, most: int = 20_000) -> tuple[list[Edge], bool]:
        """Return about `most` edges and whether more follow; it ends with a whole us, so the next asks from t + 1."""
        page: list[Edge] = []
        for edge in self.edges(since_us, until_us):
            if len(page) >= most and edge[0] != page[-1][0]:
                return page, True
            page.append(edge)
        return page, False


class EdgeWriter:
    """Write edges as JSON lines, in order of time, once their moment has come."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: list[Edge] = []

    def put(self, edges: Iterator[Edge]) -> None:
        """Take edges; some may lie a pulse ahead."""
        self._waiting += edges

    def flush(self, now_us: int | None = None) -> None:
        """Write all edges up to a moment (None: all) and hand them to the system."""
        if not self._waiting:
            return
        self._waiting.sort()
        cut = len(self._waiting) if now_us is None else bisect_left(self._waiting, (now_us + 1, "", 0))
        lines = [f'{{"t_us": {t}, "lead": "{lead}", "ua": {ua}}}\n' for t, lead, ua in self._waiting[:cut]]
        del self._waiting[:cut]
        self._file.write("".join(lines))
        self._file.flush()
