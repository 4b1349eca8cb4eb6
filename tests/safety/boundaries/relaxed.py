"""Limits with nothing in the way but what a test keeps, and a stand on which an hour passes in one step."""

from __future__ import annotations

from dataclasses import replace

from eastim.profiles.profile import Profile, load_profile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.guard_state import NEVER
from eastim.safety.inputs import Tick
from eastim.safety.limits import Bound, Electrode, Limits, Use, envelope
from eastim.safety.order import LeadOrder, Order
from tests.safety.fake_wire import F, Stand, order

COLUMNS: dict[str, tuple[Use, Electrode]] = {
    "human_needle": ("human", "needle"),
    "human_pad": ("human", "pad"),
    "animal": ("animal", "needle"),
    "bench": ("bench", "needle"),
}
HUGE = 10**15
# Which way is wider; the two windows are definitions and stay.
WIDE = {
    "min_rate_mhz": 0, "min_width_us": 0, "step_above_from_ua": 0, "short_ohm": 0, "short_percent_of_start": 0,
    "window_us": 1_000_000, "net_dc_us": 10_000_000,
}  # fmt: skip


def relaxed(column: str, **kept: int) -> Limits:
    """Make the limits of a use, each as wide as can be but those that are kept.

    `Limits` refuses to be built wider than the envelope (tested elsewhere); here its constructor is passed by,
    for a bound is seen alone only when no other can refuse first.
    """
    use, electrode = COLUMNS[column]
    values = {bound.name: WIDE.get(bound.name, HUGE) for bound in envelope(use, electrode).bounds} | kept
    return unchecked(use, electrode, tuple(Bound(name, value, "test", "test") for name, value in values.items()))


def unchecked(use: Use, electrode: Electrode, bounds: tuple[Bound, ...]) -> Limits:
    """Make limits that their constructor would refuse."""
    limits: Limits = object.__new__(Limits)
    by_name = {bound.name: bound for bound in bounds}
    for field, value in {"use": use, "electrode": electrode, "bounds": bounds, "by_name": by_name}.items():
        object.__setattr__(limits, field, value)
    return limits


def wide_profile(**changed: object) -> Profile:
    """The profile ea1 with no bound of its own on strength."""
    return replace(load_profile("ea1"), max_ua=HUGE, level_step_ua=1, **changed)  # type: ignore[arg-type]


def one_train(width_us: int, rate: str, count: int, duration_us: int) -> Program:
    """One section of one kind on lead A."""
    return Program("x", (Section(PulseTrain("x", PulseShape(width_us), F(rate)), duration_us, count, ("A",)),), 1)


def ordered(limits: Limits, program: Program, max_ua: int = 1, session_us: int = 1) -> Order:
    return Order(program, (LeadOrder("A", (), max_ua),), limits, limits.use, session_us, "ea1")


def stand(limits: Limits, max_ua: int = HUGE, repeats: int = 300) -> Stand:
    """A stand of the 2/100 program on leads A and B, with no bound on strength but the limits'."""
    made = Stand(replace(order(repeats=repeats, max_ua=max_ua), limits=limits, use=limits.use))
    made.guard = replace(made.guard, given=replace(made.guard.given, profile=wide_profile()))
    return made


def live(limits: Limits, max_ua: int = HUGE, repeats: int = 300) -> Stand:
    """Live for 200 ms at zero: lead A's 2 Hz sounds."""
    return stand(limits, max_ua, repeats).live().run(200)


def leap(made: Stand, us: int) -> None:
    """Let time pass in one step, with nobody missed meanwhile: beats and reports have no deadline."""
    made.auto = set()
    made.guard = replace(
        made.guard, times=replace(made.guard.times, player=NEVER, operator=NEVER, fresh=NEVER, follow=NEVER)
    )
    made.now_us += us
    made.feed(Tick())


def fault(made: Stand) -> str:
    """What was seen: the trip's cause, else the fault of the last notice or lower that was recorded."""
    if made.guard.trip is not None:
        return made.guard.trip.fault
    seen = [body["fault"] for body in (*made.records("notice"), *made.records("lower")) if "fault" in body]
    return str(seen[-1]) if seen else ""


def refused(made: Stand) -> str:
    """The reason of the last frame's refusal; "" when it was written."""
    return "" if made.wrote else str(made.records("refused")[-1]["reason"])
