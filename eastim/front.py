"""What the engine and a front end say to one another: what happened, and what the operator does.

A front end never sees the guard, a port or a device. `at_us` is session time: 0 until the operator's go, then the time
since. A front end under virtual time gets and names the same times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: state, level, section, hold, status, notice, trip, end.

    body: the fields of the guard's message of that name; read only.
    """

    name: str
    at_us: int
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One act of the operator: arm, raise, lower, hold, pause, resume, clear, stop; body: lead and kind, or source."""

    name: str
    body: Mapping[str, Any] = field(default_factory=dict)


class Front(Protocol):
    """What shows a session and takes the operator's acts."""

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        """Show what happened and give what the operator has done since. Called at least every 50 ms; must not block."""
        ...

    def fds(self) -> list[int]:
        """File descriptors that wake the engine when they can be read."""
        ...

    def next_us(self) -> int | None:
        """The session time at which `pass_` wants to be called; None: when something happens."""
        ...

    def close(self) -> None:
        """Give the terminal back as it was; may be called twice."""
        ...
