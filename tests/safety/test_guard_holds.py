"""Holds that are refused for their dose, and holds that nobody can follow yet."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.inputs import Hold, Raise, Record
from eastim.safety.interlock import State
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from proof.rig import Rig
from tests.safety.fake_wire import Stand, order
from tests.safety.said import lines
from tests.safety.stories import armed, live, notice

# Half a second of each, so that every second has half of each kind.
SLOW = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 500_000, 1, ("A",))
FAST = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 500_000, 50, ("A",))


def order_with(mean_rectified_ua: int) -> Order:
    limits = envelope("human", "needle").tighten("mean_rectified_ua", mean_rectified_ua, "the test", "a low bound")
    return Order(Program("fast", (FAST, SLOW), 60), (LeadOrder("A", (), 500),), limits, "human", 60_000_000, "ea1")


def played(order_: Order) -> tuple[Rig, list[tuple[str, dict[str, Any]]]]:
    """Play an order live for 200 ms, nothing raised; with all that the operator is told from then on."""
    said: list[tuple[str, dict[str, Any]]] = []
    rig = Rig(order_, 1, told=lambda name, body: said.append((name, body)))
    rig.run_to(rig.now_us + 3_000_000, lambda: "SAFE" in str(said))
    rig.give("operator", "arm")
    rig.run_to(rig.now_us + 3_000_000, lambda: "LIVE" in str(said))
    rig.run_to(rig.now_us + 200_000)
    return rig, said


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("bound_ua", "held"), [(3, False), (4, True)])
def test_a_hold_whose_dose_would_pass_a_limit_is_refused(bound_ua: int, held: bool) -> None:
    """100 uA for 2 x 200 us, 100 times a second: 4 uA in the mean when held, 2 uA when it alternates."""
    rig, said = played(order_with(bound_ua))
    rig.give("operator", "raise", {"lead": "A", "kind": None})
    rig.run_to(rig.now_us + 100_000)
    assert rig.body.guard.levels["A", "100"] == 100

    said.clear()
    rig.give("operator", "hold", {"kind": "100"})

    assert rig.body.guard.hold == ("100" if held else None)
    refusals = [body["text"] for name, body in said if name == "notice"]
    assert refusals == [] if held else refusals[0].startswith("not held: ")
    assert held or "mean_rectified_ua" in refusals[0] or "mean rectified" in refusals[0]


@pytest.mark.parametrize(("bound_ua", "level_ua"), [(3, 0), (4, 100)])
def test_a_raise_whose_dose_would_pass_a_limit_as_it_is_held_is_refused(bound_ua: int, level_ua: int) -> None:
    rig, _ = played(order_with(bound_ua))
    rig.give("operator", "hold", {"kind": "100"})
    rig.run_to(rig.now_us + 1_100_000)
    rig.give("operator", "raise", {"lead": "A", "kind": "100"})
    rig.run_to(rig.now_us + 100_000)

    assert (rig.body.guard.hold, rig.body.guard.levels["A", "100"]) == ("100", level_ua)


def test_a_hold_beyond_the_dose_says_the_first_bound_that_it_passes() -> None:
    tight = order()
    tight = replace(tight, limits=tight.limits.tighten("mean_rectified_ua", 4, "the test", "a literal"))
    stand = Stand(tight).armed()
    stand.guard = replace(stand.guard, ceilings=(0, 200, 0, 300))
    stand.feed(Hold("100"))

    what = "lead A: mean rectified current in any window is 8 ua, the limit is 4 ua, set by the test (a literal)"
    assert lines(stand.last) == [
        f"operator notice text=not held: {what}; lower the level, the width or the rate, priority=medium"
    ]


def test_a_hold_before_anything_plays_is_not_waited_for() -> None:
    stand = armed()
    stand.feed(Hold("2"))
    stand.at(400)

    assert stand.guard.state is State.ARMED
    assert stand.guard.hold == "2"


def test_a_hold_is_no_cause_to_cut_once_the_lease_has_run_out() -> None:
    """The player went on beating and renewed nothing: 100 ms after the hold nothing comes out any more."""
    stand = live()
    stand.play(lease_ms=100)
    stand.feed(Hold("100"))
    stand.at(300)

    assert [record.body for record in stand.of(Record) if record.body["type"] == "trip"] == []
    assert stand.guard.state is State.LIVE


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("hold", ["x", "2/100"])
def test_a_raise_while_the_device_reports_a_hold_that_nobody_ordered_is_no_raise(hold: str) -> None:
    """A random walk of a million steps found that the guard ended with an error of its own here."""
    stand = live()
    stand.hear(replace(stand.status, section=0, hold=hold))
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: nothing is sounding on lead A; try again"
