"""The size of the measured current: of which level a reading is, and what is said of it. (The bounds: boundaries/.)"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.inputs import Arm, Clear
from tests.safety.fake_wire import CLEAN, Stand
from tests.safety.stories import live


def twice(stand: Stand, ua: int, **known: Any) -> Stand:
    """Two readings of so much at a level of 100 uA."""
    for _ in range(2):
        stand.measure(**{"plus_ua": ua, "minus_ua": ua, "level_ua": 100, **known})
    return stand


def cause(stand: Stand) -> str:
    return stand.guard.trip.text if stand.guard.trip is not None else ""


@pytest.mark.hazard("H14")
def test_twice_the_current_is_cut_at_the_second_reading() -> None:
    stand = live()
    stand.measure(plus_ua=200, minus_ua=200, level_ua=100)
    assert stand.guard.trip is None
    stand.measure(plus_ua=200, minus_ua=200, level_ua=100)

    assert stand.cut
    assert cause(stand) == "more current is measured than was asked for: lead A: 200 uA at a level of 100 uA"


@pytest.mark.hazard("H14")
def test_half_the_current_is_a_notice_and_no_more() -> None:
    stand = twice(live(), 50)

    assert stand.guard.trip is None and stand.guard.ceilings == (100, 0, 0, 0)
    assert [(body["fault"], body["text"]) for body in stand.records("notice")] == [
        ("weak-notice", "50 uA at a level of 100 uA")
    ]


def test_no_current_at_all_is_a_notice() -> None:
    assert [body["fault"] for body in twice(live(), 0).records("notice")] == ["weak-notice"]


def test_one_reading_reported_twice_is_one_reading() -> None:
    stand = live()
    for _ in range(2):
        stand.measure(plus_ua=200, minus_ua=200, level_ua=100, fresh=5)

    assert stand.guard.trip is None


def test_the_first_reading_at_a_new_level_is_not_judged_by_it() -> None:
    # Lowered from 200 to 100 uA: whether the pulse was of the one or the other is not known.
    stand = live()
    stand.measure(plus_ua=200, minus_ua=200, level_ua=200)
    stand.measure(plus_ua=200, minus_ua=200, level_ua=200)
    stand.measure(plus_ua=200, minus_ua=200, level_ua=100)
    stand.measure(plus_ua=100, minus_ua=100, level_ua=100)

    assert stand.guard.trip is None


def test_a_level_at_which_no_whole_pulse_has_sounded_judges_nothing() -> None:
    stand = live()
    stand.status = replace(stand.status, counts=tuple(replace(count, sounded=False) for count in stand.status.counts))
    for fresh in (1, 2, 3):
        stand.hear(replace(stand.status, measured=(replace(CLEAN, plus_ua=200, minus_ua=200, fresh=fresh),)))

    assert stand.guard.trip is None


def test_readings_of_a_kind_are_judged_by_the_level_of_that_kind() -> None:
    stand = twice(live(), 200, level_ua=200)
    for _ in range(2):
        stand.measure(kind="100", plus_ua=100, minus_ua=100)

    assert stand.guard.trip is None


@pytest.mark.parametrize("flag", ["open", "short", "parked"])
def test_what_the_load_takes_away_is_not_called_weak(flag: str) -> None:
    stand = live()
    for _ in range(2):
        stand.measure(plus_ua=10, minus_ua=10, level_ua=100, **{flag: True})

    assert "weak-notice" not in [body["fault"] for body in stand.records("notice")]


@pytest.mark.hazard("H14")
def test_too_much_into_a_short_is_cut_all_the_same() -> None:
    assert "200 uA at a level of 100 uA" in cause(twice(live(), 200, short=True))


def test_an_excess_that_was_acknowledged_is_cut_again_after_two_readings() -> None:
    stand = twice(live(), 200).zero_read_back()
    stand.feed(Clear())
    stand.feed(Arm())
    stand.play()
    assert stand.state == "LIVE"
    twice(stand, 200)

    assert stand.guard.trip is not None and stand.guard.trip.fault == "excess"
