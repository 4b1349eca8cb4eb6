"""Why an act of the operator's is not done: each reason by itself, at its bound, with all others relaxed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.guard_state import NEVER, Lately, Pending
from eastim.safety.inputs import Arm, Clear, Gone, Hold, Input, Pause, Raise, Recorded, Resume, Slept, Tick
from tests.safety.fake_wire import QUIET, Stand, order
from tests.safety.said import lines
from tests.safety.stories import armed, at_zero, live, notice, paused, safe, the_record, tripped

STALE = "the device has not reported within 300 ms, or does not agree; try again"
BUSY = "the device does not report silence"
EMPTY = "the device does not hold the ordered program and its limits"


def known(stand: Stand, **changes: Any) -> Stand:
    """As if the last report had been another, or none."""
    status = stand.guard.status
    assert status is not None
    stand.guard = replace(stand.guard, status=replace(status, **changes) if changes else None)
    return stand


def refuses(stand: Stand, what: Input, says: str, priority: str = "medium") -> None:
    before = stand.guard
    stand.feed(what)
    assert lines(stand.last) == [f"operator notice text={says}, priority={priority}"]
    assert stand.guard == before


@pytest.mark.parametrize(("ms", "state"), [(299, "ARMED"), (300, "SAFE")])
def test_a_report_of_300_ms_ago_arms_nothing(ms: int, state: str) -> None:
    stand = safe()
    stand.auto = {"player", "operator"}
    stand.at(ms).feed(Arm())

    assert stand.state == state
    assert stand.told("operator", "notice") == (
        [] if state == "ARMED" else [{"text": f"not armed: {STALE}", "priority": "medium"}]
    )


def test_a_device_that_was_never_heard_is_not_armed() -> None:
    refuses(known(safe()), Arm(), f"not armed: {STALE}")


def test_a_device_that_is_not_silent_is_not_armed() -> None:
    refuses(known(safe(), quiet=False), Arm(), f"not armed: {BUSY}")


def test_a_device_without_its_program_is_not_armed() -> None:
    refuses(known(safe(), ready=False), Arm(), f"not armed: {EMPTY}")


@pytest.mark.parametrize(("left_us", "state"), [(1, "ARMED"), (0, "SAFE"), (-1, "SAFE")])
def test_a_session_whose_time_is_used_up_is_not_armed(left_us: int, state: str) -> None:
    stand = safe()
    stand.guard = replace(stand.guard, live_us=1_800_000_000 - left_us)
    stand.feed(Arm())

    assert stand.state == state
    assert state == "ARMED" or notice(stand) == "not armed: the ordered time is used up"


def test_a_session_without_a_ledger_is_not_armed() -> None:
    stand = safe()
    stand.feed(Recorded(1, "disk full"))

    refuses(stand, Arm(), "not armed: the ledger can't be written")


def test_the_time_by_the_clock_begins_with_the_first_arming_and_never_anew() -> None:
    stand = safe()
    assert stand.guard.times.wall == NEVER
    stand.feed(Arm())
    began_us = stand.now_us
    assert stand.guard.times.wall == began_us + 2_700_000_000
    stand.ask(b"bad")
    stand.zero_read_back().at(1000)
    stand.feed(Clear())
    stand.feed(Arm())

    assert stand.state == "ARMED" and stand.guard.times.wall == began_us + 2_700_000_000


def test_an_arming_remembers_nothing_of_the_one_before() -> None:
    stand = live()
    stand.measure(kind="100", z_ohm=49, level_ua=0, net_pc=7)
    stand.measure(plus_ua=1012, minus_ua=1000, z_ohm=600, residual_mv=3, net_pc=7)
    assert stand.guard.said and stand.guard.marks and stand.guard.watches[0].start_ohm == 600
    stand.ask(b"bad")
    stand.status = replace(QUIET)
    stand.zero_read_back()
    stand.feed(Clear())
    fresh = [watch.fresh for watch in stand.guard.watches]
    stand.feed(Arm())

    guard = stand.guard
    assert (guard.said, guard.marks, guard.contacted, guard.pending, guard.target) == ((), (), (), (), ())
    assert guard.lately is None and guard.times.follow == NEVER
    assert [(watch.fresh, watch.start_ohm, watch.base, watch.bad_from) for watch in guard.watches] == [
        (count, None, None, None) for count in fresh
    ]


@pytest.mark.parametrize(("story", "what", "state"), [(safe, Arm(), "ARMED"), (paused, Resume(), "ARMED")])
def test_whatever_was_before_a_start_and_a_resume_begin_at_zero(story: Any, what: Input, state: str) -> None:
    stand = story()
    lately = Lately(NEVER, (100, 0, 0, 0), ("100",), stand.guard.state)
    stand.guard = replace(
        stand.guard, ceilings=(100, 0, 0, 0), hold="100", pending=(Pending(5, 0, 100, NEVER, None),), lately=lately,
        target=(100, 0, 0, 0), contacted=("A",), said=("contact A",),
        times=replace(stand.guard.times, follow=stand.now_us + 1),
    )  # fmt: skip
    stand.feed(what)

    guard = stand.guard
    assert (stand.state, guard.ceilings, guard.hold, guard.lately) == (state, (0, 0, 0, 0), None, None)
    assert (guard.pending, guard.target, guard.contacted, guard.said) == ((), (), (), ())
    assert guard.times.follow == NEVER
    assert stand.told("operator", "level") == [{"lead": "A", "kind": "2", "ua": 0, "why": "zeroed"}]
    assert stand.told("operator", "hold") == [{"kind": None}]


# --- pause and resume -------------------------------------------------------------------------------------------------


def test_a_pause_forgets_a_raise_that_is_being_recorded() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    record = the_record(stand)
    stand.feed(Pause())
    assert stand.guard.pending == ()
    stand.feed(Recorded(record.n))

    assert set(stand.guard.ceilings) == {0}


def test_a_pause_has_its_two_deadlines() -> None:
    stand = live()
    stand.feed(Pause())

    assert stand.guard.times.follow == stand.now_us + 250_000
    assert stand.guard.times.pause == stand.now_us + 300_000_000
    assert stand.guard.target == (0, 0, 0, 0)


def test_a_resume_waits_for_the_end_of_the_output() -> None:
    # The device says that it is silent, and was never asked to be: what was bought still runs.
    stand = live()
    stand.play(lease_ms=2000)
    stand.feed(Pause())
    stand.hear(QUIET)

    refuses(stand, Resume(), "not resumed: the output has not ended yet; try again")


def test_a_resume_after_the_last_report_of_a_device_that_is_not_silent_is_refused() -> None:
    refuses(known(paused(), quiet=False), Resume(), f"not resumed: {BUSY}")


@pytest.mark.parametrize("asked", [b"", b"hush"])
def test_that_the_device_is_not_silent_is_said_before_what_follows_from_it(asked: bytes) -> None:
    stand = live()
    stand.play(lease_ms=2000)
    stand.feed(Pause())
    if asked:
        stand.ask(asked)

    refuses(stand, Resume(), f"not resumed: {BUSY}")


def test_a_resume_needs_no_program_to_be_told_again() -> None:
    stand = known(paused(), ready=False)
    stand.feed(Resume())

    assert stand.state == "ARMED" and stand.guard.times.pause == NEVER


def test_a_resume_of_a_device_that_was_never_heard_is_refused() -> None:
    refuses(known(paused()), Resume(), f"not resumed: {STALE}")


# --- clear ------------------------------------------------------------------------------------------------------------


def test_a_trip_that_never_clears_is_not_cleared() -> None:
    stand = live()
    stand.feed(Gone("port"))
    # A port that is gone ends in UNCERTAIN; were it ever confirmed, it would not clear all the same.
    stand.guard = replace(tripped().guard, trip=stand.guard.trip)

    refuses(stand, Clear(), "not cleared: this can't be cleared in this session; end it")


def test_a_trip_is_not_cleared_while_the_device_is_not_silent() -> None:
    refuses(known(tripped(), quiet=False), Clear(), f"not cleared: {BUSY}")


def test_a_trip_is_cleared_though_the_program_is_lost() -> None:
    stand = known(tripped(), ready=False)
    stand.feed(Clear())

    assert stand.state == "SAFE"


def test_after_a_clear_both_lines_must_beat_within_300_ms() -> None:
    stand = tripped()
    stand.feed(Clear())

    assert (stand.guard.times.player, stand.guard.times.operator) == (stand.now_us + 300_000, stand.now_us + 300_000)


def test_without_a_trip_there_is_nothing_to_clear() -> None:
    stand = tripped()
    stand.guard = replace(stand.guard, trip=None)

    refuses(stand, Clear(), "nothing to clear: the session is TRIPPED", "low")


# --- strength ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", [safe, armed, paused, tripped])
def test_a_raise_comes_into_force_only_when_live(story: Any) -> None:
    stand = story()
    stand.guard = replace(stand.guard, pending=(Pending(5, 0, 100, stand.now_us + 250_000, None),))
    stand.feed(Recorded(5))

    assert set(stand.guard.ceilings) == {0}


def test_a_refused_kind_is_quoted_to_64_signs() -> None:
    stand = live()
    stand.feed(Hold("x" * 65))
    assert notice(stand) == f"no kind '{'x' * 64}' in this order; there are 2, 100"
    stand.feed(Raise("y" * 65, None))
    assert notice(stand) == f"not raised: no lead '{'y' * 64}' in this order; there are A, B"
    stand.feed(Raise("A", "z" * 65))
    assert notice(stand) == f"not raised: no kind '{'z' * 64}' in this order; there are 2, 100"


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_start_after_a_pause_has_only_the_time_that_is_left() -> None:
    # 12 s are ordered; 6 s are played before the pause, so the guard cuts 7 s after the second start.
    stand = Stand(order(repeats=2)).live().run(6_000)
    stand.feed(Pause())
    stand.hush().at(1_000)
    stand.feed(Resume())
    stand.ask(b"arm")
    stand.play()

    assert stand.state == "LIVE" and stand.guard.times.session == stand.now_us + 7_000_000
    stand.run(6_600).at(399)
    assert stand.state == "LIVE"
    stand.at(1)
    assert stand.guard.trip is not None and stand.guard.trip.fault == "overrun"


@pytest.mark.parametrize(("us", "says"), [(999, "0 ms"), (1_000, "1 ms"), (1_999, "1 ms")])
def test_a_sleep_is_told_in_whole_milliseconds(us: int, says: str) -> None:
    stand = live()
    stand.feed(Slept(us))

    assert stand.records("trip")[0]["text"] == f"the computer slept: for {says}"


def test_a_tick_does_nothing_but_pass_time() -> None:
    stand = live()

    assert lines(stand.feed(Tick())) == []


def test_the_counts_of_a_new_start_are_recorded_6_s_later_at_the_earliest() -> None:
    stand = armed()
    stand.at(10_000)
    stand.play()

    assert stand.guard.delivered_us == stand.guard.live_since_us == stand.now_us


@pytest.mark.parametrize("leads", [("A", "B"), ("B", "A")])
def test_the_leads_that_were_tested_are_kept_in_one_order(leads: tuple[str, str]) -> None:
    stand = armed()
    for lead in leads:
        stand.ask(f"contact {lead} 1 100 100".encode())
        stand.hear()

    assert stand.guard.contacted == ("A", "B")
