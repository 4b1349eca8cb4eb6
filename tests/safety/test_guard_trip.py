"""After a trip: latched, its first cause kept, cleared by the operator once zero is read back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.errors import Exit
from eastim.safety import guard as g
from eastim.safety.inputs import Arm, Clear, Cut, Gone, Heard, Lower, Pause, Raise, Resume, Stop, Tick
from tests.safety.fake_wire import QUIET
from tests.safety.stories import STANDS, live, off, tripped

STOP_BYTES = (bytes([0x00, 0x18, 0x00]),)


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


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("state", ["SAFE", "ARMED", "LIVE", "PAUSED"])
def test_a_player_that_gives_up_is_a_trip_that_tells_why_and_ends_the_session(state: str) -> None:
    stand = STANDS[state]()
    stand.feed(Stop("player: 3 refusals in a row"))
    assert stand.cut and stand.told("operator", "trip") == [
        {"cause": "player", "text": "the player failed: 3 refusals in a row", "clears": "never"}
    ]
    stand.zero_read_back()

    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["zero"], end["exit"]) == (
        "tripped: the player failed: 3 refusals in a row", True, 5,
    )  # fmt: skip


@pytest.mark.hazard("H13")
def test_a_player_that_gives_up_on_a_device_that_never_confirms_zero_leaves_it_uncertain() -> None:
    stand = live()
    stand.feed(Stop("player: no answer to 4 askings"))
    stand.auto = set()
    stand.at(750 + 10_000)

    end = stand.told("operator", "end")[0]
    assert (end["cause"], end["zero"], end["exit"]) == (
        "the player failed: no answer to 4 askings", False, 6,
    )  # fmt: skip


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
