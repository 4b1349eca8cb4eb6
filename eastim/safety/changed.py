"""Change fields of a frozen value: what `dataclasses.replace` gives, in a part of its time; and make one as quickly.

The guard makes some thirty new states of itself for each report of the device, most of them one field away from the
last. Python's own way writes each field of a frozen value by a call. Here the fields are written into a twin, a class
with the same slots that is not frozen, which then becomes one of the frozen class. A class whose constructor validates
(`__post_init__`), or that has no such twin, is built by its constructor all the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

__all__ = ["quick", "replace"]

T = TypeVar("T")


class _Way(NamedTuple):
    """How the values of a class are read and made. all_of: its fields, in their order; names: what they are called."""

    all_of: Callable[[Any], tuple[Any, ...]]
    twin: Callable[..., Any]
    names: frozenset[str]


def _replace(value: Any, /, **changes: Any) -> Any:
    """The value with these fields, itself where it has them already; raises what `dataclasses.replace` raises."""
    kind = type(value)
    way = _KNOWN[kind]
    if way is None:
        return dataclasses.replace(value, **changes)
    all_of, twin, names = way
    try:
        for name, what in changes.items():
            if getattr(value, name) is not what:
                break
        else:
            if changes.keys() <= names:
                return value
        new = twin(*all_of(value))
        for name, what in changes.items():
            setattr(new, name, what)
    except AttributeError:
        known = [field.name for field in dataclasses.fields(kind)]
        unknown = next((name for name in changes if name not in names), "that was set")
        raise TypeError(f"{kind.__name__} has no field {unknown!r}; there are {', '.join(known)}") from None
    new.__class__ = kind
    return new


def quick(kind: type[T]) -> Callable[..., T]:
    """A constructor of `kind` that wants every field, and is quicker than its own where it has a twin."""
    way = _KNOWN[kind]
    if way is None:
        return kind
    twin = way.twin

    def make(*values: Any, **named: Any) -> Any:
        new = twin(*values, **named)
        new.__class__ = kind
        return new

    return make


class _Known(dict[type, _Way | None]):
    """The way of each class that was ever changed."""

    def __missing__(self, kind: type) -> _Way | None:
        self[kind] = _way(kind)
        return self[kind]


_KNOWN = _Known()


def _way(kind: type) -> _Way | None:
    """The way of a class; None where its values must be made by its constructor."""
    fields = dataclasses.fields(kind)
    names = [field.name for field in fields]
    plain = all(field.init and not field.kw_only for field in fields)
    # Of one name alone `attrgetter` makes no tuple; no such class is changed often.
    if len(names) < 2 or not plain or not _made_by_dataclass(kind):
        return None
    twin: Any = dataclasses.make_dataclass("Twin", names, slots=True)
    try:
        object.__new__(twin).__class__ = kind
    except TypeError:  # another layout: no slots, or those of a class below it
        return None
    return _Way(attrgetter(*names), twin, frozenset(names))


def _made_by_dataclass(kind: Any) -> bool:
    """Whether nothing but its fields is set by its constructor."""
    return kind.__dataclass_params__.init and kind.__new__ is object.__new__ and not hasattr(kind, "__post_init__")


# The checker is shown Python's own, for of that one it knows the fields and their types.
if TYPE_CHECKING:
    from dataclasses import replace
else:
    replace = _replace
