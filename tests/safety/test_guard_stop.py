"""The way to zero: a stop is the first thing of its step, zero is read back, and what can't be confirmed is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eastim.errors import Exit
from eastim.safety import guard as g
from eastim.safety.inputs import Alarm, Arm, Clear, Cut, Gone, Heard, Lower, Pause, Raise, Resume, Stop, Tick
from tests.safety.fake_wire import QUIET, Stand

STOP_BYTES = (bytes([0x00, 0x18, 0x00]),)


def off() -> Stand:
    return Stand()


def safe() -> Stand:
    return Stand().safe()


def armed() -> Stand:
    return Stand().armed()


def live() -> Stand:
    return Stand().live().run(400).raised().run(200)


def paused() -> Stand:
    stand = live()
    stand.feed(Pause())
    return stand.hush()


def stopping() -> Stand:
    stand = live()
    stand.feed(Stop("operator"))
    return stand


def tripped() -> Stand:
    stand = live()
    stand.ask(b"bad")
    return stand.zero_read_back()


def uncertain() -> Stand:
    stand = live()
    stand.ask(b"bad")
    stand.auto = {"player", "operator"}
    return stand.at(750)


STANDS: dict[str, Callable[[], Stand]] = {
    "OFF": off, "SAFE": safe, "ARMED": armed, "LIVE": live, "PAUSED": paused, "STOPPING": stopping,
    "TRIPPED": tripped, "UNCERTAIN": uncertain,
}  # fmt: skip


@pytest.mark.parametrize("state", STANDS)
def test_the_story_to_each_state(state: str) -> None:
    assert STANDS[state]().state == state


@pytest.mark.hazard("H48")
@pytest.mark.parametrize("source", ["operator", "player", "shell", "sigterm"])
@pytest.mark.parametrize("state", STANDS)
def test_a_stop_from_anyone_cuts_in_the_same_step_before_everything_else(state: str, source: str) -> None:
    stand = STANDS[state]()
    effects = stand.feed(Stop(source))

    assert effects[0] == Cut(STOP_BYTES)
    assert stand.state in ("STOPPING", "UNCERTAIN") and set(stand.guard.ceilings) == {0}


@pytest.mark.hazard("H02")
@pytest.mark.parametrize("line", ["player", "operator"])
@pytest.mark.parametrize("state", STANDS)
def test_a_line_that_closes_cuts_and_ends_the_session(state: str, line: Any) -> None:
    stand = STANDS[state]()
    effects = stand.feed(Gone(line))

    assert effects[0] == Cut(STOP_BYTES)
    assert stand.guard.over is not None


@pytest.mark.parametrize("state", ["SAFE", "ARMED", "LIVE", "PAUSED"])
def test_a_stop_ends_the_session_once_zero_is_read_back(state: str) -> None:
    stand = STANDS[state]()
    stand.feed(Stop("shell"))
    assert not g.finished(stand.guard)
    stand.zero_read_back()

    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["zero"], end["exit"]) == ("stopped by shell", True, 4)
    assert g.finished(stand.guard) and g.exit_code(stand.guard) is Exit.STOPPED


@pytest.mark.hazard("H02")
def test_a_session_process_that_is_gone_is_the_reason() -> None:
    stand = live()
    stand.feed(Gone("player"))
    stand.feed(Gone("operator"))
    stand.zero_read_back()

    assert stand.told("operator", "end")[0]["reason"] == "session process gone"


def test_a_quiet_report_that_does_not_answer_the_stop_confirms_nothing() -> None:
    stand = stopping()
    stand.hear(QUIET)

    assert stand.state == "STOPPING"


def test_an_answer_that_is_not_quiet_confirms_nothing() -> None:
    stand = stopping()
    stand.hear(replace(QUIET, quiet=False, stop_answer=True))

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H08")
def test_what_another_device_says_confirms_nothing() -> None:
    stand = stopping()
    stand.hear(replace(QUIET, device="EA1-2", stop_answer=True))

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H13")
def test_a_cut_that_is_not_confirmed_is_sent_three_times_250_ms_apart_and_then_said() -> None:
    stand = stopping()
    stand.auto = set()
    for _ in range(2):
        stand.at(249)
        assert not stand.of(Cut)
        stand.at(1)
        assert stand.of(Cut) and stand.state == "STOPPING"
    stand.at(250)

    assert stand.state == "UNCERTAIN"
    assert [alarm.text for alarm in stand.of(Alarm)] == ["the output is not confirmed off: take the leads off"]
    assert stand.told("operator", "notice")[0]["priority"] == "high"


@pytest.mark.hazard("H13")
def test_more_stops_do_not_put_the_alarm_off() -> None:
    stand = stopping()
    stand.auto = set()
    for _ in range(15):
        stand.at(50)
        stand.feed(Stop("operator"))

    assert stand.state == "UNCERTAIN"


@pytest.mark.hazard("H13")
def test_while_uncertain_the_guard_goes_on_cutting() -> None:
    stand = uncertain()
    stand.auto = set()
    stand.at(1000)

    assert len(stand.of(Cut)) == 4


@pytest.mark.hazard("H41")
def test_while_uncertain_the_alarm_is_repeated() -> None:
    stand = uncertain()
    stand.auto = set()
    stand.at(6000)

    assert len(stand.of(Alarm)) == 3


def test_an_answer_heard_late_leads_out_of_uncertain() -> None:
    stand = uncertain().zero_read_back()
    assert stand.state == "TRIPPED"
    stand.feed(Clear())

    assert stand.state == "SAFE"


@pytest.mark.hazard("H13")
def test_a_device_that_fell_silent_without_answering_its_stop_is_not_armed_again() -> None:
    stand = uncertain()
    stand.hear(QUIET)
    assert stand.state == "TRIPPED" and stand.told("operator", "notice")[0]["priority"] == "high"
    stand.feed(Clear())

    assert stand.state == "TRIPPED" and "can't be cleared" in stand.told("operator", "notice")[0]["text"]


@pytest.mark.hazard("H13")
def test_a_stopped_session_that_stays_uncertain_ends_after_ten_seconds_and_says_so() -> None:
    stand = stopping()
    stand.auto = set()
    stand.at(750 + 9_999)
    assert not g.finished(stand.guard)
    stand.at(1)

    end = stand.told("operator", "end")[0]
    assert (end["zero"], end["exit"]) == (False, 6)


def test_a_tripped_session_that_stays_uncertain_waits_for_its_operator() -> None:
    stand = uncertain()
    stand.auto = {"player", "operator"}
    stand.at(60_000)
    assert stand.state == "UNCERTAIN"
    stand.feed(Stop("operator"))
    stand.at(10_000)

    assert g.exit_code(stand.guard) is Exit.UNCERTAIN and g.finished(stand.guard)


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("state", [state for state in STANDS if state != "OFF"])
def test_a_port_that_is_gone_is_uncertain_at_once(state: str) -> None:
    stand = STANDS[state]()
    stand.feed(Gone("port"))

    assert stand.state == "UNCERTAIN" and stand.of(Alarm) and stand.cut


@pytest.mark.hazard("H07")
def test_a_port_that_is_gone_ends_the_session_when_the_device_must_have_stopped_by_itself() -> None:
    stand = live()
    stand.feed(Gone("port"))
    stand.auto = set()
    stand.at(2_254)
    assert not g.finished(stand.guard)
    stand.at(1)

    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["zero"], end["exit"]) == ("tripped: the port is gone", False, 6)


# --- after a trip -----------------------------------------------------------------------------------------------------


def test_a_trip_is_told_with_its_cause_and_how_it_clears() -> None:
    stand = live()
    stand.ask(b"bad")

    assert stand.told("operator", "trip") == [
        {"cause": "refused", "text": "a frame was refused at the door: no such frame: bad", "clears": "operator"}
    ]


def test_a_trip_keeps_its_first_cause() -> None:
    stand = live()
    stand.ask(b"bad")
    stand.hear(replace(QUIET, boot=8))
    stand.feed(Gone("port"))

    assert stand.guard.trip is not None and stand.guard.trip.fault == "refused"
    assert [record["fault"] for record in stand.records("trip")] == ["refused", "port-gone"]
    assert len(stand.all_told("operator", "trip")) == 1


def test_after_a_clear_the_operator_arms_again_from_zero() -> None:
    stand = tripped()
    stand.feed(Clear())
    assert stand.state == "SAFE" and stand.guard.trip is None
    stand.feed(Arm())

    assert stand.state == "ARMED" and set(stand.guard.ceilings) == {0}


def test_a_trip_does_not_give_session_time_back() -> None:
    stand = live()
    played_us = stand.guard.played_us(stand.now_us)
    stand.ask(b"bad")
    stand.zero_read_back().at(5000)
    stand.feed(Clear())
    stand.feed(Arm())
    stand.play()

    assert stand.guard.played_us(stand.now_us) == played_us == 600_000


def test_a_clear_needs_a_recent_report_of_silence() -> None:
    stand = tripped()
    stand.auto = {"player", "operator"}
    stand.at(300)
    stand.feed(Clear())

    assert stand.state == "TRIPPED"


def test_a_clear_does_not_go_over_a_stop() -> None:
    stand = tripped()
    stand.feed(Stop("operator"))
    stand.feed(Clear())
    assert stand.state == "STOPPING"
    stand.zero_read_back()

    end = stand.told("operator", "end")[0]
    assert end["reason"].startswith("tripped: a frame was refused") and end["exit"] == 5


def test_a_trip_that_was_cleared_is_not_the_end_s_reason() -> None:
    stand = tripped()
    stand.feed(Clear())
    stand.feed(Stop("operator"))
    stand.zero_read_back()

    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["cause"], end["exit"]) == ("stopped by operator", "", 4)


@pytest.mark.parametrize("what", [Arm(), Resume(), Pause(), Raise("A", None)])
@pytest.mark.parametrize("state", ["STOPPING", "TRIPPED", "UNCERTAIN"])
def test_nothing_arms_or_raises_after_a_stop_or_a_trip(state: str, what: Any) -> None:
    stand = STANDS[state]()
    stand.feed(what)

    assert stand.state == state and set(stand.guard.ceilings) == {0}


@pytest.mark.hazard("H48")
@pytest.mark.parametrize("state", ["STOPPING", "TRIPPED", "UNCERTAIN"])
def test_a_frame_that_crossed_a_stop_is_dropped_and_told_and_trips_nothing_new(state: str) -> None:
    stand = STANDS[state]()
    trips = len(stand.records("trip"))
    stand.play()

    assert not stand.wrote and not stand.cut
    assert stand.told("player", "refused")[0]["reason"] == f"the session is {state}: the wire is the guard's"
    assert len(stand.records("trip")) == trips and stand.records("refused")


def test_a_trip_before_the_device_is_found_ends_the_session() -> None:
    stand = off()
    stand.ask(b"bad")
    stand.zero_read_back()

    assert g.finished(stand.guard) and g.exit_code(stand.guard) is Exit.TRIPPED


# --- what is late -----------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H04")
def test_after_a_stall_of_the_guard_itself_a_late_report_does_not_undo_the_trip() -> None:
    stand = live()
    stand.now_us += 300_000
    stand.reader.said.append(stand.status)
    stand.feed(Heard(str(len(stand.reader.said) - 1).encode()))

    assert stand.cut and stand.state == "STOPPING"


def test_a_stop_in_the_step_of_a_missed_deadline_still_comes_first() -> None:
    stand = live()
    stand.now_us += 10_000_000
    effects = stand.feed(Stop("operator"))

    assert isinstance(effects[0], Cut) and stand.guard.over is not None
    assert stand.guard.over.reason == "stopped by operator"


@pytest.mark.parametrize("state", STANDS)
def test_a_lower_is_harmless_everywhere(state: str) -> None:
    stand = STANDS[state]()
    stand.feed(Lower("A", None))
    stand.feed(Tick())

    assert stand.state == state and set(stand.guard.ceilings) == {0}
