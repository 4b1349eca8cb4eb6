"""The way to zero: a stop is the first of its step, zero is read back, and what can't be confirmed is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.errors import Exit
from eastim.safety import guard as g
from eastim.safety.inputs import Alarm, Clear, Cut, Gone, Stop
from tests.safety.fake_wire import CLEAN, QUIET, Stand
from tests.safety.stories import STANDS, live, stopping, uncertain

STOP_BYTES = (bytes([0x00, 0x18, 0x00]),)


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


@pytest.mark.hazard("H01")
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


def test_a_stop_before_any_device_was_heard_claims_no_zero_and_says_that_there_was_none() -> None:
    """Exit 4 says that zero is confirmed; here nobody was heard who could confirm it."""
    stand = Stand()
    stand.auto.discard("device")
    stand.feed(Stop("operator"))
    stand.at(1_000)

    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["zero"], end["exit"]) == ("stopped by operator", False, 3)


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


def run_out(stand: Stand) -> Stand:
    """Let 550 ms pass without a report: a lease of 500 ms ends in it."""
    stand.auto -= {"device"}
    return stand.at(550)


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("ends", [Stop("operator"), Stop("player: 3 refusals in a row"), None])
def test_a_reset_wipes_nothing_of_what_was_delivered(ends: Stop | None) -> None:
    stand = live()
    counts = tuple(replace(count, pulses=7, felt=3) for count in stand.status.counts)
    stand.hear(replace(stand.status, played_us=600_000, counts=counts, measured=(replace(CLEAN, net_pc=-5),)))
    told = len(stand.all_told("operator", "status"))
    if ends is not None:
        stand.feed(ends)
    fresh = replace(QUIET, boot=8, counts=tuple(replace(count, pulses=0, felt=0) for count in counts))
    stand.hear(fresh)
    run_out(stand).hear(replace(fresh, stop_answer=True))

    end = stand.told("operator", "end")[0]
    assert end["zero"] and end["elapsed_us"] == 600_000 and end["net_charge_pc"] == {"A": -5}
    assert end["pulses"]["A"] == {"2": 7, "100": 7} and end["pulses_felt"]["A"] == {"2": 3, "100": 3}
    assert stand.records("close")[0]["elapsed_us"] == stand.records("delivered")[-1]["elapsed_us"] == 600_000
    assert len(stand.all_told("operator", "status")) == told


@pytest.mark.hazard("H12")
def test_a_reset_after_a_trip_that_clears_ends_the_session_all_the_same() -> None:
    stand = live()
    stand.ask(b"bad")
    stand.status = replace(QUIET, boot=8)
    run_out(stand).hear(replace(stand.status, stop_answer=True))
    assert stand.state == "TRIPPED"
    stand.hear(stand.status)
    stand.hear(replace(stand.status, stop_answer=True))

    assert stand.records("trip")[-1]["fault"] == "reset"
    assert g.finished(stand.guard) and g.exit_code(stand.guard) is Exit.TRIPPED


def test_an_answer_that_is_not_quiet_confirms_nothing() -> None:
    stand = stopping()
    stand.hear(replace(QUIET, quiet=False, stop_answer=True))

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H08")
def test_what_another_device_says_confirms_nothing() -> None:
    stand = stopping()
    stand.hear(replace(QUIET, device="EA1-2", stop_answer=True))

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H07")
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


@pytest.mark.hazard("H41")
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


def test_in_uncertain_a_quiet_report_alone_confirms_nothing_yet() -> None:
    stand = uncertain()
    stand.hear(QUIET)

    assert stand.state == "UNCERTAIN"


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("ms", "state"), [(450, "UNCERTAIN"), (500, "OFF")])
def test_a_device_that_stays_silent_and_leaves_two_more_cuts_unanswered_is_silent(ms: int, state: str) -> None:
    stand = uncertain()
    stand.hear(QUIET)
    stand.at(ms)
    stand.hear(QUIET)

    assert stand.state == state


@pytest.mark.hazard("H13")
def test_a_device_that_fell_silent_without_answering_its_stop_is_not_armed_again() -> None:
    stand = uncertain()
    stand.hear(QUIET)
    stand.at(500).hear(QUIET)

    assert stand.told("operator", "notice")[0]["priority"] == "high"
    assert g.finished(stand.guard)


@pytest.mark.hazard("H13")
def test_a_stop_that_the_device_never_answered_is_told_as_a_trip() -> None:
    stand = stopping()
    stand.auto = {"player", "operator"}
    stand.at(750).hear(QUIET)
    stand.at(500).hear(QUIET)

    says = "the device fell silent without answering a stop: don't use this device"
    assert stand.told("operator", "trip") == [{"cause": "unanswered", "text": says, "clears": "never"}]
    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["zero"], end["exit"]) == (f"tripped: {says}", True, 5)


@pytest.mark.hazard("H13")
def test_a_device_that_is_not_silent_in_between_is_waited_for_anew() -> None:
    stand = uncertain()
    stand.hear(QUIET)
    stand.at(300).hear(replace(QUIET, quiet=False))
    stand.hear(QUIET)
    stand.at(300).hear(QUIET)

    assert stand.state == "UNCERTAIN"


def test_a_link_that_comes_back_can_be_armed_again() -> None:
    stand = uncertain()
    stand.hear(QUIET)
    stand.at(250).zero_read_back()
    stand.feed(Clear())

    assert stand.state == "SAFE"


@pytest.mark.hazard("H41")
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


@pytest.mark.hazard("H07")
def test_a_port_that_is_lost_again_does_not_put_the_end_off() -> None:
    stand = live()
    stand.feed(Gone("port"))
    stand.auto = set()
    stand.at(2_000)
    stand.feed(Gone("port"))
    stand.at(254)
    assert not g.finished(stand.guard)
    stand.at(1)

    assert g.finished(stand.guard)
