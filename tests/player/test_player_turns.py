"""The player at a pause, a resume, a trip, an answer that does not come, and a no."""

from __future__ import annotations

import pytest

from eastim.errors import AskedError
from eastim.player import Player
from eastim.player.deadlines import NEVER_US
from tests.player.words import OK, PROGRAM, REFUSED, ZERO, Bench, Said, Words, heard, told

WAY_OUT = "check that this is the device's port, its cable, and that it is switched on"

# --- pause, resume, trip ----------------------------------------------------------------------------------------------


def test_a_pause_hushes(live: Bench) -> None:
    assert live.at(1100, told("PAUSED")) == ["hush"]
    assert live.at(1100, OK) == [] and live.at(9000) == []


def test_a_pause_waits_for_the_open_answer_only(live: Bench) -> None:
    live.at(1200)

    assert live.at(1201, told("PAUSED")) == [] and live.at(1202, OK) == ["hush"]


def test_a_pause_repeats_an_unanswered_fire_and_hushes_once_it_is_answered(live: Bench) -> None:
    live.at(1200)
    live.at(1201, told("PAUSED"))

    assert live.at(1250) == ["fire 0 part 1 500 ms"]
    assert live.at(1251, OK) == ["hush"]


def test_a_pause_hushes_once_the_repeat_is_refused(live: Bench) -> None:
    live.at(1200)
    live.at(1201, told("PAUSED"))
    live.at(1250)

    assert live.at(1251, REFUSED) == [] and live.at(1252) == ["hush"]


def test_a_resume_repeats_an_unanswered_hush_and_then_begins(live: Bench) -> None:
    live.at(1100, told("PAUSED"))
    live.at(1120, told("ARMED"))

    assert live.at(1150) == ["hush"]
    assert live.at(1151, OK) == ["contact"] and live.at(1152, OK) == ["fire 0 part 0 500 ms"]


@pytest.mark.hazard("H18")
def test_a_resume_begins_a_new_play_at_zero_cut_to_the_time_left(live: Bench) -> None:
    live.at(1100, heard("playing 100000"), told("PAUSED"))
    live.at(1101, OK, heard("armed 300000"))
    live.at(5000, told("ARMED"))

    assert live.at(5000, OK) == ["fire 0 part 0 500 ms"]
    live.at(5000, OK, told("LIVE"))
    # 700 ms of the session are left: the slice at 600 ms has 100 of them, and none comes at 800.
    assert live.at(5600) == ["fire 0 part 3 100 ms"]
    assert live.at(5600, OK) == [] and live.player.next_us() == NEVER_US


@pytest.mark.parametrize("state", ["SAFE", "STOPPING", "TRIPPED", "UNCERTAIN", "OFF"])
def test_everything_is_dropped_when_the_guard_has_cut(live: Bench, state: str) -> None:
    live.at(1200)

    assert live.at(1201, told(state)) == [] and live.at(9000) == [] and live.player.next_us() == NEVER_US


def test_after_a_trip_it_begins_with_the_contact_test(live: Bench) -> None:
    live.at(1201, told("TRIPPED"))
    live.at(3000, told("SAFE"))

    assert live.at(4000, told("ARMED")) == ["contact"] and live.at(4000, OK) == ["fire 0 part 0 500 ms"]


def test_a_load_that_a_trip_broke_off_begins_anew() -> None:
    bench = Bench()
    bench.at(0, told("OFF"))
    bench.at(1, told("TRIPPED"))

    assert bench.at(2, told("SAFE")) == ["hello"]


# --- no answer, no ----------------------------------------------------------------------------------------------------


def test_an_unanswered_request_is_repeated_for_a_quarter_of_a_second_and_then_it_stops(live: Bench) -> None:
    live.at(1100, told("SAFE"))

    assert [
        live.at(ms, *said) for ms, said in ((2000, (told("ARMED"),)), *((2000 + 50 * i, ()) for i in range(1, 7)))
    ] == [
        *[["contact"]] * 5,
        ["stop: player: no answer to 5 askings"],
        [],
    ]


def test_a_device_that_is_still_booting_is_asked_for_three_seconds() -> None:
    bench = Bench()

    assert [bench.at(50 * i) for i in range(62)] == [
        *[["hello"]] * 60,
        [f"stop: player: no answer to 60 askings; {WAY_OUT}"],
        [],
    ]


