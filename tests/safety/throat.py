"""A socket that can be choked, for the tests of the lines."""

from __future__ import annotations

from typing import Any, cast

from eastim.safety.line import Line


class Throat:
    """A socket that takes so many bytes at each send, and then no more."""

    def __init__(self, *takes: int) -> None:
        self.takes, self.taken = list(takes), b""

    def setblocking(self, _flag: bool) -> None: ...

    def send(self, data: bytearray) -> int:
        if not self.takes:
            raise BlockingIOError
        taken = bytes(data[: self.takes.pop(0)])
        self.taken += taken
        return len(taken)

    def recv(self, _most: int) -> bytes:
        raise BlockingIOError


class Outbox(bytearray):
    """What waits to be sent, and is not looked at for ever."""

    looks = 0

    def __bool__(self) -> bool:
        self.looks += 1
        if self.looks > 10_000:
            raise RuntimeError("it sends for ever")
        return len(self) > 0


def line_of(throat: Throat) -> Line:
    line = Line(cast(Any, throat))
    line._outbox = Outbox()
    return line
