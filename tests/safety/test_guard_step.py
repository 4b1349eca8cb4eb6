"""One step of the guard: how it begins, what comes before what, and who may stop how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from eastim.errors import Exit
from eastim.profiles.profile import load_profile
from eastim.safety import guard as g
from eastim.safety.guard_state import NEVER, Times, Watch
from eastim.safety.inputs import Beat, Gone, Pause, Slept, Stop, Tick
from tests.safety.fake_wire import FakeReader, FakeShadow, Stand, order
from tests.safety.said import lines
from tests.safety.stories import live, off, safe, stopping, tripped, uncertain


def test_what_others_may_take_from_the_guard() -> None:
    assert g.__all__ == ["GuardState", "begin", "exit_code", "finished", "next_us", "step"]


# --- the beginning ----------------------------------------------------------------------------------------------------


def test_a_session_begins_off_at_zero_with_ten_seconds_to_find_the_device() -> None:
    guard, effects = g.begin(order(), load_profile("ea1"), FakeReader(), 7, runs="as a test")

    assert (guard.state, guard.shadow, guard.ceilings) == ("OFF", FakeShadow(), (0, 0, 0, 0))
    assert (guard.raise_us, guard.watches) == ((0, 0), (Watch(),) * 4)
    assert guard.times == Times(tick=100_007, find=10_000_007)
    assert (guard.given.keys, guard.n) == ((("A", "2"), ("A", "100"), ("B", "2"), ("B", "100")), 1)
    assert lines(effects)[0].endswith(", guard=as a test")


# --- what comes before what -------------------------------------------------------------------------------------------


def test_a_stop_comes_before_the_deadlines_that_have_passed() -> None:
    stand = live()
    stand.now_us += 299_999
    stand.guard = replace(stand.guard, times=replace(stand.guard.times, session=stand.now_us))
    stand.feed(Stop("operator"))

    assert stand.cut and stand.records("trip") == []
    assert lines(stand.last)[1] == "record stop, reason=stopped by operator"


def test_that_the_guard_was_held_up_comes_even_before_a_stop() -> None:
    stand = live()
    stand.now_us += 600_000
    stand.feed(Stop("operator"))

    assert stand.records("trip")[0]["fault"] == "held-up"
    assert stand.guard.trip is not None and stand.guard.trip.fault == "held-up"


def test_an_act_that_comes_with_the_end_has_no_effect() -> None:
    stand = uncertain()
    stand.feed(Stop("operator"))
    stand.guard = replace(stand.guard, times=replace(stand.guard.times, give_up=stand.now_us))
    stand.feed(Pause())

    assert stand.guard.finished and stand.told("operator", "notice") == []
    assert len(stand.told("operator", "end")) == 1


def test_the_end_leaves_no_deadline_that_could_act_after_it() -> None:
    stand = uncertain()
    stand.feed(Stop("operator"))
    stand.guard = replace(stand.guard, times=replace(stand.guard.times, give_up=stand.now_us, tick=stand.now_us))
    stand.feed(Tick())

    assert stand.guard.finished and stand.guard.times == Times(tick=NEVER)
    assert stand.told("operator", "tick") == [] and len(stand.told("operator", "end")) == 1


def test_an_act_that_is_late_does_not_undo_what_it_is_late_for() -> None:
    stand = live()
    stand.now_us = stand.guard.times.player
    stand.feed(Beat("player"))

    assert stand.state == "STOPPING" and stand.records("trip")[0]["fault"] == "player-beat"


@pytest.mark.parametrize("line", ["player", "operator"])
def test_a_beat_is_good_for_300_ms(line: str) -> None:
    stand = live()
    before = stand.guard.times
    stand.now_us += 10_000
    stand.feed(Beat(line))  # type: ignore[arg-type]

    assert stand.guard.times == replace(before, **{line: stand.now_us + 300_000})


def test_what_has_passed_is_forgotten_by_the_step() -> None:
    stand = live()
    stand.guard = replace(stand.guard, raise_us=(stand.now_us, stand.now_us + 1))
    stand.feed(Tick())

    assert stand.guard.raise_us == (0, stand.now_us + 1)


def test_after_the_end_not_even_a_stop_has_effect() -> None:
    stand = live()
    stand.guard = replace(stand.guard, finished=True)
    before = stand.guard

    assert stand.feed(Stop("operator")) == () and stand.guard is before
    assert g.finished(stand.guard) is True and g.finished(live().guard) is False


# --- who stops --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["operator", "shell", "sigterm", "multiplayer"])
@pytest.mark.parametrize("story", [off, safe, live, stopping, tripped, uncertain])
def test_anyone_may_stop_anywhere(story: Callable[[], Stand], source: str) -> None:
    stand = story()
    trips = len(stand.records("trip"))
    stand.feed(Stop(source))

    assert stand.cut and stand.records("stop")[-1]["reason"] == f"stopped by {source}"
    assert len(stand.records("trip")) == trips


@pytest.mark.parametrize("story", [stopping, tripped, uncertain])
def test_a_player_that_gives_up_after_a_stop_or_a_trip_stops_as_anyone_does(story: Callable[[], Stand]) -> None:
    stand = story()
    trips = len(stand.records("trip"))
    stand.feed(Stop("player: 3 refusals"))

    assert stand.cut and stand.records("stop")[-1]["reason"] == "stopped by player: 3 refusals"
    assert len(stand.records("trip")) == trips


def test_a_player_that_gives_up_before_a_device_was_found_found_none() -> None:
    stand = off()
    stand.feed(Stop("player: no answer"))

    assert stand.cut and stand.records("stop")[-1]["reason"] == "never started: stopped by player: no answer"
    assert g.exit_code(stand.guard) is Exit.NO_DEVICE and stand.records("trip") == []


@pytest.mark.parametrize("story", [safe, live])
def test_a_player_that_gives_up_with_a_device_is_a_fault(story: Callable[[], Stand]) -> None:
    stand = story()
    stand.feed(Stop("player: 3 refusals"))

    assert [record["text"] for record in stand.records("trip")] == ["the player failed: 3 refusals"]
    assert stand.records("stop") == []


@pytest.mark.parametrize("who", ["player", "operator"])
def test_a_line_that_is_closed_stops_the_session(who: str) -> None:
    stand = live()
    stand.feed(Gone(who))  # type: ignore[arg-type]

    assert stand.cut and stand.records("stop")[-1]["reason"] == "session process gone"


def test_a_port_that_is_closed_is_a_fault_and_uncertain() -> None:
    stand = live()
    stand.feed(Gone("port"))

    assert stand.state == "UNCERTAIN" and stand.records("trip")[-1]["fault"] == "port-gone"


@pytest.mark.parametrize(("us", "ms"), [(999, 0), (1_000, 1), (51_999, 51)])
def test_a_sleep_is_told_in_whole_ms(us: int, ms: int) -> None:
    stand = live()
    stand.feed(Slept(us))

    assert stand.records("trip")[-1]["text"] == f"the computer slept: for {ms} ms"
