"""What is remembered, for how many, and by what it is known again."""

from __future__ import annotations

import pytest

from eastim.safety.remembered import Remembered


class Counted:
    """A function that counts how often it is called; `of` remembers it for one key."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        return self.calls


@pytest.mark.parametrize(("others", "calls"), [(2047, 1), (2048, 2)])
def test_2048_answers_are_remembered_and_then_all_are_forgotten(others: int, calls: int) -> None:
    kept, made, keys = Remembered[int](), Counted(), [object() for _ in range(others)]
    first = object()
    kept.of((first,), made)
    for key in keys:
        kept.of((key,), lambda: 0)
    kept.of((first,), made)

    assert made.calls == calls


def test_another_room_can_be_given() -> None:
    kept, made, first, second = Remembered[int](1), Counted(), object(), object()
    for key in (first, first, second, first):
        kept.of((key,), made)

    assert made.calls == 3


def test_the_very_same_objects_and_equal_values_are_known_again() -> None:
    kept, made, key = Remembered[int](), Counted(), [1]

    assert [kept.of((key,), made, (5,)), kept.of((key,), made, (5,)), kept.of(([1],), made, (5,))] == [1, 1, 2]
    assert [kept.of((key,), made, (6,)), kept.of((key,), made, (5,))] == [3, 1]


def test_what_fails_is_not_remembered() -> None:
    kept, key = Remembered[int](), object()
    with pytest.raises(ZeroDivisionError):
        kept.of((key,), lambda: 1 // 0)

    assert kept.of((key,), lambda: 7) == 7


def test_all_can_be_forgotten() -> None:
    kept, made, key = Remembered[int](), Counted(), object()
    kept.of((key,), made)
    kept.cache_clear()

    assert kept.of((key,), made) == 2
