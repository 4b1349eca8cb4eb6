"""Change fields of a frozen value: what `dataclasses.replace` gives, in a third of its time.

The guard makes some thirty new states of itself for each report of the device, most of them one field away from the
last. Python's own way calls the constructor with every field by name; here the slots are copied as they are. A class
whose constructor validates (`__post_init__`) is built by its constructor all the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from itertools import repeat
from operator import attrgetter, call
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, NamedTuple

__all__ = ["replace"]


class _Slots(NamedTuple):
    """How the fields of a class are read and written, past the ban of frozen. puts: in the order of `all_of`."""

    all_of: Callable[[Any], tuple[Any, ...]]
    puts: tuple[Callable[[Any, Any], None], ...]
    get: Mapping[str, Callable[[Any], Any]]
    put: Mapping[str, Callable[[Any, Any], None]]


def _replace(value: Any, /, **changes: Any) -> Any:
    """The value with these fields, itself where it has them already; raises what `dataclasses.replace` raises."""
    kind = type(value)
    slots = _KNOWN[kind]
    if slots is None:
        return dataclasses.replace(value, **changes)
    all_of, puts, get, put = slots
    try:
        for name, what in changes.items():
            if get[name](value) is not what:
                break
        else:
            return value
        new = object.__new__(kind)
        # A loop without a line of Python for each slot: to write gives None, so `any` comes to the end.
        any(map(call, puts, repeat(new), all_of(value)))
        for name, what in changes.items():
            put[name](new, what)
    except KeyError as unknown:
        raise TypeError(f"{kind.__name__} has no field {unknown}; there are {', '.join(put)}") from None
    return new


class _Known(dict[type, _Slots | None]):
    """The slots of each class that was ever changed."""

    def __missing__(self, kind: type) -> _Slots | None:
        self[kind] = _slots(kind)
        return self[kind]


_KNOWN = _Known()


def _slots(kind: type) -> _Slots | None:
    """The slots of a class; None where its values must be made by its constructor."""
    fields = dataclasses.fields(kind)
    found = {field.name: getattr(kind, field.name, None) for field in fields if field.init}
    slots = {name: member for name, member in found.items() if isinstance(member, MemberDescriptorType)}
    # Of one name alone `attrgetter` makes no tuple; no such class is changed often.
    if len(slots) < max(2, len(fields)) or hasattr(kind, "__post_init__"):
        return None
    get = {name: member.__get__ for name, member in slots.items()}
    put = {name: member.__set__ for name, member in slots.items()}
    return _Slots(attrgetter(*slots), tuple(put.values()), get, put)


# The checker is shown Python's own, for of that one it knows the fields and their types.
if TYPE_CHECKING:
    from dataclasses import replace
else:
    replace = _replace
