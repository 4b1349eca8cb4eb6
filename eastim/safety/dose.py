"""How much an output gives: its worst windows, lead by lead. Exact, standard library only.

A window is half-open, 1 s (net direct current: 10 s), starts at an onset, and holds whole the pulses that begin in it.
The block is taken as repeated for ever, so windows over its seam count, and an output that ends sooner gives no more.

How many pulses of which run a window can hold does not depend on strength and is counted apart (windows). Runs on one
lead that begin together are alternatives; others follow one another, as sections do.

Levels and holds change at any time. What came out shortly before (`past`) and what comes now make a mixture that is
bounded from above: in each section, and for each window and quantity anew, the more dangerous of all outputs counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain
from math import ceil, isqrt
from typing import Any

from eastim.pulses.levels import Levels
from eastim.pulses.program import Program
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import Bound, Limits, says
from eastim.safety.readers.base import Output, Run
from eastim.safety.remembered import Remembered
from eastim.safety.windows import Number, Timing, fullest, timing

WINDOW_US = 1_000_000
NET_WINDOW_US = 10_000_000
REFERENCE_OHM = 500  # IEC 60601-2-10 states energy per pulse into 500 ohm


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


_DOSES: Remembered[Dose] = Remembered()


def _mixed(now: Output, past: tuple[Output, ...]) -> Dose:
    blocks: dict[int, list[Run]] = {}
    for output in (now, *past):
        blocks.setdefault(output.block_us, []).extend(output.runs)
    rest_ua = max(abs(output.rest_ua) for output in (now, *past))
    # Blocks of different length belong to different programs, and only silence lets another program in.
    return _worst([_dose(runs, block_us, rest_ua) for block_us, runs in blocks.items()])


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


_BREACHES: Remembered[tuple[Breach, ...]] = Remembered()


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
    """A run made ready for counting.

    Of one pulse: charge in pC, square in uA2 us, net in pC, peak in uA, charge of the larger phase in pC. duty: pulse
    length by period.
    """

    timing: Timing
    charge: Number
    square: Number
    net: Number
    peak: Number
    phase: Number
    duty: Fraction


def _dose(runs: list[Run], block_us: int, rest_ua: Fraction) -> Dose:
    by_lead: dict[str, list[_Train]] = {}
    for run in runs:
        by_lead.setdefault(run.lead, []).append(_TRAINS.of((run,), partial(_train, run)))
    return Dose(tuple(_lead_dose(lead, trains, block_us, rest_ua) for lead, trains in by_lead.items()))


def _lead_dose(lead: str, trains: list[_Train], block_us: int, rest_ua: Fraction) -> LeadDose:
    timings = [train.timing for train in trains]
    charge = fullest(timings, [train.charge for train in trains], block_us, WINDOW_US)
    square = fullest(timings, [train.square for train in trains], block_us, WINDOW_US)
    net = fullest(timings, [train.net for train in trains], block_us, NET_WINDOW_US)
    return LeadDose(
        lead,
        peak_ua=ceil(max(train.peak for train in trains) + rest_ua),
        phase_charge_pc=ceil(max(train.phase for train in trains)),
        rms_ua=_root_up(Fraction(square, WINDOW_US) + rest_ua**2),
        mean_rectified_ua=ceil(Fraction(charge, WINDOW_US) + rest_ua),
        # 1 uA2 x 1 us x 1 ohm = 1e-18 J
        energy_nj=ceil(Fraction(max(train.square for train in trains) * REFERENCE_OHM, 10**9)),
        net_dc_na=ceil(1000 * (Fraction(net, NET_WINDOW_US) + rest_ua)),
        duty_ppm=ceil(max({train.duty for train in trains}) * 1_000_000),
    )


_TRAINS: Remembered[_Train] = Remembered()


def _train(run: Run) -> _Train:
    # Number times Number is more than mypy can follow.
    phases: list[tuple[Any, Any]] = [(_whole(ua), _whole(us)) for ua, us in run.phases]
    return _Train(
        timing(run),
        charge=sum(abs(ua) * us for ua, us in phases),
        square=sum(ua * ua * us for ua, us in phases),
        net=abs(sum(ua * us for ua, us in phases)),
        peak=max(abs(ua) for ua, _ in phases),
        phase=max(abs(ua) * us for ua, us in phases),
        duty=sum(us for _, us in phases) / run.period_us,
    )


def _whole(value: Fraction) -> Number:
    """An int where it is one: sums of ints are many times faster than sums of Fractions."""
    return value.numerator if value.denominator == 1 else value


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
