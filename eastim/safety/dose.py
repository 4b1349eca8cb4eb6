"""How much an output gives: its worst windows, lead by lead. Exact, standard library only.

A window is half-open, 1 s (net direct current: 10 s), starts at an onset, and holds whole the pulses that begin in it.
The block is taken as repeated for ever, so windows over its seam count, and an output that ends sooner gives no more.

No pulse is enumerated that need not be. Within a run a window of W us holds at most ceil(W / period) pulses; only
windows that reach over the run's end differ from that, so only the last so many onsets of each run are tried. Runs on
one lead that begin together are alternatives; others follow one another, as sections do.

Levels and holds change at any time. What came out shortly before (`past`) and what comes now make a mixture that is
bounded from above: in each section, and for each window and quantity anew, the more dangerous of all outputs counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from math import ceil, isqrt
from operator import itemgetter

from eastim.pulses.levels import Levels
from eastim.pulses.program import Program
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import Bound, Limits, says
from eastim.safety.readers.base import Output, Run
from eastim.safety.remembered import Remembered

WINDOW_US = 1_000_000
NET_WINDOW_US = 10_000_000
REFERENCE_OHM = 500  # IEC 60601-2-10 states energy per pulse into 500 ohm

Number = int | Fraction


@dataclass(frozen=True, slots=True)
class LeadDose:
    """The worst of one lead; every value rounded up.

    energy_nj: of one pulse into 500 ohm. net_dc_na: of pulses out of balance and of the resting current, where opposite
    signs do not make up for one another. duty_ppm: pulse length by period.
    """

    lead: str
    peak_ua: int
    phase_charge_pc: int
    rms_ua: int
    mean_rectified_ua: int
    energy_nj: int
    net_dc_na: int
    duty_ppm: int


@dataclass(frozen=True, slots=True)
class Dose:
    """What an output gives, by lead; leads that have no pulses are absent."""

    leads: tuple[LeadDose, ...] = ()

    def lead(self, name: str) -> LeadDose:
        """The dose of a lead; zeros for one that has no pulses."""
        nothing = LeadDose(name, 0, 0, 0, 0, 0, 0, 0)
        return next((found for found in self.leads if found.lead == name), nothing)


@dataclass(frozen=True, slots=True)
class Breach:
    """One quantity of one lead outside its bound."""

    lead: str
    quantity: str
    value: int
    bound: Bound

    def __str__(self) -> str:
        b = self.bound
        if self.quantity == "net_dc_na":
            return f"lead {self.lead}: {self.value} nA of net direct current, must be 0 ({b.source}); balance the pulse"
        value, most = (f"{number} {b.name.rsplit('_', 1)[1]}" for number in (self.value, b.value))
        said = f"lead {self.lead}: {says(b.name)} is {value}, the limit is {most}, set by {b.who} ({b.source})"
        return f"{said}; lower the level, the width or the rate"


def dose(now: Output, past: tuple[Output, ...] = ()) -> Dose:
    """The worst windows of an output, mixed with what came out in the last seconds.

    When it begins and ends has no part in it, so a renewal has the dose of what it renews.
    """
    outputs = (now, *past)
    runs = tuple(chain.from_iterable(output.runs for output in outputs))
    equal = tuple((len(output.runs), output.block_us, output.rest_ua) for output in outputs)
    return _DOSES.of(runs, lambda: _mixed(now, past), equal)


_DOSES: Remembered[Dose] = Remembered(256)


def _mixed(now: Output, past: tuple[Output, ...]) -> Dose:
    blocks: dict[int, dict[tuple[Run, ...], None]] = {}
    for output in (now, *past):
        if output.runs:
            blocks.setdefault(output.block_us, {})[output.runs] = None
    rest_ua = max(abs(output.rest_ua) for output in (now, *past))
    # Blocks of different length belong to different programs, and only silence lets another program in.
    return _worst([_dose(tuple(found), block_us, rest_ua) for block_us, found in blocks.items()])


def program_output(program: Program, levels: Levels, hold: str | None = None) -> Output:
    """What the program puts out at these levels: runs by section, then by lead; ends_us is its whole session.

    hold: that kind replaces every other, for the same durations, on the leads of its first section, with as many pulses
    as have their whole period inside.
    """
    runs: list[Run] = []
    start_us = 0
    for section in program.sections:
        train, count, leads = program.sounding(section, hold)
        runs += [
            _run(train, lead, levels.get((lead, train.kind), 0), start_us, count) for lead in sorted(leads) if count
        ]
        start_us += section.duration_us
    return Output(tuple(runs), 0, program.block_us, program.session_us)


def check_dose(dose: Dose, limits: Limits) -> tuple[Breach, ...]:
    """Every quantity outside its bound; the programmed balance is exact or a breach."""
    return _BREACHES.of((dose, limits), lambda: _breaches(dose, limits))


_BREACHES: Remembered[tuple[Breach, ...]] = Remembered(256)


def _breaches(dose: Dose, limits: Limits) -> tuple[Breach, ...]:
    found = [Breach(lead.lead, b.name, value, b) for lead in dose.leads for value, b in _judged(lead, limits)]
    net = limits.find("net_dc_ua")
    if net is not None:
        found += [Breach(lead.lead, "net_dc_na", lead.net_dc_na, net) for lead in dose.leads if lead.net_dc_na]
    return tuple(found)


_QUANTITIES = ("peak_ua", "phase_charge_pc", "rms_ua", "mean_rectified_ua", "energy_nj", "duty_ppm")


def _judged(lead: LeadDose, limits: Limits) -> Iterator[tuple[int, Bound]]:
    for name in _QUANTITIES:
        bound, value = limits.find(name), getattr(lead, name)
        if bound is not None and value > bound.value:
            yield value, bound


def _run(train: PulseTrain, lead: str, level_ua: int, onset_us: int, count: int) -> Run:
    phases = tuple((Fraction(phase.weight * level_ua), Fraction(phase.width_us)) for phase in train.shape.phases)
    return Run(lead, onset_us, phases, train.period_us, count)


@dataclass(frozen=True, slots=True)
class _Train:
    """A run made ready for counting; charge, square and net of one pulse in pC, uA2 us and pC."""

    onset_us: int
    num: int
    den: int
    count: int
    charge: Number
    square: Number
    net: Number

    def before(self, x_us: int) -> int:
        """Count its onsets before x_us: k with floor(k*p + 1/2) < x, which is k < (x - 1/2) / p."""
        x_us -= self.onset_us
        return 0 if x_us <= 0 else min(self.count, -(-(2 * x_us - 1) * self.den // (2 * self.num)))

    def most(self, window_us: int) -> int:
        """The most onsets that any window within the run can hold."""
        return min(self.count, -(-window_us * self.den // self.num))

    def starts(self, window_us: int) -> Iterator[int]:
        """The onsets whose window reaches over the run's end."""
        for k in range(self.count - self.most(window_us), self.count):
            yield self.onset_us + (2 * k * self.num + self.den) // (2 * self.den)


