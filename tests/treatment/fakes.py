"""What stands around the engine in its tests: a front that keeps what it is told, a line that keeps what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from eastim.front import Act, Happened


class Keeper:
    """A front end that keeps what happened. answers: what each pass does, in turn; none after the last."""

    def __init__(self, *answers: Callable[[], Iterable[Act]], next_us: int | None = None) -> None:
        self._answers = list(answers)
        self._next_us = next_us
        self.seen: list[Happened] = []
        self.passes: list[int] = []
        self.closed = False

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        self.passes.append(now_us)
        self.seen += happened
        if self._next_us is not None and now_us >= self._next_us:
            self._next_us = None
        return list(self._answers.pop(0)()) if self._answers else []

    def fds(self) -> list[int]:
        return []

    def next_us(self) -> int | None:
        return self._next_us

    def close(self) -> None:
        self.closed = True

    def texts(self, name: str) -> list[str]:
        """The texts of all happenings of a name."""
        return [str(event.body["text"]) for event in self.seen if event.name == name]


class Said:
    """The operator's line: keeps what is said."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> bool:
        self.messages.append((name, body or {}))
        return True


def does(*acts: Act) -> Callable[[], Iterable[Act]]:
    return lambda: acts


END: dict[str, Any] = {"reason": "completed", "zero": True, "exit": 0, "cause": "", "elapsed_us": 1, "pulses": {}}
