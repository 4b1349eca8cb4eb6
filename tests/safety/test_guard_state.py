"""What a state of the guard begins with, and says of itself. Its numbers: boundaries/test_boundaries_time.py."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from eastim.safety.guard_state import NEVER, GuardState, Times, Watch
from tests.safety.fake_wire import order
from tests.safety.stories import live


def test_a_session_s_deadlines_begin_with_none_that_runs_but_the_tick() -> None:
    times = Times(tick=7)

    assert {field.name for field in fields(times) if getattr(times, field.name) == NEVER} == {
        "find", "player", "operator", "follow", "hold", "taken", "pause", "session", "wall", "cut", "alarm",
        "give_up",
    }  # fmt: skip
    assert (times.tick, times.fresh, times.bought, times.doubt) == (7, 0, 0, 0)


def test_of_a_lead_nothing_is_known_at_first() -> None:
    watch = Watch()

    assert (watch.fresh, watch.opens, watch.bad_from, watch.base, watch.start_ohm, watch.level_ua) == (
        0, 0, None, None, None, 0,
    )  # fmt: skip


def blank() -> GuardState:
    given = live().guard.given
    return GuardState(given, live().guard.state, None, (1, 2, 3, 4), (0, 0), (), Times(tick=7))


def test_a_state_begins_with_nothing_done_said_or_over() -> None:
    guard = blank()

    assert (guard.n, guard.live_us, guard.cuts, guard.mute_cuts, guard.delivered_us) == (0, 0, 0, 0, 0)
    assert (guard.pending, guard.target, guard.contacted, guard.marks, guard.clocks, guard.said) == ((),) * 6
    assert (guard.hold, guard.lately, guard.status, guard.live_since_us, guard.trip, guard.over) == (None,) * 6
    assert (guard.ledger_ok, guard.zero, guard.finished) == (True, False, False)


def test_the_ceilings_are_said_by_lead_and_kind() -> None:
    assert blank().levels == {("A", "2"): 1, ("A", "100"): 2, ("B", "2"): 3, ("B", "100"): 4}


@pytest.mark.parametrize("ceilings", [(1, 2, 3), (1, 2, 3, 4, 5)])
def test_every_ceiling_belongs_to_a_lead_and_a_kind(ceilings: tuple[int, ...]) -> None:
    guard = replace(blank(), ceilings=ceilings)

    with pytest.raises(ValueError, match="zip"):
        _ = guard.levels


@pytest.mark.parametrize(
    ("live_us", "since_us", "played_us"), [(0, None, 0), (70, None, 70), (70, 400, 170), (0, 500, 0)]
)
def test_stimulation_time_is_what_was_before_and_the_present_stretch(
    live_us: int, since_us: int | None, played_us: int
) -> None:
    guard = replace(blank(), live_us=live_us, live_since_us=since_us)

    assert guard.played_us(500) == played_us
    assert guard.left_us(500) == 1_800_000_000 - played_us


def test_the_leads_are_those_of_the_order() -> None:
    assert blank().given.leads == ("A", "B")


@pytest.mark.parametrize(
    ("use", "name", "bound"),
    [("human", "open_ohm", 5_000), ("bench", "open_ohm", NEVER), ("bench", "pause_us", 300_000_000)],
)
def test_a_bound_that_this_use_has_not_is_never_reached(use: str, name: str, bound: int) -> None:
    given = replace(blank().given, order=order(use))

    assert given.limit(name) == bound
