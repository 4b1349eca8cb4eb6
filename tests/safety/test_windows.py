"""What any window can hold, counted without strength; and what is remembered of very same values."""

from __future__ import annotations

import threading
from fractions import Fraction

import pytest

from eastim.safety.readers.base import Run
from eastim.safety.remembered import Remembered
from eastim.safety.windows import Timing, fullest, patterns, timing

# 3 s of 2 Hz, then 3 s of 100 Hz.
TWO, HUNDRED = Timing(0, 500_000, 1, 6), Timing(3_000_000, 10_000, 1, 300)


def test_a_runs_timing_leaves_lead_and_strength_out() -> None:
    run = Run("B", 7, ((Fraction(5), Fraction(200)),), Fraction(1_000_000, 3), 12)

    assert timing(run) == Timing(7, 1_000_000, 3, 12)


def test_the_count_of_a_window_ends() -> None:
    """In a thread: a window that is never left would be counted for ever."""
    found: list[object] = []
    count = threading.Thread(
        target=lambda: found.append(fullest((TWO, HUNDRED), (1, 1), 6_000_000, 1_000_000)), daemon=True
    )
    count.start()
    count.join(2)
    assert found == [100]


# Three a second: their onsets are 0, 333333, 666667, 1000000 ... us.
THIRDS = Timing(0, 1_000_000, 3, 12)


@pytest.mark.parametrize(
    ("x_us", "before"), [(333_333, 1), (333_334, 2), (666_667, 2), (666_668, 3), (-9_000_000, 0), (9_000_000, 12)]
)
def test_onsets_of_a_period_that_is_no_whole_number(x_us: int, before: int) -> None:
    assert THIRDS.before(x_us) == before


def test_a_window_within_a_train_holds_no_more_than_its_length_by_the_period() -> None:
    assert [THIRDS.most(1_000_000), THIRDS.most(333_334), TWO.most(1_000_000), TWO.most(9_000_000)] == [3, 2, 2, 6]


def test_the_windows_that_reach_over_a_trains_end_start_at_its_last_onsets() -> None:
    assert list(TWO.starts(1_000_000)) == [2_000_000, 2_500_000]
    assert list(Timing(5, 1_000_000, 3, 4).starts(700_000)) == [333_338, 666_672, 1_000_005]


def test_a_window_within_a_train_counts_though_it_reaches_over_no_end() -> None:
    """333334 us hold two of the onsets 0 and 333333, but only one of the last two, 3333333 and 3666667."""
    assert fullest((THIRDS,), (1,), 6_000_000, 333_334) == 2


def test_of_alternatives_the_worst_sounds() -> None:
    """Over the seam: 49 of 100 Hz from 5.51 s, then two of 2 Hz at 51 each, or six of 10 Hz at 1 each."""
    ten = Timing(0, 100_000, 1, 30)

    assert fullest((TWO, ten, HUNDRED), (51, 1, 1), 6_000_000, 1_000_000) == 151
    assert fullest((HUNDRED, ten, TWO), (1, 1, 51), 6_000_000, 1_000_000) == 151


def test_an_alternative_that_has_ended_counts_nothing() -> None:
    """The window from 2.9 s: no more of 2 Hz, one of 10 Hz, 90 of 100 Hz."""
    found = patterns((Timing(0, 100_000, 1, 30), TWO, HUNDRED), 6_000_000, 1_000_000)

    assert (((0, 1), (1, 0)), ((2, 90),)) in found


def test_no_trains_hold_nothing() -> None:
    assert fullest((), (), 6_000_000, 1_000_000) == 0


def test_each_train_has_one_worth() -> None:
    with pytest.raises(ValueError):
        fullest((TWO,), (1, 2), 6_000_000, 1_000_000)


@pytest.mark.parametrize(("x_us", "before"), [(0, 0), (1, 1), (500_000, 1), (500_001, 2), (9_000_000, 6)])
def test_onsets_before_a_moment(x_us: int, before: int) -> None:
    assert TWO.before(x_us) == before


@pytest.mark.parametrize(
    ("each", "most"),
    # A second holds 2 of 2 Hz or 100 of 100 Hz. Over the switch it holds the last of 2 Hz, at 2.5 s, and 50 of 100 Hz;
    # over the seam at most 99 of 100 Hz with one of 2 Hz, or 49 with two, for the second one comes at 6.5 s.
    [((1, 0), 2), ((0, 1), 100), ((1, 1), 100), ((1000, 1), 2049), ((51, 1), 151), ((40, 1), 139), ((3, 0), 6)],
)
def test_the_fullest_second_over_switch_and_seam(each: tuple[int, int], most: int) -> None:
    assert fullest((TWO, HUNDRED), each, 6_000_000, 1_000_000) == most


def test_alternatives_of_equal_timing_count_once_and_at_their_worst() -> None:
    assert fullest((TWO, TWO, HUNDRED), (4, 7, 0), 6_000_000, 1_000_000) == 14


def test_nothing_holds_nothing() -> None:
    assert fullest((TWO, HUNDRED), (0, 0), 6_000_000, 1_000_000) == 0


def test_patterns_that_another_exceeds_are_left_out() -> None:
    found = patterns((TWO, HUNDRED), 6_000_000, 1_000_000)

    # Each alone; the last of 2 Hz with 50 of 100 Hz; at the seam 99 of 100 Hz with one of 2 Hz, or 49 with two.
    assert (((0, 2),),) in found
    assert (((1, 100),),) in found
    assert (((0, 1),), ((1, 50),)) in found
    assert (((1, 99),), ((0, 1),)) in found
    assert (((1, 49),), ((0, 2),)) in found
    assert len(found) == 5


def test_an_answer_is_made_once_for_the_same_objects() -> None:
    made: list[int] = []
    remembered: Remembered[int] = Remembered(2)

    def make() -> int:
        made.append(1)
        return len(made)

    a, b = [1], [1]
    assert [remembered.of((a,), make), remembered.of((a,), make)] == [1, 1]
    assert remembered.of((b,), make) == 2  # equal, and not the same
    assert remembered.of((a,), make, (3,)) == 3


def test_what_is_remembered_is_bounded_and_held() -> None:
    remembered: Remembered[int] = Remembered(3)
    numbers = iter(range(100))
    for _ in range(50):
        # Nobody else holds this list: were it freed, the next one could get its id.
        assert remembered.of(([],), lambda: next(numbers)) == next(numbers) - 1

    assert len(remembered._kept) <= 3


def test_an_error_is_not_remembered() -> None:
    remembered: Remembered[int] = Remembered(3)
    key = object()
    with pytest.raises(ZeroDivisionError):
        remembered.of((key,), lambda: 1 // 0)

    assert remembered.of((key,), lambda: 5) == 5
