"""Check an order before anything is sent: its fields, its dose at full strength, and what the reader understood.

Nothing is printed and nothing raised for a mistake: all of them come back at once. The door checks every frame again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log10, pi
from typing import Any

from eastim.errors import Problem
from eastim.frames import Frame
from eastim.profiles.profile import Profile
from eastim.pulses.levels import Levels
from eastim.pulses.train import PulseTrain
from eastim.safety.dose import Breach, Dose, check_dose, dose, program_output
from eastim.safety.limits import Bound, Limits, is_within
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.base import Output, Reader, Run


@dataclass(frozen=True, slots=True)
class Needle:
    """What of a needle is in the tissue: a cylinder's side; the tip is left out, so the density is not understated."""

    diameter_um: int
    depth_um: int

    @property
    def area_cm2(self) -> float:
        return pi * self.diameter_um * self.depth_um / 1e8

    def __str__(self) -> str:
        return f"a needle of {self.diameter_um / 1000:.2f} x {self.depth_um / 1000:g} mm"


UNKNOWN_NEEDLE = Needle(200, 10_000)


@dataclass(frozen=True, slots=True)
class Report:
    """All that preflight found. problems and breaches forbid the start, notices are shown and logged.

    dose: every kind at its lead's highest strength, which bounds every lower one. understood: what the reader made of
    the driver's frames; None when none were given.
    """

    problems: tuple[Problem, ...]
    breaches: tuple[Breach, ...]
    notices: tuple[str, ...]
    dose: Dose
    understood: Output | None = None

    @property
    def ok(self) -> bool:
        return not self.problems and not self.breaches

    @property
    def sentences(self) -> tuple[str, ...]:
        """Everything that forbids the start."""
        return (*map(str, self.problems), *map(str, self.breaches))


def preflight(
    order: Order,
    profile: Profile,
    frames: Sequence[Frame] = (),
    reader: Reader[Any] | None = None,
    levels: Levels | None = None,
    needle: Needle = UNKNOWN_NEEDLE,
) -> Report:
    """Check an order, and with `reader` also the frames with which a driver walks from hello to its fire at `levels`.

    Raises Refused when the reader does not admit one of the frames.
    """
    highest = {(x.lead, kind): x.max_ua for x in order.leads for kind in order.kinds}
    full = dose(program_output(order.program, highest))
    problems, understood = list(_problems(order, profile)), None
    if reader is not None:
        understood = decode(frames, reader)
        wanted = program_output(order.program, levels or {})
        problems += [
            Problem("frames", what, "the driver is wrong; don't use it") for what in compare(wanted, understood)
        ]
    notices = tuple(_notices(order, full, needle))
    return Report(tuple(problems), check_dose(full, order.limits), notices, full, understood)


def decode(frames: Iterable[Frame], reader: Reader[Any]) -> Output:
    """What the reader understands of frames that are all answered as asked; raises Refused."""
    shadow, now_us = reader.blank(), 0
    for frame in frames:
        shadow = reader.settled(reader.sent(shadow, frame, now_us))
        now_us += frame.within_us or 0
    return reader.output(shadow)


def compare(wanted: Output, understood: Output) -> Iterator[str]:
    """Every difference in what sounds, as sentences; when it starts and for how long it is bought is no difference."""
    if wanted.block_us != understood.block_us:
        yield f"the block is {wanted.block_us} us, understood {understood.block_us} us"
    if wanted.rest_ua != understood.rest_ua:
        yield f"{wanted.rest_ua} uA rest between pulses, understood {understood.rest_ua} uA"
    for run in wanted.runs:
        if understood.runs.count(run) != wanted.runs.count(run):
            yield f"{_said(run)}: ordered {wanted.runs.count(run)} times, understood {understood.runs.count(run)}"
    yield from (f"{_said(run)}: not ordered, but understood" for run in understood.runs if run not in wanted.runs)


def _said(run: Run) -> str:
    phases = " ".join(f"{ua} uA {us} us" for ua, us in run.phases)
    return f"lead {run.lead} at {run.onset_us} us, {run.count} x ({phases}) every {run.period_us} us"


