"""The size of the current and the device's clock at their exact bounds, asked of the judging function itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.guard_clock import clock
from eastim.safety.guard_current import current
from eastim.safety.guard_state import ClockMark, Watch
from eastim.safety.guard_turn import Turn
from eastim.safety.readers.base import Count
from tests.safety.fake_wire import CLEAN, QUIET, Stand
from tests.safety.stories import armed, live, paused, safe


def seen(level_ua: int, known_ua: int, counts: tuple[Count, ...] | None = None, **reading: Any) -> str:
    """The fault of a reading at a level, the one before having been of `known_ua`."""
    stand = live()
    turn = Turn(stand.guard, stand.now_us)
    status = replace(stand.status, counts=counts or (Count("A", "2", level_ua, True, 0, 0),))
    current(turn, status, replace(CLEAN, **reading), Watch(level_ua=known_ua))
    if turn.guard.trip is not None:
        return turn.guard.trip.fault
    return turn.guard.said[0].split(" ")[0] if turn.guard.said else ""


@pytest.mark.parametrize(
    ("level_ua", "plus_ua", "minus_ua", "fault"),
    [
        (100, 140, 100, ""), (100, 141, 100, "excess"), (100, 100, 141, "excess"), (1_000, 1_220, 1_220, ""),
        (1_000, 1_221, 1_000, "excess"), (1_000_004, 1_200_025, 1, "excess"), (100, 60, 60, ""),
        (100, 59, 59, "weak-notice"), (100, 59, 60, ""), (1_000, 600, 600, ""), (1_000, 599, 599, "weak-notice"),
        (1_000_002, 600_001, 0, "weak-notice"), (99, 0, 0, ""), (100, None, 500, ""), (100, 500, None, ""),
    ],
)  # fmt: skip
def test_a_current_at_its_bounds(level_ua: int, plus_ua: int | None, minus_ua: int | None, fault: str) -> None:
    # Above by more than 20 uA and a fifth of the level is too much; below by more than two fifths is noted.
    assert seen(level_ua, level_ua, plus_ua=plus_ua, minus_ua=minus_ua) == fault


@pytest.mark.parametrize("changes", [{"lead": "B"}, {"kind": "100"}, {"sounded": False}])
def test_a_level_that_is_not_this_pulse_s_is_compared_with_nothing(changes: dict[str, Any]) -> None:
    count = replace(Count("A", "2", 100, True, 0, 0), **changes)

    for known_ua in (100, 1, -1):
        assert seen(100, known_ua, (count,), plus_ua=500, minus_ua=500) == ""


def told(stand: Stand, marks: tuple[ClockMark, ...], device_us: int | None) -> Turn:
    turn = Turn(replace(stand.guard, clocks=marks), stand.now_us)
    clock(turn, replace(QUIET, clock_us=device_us))
    return turn


@pytest.mark.parametrize("story", [armed, live, paused])
@pytest.mark.parametrize(
    ("passed_us", "counted_us", "fault"),
    [
        (2_000_000, 2_350_000, ""), (2_000_000, 2_350_001, "clock"), (2_000_000, 1_650_000, ""),
        (2_000_000, 1_649_999, "clock"), (1_999_999, 9_000_000, ""), (20_000_000, 21_250_000, ""),
        (20_000_000, 21_250_001, "clock"),
    ],
)  # fmt: skip
def test_a_clock_at_its_bounds(story: Any, passed_us: int, counted_us: int, fault: str) -> None:
    # A twentieth of the time that passed, and 250 ms for a report that is late.
    stand = story()
    turn = told(stand, (ClockMark(stand.now_us - passed_us, 7),), 7 + counted_us)

    assert (turn.guard.trip.fault if turn.guard.trip else "") == fault


@pytest.mark.parametrize(("age_us", "taken"), [(4_999_999, False), (5_000_000, True)])
def test_a_clock_is_marked_every_5_s_and_two_marks_are_kept(age_us: int, taken: bool) -> None:
    stand = live()
    old = ClockMark(stand.now_us - age_us - 6_000_000, 0)
    last = ClockMark(stand.now_us - age_us, 6_000_000)
    now = ClockMark(stand.now_us, 6_000_000 + age_us)

    assert told(stand, (old, last), now.device_us).guard.clocks == ((last, now) if taken else (old, last))


def test_the_first_mark_is_kept_beside_the_second() -> None:
    stand = live()
    first = ClockMark(stand.now_us - 5_000_000, 0)

    assert told(stand, (first,), 5_000_000).guard.clocks == (first, ClockMark(stand.now_us, 5_000_000))


def test_a_clock_is_judged_from_the_older_mark() -> None:
    # 10 s have passed since the older mark, 1 s since the other; the device counted 9 s.
    stand = live()
    marks = (ClockMark(stand.now_us - 10_000_000, 0), ClockMark(stand.now_us - 1_000_000, 8_000_000))

    assert told(stand, marks, 9_000_000).guard.trip is not None


@pytest.mark.parametrize(("story", "device_us"), [(safe, 5), (live, None)])
def test_a_clock_that_is_not_judged_is_forgotten(story: Any, device_us: int | None) -> None:
    stand = story()

    assert told(stand, (ClockMark(0, 0),), device_us).guard.clocks == ()
