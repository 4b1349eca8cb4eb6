"""The guard's own times to the microsecond: 1 us before, and at the bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial

import pytest

from eastim.safety import guard as g
from eastim.safety import guard_state
from eastim.safety.guard_state import NEVER, Times
from eastim.safety.guard_time import DEADLINES
from eastim.safety.inputs import Tick
from eastim.safety.interlock import State
from tests.safety.boundaries import time_trials as t
from tests.safety.boundaries import zero_trials as z
from tests.safety.fake_wire import Stand
from tests.safety.stories import STANDS

Trial = Callable[[int], str]
VALUES = {
    "NEVER": 4_611_686_018_427_387_904,
    "BEAT_US": 300_000,
    "FRESH_US": 300_000,
    "LATE_US": 250_000,
    "FOLLOW_US": 250_000,
    "TAKEN_US": 600_000,
    "DOUBT_US": 10_000_000,
    "CUT_US": 250_000,
    "CUTS": 3,
    "MUTE_CUTS": 3,
    "FIND_US": 10_000_000,
    "TICK_US": 100_000,
    "GIVE_UP_US": 10_000_000,
    "RECORD_US": 250_000,
    "ALARM_US": 2_000_000,
    "DELIVERED_US": 6_000_000,
    "MARK_STEP_US": 5_000_000,
    "CLOCK_LEAST_US": 2_000_000,
    "CLOCK_PPM": 50_000,
    "CLOCK_LATE_US": 250_000,
}
# Constant, where it is looked at, trial, the last that does nothing, the first that counts, what is said of that.
ROWS: list[tuple[str, str, Trial, int, int, str]] = [
    *(
        ("BEAT_US", f"player, {state}", partial(t.player_in, state), 299_999, 300_000, "player-beat")
        for state in ("SAFE", "ARMED", "LIVE", "PAUSED")
    ),
    *(
        ("BEAT_US", f"operator, {state}", partial(t.operator_in, state), 299_999, 300_000, "operator-beat")
        for state in ("SAFE", "ARMED", "LIVE", "PAUSED")
    ),
    ("BEAT_US", "since the device was found", t.found_and_mute, 299_999, 300_000, "player-beat"),
    # 300 ms after the tick that should have come 100 ms after the last; and only when no line was heard
    ("BEAT_US", "held up", t.held_up, 399_999, 400_000, "held-up"),
    ("BEAT_US", "held up, one line heard", t.heard_one_line, 0, 1, "held-up"),
    ("BEAT_US", "since a clear", t.cleared_and_mute, 299_999, 300_000, "player-beat"),
    *(
        ("FRESH_US", f"silent, {state}", partial(t.report_in, state), 299_999, 300_000, "stale")
        for state in ("ARMED", "LIVE", "PAUSED")
    ),
    *(
        ("FRESH_US", f"disagrees, {state}", partial(t.disagreeing_in, state), 299_999, 300_000, "disagrees")
        for state in ("ARMED", "LIVE", "PAUSED")
    ),
    # Here it is the second that comes soon enough.
    *(
        ("DOUBT_US", f"twice, {state}", partial(t.disagreeing_again_in, state), 10_000_000, 9_999_999, "disagrees")
        for state in ("ARMED", "LIVE", "PAUSED")
    ),
    ("FRESH_US", "to arm", t.armed_late, 299_999, 300_000, "not armed: the device has not reported within 300 ms"),
    ("FRESH_US", "to clear", t.cleared_late, 299_999, 300_000, "not cleared: the device has not reported"),
    ("FRESH_US", "to resume", t.resumed_late, 299_999, 300_000, "stale"),
    ("LATE_US", "raise", t.raised_late, 249_999, 250_000, "too old for a raise"),
    ("RECORD_US", "raise", t.recorded_after, 249_999, 250_000, "its record took longer than 250 ms; press again"),
    ("FOLLOW_US", "a lower", t.lowered, 249_999, 250_000, "not-followed"),
    ("FOLLOW_US", "the next lower", t.lowered_again, 249_999, 250_000, "not-followed"),
    ("FOLLOW_US", "a hold", t.unheld, 249_999, 250_000, "not-followed"),
    ("FOLLOW_US", "a release", t.unreleased, 249_999, 250_000, "not-followed"),
    # 250 ms to ask, a section of 3 s to take it up, 600 ms for the ways to the device and back
    ("TAKEN_US", "a hold", t.untaken, 3_849_999, 3_850_000, "not-followed"),
    ("FOLLOW_US", "a pause", t.unhushed, 249_999, 250_000, "not-followed"),
    ("FOLLOW_US", "crossed a lower", t.crossed_a_lower, 249_999, 250_000, "refused"),
    ("FOLLOW_US", "crossed a release", t.crossed_a_release, 249_999, 250_000, "refused"),
    ("FOLLOW_US", "a renewal too late", t.renewed_late, 249_999, 250_000, "refused"),
    ("FOLLOW_US", "current after the lease", t.still_sounding, 249_999, 250_000, "current"),
    ("FOLLOW_US", "current after a hush", t.in_hand_after_a_hush, 249_999, 250_000, "current"),
    ("CUT_US", "second cut", z.second_cut, 249_999, 250_000, "a cut"),
    ("CUT_US", "third cut", z.third_cut, 249_999, 250_000, "a cut"),
    ("CUT_US", "uncertain", z.cut_while_uncertain, 249_999, 250_000, "a cut"),
    # the profile's 2,005,000 us, and one cut's time
    ("CUT_US", "port gone", z.without_a_port, 2_254_999, 2_255_000, "over"),
    ("CUTS", "stopping", z.cuts_without_answer, 2, 3, "UNCERTAIN"),
    ("MUTE_CUTS", "uncertain", z.mute_cuts, 1, 2, "OFF"),
    ("ALARM_US", "uncertain", z.alarm_again, 1_999_999, 2_000_000, "an alarm"),
    ("GIVE_UP_US", "stopped", z.unconfirmed, 9_999_999, 10_000_000, "over"),
    ("GIVE_UP_US", "stopped while uncertain", z.stopped_while_uncertain, 9_999_999, 10_000_000, "over"),
    ("FIND_US", "off", z.unfound, 9_999_999, 10_000_000, "never started: no answer from the device"),
    ("TICK_US", "the first", z.tick, 99_999, 100_000, "tick"),
    ("TICK_US", "the next", z.next_tick, 99_999, 100_000, "tick"),
    ("DELIVERED_US", "section 0", z.counted, 5_999_999, 6_000_000, "counts"),
    ("CLOCK_LEAST_US", "ten times as fast", t.clock_fast_for, 1_999_999, 2_000_000, "clock"),
    # 5 % of 4 s and 250 ms; of 10 s it is 750 ms
    ("CLOCK_LATE_US", "ahead", partial(t.clock_off, 4_000_000), 450_000, 450_001, "clock"),
    ("CLOCK_LATE_US", "behind", lambda us: t.clock_off(4_000_000, -us), 450_000, 450_001, "clock"),
    ("CLOCK_PPM", "ahead", partial(t.clock_off, 10_000_000), 750_000, 750_001, "clock"),
    ("CLOCK_PPM", "behind", lambda us: t.clock_off(10_000_000, -us), 750_000, 750_001, "clock"),
    # Here more time tolerates more.
    ("MARK_STEP_US", "marked", t.clock_marked, 5_000_000, 4_999_999, "clock"),
    ("MARK_STEP_US", "net charge", z.charge_marked, 5_000_000, 4_999_999, "net-dc"),
]
IDS = [f"{name}-{where}" for name, where, *_ in ROWS]


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(("trial", "last"), [(row[2], row[3]) for row in ROWS], ids=IDS)
def test_one_microsecond_before_nothing_happens(trial: Trial, last: int) -> None:
    assert trial(last) == ""


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(("trial", "first", "said"), [(row[2], row[4], row[5]) for row in ROWS], ids=IDS)
def test_at_the_bound_it_counts(trial: Trial, first: int, said: str) -> None:
    assert said in trial(first)


def constants() -> dict[str, int]:
    return {name: value for name, value in vars(guard_state).items() if name.isupper() and isinstance(value, int)}


def test_the_times_are_these() -> None:
    assert constants() == VALUES


def test_every_time_has_its_boundaries_here() -> None:
    assert {row[0] for row in ROWS} == set(VALUES) - {"NEVER"}


# --- when each deadline counts ----------------------------------------------------------------------------------------

PERMITTED = {"ARMED", "LIVE", "PAUSED"}
WATCHED: dict[str, set[str]] = {
    "session": {"LIVE"},
    "follow": PERMITTED | {"SAFE"},
    "hold": {"LIVE"},
    "taken": {"LIVE"},
    "player": PERMITTED | {"SAFE"},
    "operator": PERMITTED | {"SAFE"},
    "fresh": PERMITTED,
    "wall": PERMITTED | {"SAFE", "TRIPPED", "UNCERTAIN"},
    "pause": {"PAUSED"},
    "find": {"OFF"},
    "give_up": {"STOPPING", "UNCERTAIN"},
    "cut": {"STOPPING", "UNCERTAIN"},
    "alarm": {"UNCERTAIN"},
    "tick": set(STANDS),
}
NONE = Times(**dict.fromkeys((field.name for field in fields(Times)), NEVER))


def only(state: str, name: str, at_us: int) -> Stand:
    """A stand in this state with no deadline but this one."""
    made = STANDS[state]()
    made.guard = replace(made.guard, times=replace(NONE, **{name: at_us}))
    return made


@pytest.mark.parametrize("name", WATCHED)
@pytest.mark.parametrize("state", STANDS)
def test_the_guard_asks_to_be_woken_for_a_deadline_in_its_states_only(state: str, name: str) -> None:
    made = only(state, name, 77_000_000)

    assert g.next_us(made.guard) == (77_000_000 if state in WATCHED[name] else NEVER)


@pytest.mark.parametrize("name", WATCHED)
@pytest.mark.parametrize("state", STANDS)
def test_a_deadline_that_has_passed_acts_in_its_states_only(state: str, name: str) -> None:
    made = only(state, name, 0)
    made.feed(Tick())

    # What the output has followed asks nothing any more.
    acts = state in WATCHED[name] and name not in ("follow", "hold", "taken")
    assert bool(made.last) is acts


def test_the_table_of_deadlines_is_this_one() -> None:
    assert {name: {state.value for state in states} for name, (states, _) in DEADLINES.items()} == WATCHED
    assert list(DEADLINES) == list(WATCHED)
    assert {state.value for state in State} == set(STANDS)


def test_a_finished_session_asks_for_nothing() -> None:
    made = Stand()
    made.now_us += 10_000_000
    for _ in range(4):
        made.feed(Tick())
        made.now_us += 250_000

    assert g.finished(made.guard) and g.next_us(made.guard) == NEVER
