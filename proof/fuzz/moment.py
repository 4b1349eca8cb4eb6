"""A machine as it was at one moment, given out anew for each input: far quicker than to bring it there each time."""

from __future__ import annotations

import io
import pickle  # noqa: TID251, bytes of our own making that never leave this process
from dataclasses import is_dataclass
from enum import Enum
from random import Random
from types import FunctionType
from typing import Any, Generic, TypeVar

One = TypeVar("One")


class Moment(Generic[One]):
    """Keep one object and all it leads to as it is now.

    What can't change (frozen values, words of an enum, functions) is shared by all that are given out, and so is a
    `Random`, whose 625 numbers would cost more than all else: who lets one be drawn from gives each its own.
    """

    def __init__(self, one: One) -> None:
        self._shared: list[object] = []
        kept = io.BytesIO()
        _Keeper(kept, self._shared).dump(one)
        self._kept = kept.getvalue()

    def again(self) -> One:
        """Give it out as it was; what becomes of it, no other one knows."""
        giver: Any = pickle.Unpickler(io.BytesIO(self._kept))
        giver.persistent_load = self._shared.__getitem__  # set from without: no Python is run for what is shared
        found: One = giver.load()
        return found


class _Keeper(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: list[object]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._shared = shared

    def persistent_id(self, part: object) -> int | None:
        if not _is_shared(part):
            return None
        self._shared.append(part)
        return len(self._shared) - 1


def _is_shared(part: object) -> bool:
    if isinstance(part, Enum | FunctionType | Random):
        return True
    # Of the type: a class of dataclasses is itself one, and is no value.
    return is_dataclass(type(part)) and bool(vars(type(part))["__dataclass_params__"].frozen)