@lru_cache(maxsize=256)
def _dose(outputs: tuple[tuple[Run, ...], ...], block_us: int, rest_ua: Fraction) -> Dose:
    runs = tuple(dict.fromkeys(run for output in outputs for run in output))
    leads = sorted({run.lead for run in runs})
    return Dose(tuple(_lead_dose(lead, [r for r in runs if r.lead == lead], block_us, rest_ua) for lead in leads))


def _lead_dose(lead: str, runs: list[Run], block_us: int, rest_ua: Fraction) -> LeadDose:
    trains = [_train(run) for run in runs]
    charge = _fullest(trains, block_us, WINDOW_US, [train.charge for train in trains])
    square = _fullest(trains, block_us, WINDOW_US, [train.square for train in trains])
    net = _fullest(trains, block_us, NET_WINDOW_US, [train.net for train in trains])
    phases = [phase for run in runs for phase in run.phases]
    return LeadDose(
        lead,
        peak_ua=ceil(max(abs(ua) for ua, _ in phases) + rest_ua),
        phase_charge_pc=ceil(max(abs(ua) * us for ua, us in phases)),
        rms_ua=_root_up(Fraction(square, WINDOW_US) + rest_ua**2),
        mean_rectified_ua=ceil(Fraction(charge, WINDOW_US) + rest_ua),
        # 1 uA2 x 1 us x 1 ohm = 1e-18 J
        energy_nj=ceil(Fraction(max(train.square for train in trains) * REFERENCE_OHM, 10**9)),
        net_dc_na=ceil(1000 * (Fraction(net, NET_WINDOW_US) + rest_ua)),
        duty_ppm=ceil(max(sum(us for _, us in run.phases) / run.period_us for run in runs) * 1_000_000),
    )


def _train(run: Run) -> _Train:
    charge = sum((abs(ua) * us for ua, us in run.phases), Fraction(0))
    square = sum((ua * ua * us for ua, us in run.phases), Fraction(0))
    net = abs(sum((ua * us for ua, us in run.phases), Fraction(0)))
    num, den = run.period_us.as_integer_ratio()
    return _Train(run.onset_us, num, den, run.count, _whole(charge), _whole(square), _whole(net))


def _whole(value: Fraction) -> Number:
    """An int where it is one: sums of ints are many times faster than sums of Fractions."""
    return value.numerator if value.denominator == 1 else value


def _fullest(trains: list[_Train], block_us: int, window_us: int, each: list[Number]) -> Number:
    """The most that any window holds, when a pulse of trains[i] counts each[i]."""
    if not any(each):
        return 0
    slots: dict[int, list[tuple[_Train, Number]]] = {}
    for train, value in zip(trains, each, strict=True):
        slots.setdefault(train.onset_us, []).append((train, value))
    row = sorted(slots.items())
    starts = {t for train in trains for t in train.starts(window_us)}
    inside = max(train.most(window_us) * value for train, value in zip(trains, each, strict=True))
    return max(inside, *(_held(row, t, t + window_us, block_us) for t in starts))


def _held(row: list[_Slot], start_us: int, end_us: int, block_us: int) -> Number:
    """What the window from start_us to end_us holds: section by section, block after block, each at its worst."""
    at = bisect_right(row, start_us, key=_onset) - 1
    held: Number = 0
    while row[at][0] < end_us:
        held += max(value * (train.before(end_us) - train.before(start_us)) for train, value in row[at][1])
        at += 1
        if at == len(row):  # the next block: move the window back instead of the trains on
            at, start_us, end_us = 0, start_us - block_us, end_us - block_us
    return held


_Slot = tuple[int, list[tuple[_Train, Number]]]  # a section: when its first pulse begins, and what may sound in it
_onset = itemgetter(0)


def _worst(doses: Iterable[Dose]) -> Dose:
    by_lead: dict[str, LeadDose] = {}
    for lead in chain.from_iterable(found.leads for found in doses):
        other = by_lead.get(lead.lead, lead)
        values = {name: max(getattr(lead, name), getattr(other, name)) for name in LeadDose.__slots__ if name != "lead"}
        by_lead[lead.lead] = LeadDose(lead.lead, **values)
    return Dose(tuple(by_lead[name] for name in sorted(by_lead)))


def _root_up(square: Fraction) -> int:
    """The smallest whole number whose square is not below."""
    whole = ceil(square)
    return isqrt(whole - 1) + 1 if whole > 0 else 0
