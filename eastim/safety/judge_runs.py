"""Which of the order's pulses a run is: the structure of an output against the program, exact and without strength."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from eastim.pulses.program import Program, Section
from eastim.pulses.train import PulseTrain
from eastim.safety.readers.base import Output, Run
from eastim.safety.remembered import Remembered

SILENCE = Output()

Outline = tuple[str, int, Fraction, int, tuple[Fraction, ...]]  # lead, onset, period, count, widths: all but strength


@dataclass(frozen=True, slots=True)
class Place:
    """One run that the program may put out: `kind` sounding in section number `section`, which is of `own` kind."""

    section: int
    kind: str
    own: str
    weights: tuple[int, ...]


def silent(output: Output, now_us: int) -> bool:
    """Whether nothing comes out from now on. A resting current is output."""
    return output.rest_ua == 0 and (not output.runs or output.ends_us <= now_us)


def outline(run: Run) -> Outline:
    """Everything of a run but its currents."""
    return (run.lead, run.onset_us, run.period_us, run.count, tuple(width for _, width in run.phases))


_LEVELS: Remembered[Fraction] = Remembered()
_PLACES: Remembered[tuple[Place, ...]] = Remembered()


def level_ua(run: Run) -> Fraction:
    """The strength of a run: the largest magnitude of its phases, in uA."""
    return _LEVELS.of((run,), lambda: _level_ua(run))


def _level_ua(run: Run) -> Fraction:
    return max((abs(current) for current, _ in run.phases), default=Fraction(0))


def places(run: Run, program: Program) -> tuple[Place, ...]:
    """Name every place in the program that this very run has: same onset, widths, signs, period, count and lead.

    Two at most in practice: a section's own kind, or one that is held there.
    """
    return _PLACES.of((run, program), lambda: _find_places(run, program))


def _find_places(run: Run, program: Program) -> tuple[Place, ...]:
    level = level_ua(run)
    found = _places(program).get(outline(run), ())
    return tuple(place for place in found if _is_scaled(run, place.weights, level))


def _is_scaled(run: Run, weights: tuple[int, ...], level: Fraction) -> bool:
    return [current for current, _ in run.phases] == [weight * level for weight in weights]


@lru_cache(maxsize=64)
def _places(program: Program) -> Mapping[Outline, tuple[Place, ...]]:
    table: dict[Outline, tuple[Place, ...]] = {}
    start_us = 0
    for i, section in enumerate(program.sections):
        for train, count, leads in _sounds(program, section):
            weights = tuple(phase.weight for phase in train.shape.phases)
            widths = tuple(Fraction(phase.width_us) for phase in train.shape.phases)
            place = Place(i, train.kind, section.train.kind, weights)
            for lead in leads:
                key = (lead, start_us, train.period_us, count, widths)
                table[key] = (*table.get(key, ()), place)
        start_us += section.duration_us
    return table


def _sounds(program: Program, section: Section) -> list[tuple[PulseTrain, int, tuple[str, ...]]]:
    """What may sound in a section: its own kind first, or another that is held there."""
    others = [kind for kind in program.kinds if kind != section.train.kind]
    sounds = [program.sounding(section, hold) for hold in (None, *others)]
    return [sound for sound in sounds if sound[1] > 0]


def section_at(output: Output, program: Program, now_us: int) -> int | None:
    """The number of the section that plays at `now_us`; None in silence and before the first."""
    if silent(output, now_us) or output.block_us <= 0 or now_us < output.starts_us:
        return None
    position_us = (now_us - output.starts_us) % output.block_us
    for i, section in enumerate(program.sections):
        position_us -= section.duration_us
        if position_us < 0:
            return i
    return len(program.sections) - 1


def sounding(output: Output, program: Program, lead: str, section: int) -> str | None:
    """The kind that runs on this lead in a section; None where none does. A run at zero strength sounds, too."""
    for run in output.runs:
        if run.lead == lead:
            kinds = [place.kind for place in places(run, program) if place.section == section]
            if kinds:
                return kinds[0]
    return None


def excess(output: Output, program: Program, ceilings: Mapping[tuple[str, str], int], now_us: int) -> str:
    """Say which run is above its ceiling, "" when none is. Silence is above nothing."""
    if silent(output, now_us):
        return ""
    for run in output.runs:
        found = places(run, program)
        highest = max((ceilings.get((run.lead, place.kind), 0) for place in found), default=0)
        if level_ua(run) > highest:
            kinds = " or ".join(place.kind for place in found) or "no ordered kind"
            return f"lead {run.lead}, {kinds}: {level_ua(run)} uA is above the ceiling of {highest} uA"
    return ""
