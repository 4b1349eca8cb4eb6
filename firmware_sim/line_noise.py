"""The line between host and device, and what goes wrong on it: chunks lost, bent, doubled, late or out of order.

Each way is a queue of its own. Without a fault, and with nothing under way, a chunk arrives the moment it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from firmware_sim.faults import Active

NEVER_US: Final = 1 << 62
_ONE_IN: Final = 10
_LATE_US: Final = 40_000  # `delay`: at most, for nine in ten
_LATER_US: Final = (60_000, 100_000)  # and for the tenth: beyond the 50 ms after which a host may ask again
_HELD_US: Final = 150_000  # `reorder`: nothing came to overtake it
_MUTE_US: Final = 200_000  # `half-write`
_SECOND_US: Final = 1_000_000
_STALL_US: Final = 200_000  # `half-duplex`


@dataclass(slots=True)
class Way:
    """One direction: what is on its way with its moment of arrival, and the one that is held to be overtaken."""

    stall_at_us: int  # of every second
    queue: list[tuple[int, int, bytes]] = field(default_factory=list)
    last_us: int = 0
    sent: int = 0
    held: bytes | None = None
    held_until_us: int = 0

    def next_us(self) -> int:
        """Return when the next chunk arrives."""
        at = self.queue[0][0] if self.queue else NEVER_US
        return min(at, self.held_until_us) if self.held is not None else at

    def put(self, data: bytes, due_us: int) -> None:
        """Put one chunk behind all others of this way."""
        self.last_us = max(self.last_us, due_us)
        self.sent += 1
        heappush(self.queue, (self.last_us, self.sent, data))

    def let_go(self, now_us: int) -> None:
        """Put the held one behind what has overtaken it."""
        if self.held is not None:
            held, self.held = self.held, None
            self.put(held, now_us)

    def take(self, now_us: int) -> list[bytes]:
        """Return what has arrived, in order."""
        if self.held is not None and now_us >= self.held_until_us:
            self.let_go(now_us)
        arrived = []
        while self.queue and self.queue[0][0] <= now_us:
            arrived.append(heappop(self.queue)[2])
        return arrived


class Line:
    """Both ways. It outlives a reset of the device: what is under way then still arrives."""

    def __init__(self, active: Active) -> None:
        self._active = active
        self._to = Way(stall_at_us=50_000)
        self._from = Way(stall_at_us=550_000)
        self._mute_until_us = 0
        self.lost = 0

    def next_us(self) -> int:
        """Return when the next chunk arrives at either end; NEVER_US: nothing is under way."""
        if not (self._to.queue or self._from.queue or self._to.held or self._from.held):
            return NEVER_US
        return min(self._to.next_us(), self._from.next_us())

    def bytes_in(self, data: bytes, now_us: int) -> bytes:
        """Pass raw bytes towards the device; returns those that are not lost on the way (`half-write`)."""
        if now_us < self._mute_until_us:
            return b""
        if data.strip(b"\0") and self._active.acts("half-write"):
            self._active.end("half-write", None)
            self._mute_until_us = now_us + _MUTE_US
            self.lost += 1
            ahead = len(data) - len(data.lstrip(b"\0"))
            end = data.find(b"\0", ahead)
            return data[: ahead + ((len(data) if end < 0 else end) - ahead) // 2]
        return data

    def chunk(self, chunk: bytes, now_us: int) -> list[bytes]:
        """Send one chunk to the device; returns what arrives there now."""
        return self._pass(self._to, chunk, now_us)

    def frame(self, frame: bytes, now_us: int) -> list[bytes]:
        """Send one frame from the device; returns what arrives at the host now."""
        if self._active.acts("silent"):
            return []
        if self._active.acts("torn"):
            self._active.end("torn", None)
            frame = frame[: len(frame) // 2]
        return self._pass(self._from, frame, now_us)

    def to_device(self, now_us: int) -> list[bytes]:
        """Return the chunks that arrive at the device now."""
        return self._to.take(now_us)

    def to_host(self, now_us: int) -> list[bytes]:
        """Return the frames that arrive at the host now."""
        return self._from.take(now_us)

    def _pass(self, way: Way, data: bytes, now_us: int) -> list[bytes]:
        if not self._active.any and not way.queue and way.held is None:
            return [data]
        noisy = None if self._active.acts("wedge") else self._noise(data)
        if noisy is not None:
            self._send(way, noisy, now_us)
        return way.take(now_us)

    def _send(self, way: Way, data: bytes, now_us: int) -> None:
        due_us = now_us + self._late_us(way, now_us)
        if way.held is None and self._strikes("reorder"):
            way.held, way.held_until_us = data, due_us + _HELD_US
            return
        for _ in range(2 if self._strikes("duplicate") else 1):
            way.put(data, due_us)
        way.let_go(due_us)

    def _late_us(self, way: Way, now_us: int) -> int:
        if self._active.on("half-duplex"):
            into_us = (now_us - way.stall_at_us) % _SECOND_US
            return _STALL_US - into_us if into_us < _STALL_US and self._active.acts("half-duplex") else 0
        if self._active.acts("delay"):
            chance = self._active.random
            return chance.randint(*_LATER_US) if chance.randrange(_ONE_IN) == 0 else chance.randint(0, _LATE_US)
        return 0

    def _strikes(self, name: str) -> bool:
        return self._active.on(name) and self._active.random.randrange(_ONE_IN) == 0 and self._active.acts(name)

    def _noise(self, data: bytes) -> bytes | None:
        if self._strikes("drop"):
            self.lost += 1
            return None
        if self._strikes("corrupt"):
            self.lost += 1
            chance = self._active.random
            at = chance.randrange(len(data))
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        return data
