"""Before a session is live: the device is found and checked, and the operator arms."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from eastim.errors import Exit
from eastim.safety import guard as g
from eastim.safety.inputs import Arm, Gone, Record, Stop
from tests.safety.fake_wire import QUIET, Stand, order

ENDED = replace(QUIET, ended=True, played_us=1_800_000_000)


# --- the start --------------------------------------------------------------------------------------------------------


def test_a_session_opens_its_ledger_with_the_order_and_its_hash() -> None:
    first = Stand().effects[0]

    assert isinstance(first, Record) and first.n == 0
    assert first.body["type"] == "open" and first.body["order"] == json.loads(order().to_json())
    assert order().sha256 in first.body.values()


def test_the_player_is_told_at_once_that_everything_is_at_zero() -> None:
    levels = [["A", "2", 0], ["A", "100", 0], ["B", "2", 0], ["B", "100", 0]]

    assert Stand().told("player", "set") == [{"state": "OFF", "levels": levels, "hold": None}]


def test_the_operator_is_told_the_state_and_the_use() -> None:
    assert Stand().told("operator", "state") == [{"state": "OFF", "use": "human", "cause": ""}]


def test_the_device_is_found_when_it_is_the_ordered_one_silent_loaded_and_agrees() -> None:
    assert Stand().safe().state == "SAFE"


@pytest.mark.parametrize("lacking", [{"ready": False}, {"agrees": False}, {"device": ""}])
def test_until_then_the_session_stays_off(lacking: dict[str, object]) -> None:
    stand = Stand()
    stand.hear(replace(QUIET, **lacking))  # type: ignore[arg-type]

    assert stand.state == "OFF" and not stand.cut


@pytest.mark.hazard("H08")
def test_another_serial_number_ends_the_start() -> None:
    stand = Stand()
    stand.hear(replace(QUIET, device="EA1-2"))

    assert stand.cut
    stand.hear(replace(QUIET, device="EA1-2", stop_answer=True))
    assert stand.told("operator", "end")[0]["reason"] == (
        "never started: the device is EA1-2, not EA1-1 as ordered; plug in that one, or order this one"
    )
    assert g.exit_code(stand.guard) is Exit.NO_DEVICE


def test_any_device_serves_when_none_is_ordered() -> None:
    stand = Stand(order(device=None))
    stand.hear(replace(QUIET, device="EA1-2"))

    assert stand.state == "SAFE"


def test_a_device_that_puts_out_current_at_the_start_is_stopped_and_the_session_ends() -> None:
    stand = Stand()
    stand.hear(replace(QUIET, quiet=False))

    assert stand.cut
    stand.zero_read_back()
    assert stand.told("operator", "end")[0]["reason"].startswith("never started: the device was putting out current")


def test_no_answer_for_ten_seconds_ends_the_start() -> None:
    stand = Stand()
    stand.auto = set()
    stand.at(9_999)
    assert stand.state == "OFF"
    stand.at(1)
    assert stand.cut
    stand.at(750)

    end = stand.told("operator", "end")[0]
    assert end["reason"] == "never started: no answer from the device"
    assert (end["exit"], end["zero"]) == (3, False)
    assert g.finished(stand.guard)


def test_a_player_that_finds_no_device_ends_with_no_device() -> None:
    stand = Stand()
    stand.feed(Stop("player: no answer"))
    stand.auto = set()
    stand.at(750)

    assert g.exit_code(stand.guard) is Exit.NO_DEVICE


def test_a_device_that_puts_out_current_at_the_start_and_ignores_the_stop_is_not_confirmed_off() -> None:
    stand = Stand()
    stand.hear(replace(QUIET, quiet=False))
    stand.auto = set()
    stand.at(30_000)

    assert g.finished(stand.guard) and g.exit_code(stand.guard) is Exit.UNCERTAIN


def test_a_port_that_goes_before_the_device_is_found_ends_the_start() -> None:
    stand = Stand()
    stand.feed(Gone("port"))

    assert g.finished(stand.guard) and g.exit_code(stand.guard) is Exit.NO_DEVICE


def test_frames_that_change_no_output_pass_before_arming() -> None:
    stand = Stand()
    stand.ask(b"load")

    assert stand.wrote and stand.records("frame") == [{"type": "frame", "hex": b"load".hex()}]


# --- arming -----------------------------------------------------------------------------------------------------------


def test_the_operator_s_go_arms() -> None:
    stand = Stand().safe()
    stand.feed(Arm())

    assert stand.state == "ARMED" and stand.told("player", "set")[0]["state"] == "ARMED"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"quiet": True, "ready": False}, "does not hold the ordered program"),
        ({"agrees": False}, ""),
    ],
)
def test_arming_needs_a_ready_and_agreeing_device(changed: dict[str, bool], says: str) -> None:
    stand = Stand().safe()
    stand.auto = {"player", "operator"}
    stand.at(250)
    stand.hear(replace(QUIET, **changed))  # type: ignore[arg-type]
    stand.at(100)
    stand.feed(Arm())

    assert stand.state == "SAFE" and says in stand.told("operator", "notice")[0]["text"]


@pytest.mark.parametrize(("age_ms", "state"), [(299, "ARMED"), (300, "SAFE")])
def test_arming_needs_a_report_younger_than_300_ms(age_ms: int, state: str) -> None:
    stand = Stand().safe()
    stand.auto = {"player", "operator"}
    stand.at(age_ms)
    stand.feed(Arm())

    assert stand.state == state


def test_arming_twice_says_why_not() -> None:
    stand = Stand().armed()
    stand.feed(Arm())

    assert stand.told("operator", "notice")[0]["text"] == "not armed: the session is ARMED; it is armed from SAFE"
