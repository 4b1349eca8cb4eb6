"""The trials that need a guard: strength on the wire, times, and what the device measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eastim.safety.inputs import Pause, Raise
from eastim.safety.limits import Limits
from tests.safety.boundaries.relaxed import fault, leap, live, refused, stand
from tests.safety.fake_wire import Stand

# --- strength ---------------------------------------------------------------------------------------------------------


def after_a_raise(limits: Limits, ua: int) -> str:
    """What may be played after one raise from zero."""
    made = live(limits).raised()
    made.play(A2=ua)
    return refused(made)


def after_two_raises(limits: Limits, ua: int) -> str:
    made = live(limits).raised().run(400).raised()
    made.play(A2=ua)
    return refused(made)


def full_step_at(limits: Limits, ua: int) -> str:
    """Whether the raise made at level q is still of the full size, which is q."""
    made = live(limits).raised().run(400)
    assert made.guard.ceilings[0] == ua
    made.raised().play(A2=2 * ua)
    return refused(made)


def raised_again_after(limits: Limits, us: int) -> str:
    """A second raise of 100 uA so long after the first came into force."""
    made = live(limits).raised()
    made.hear()
    made.now_us += us
    made.feed(Raise("A", None))
    return " ".join(body["text"] for body in made.told("operator", "notice"))


def raised_to(limits: Limits, ua: int) -> str:
    """One raise to the lead's highest strength, judged by its dose: 2 Hz, 600 us a phase."""
    made = live(limits, max_ua=ua)
    made.feed(Raise("A", None))
    return " ".join(body["text"] for body in made.told("operator", "notice"))


# --- time -------------------------------------------------------------------------------------------------------------


def armed_for(limits: Limits, us: int) -> str:
    made = stand(limits).armed()
    leap(made, us)
    return _reason(made, "ARMED")


def paused_for(limits: Limits, us: int) -> str:
    made = live(limits)
    made.feed(Pause())
    paused_us = made.now_us
    made.hush()
    leap(made, us - (made.now_us - paused_us))
    return _reason(made, "PAUSED")


def live_for(limits: Limits, us: int) -> str:
    """Six seconds are ordered, and so long after the first buy the guard looks again."""
    made = stand(limits, repeats=1).live()
    leap(made, us)
    return _reason(made, "LIVE")


def _reason(made: Stand, state: str) -> str:
    if made.state == state:
        return ""
    over = made.guard.over
    return fault(made) or (over.reason if over else made.state)


# --- what is measured -------------------------------------------------------------------------------------------------


def _measured(limits: Limits, *readings: Mapping[str, Any]) -> str:
    made = live(limits, max_ua=1000).raised().run(400)
    for reading in readings:
        made.measure(**reading)
    return fault(made)


def current_at_100(limits: Limits, ua: int) -> str:
    """Two readings of q at a level of 100 uA."""
    return _measured(limits, *({"plus_ua": ua, "minus_ua": ua, "level_ua": 100} for _ in range(2)))


def one_phase_at_100(limits: Limits, ua: int) -> str:
    return _measured(limits, *({"plus_ua": 100, "minus_ua": ua, "level_ua": 100} for _ in range(2)))


def current_at_1000(limits: Limits, ua: int) -> str:
    return _measured(limits, *({"plus_ua": ua, "minus_ua": ua, "level_ua": 1000} for _ in range(2)))


def half_of(limits: Limits, level_ua: int) -> str:
    """Two readings of half the level q."""
    return _measured(limits, *({"plus_ua": 40, "minus_ua": 40, "level_ua": level_ua} for _ in range(2)))


def short(limits: Limits, ohm: int) -> str:
    return _measured(limits, {"z_ohm": ohm})


def short_of_start(limits: Limits, ohm: int) -> str:
    """The first reading was 1000 ohm. That it has halved is said before it counts as a short."""
    return _measured(limits, {"z_ohm": 1000}, {"z_ohm": ohm}).replace("impedance-notice", "")


def open_twice(limits: Limits, ohm: int) -> str:
    return _measured(limits, {"z_ohm": ohm}, {"z_ohm": ohm})


def contact_of(limits: Limits, ohm: int) -> str:
    """The contact test's reading, before any strength."""
    made = stand(limits).armed()
    made.measure(kind=None, z_ohm=ohm)
    return fault(made)


def contact_twice(limits: Limits, ohm: int) -> str:
    made = stand(limits).armed()
    made.measure(kind=None, z_ohm=ohm)
    made.measure(kind=None, z_ohm=ohm)
    return fault(made)


def phases_of_1_a(limits: Limits, minus_ua: int) -> str:
    """A positive phase of 1 A against q; a difference of 1 uA may be rounding."""
    return _measured(limits, {"plus_ua": 1_000_000, "minus_ua": minus_ua})


def phases_the_other_way(limits: Limits, plus_ua: int) -> str:
    return _measured(limits, {"plus_ua": plus_ua, "minus_ua": 1_000_000})


def bad_pulses(limits: Limits, count: int) -> str:
    return _measured(limits, *({"plus_ua": 2000, "minus_ua": 1000} for _ in range(count)))


def net_charge(limits: Limits, pc: int) -> str:
    return _measured(limits, {"net_pc": 0}, {"net_pc": pc})


def net_charge_below(limits: Limits, pc: int) -> str:
    return _measured(limits, {"net_pc": 0}, {"net_pc": -pc})


def residual(limits: Limits, mv: int) -> str:
    return _measured(limits, {"residual_mv": 0}, {"residual_mv": mv})


def residual_below(limits: Limits, mv: int) -> str:
    return _measured(limits, {"residual_mv": 50}, {"residual_mv": 50 - mv})


def residual_after(limits: Limits, pulses: int) -> str:
    """400 mV after so many pulses of the kind, and 400 more at the next: 800 unless the base has rolled on."""
    made = live(limits)
    made.measure(residual_mv=0, fresh=1)
    made.measure(residual_mv=400, fresh=1 + pulses)
    made.measure(residual_mv=800, fresh=2 + pulses)
    return fault(made)