def _problems(order: Order, profile: Profile) -> Iterator[Problem]:
    limits = order.limits
    if order.use not in profile.uses:
        ways = " or ".join(f"--use {use}" for use in profile.uses)
        yield Problem("use", f"profile {profile.name} is not for {order.use}", f"give {ways}, or another device")
    if (limits.use, limits.electrode) != (order.use, profile.electrode):
        what = f"the limits are those of {limits.use}, {limits.electrode}, not of {order.use}, {profile.electrode}"
        yield Problem("limits", what, "build the order from the envelope of its use and device")
    yield from _leads(order, profile)
    for kind in order.kinds:
        yield from _train(order.program.train(kind), limits)
    yield from _bounded("session", order.session_us, limits, "session_us", "give fewer minutes")
    yield from _bounded("device", profile.compliance_mv, limits, "compliance_mv", "use a device with less")


def _leads(order: Order, profile: Profile) -> Iterator[Problem]:
    names = [x.lead for x in order.leads]
    for name in sorted(set(names)):
        if name not in profile.leads:
            yield Problem(f"lead {name}", f"profile {profile.name} has none", f"use {', '.join(profile.leads)}")
        if names.count(name) > 1:
            yield Problem(f"lead {name}", f"it is ordered {names.count(name)} times", "order each lead once")
    for name in order.program.leads:
        if name not in names:
            yield Problem(f"lead {name}", "the program plays on it, and it is not ordered", "order it or leave it out")
    for lead in order.leads:
        yield from _lead_strength(lead, order.limits, profile)


def _lead_strength(lead: LeadOrder, limits: Limits, profile: Profile) -> Iterator[Problem]:
    place = f"lead {lead.lead}"
    if lead.max_ua < 1:
        yield Problem(place, f"its highest strength is {lead.max_ua} uA", "give more than 0 mA")
    if lead.max_ua > profile.max_ua:
        what = f"its highest strength is {lead.max_ua} uA, profile {profile.name} goes to {profile.max_ua} uA"
        yield Problem(place, what, "give less")
    yield from _bounded(place, lead.max_ua, limits, "peak_ua", "give less")


def _train(train: PulseTrain, limits: Limits) -> Iterator[Problem]:
    place, rate_mhz, width_us = f"kind {train.kind}", train.rate_hz * 1000, train.shape.width_us
    yield from _bounded(place, rate_mhz, limits, "min_rate_mhz", "give a higher rate")
    yield from _bounded(place, rate_mhz, limits, "max_rate_mhz", "give a lower rate")
    yield from _bounded(place, width_us, limits, "min_width_us", "give longer phases")
    yield from _bounded(place, width_us, limits, "max_width_us", "give shorter phases")


def _bounded(place: str, value: int | Fraction, limits: Limits, name: str, way_out: str) -> Iterator[Problem]:
    bound = limits.find(name)
    if bound is not None and not is_within(value, bound):
        yield Problem(place, _outside(value, bound), way_out)


def _outside(value: int | Fraction, bound: Bound) -> str:
    return f"{bound.name} is bounded by {bound.value}, set by {bound.who} ({bound.source}), and this is {value}"


def _notices(order: Order, full: Dose, needle: Needle) -> Iterator[str]:
    """What is shown and logged. Of pads nobody has said the area, so of them nothing is computed."""
    if order.limits.electrode != "needle":
        return
    k_bound, density_bound = order.limits.find("shannon_k_milli"), order.limits.find("density_notice_ua_per_cm2")
    for lead in full.leads:
        k_milli = shannon_k_milli(lead.phase_charge_pc, needle)
        if k_bound and k_milli >= k_bound.value:
            yield (
                f"lead {lead.lead}: at its highest strength a phase carries {lead.phase_charge_pc} pC, Shannon k "
                f"{k_milli / 1000:.2f} with {needle}; from {k_bound.value / 1000:.2f} on take care ({k_bound.source})"
            )
        density = lead.rms_ua / needle.area_cm2
        if density_bound and density > density_bound.value:
            yield (
                f"lead {lead.lead}: at its highest strength {density / 1000:.1f} mA/cm2 r.m.s. with {needle}, "
                f"above {density_bound.value / 1000:g} mA/cm2 ({density_bound.source})"
            )


def shannon_k_milli(charge_pc: int, needle: Needle = UNKNOWN_NEEDLE) -> int:
    """Shannon's k = log10(charge density in uC/cm2) + log10(charge in uC), in thousandths, rounded down.

    Shannon RV 1992, A model of safe levels for electrical stimulation. A graded notice, not proof.
    """
    if charge_pc <= 0:
        return -1_000_000
    charge_uc = charge_pc / 1e6
    return int(1000 * (log10(charge_uc / needle.area_cm2) + log10(charge_uc)) // 1)
