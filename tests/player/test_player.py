"""What the player fires, and when."""

from __future__ import annotations

import pytest

from eastim.player import Player
from eastim.player.deadlines import NEVER_US
from tests.player.words import OK, PROGRAM, ZERO, Bench, Words, heard, told


def test_one_request_is_open_at_a_time() -> None:
    bench = Bench()

    assert bench.at(0, told("OFF")) == ["hello"]
    assert bench.at(1) == []


def test_the_ask_says_how_long_the_answer_may_take() -> None:
    outbox = Player(Words(), PROGRAM, ZERO).step(0, [told("OFF")])

    assert outbox == [("ask", {"within_us": 50_000}, b"hello")]


def test_a_load_goes_on_though_the_guard_is_faster() -> None:
    bench = Bench()
    bench.at(0, told("OFF"))
    bench.at(0, OK)

    assert bench.at(0, told("SAFE"), told("ARMED"), OK) == ["contact"]


def test_nothing_is_fired_before_arming(loaded: Bench) -> None:
    assert loaded.at(5000) == [] and loaded.player.next_us() == NEVER_US


def test_fires_come_at_absolute_deadlines(live: Bench) -> None:
    # Each pass is late by another amount; the next deadline does not move.
    said = []
    for ms in (1199, 1207, 1399, 1400, 1613, 1800):
        said.append(live.at(ms))
        live.at(ms, OK)

    assert said == [
        [],
        ["fire 0 part 1 500 ms"],
        [],
        ["fire 0 part 2 500 ms"],
        ["fire 0 part 3 400 ms"],
        ["fire 0 part 4 200 ms"],
    ]


def test_the_next_deadline_is_told(live: Bench) -> None:
    assert live.player.next_us() == 1_200_000


@pytest.mark.hazard("H04")
def test_what_is_late_is_never_caught_up_in_a_bunch(live: Bench) -> None:
    assert live.at(1650) == ["fire 0 part 3 400 ms"]
    assert live.at(1650, OK) == []


def test_a_raise_is_fired_at_once(live: Bench) -> None:
    assert live.at(1050, told("LIVE", 100)) == ["fire 100 part 0 500 ms"]


def test_a_lower_is_fired_at_once_and_the_deadlines_stay(live: Bench) -> None:
    live.at(1050, told("LIVE", 100))
    live.at(1051, OK)

    assert live.at(1060, told("LIVE", 0)) == ["fire 0 part 0 500 ms"]
    assert live.at(1061, OK) == [] and live.player.next_us() == 1_200_000


def test_a_lower_waits_for_the_open_answer_only(live: Bench) -> None:
    live.at(1050, told("LIVE", 100))

    assert live.at(1051, told("LIVE", 0)) == []
    assert live.at(1052, OK) == ["fire 0 part 0 500 ms"]


def test_only_the_newest_levels_are_fired(live: Bench) -> None:
    assert live.at(1050, told("LIVE", 100), told("LIVE", 200), told("LIVE", 100)) == ["fire 100 part 0 500 ms"]


def test_equal_levels_are_not_fired_again(live: Bench) -> None:
    assert live.at(1050, told("LIVE", 0)) == []


def test_a_hold_is_fired_at_once(live: Bench) -> None:
    assert live.at(1250, told("LIVE", 0, "2")) == ["fire 0 part 1 500 ms hold 2"]


@pytest.mark.hazard("H18")
def test_a_play_begins_at_zero_whatever_the_levels_are(loaded: Bench) -> None:
    loaded.at(1000, told("ARMED", 500))

    assert loaded.at(1000, OK) == ["fire 0 part 0 500 ms"]


def test_after_the_device_s_end_nothing_is_fired(live: Bench) -> None:
    assert live.at(1300, heard("ended 1000000"), OK) == []
    assert live.at(1400) == [] and live.player.next_us() == NEVER_US


def test_a_fire_that_the_device_s_end_overtook_is_forgotten(live: Bench) -> None:
    live.at(1200)

    assert live.at(1201, heard("ended 1000000"), heard("no")) == [] and live.at(9000) == []


def test_after_a_fault_nothing_is_fired(live: Bench) -> None:
    assert live.at(1200, heard("fault")) == [] and live.player.next_us() == NEVER_US


def test_the_deadlines_follow_a_device_whose_clock_is_behind(live: Bench) -> None:
    # It says 90 ms when 100 have passed here: the deadline moves by the 1 ms that one report may move it.
    live.at(1100, heard("playing 90000"))

    assert live.player.next_us() == 1_201_000


def test_the_deadlines_stay_for_a_device_whose_clock_is_ahead(live: Bench) -> None:
    live.at(1100, heard("playing 110000"))

    assert live.player.next_us() == 1_200_000
