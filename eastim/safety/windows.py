"""How many pulses of which train any window can hold. Exact, and without strength: so it is counted once a program.

A window is half-open and starts at an onset. Within a train a window of W us holds at most ceil(W / period) pulses;
only windows that reach over the train's end differ from that, so only the last so many onsets of each train are tried.
The block is taken as repeated for ever. Trains that begin together are alternatives; others follow one another.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from operator import itemgetter, le
from typing import NamedTuple

from eastim.safety.readers.base import Run

Number = int | Fraction

# A pattern is what one window holds. Each term is a section: of its alternatives (which timing, pulses) one sounds.
Term = tuple[tuple[int, int], ...]
Pattern = tuple[Term, ...]


class Timing(NamedTuple):
    """When the pulses of a run come: onset k is onset_us + round half up of k * num / den, k below pulses."""

    onset_us: int
    num: int
    den: int
    pulses: int

    def before(self, x_us: int) -> int:
        """Count its onsets before x_us: k with floor(k*p + 1/2) < x, which is k < (x - 1/2) / p."""
        x_us -= self.onset_us
        return max(0, min(self.pulses, -(-(2 * x_us - 1) * self.den // (2 * self.num))))

    def most(self, window_us: int) -> int:
        """The most onsets that any window within the run can hold."""
        return min(self.pulses, -(-window_us * self.den // self.num))

    def starts(self, window_us: int) -> Iterator[int]:
        """The onsets whose window reaches over the run's end."""
        for k in range(self.pulses - self.most(window_us), self.pulses):
            yield self.onset_us + (2 * k * self.num + self.den) // (2 * self.den)


def timing(run: Run) -> Timing:
    """When a run's pulses come, its lead and strength apart."""
    return Timing(run.onset_us, *run.period_us.as_integer_ratio(), run.count)


def fullest(timings: Sequence[Timing], each: Sequence[Number], block_us: int, window_us: int) -> Number:
    """The most that any window holds, when a pulse of timings[i] counts each[i], 0 or more."""
    if not any(each):
        return 0
    worth: dict[Timing, Number] = {}
    for when, value in zip(timings, each, strict=True):
        worth[when] = max(worth.get(when, value), value)
    distinct = tuple(sorted(worth))
    values = [worth[when] for when in distinct]
    found = patterns(distinct, block_us, window_us)
    return max(sum(max(values[i] * pulses for i, pulses in term) for term in pattern) for pattern in found)


@lru_cache(maxsize=128)
def patterns(distinct: tuple[Timing, ...], block_us: int, window_us: int) -> tuple[Pattern, ...]:
    """Every pattern that no other one exceeds: at any strengths one of these is the fullest window.

    distinct: sorted.
    """
    row = _sections(distinct)
    starts = {start_us for when in distinct for start_us in when.starts(window_us)}
    found = {_pattern(row, start_us, start_us + window_us, block_us) for start_us in starts}
    found |= {(((i, when.most(window_us)),),) for i, when in enumerate(distinct)}
    return tuple(_maximal(found))


_Section = tuple[int, list[tuple[int, Timing]]]  # when its first pulse begins, and what may sound in it
_onset = itemgetter(0)


def _sections(distinct: tuple[Timing, ...]) -> list[_Section]:
    found: dict[int, list[tuple[int, Timing]]] = {}
    for i, when in enumerate(distinct):
        found.setdefault(when.onset_us, []).append((i, when))
    return list(found.items())


def _pattern(row: list[_Section], start_us: int, end_us: int, block_us: int) -> Pattern:
    """What the window from start_us to end_us holds: section by section, block after block."""
    at = bisect_right(row, start_us, key=_onset) - 1
    terms: list[Term] = []
    while row[at][0] < end_us:
        terms.append(tuple((i, when.before(end_us) - when.before(start_us)) for i, when in row[at][1]))
        at += 1
        if at == len(row):  # the next block: move the window back instead of the trains on
            at, start_us, end_us = 0, start_us - block_us, end_us - block_us
    return tuple(terms)


def _maximal(found: Iterable[Pattern]) -> Iterator[Pattern]:
    """Leave out what another pattern of the same trains exceeds or equals in each of them."""
    alike: dict[tuple[tuple[int, ...], ...], list[tuple[tuple[int, ...], Pattern]]] = {}
    for pattern in found:
        counts = tuple(pulses for term in pattern for _, pulses in term)
        alike.setdefault(tuple(tuple(i for i, _ in term) for term in pattern), []).append((counts, pattern))
    for group in alike.values():
        kept: list[tuple[int, ...]] = []
        for counts, pattern in sorted(group, key=lambda pair: -sum(pair[0])):
            if not any(all(map(le, counts, other)) for other in kept):
                kept.append(counts)
                yield pattern
