"""A device that contradicts now and then: the first time is said and recorded, the second within 10 s trips (H14)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.inputs import Record, Tick
from tests.safety.fake_wire import Stand, order
from tests.safety.said import lines
from tests.safety.stories import STANDS, at_zero, live, safe

LEVEL = "level 90 of lead A, kind 0, must be 30 (4.9)"
STEP = "step 7, must be 8 (3.6)"


def contradicts(stand: Stand, said: str = LEVEL) -> list[str]:
    stand.hear(replace(stand.status, agrees=False, disagreement=said))
    return lines(stand.last)


def plays(stand: Stand, ms: int) -> Stand:
    """What agrees goes on being reported."""
    return stand.run(ms)


def cause(stand: Stand) -> str:
    return "" if stand.guard.trip is None else stand.guard.trip.text


@pytest.mark.hazard("H14")
def test_the_first_is_recorded_and_said() -> None:
    assert contradicts(live()) == [
        f"record notice, fault=disagrees-notice, lead=None, text={LEVEL}",
        f"operator notice text=a report of the device contradicts what it was told ({LEVEL}), priority=medium",
    ]


@pytest.mark.hazard("H14")
def test_every_second_report_that_contradicts_is_cut_at_the_second() -> None:
    """It was never tripped, noted or recorded: each report between was fresh and agreed."""
    stand = live()
    contradicts(stand)
    stand.hear()
    assert stand.state == "LIVE"
    contradicts(stand)

    assert stand.cut and cause(stand) == f"the device does not report what it was told: {LEVEL}"


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    ("us", "says"), [(99_999, ""), (100_000, f"the device does not report what it was told: {LEVEL}")]
)
def test_one_that_contradicts_is_not_fresh_and_is_the_cause_when_no_other_comes(us: int, says: str) -> None:
    """The last that agreed came 200 ms before it."""
    stand = live()
    stand.auto -= {"device"}
    stand.at(200)
    contradicts(stand)
    stand.now_us += us
    stand.feed(Tick())

    assert cause(stand) == says


@pytest.mark.parametrize(("ms", "state"), [(9_800, "STOPPING"), (10_000, "LIVE")])
def test_the_second_counts_within_10_s_however_much_agrees_between(ms: int, state: str) -> None:
    stand = live()
    contradicts(stand)
    plays(stand, ms)
    contradicts(stand, STEP)

    assert stand.state == state


@pytest.mark.parametrize(("us", "trips"), [(9_999_999, True), (10_000_000, False)])
def test_the_10_s_are_over_at_their_end_though_no_tick_came_before(us: int, trips: bool) -> None:
    stand = live()
    contradicts(stand)
    plays(stand, 9_800)
    stand.now_us += us - 9_800_000
    contradicts(stand, STEP)

    assert (stand.guard.trip is not None) is trips


def test_what_contradicts_more_seldom_is_recorded_once_for_each_thing() -> None:
    stand = live()
    told = [len(contradicts(plays(stand, 10_000), said)) for said in (LEVEL, STEP, "level 3", STEP)]

    assert (told, stand.state) == ([2, 2, 0, 0], "LIVE")


@pytest.mark.parametrize("state", ["ARMED", "LIVE", "PAUSED"])
def test_the_second_trips_wherever_output_is_or_was_permitted(state: str) -> None:
    stand = STANDS[state]()
    contradicts(stand)
    until_us = stand.guard.times.doubt
    said = contradicts(stand.at(300))

    assert stand.guard.trip is not None and stand.guard.trip.fault == "disagrees"
    assert not [line for line in said if "disagrees-notice" in line] and stand.guard.times.doubt == until_us


def test_before_arming_it_is_no_fault_and_keeps_from_arming() -> None:
    stand = safe()
    contradicts(stand)
    contradicts(stand)

    assert (stand.guard.trip, stand.guard.times.doubt, stand.of(Record)) == (None, 0, [])


def test_a_fault_that_the_device_itself_reports_is_the_better_cause() -> None:
    stand = live()
    contradicts(stand)
    stand.hear(replace(stand.status, agrees=False, disagreement=LEVEL, faults=("LEASE: the lease ended",)))

    assert stand.guard.trip is not None and stand.guard.trip.fault == "device-fault"


# --- the impedance, which alone shows a device that plays otherwise than it measures ----------------------------------


def told_of(*ohms: int, use: Any = "human") -> list[str]:
    stand = at_zero() if use == "human" else Stand(order(use)).live().run(600)
    stand.raised().run(200)
    since = len(stand.effects)
    for z_ohm in ohms:
        stand.measure(z_ohm=z_ohm)
    told = [body["text"] for body in stand.told("operator", "notice", stand.effects[since:])]
    return [text for text in told if "impedance" in text]


SAYS = "lead A: the impedance has halved or doubled since arming"


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    ("ohms", "said"),
    [
        ((600, 301), []),
        ((600, 300), [f"{SAYS} (300 ohm, 600 at the start)"]),
        ((600, 1199), []),
        ((600, 1200), [f"{SAYS} (1200 ohm, 600 at the start)"]),
        ((600, 1200, 300, 1300), [f"{SAYS} (1200 ohm, 600 at the start)"]),
        ((601, 301), []),
        ((601, 300), [f"{SAYS} (300 ohm, 601 at the start)"]),
    ],
)
def test_an_impedance_that_has_halved_or_doubled_is_said_once(ohms: tuple[int, ...], said: list[str]) -> None:
    assert told_of(*ohms) == said


def test_on_a_phantom_it_is_not_said() -> None:
    assert told_of(600, 5, 90_000, use="bench") == []
