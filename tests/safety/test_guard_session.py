"""A session that is live, through its pauses to its end, on a trivial wire, with the time passed in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.errors import Exit
from eastim.profiles.profile import load_profile
from eastim.safety import guard as g
from eastim.safety.inputs import Arm, Beat, Clear, Gone, Pause, Record, Resume, Stop, Tell, Tick, Write
from tests.safety.fake_wire import CLEAN, QUIET, FakeReader, Stand, level, order

ENDED = replace(QUIET, ended=True, played_us=1_800_000_000)


# --- live, and the end ------------------------------------------------------------------------------------------------


def test_the_first_buy_at_zero_goes_live() -> None:
    stand = Stand().live()

    assert stand.state == "LIVE" and stand.wrote


def test_session_time_begins_with_the_first_buy_and_not_with_arming() -> None:
    stand = Stand().armed()
    stand.at(5000)
    stand.play()
    stand.run(1000)

    assert stand.guard.played_us(stand.now_us) == 1_000_000


def test_the_device_s_end_completes_the_session() -> None:
    stand = Stand().live()
    stand.hear(ENDED)

    assert not stand.cut and stand.state == "OFF" and g.finished(stand.guard)
    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["zero"], end["exit"], end["cause"]) == ("completed", True, 0, "")
    assert end["elapsed_us"] == 1_800_000_000
    assert stand.told("player", "end") == [{}]


def test_the_end_waits_for_silence() -> None:
    stand = Stand().live()
    stand.hear(replace(ENDED, quiet=False))

    assert stand.state == "LIVE"


def test_an_end_that_brings_a_fault_with_it_is_an_end() -> None:
    stand = Stand().live()
    stand.hear(replace(ENDED, faults=("LEASE: the lease ended",)))

    assert (stand.state, stand.guard.trip, stand.told("operator", "end")[0]["reason"]) == ("OFF", None, "completed")


@pytest.mark.hazard("H14")
def test_an_end_that_disagrees_ends_nothing_and_trips() -> None:
    stand = Stand().live()
    stand.status = replace(ENDED, agrees=False, disagreement="DONE too early")
    stand.hear()
    assert stand.state == "LIVE"
    stand.at(300)

    assert stand.state == "STOPPING" and stand.guard.trip is not None and stand.guard.trip.fault == "disagrees"


def test_an_early_end_is_not_called_complete() -> None:
    stand = Stand().live()
    stand.hear(replace(ENDED, played_us=1_799_999_999))

    end = stand.told("operator", "end")[0]
    assert end["reason"] == "ended by the device after 1799999999 of 1800000000 us" and end["exit"] == 4


def test_the_end_carries_the_device_s_counts() -> None:
    stand = Stand().live()
    stand.play()
    counts = tuple(replace(count, pulses=7, felt=3) for count in stand.status.counts)
    reading = replace(CLEAN, net_pc=-5, peak_ua=900)
    stand.hear(replace(ENDED, counts=counts, measured=(reading,)))

    end = stand.told("operator", "end")[0]
    assert end["pulses"] == {"A": {"2": 7, "100": 7}, "B": {"2": 7, "100": 7}}
    assert end["pulses_felt"]["B"] == {"2": 3, "100": 3}
    assert (end["net_charge_pc"], end["peak_ua"]) == ({"A": -5}, {"A": 900})


def test_leads_that_were_not_ordered_are_not_told() -> None:
    stand = Stand().live()
    other = replace(stand.status.counts[0], lead="D")
    stand.hear(replace(ENDED, counts=(*stand.status.counts, other), measured=(replace(CLEAN, lead="D"),)))

    end = stand.told("operator", "end")[0]
    assert set(end["pulses"]) == {"A", "B"} and end["peak_ua"] == {}


def test_the_last_record_closes_the_ledger_and_is_waited_for() -> None:
    stand = Stand().live()
    stand.hear(ENDED)
    last = stand.of(Record)[-1]

    assert last.wait and last.body["type"] == "close" and last.body["reason"] == "completed"


def test_records_are_numbered_without_a_hole() -> None:
    stand = Stand().live().run(2000)
    stand.feed(Stop("operator"))
    stand.zero_read_back()
    numbers = [effect.n for effect in stand.effects if isinstance(effect, Record)]

    assert numbers == list(range(len(numbers)))


def test_after_the_end_nothing_has_effect() -> None:
    stand = Stand().live()
    stand.hear(ENDED)

    for what in (Arm(), Stop("operator"), Tick(), Gone("port"), Beat("player")):
        assert stand.feed(what) == ()
    assert g.next_us(stand.guard) > 1 << 60


@pytest.mark.hazard("H27")
@pytest.mark.parametrize(("ms", "state"), [(12_999, "LIVE"), (13_000, "STOPPING")])
def test_the_guard_s_own_clock_cuts_one_second_after_the_ordered_time(ms: int, state: str) -> None:
    stand = Stand(order(repeats=2)).live()
    stand.run(12_600)
    stand.at(ms - 12_600)

    assert stand.state == state


@pytest.mark.hazard("H27")
def test_an_overrun_never_clears() -> None:
    stand = Stand(order(repeats=2)).live()
    stand.run(12_600).at(400)
    stand.zero_read_back()

    assert stand.all_told("operator", "end")[0]["reason"].startswith(
        "tripped: the output goes on past the ordered time"
    )
    assert g.exit_code(stand.guard) is Exit.TRIPPED


def test_the_wall_clock_ends_a_session_that_waits_too_long() -> None:
    tight = order()
    tight = replace(tight, limits=tight.limits.tighten("wall_us", 60_000_000, "the test", "a literal"))
    stand = Stand(tight).armed()
    stand.at(59_999)
    assert stand.state == "ARMED"
    stand.at(1)

    assert stand.all_told("operator", "state")[-1]["state"] == "STOPPING"
    assert stand.records("stop")[-1]["reason"] == "the session's time by the clock is over"


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
