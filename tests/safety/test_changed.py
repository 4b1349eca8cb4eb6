"""Fields of a frozen value are changed as `dataclasses.replace` changes them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest

from eastim.safety import changed
from eastim.safety.changed import quick, replace

# Their fields are wrong on purpose here and there; the checker would see it.
change: Any = replace


@dataclass(frozen=True, slots=True)
class Plain:
    """Two fields and one more."""

    a: int
    b: str = "b"
    c: tuple[int, ...] = ()

    @property
    def tenfold(self) -> tuple[int, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Longer(Plain):
    """One field of its own."""

    d: int = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """A constructor that refuses."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


@dataclass(frozen=True)
class Open:
    """Without slots."""

    a: int
    b: int = 2


@dataclass(frozen=True, slots=True)
class Single:
    """One field."""

    a: int


@dataclass(frozen=True, slots=True)
class Derived:
    """A field that is not given."""

    a: int
    b: int
    c: int = field(init=False, default=3)


@dataclass(frozen=True, slots=True, init=False)
class Own:
    """A constructor of its own, which refuses."""

    a: int
    b: int = 2

    def __init__(self, a: int, b: int = 2) -> None:
        if a > b:
            raise ValueError("a is above b")
        object.__setattr__(self, "a", a)
        object.__setattr__(self, "b", b)


@dataclass(frozen=True, slots=True)
class Told:
    """A field by name only."""

    a: int
    b: int = field(default=2, kw_only=True)
    c: int = 3


def test_what_is_named_changes_and_the_rest_stays() -> None:
    assert change(Plain(1, "x", (2, 3)), b="y") == Plain(1, "y", (2, 3))


def test_every_field_can_change_at_once() -> None:
    assert change(Plain(1, "x", (2, 3)), a=7, b="y", c=(4,)) == Plain(7, "y", (4,))


def test_the_value_before_is_as_it_was() -> None:
    before = Plain(1, "x", (2, 3))

    change(before, a=2, c=())

    assert before == Plain(1, "x", (2, 3))


def test_what_has_the_fields_already_is_given_back_itself() -> None:
    before = Plain(1, "x", (2, 3))

    assert change(before, a=1, b=before.b) is before


def test_one_field_of_two_that_differs_is_enough() -> None:
    assert change(Plain(1, "x"), a=1, b="y") == Plain(1, "y")


def test_without_a_change_it_is_itself() -> None:
    before = Plain(1)

    assert change(before) is before


def test_a_class_that_is_new_is_known_at_once() -> None:
    @dataclass(frozen=True, slots=True)
    class New:
        a: int
        b: int

    before = New(1, 2)

    assert change(before, a=1, b=2) is before


def test_what_the_module_offers() -> None:
    assert changed.__all__ == ["quick", "replace"]


def test_the_new_value_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        change(Plain(1), a=2).a = 3


def test_the_new_value_is_of_the_same_class_with_the_fields_of_the_one_below() -> None:
    new = change(Longer(1, "x", (2,), 5), a=6)

    assert type(new) is Longer
    assert (new.a, new.b, new.c, new.d) == (6, "x", (2,), 5)


@pytest.mark.parametrize("changes", [{"z": 1}, {"a": 1, "z": 1}, {"a": 2, "z": 1}, {"z": 1, "a": 2}])
def test_an_unknown_field_is_a_type_error_that_names_it(changes: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="Plain has no field 'z'; there are a, b, c"):
        change(Plain(1), **changes)


def test_a_constructor_that_validates_is_asked() -> None:
    assert change(Checked(1, 5), low=4) == Checked(4, 5)
    with pytest.raises(ValueError, match="low is above high"):
        change(Checked(1, 5), low=6)


@pytest.mark.parametrize(
    ("before", "after"), [(Open(1), Open(7)), (Single(1), Single(7)), (Derived(1, 2), Derived(7, 2))]
)
def test_a_class_of_another_make_is_changed_by_its_constructor(before: Any, after: Any) -> None:
    assert change(before, a=7) == after


def test_a_field_that_is_not_given_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="init=False"):
        change(Derived(1, 2), c=4)


@pytest.mark.parametrize(
    ("quickly", "expected"),
    [
        (quick(Plain)(1, "x", (2,)), Plain(1, "x", (2,))),
        (quick(Plain)(1, c=(2,), b="x"), Plain(1, "x", (2,))),
        (quick(Longer)(1, "x", (2,), 5), Longer(1, "x", (2,), 5)),
        (quick(Checked)(1, 5), Checked(1, 5)),
        (quick(Open)(1, 3), Open(1, 3)),
        (quick(Single)(7), Single(7)),
    ],
)
def test_a_quick_constructor_makes_what_the_own_one_makes(quickly: object, expected: object) -> None:
    assert type(quickly) is type(expected) and quickly == expected
    assert hash(quickly) == hash(expected) and repr(quickly) == repr(expected)


def test_a_quick_constructor_asks_one_that_validates() -> None:
    with pytest.raises(ValueError, match="low is above high"):
        quick(Checked)(6, 5)
    with pytest.raises(ValueError, match="a is above b"):
        quick(Own)(6, 5)
    with pytest.raises(ValueError, match="a is above b"):
        change(Own(1, 5), a=6)
    assert quick(Told)(1, 4, b=7) == Told(1, 4, b=7)


def test_a_property_is_no_field_also_when_it_is_what_it_was() -> None:
    before = Plain(1)

    with pytest.raises(TypeError, match="Plain has no field 'tenfold'"):
        change(before, tenfold=before.tenfold)


def test_what_is_made_quickly_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(quick(Plain)(1, "x", ()), "a", 3)  # noqa: B010, the checker knows that it is frozen


def test_a_quick_constructor_wants_every_field() -> None:
    with pytest.raises(TypeError):
        quick(Plain)(1)


def test_what_is_no_frozen_value_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        change((1, 2), a=3)
