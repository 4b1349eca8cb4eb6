"""The one value that drivers and safety share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold the bytes of exactly one command.

    within_us: how long its answer may take, in us; None when it has none.
    """

    data: bytes
    within_us: int | None

    def __post_init__(self) -> None:
        if not self.data:
            raise ValueError("a frame has at least one byte")
        if self.within_us is not None and self.within_us <= 0:
            raise ValueError(f"within_us is {self.within_us}, must be above 0 or None")
