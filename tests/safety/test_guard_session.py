"""A session that is live, and its pauses, on a trivial wire, with the time passed in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.profiles.profile import load_profile
from eastim.safety import guard as g
from eastim.safety.inputs import Clear, Pause, Resume, Stop, Tell, Tick, Write
from tests.safety.fake_wire import QUIET, FakeReader, Stand, level, order

# --- live -------------------------------------------------------------------------------------------------------------


def test_the_first_buy_at_zero_goes_live() -> None:
    stand = Stand().live()

    assert stand.state == "LIVE" and stand.wrote


def test_session_time_begins_with_the_first_buy_and_not_with_arming() -> None:
    stand = Stand().armed()
    stand.at(5000)
    stand.play()
    stand.run(1000)

    assert stand.guard.played_us(stand.now_us) == 1_000_000


# --- pause and resume -------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H18")
def test_a_pause_takes_everything_to_zero() -> None:
    stand = Stand().live().run(600).raised().run(400)
    stand.feed(Pause())

    assert stand.state == "PAUSED" and set(stand.guard.ceilings) == {0}


@pytest.mark.hazard("H18")
def test_a_resume_begins_at_zero_and_stays_there() -> None:
    stand = Stand().live().run(600).raised().run(400)
    stand.feed(Pause())
    stand.hush().at(1000)
    stand.feed(Resume())
    assert stand.state == "ARMED"
    stand.ask(b"arm")
    stand.play()
    stand.run(5000)

    assert stand.state == "LIVE" and set(stand.guard.ceilings) == {0}


@pytest.mark.parametrize(("ms", "state"), [(249, "PAUSED"), (250, "STOPPING")])
def test_the_pulse_in_hand_may_be_reported_for_250_ms_after_the_hush_was_answered(ms: int, state: str) -> None:
    stand = Stand().live().run(600).raised().run(400)
    stand.feed(Pause())
    stand.at(100)
    stand.hush().at(ms)
    stand.hear(replace(QUIET, quiet=False))

    assert stand.state == state


@pytest.mark.parametrize("open_", [b"contact A 3 100 100", b"hush"])
def test_a_resume_waits_for_what_was_open_when_the_session_paused(open_: bytes) -> None:
    stand = Stand().armed()
    stand.ask(open_)
    stand.feed(Pause())
    stand.feed(Resume())
    assert stand.state == "PAUSED"
    assert stand.told("operator", "notice")[0]["text"] == "not resumed: the device has not answered yet; try again"
    stand.hear(QUIET)
    stand.feed(Resume())

    assert stand.state == "ARMED"


@pytest.mark.hazard("H18")
def test_after_a_resume_the_strength_of_before_is_refused() -> None:
    stand = Stand().live().run(600).raised().run(400)
    stand.feed(Pause())
    stand.hush().at(1000)
    stand.feed(Resume())
    stand.play(A2=100)

    assert not stand.wrote and stand.cut


def test_session_time_stands_still_in_a_pause() -> None:
    stand = Stand().live().run(1000)
    stand.feed(Pause())
    stand.hush().at(60_000)

    assert stand.guard.played_us(stand.now_us) == 1_000_000


@pytest.mark.hazard("H18")
def test_a_pause_of_five_minutes_ends_the_session() -> None:
    stand = Stand().live().run(200)
    stand.feed(Pause())
    stand.hush().at(299_999)
    assert stand.state == "PAUSED"
    stand.at(1)
    stand.zero_read_back()

    end = stand.all_told("operator", "end")[0]
    assert (end["reason"], end["exit"], end["zero"]) == ("paused too long", 4, True)


def test_a_resume_before_silence_was_read_back_says_why_not() -> None:
    stand = Stand().live().run(200)
    stand.feed(Pause())
    stand.feed(Resume())

    assert stand.state == "PAUSED"
    assert "not resumed" in stand.told("operator", "notice")[0]["text"]


@pytest.mark.parametrize("what", [Pause(), Resume(), Clear()])
def test_an_act_out_of_place_changes_nothing_and_says_so(what: object) -> None:
    stand = Stand().safe()
    stand.feed(what)  # type: ignore[arg-type]

    assert stand.state == "SAFE" and "the session is SAFE" in stand.told("operator", "notice")[0]["text"]


# --- what the lines are told ------------------------------------------------------------------------------------------


def test_the_guard_says_that_it_lives_ten_times_a_second() -> None:
    stand = Stand().safe()
    stand.at(1000)

    assert len(stand.told("operator", "tick")) == 10


def test_after_a_stall_one_tick_is_said_and_not_all_that_were_missed() -> None:
    stand = Stand().safe()
    stand.now_us += 5_000_000
    stand.feed(Tick())

    assert len(stand.told("operator", "tick")) == 1


def test_the_next_tick_is_the_earliest_deadline() -> None:
    stand = Stand()

    assert g.next_us(stand.guard) == 1_100_000


def test_what_the_device_says_is_passed_on_raw() -> None:
    stand = Stand().safe()

    assert [e.data for e in stand.hear() if isinstance(e, Tell) and e.name == "heard"] == [b"1"]


def test_each_report_is_told_to_the_operator() -> None:
    stand = Stand().live()
    stand.measure(z_ohm=612)
    body = stand.told("operator", "status")[0]

    assert body["left_us"] == 1_800_000_000 and body["source"] == "measured"
    assert body["measured"]["A"]["z_ohm"] == 612


def test_a_change_of_section_is_told_once() -> None:
    stand = Stand().live()
    stand.status = replace(stand.status, section=0)
    stand.hear()
    assert stand.told("operator", "section") == [{"section": 0, "kind": "2"}]
    stand.hear()
    assert stand.told("operator", "section") == []
    stand.hear(replace(stand.status, section=1))
    assert stand.told("operator", "section") == [{"section": 1, "kind": "100"}]


def test_the_kind_told_is_the_held_one() -> None:
    stand = Stand().live()
    stand.hear(replace(stand.status, section=0, hold="100"))

    assert stand.told("operator", "section") == [{"section": 0, "kind": "100"}]


def test_counts_are_recorded_at_a_block_s_start_but_not_more_often_than_every_6_s() -> None:
    stand = Stand().live()
    for _ in range(20):
        stand.status = replace(stand.status, section=0)
        stand.run(1000)
        stand.status = replace(stand.status, section=1)
        stand.run(1000)

    assert len(stand.records("delivered")) == 6


# --- the state --------------------------------------------------------------------------------------------------------


def test_a_state_can_be_hashed_and_the_same_inputs_give_the_same_state() -> None:
    reader, profile = FakeReader(said=[QUIET]), load_profile("ea1")
    start, _ = g.begin(order(), profile, reader, 0)
    one, _ = g.step(start, Tick(), 100_000)
    two, _ = g.step(start, Tick(), 100_000)

    assert one == two and hash(one) == hash(two)


def test_a_step_leaves_the_state_it_was_given() -> None:
    stand = Stand().live()
    before = stand.guard
    stand.feed(Stop("operator"))

    assert before.state.value == "LIVE" and level(before, "A", "2") == 0


@pytest.mark.parametrize("write", [b"load"])
def test_a_frame_is_written_as_it_was_asked(write: bytes) -> None:
    stand = Stand()
    stand.ask(write)

    assert [effect.frame.data for effect in stand.of(Write)] == [write]
