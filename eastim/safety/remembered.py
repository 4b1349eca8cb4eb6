"""Remember what a pure function gave for these very objects, so that a renewal isn't judged from the ground up.

Only for functions of frozen values alone: no time, no state. Compared is identity, not equality: hashing a table of
Fractions costs more than most judgements. An object that is remembered is held, so its id can't come to mean another.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """At most `most` answers; when there would be more, all are forgotten and made again."""

    def __init__(self, most: int = 2048) -> None:
        self._most = most
        self._kept: dict[tuple[Hashable, ...], tuple[tuple[object, ...], T]] = {}

    def of(self, same: tuple[object, ...], make: Callable[[], T], equal: tuple[Hashable, ...] = ()) -> T:
        """What `make` gives for these objects and for what is `equal`; it is called only where that is not remembered.

        Raises what `make` raises; that is not remembered.
        """
        key = (*map(id, same), *equal)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= self._most:
                self._kept.clear()
            kept = self._kept[key] = (same, make())
        return kept[1]

    def cache_clear(self) -> None:
        self._kept.clear()