@pytest.mark.parametrize(
    ("newer", "then"),
    [
        (told("LIVE", 300), "fire 300 part 0 500 ms"),
        (told("LIVE", 100), "fire 100 part 0 500 ms"),
        (told("LIVE", 200, "2"), "fire 200 part 0 500 ms hold 2"),
    ],
    ids=["raise", "lower", "hold"],
)
def test_what_is_newer_waits_until_the_repeated_fire_is_answered(live: Bench, newer: Said, then: str) -> None:
    live.at(1050, told("LIVE", 200))
    live.at(1060, newer)

    assert live.at(1100) == ["fire 200 part 0 500 ms"]
    assert live.at(1101, OK) == [then]


def test_a_lower_is_asked_anew_once_the_repeat_is_refused(live: Bench) -> None:
    live.at(1050, told("LIVE", 200))
    live.at(1060, told("LIVE", 100))
    live.at(1100)

    assert live.at(1101, REFUSED) == [] and live.at(1102) == ["fire 100 part 0 500 ms"]


def test_newest_levels_do_not_make_it_ask_for_ever(live: Bench) -> None:
    said = [live.at(1050 + 50 * i, told("LIVE", 100 * (i + 1))) for i in range(6)]

    assert said == [*[["fire 100 part 0 500 ms"]] * 5, ["stop: player: no answer to 5 askings"]]


def test_a_refused_frame_is_asked_anew_in_the_next_pass(live: Bench) -> None:
    live.at(1050, told("LIVE", 200))

    assert live.at(1051, told("LIVE", 100), REFUSED) == [] and live.player.next_us() == 1_051_000
    assert live.at(1052) == ["fire 100 part 0 500 ms"]


def test_a_refused_frame_is_not_asked_anew_after_a_trip(live: Bench) -> None:
    live.at(1200)

    assert live.at(1201, REFUSED, told("TRIPPED")) == [] and live.at(1202) == []


@pytest.mark.parametrize(
    ("no", "reason"),
    [
        (REFUSED, "the guard refused a frame: above the ceiling"),
        (heard("no"), "the device refused PLAY: LIMIT (detail 12)"),
    ],
)
def test_three_refusals_in_a_row_stop(live: Bench, no: Said, reason: str) -> None:
    for ms in (1200, 1202):
        live.at(ms)
        live.at(ms + 1, no)
    assert live.at(1353) == ["fire 0 part 1 500 ms"]

    assert live.at(1354, no) == [f"stop: player: 3 refusals in a row; the last: {reason}"]
    assert live.at(1600) == []


@pytest.mark.hazard("H12")
def test_after_a_second_refusal_it_waits_longer_than_a_device_takes_to_report(live: Bench) -> None:
    for ms in (1200, 1202):
        live.at(ms)
        live.at(ms + 1, REFUSED)

    assert live.player.next_us() == 1_353_000
    assert live.at(1352) == [] and live.at(1353) == ["fire 0 part 1 500 ms"]


def test_a_pause_does_not_wait_for_what_was_refused_twice(live: Bench) -> None:
    for ms in (1200, 1202):
        live.at(ms)
        live.at(ms + 1, REFUSED)

    assert live.at(1204, told("PAUSED")) == ["hush"]


def test_it_gives_up_once_whatever_a_device_says_to_each_stop(live: Bench) -> None:
    assert live.at(1100, heard("wrong")) == ["stop: player: the device would play something else"]
    assert live.at(1101, heard("wrong")) == []


def test_an_answer_between_them_forgives_refusals(live: Bench) -> None:
    for ms in (1200, 1202, 1204):
        live.at(ms)
        live.at(ms + 1, REFUSED)
        live.at(ms + 1)
        said = live.at(ms + 1, OK)

    assert said == []


def test_a_refusal_while_loading_stops() -> None:
    bench = Bench()
    bench.at(0)

    assert bench.at(1, heard("no")) == ["stop: player: the device refused PLAY: LIMIT (detail 12)"]


def test_a_wrong_device_stops(live: Bench) -> None:
    assert live.at(1100, heard("wrong")) == ["stop: player: the device would play something else"]


def test_a_device_whose_strength_acts_late_is_refused() -> None:
    late = Words()
    late.strength = "fire"
    with pytest.raises(AskedError, match="plays devices of strength live, not fire"):
        Player(late, PROGRAM, ZERO)


def test_the_end_ends_it(live: Bench) -> None:
    assert live.at(1200, ("end", {}, b"")) == [] and live.player.over
