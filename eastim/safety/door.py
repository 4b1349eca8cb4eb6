"""The door: the only place from which bytes reach a device. It carries out what the guard decides, and decides nothing.

`Body` is the loop body that the guard process and `--fast` share. This module alone opens a transport.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from eastim.errors import Exit, PortError
from eastim.ledger import Entry
from eastim.safety.inputs import Alarm, Cut, Effect, Failed, Gone, Input, LineName, Record, Recorded, Tell, Write
from eastim.transports import open_transport

G = TypeVar("G")


class Port(Protocol):
    """An open transport, as the door needs it."""

    def fileno(self) -> int: ...

    def write(self, data: bytes) -> None: ...

    def read(self) -> bytes: ...

    def cut(self, frames: tuple[bytes, ...]) -> bool: ...

    def close(self) -> None: ...


def open_port(address: str, baud: int) -> Port:
    """Open a device's port as its only owner; raises PortError."""
    return open_transport(address, baud)


def drop_ledger(path: Path) -> None:
    """Take back the new ledger of a session that got no port: empty, it would look like one whose records are lost."""
    with contextlib.suppress(OSError):
        path.unlink()


@dataclass(frozen=True, slots=True)
class Machine(Generic[G]):
    """The guard's pure functions, bundled so that the door can be tested with a tiny one."""

    step: Callable[[G, Input, int], tuple[G, tuple[Effect, ...]]]
    next_us: Callable[[G], int]
    finished: Callable[[G], bool]
    exit_code: Callable[[G], Exit]


class Hands(Protocol):
    """What can be done to the world. Nothing here may block, or wait for a disk, before a cut is out."""

    def write(self, data: bytes) -> None:
        """Write one frame whole; raises PortError."""

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        """Write the stop bytes before all that waits; False when they did not all go out."""

    def record(self, entry: Entry) -> Recorded | None:
        """Append to the ledger; the answer, where it is known at once."""

    def tell(self, line: LineName, name: str, body: dict[str, Any], data: bytes) -> None:
        """Send a message to a line."""

    def alarm(self, text: str) -> None:
        """Say what must be noticed with nobody on the lines."""


class Body(Generic[G]):
    """Feed the guard one input at a time and carry out its effects before the next.

    guard: its state now. Whoever runs the body writes `Body.cut` to the device when anything here raises.
    """

    def __init__(self, machine: Machine[G], guard: G, hands: Hands, stop_frames: tuple[bytes, ...]) -> None:
        self.guard = guard
        self._machine = machine
        self._hands = hands
        self._stop_frames = stop_frames
        self._port_open = True
        self._todo: deque[Input] = deque()
        self._undone: deque[Effect] = deque()
        self._recorded = 0  # the number of the last record

    @property
    def finished(self) -> bool:
        return self._machine.finished(self.guard)

    @property
    def exit_code(self) -> Exit:
        return self._machine.exit_code(self.guard)

    def next_us(self) -> int:
        """The moment of the next Tick."""
        return self._machine.next_us(self.guard)

    def feed(self, what: Input, now_us: int) -> None:
        """Let the guard take one input, and what follows from its effects (a record kept, a port gone)."""
        self._todo.append(what)
        self._work(now_us)

    def lose_port(self, now_us: int) -> None:
        """Tell the guard, once, that the port is gone."""
        self._lose_port()
        self._work(now_us)

    def _work(self, now_us: int) -> None:
        while self._todo and not self.finished:
            self.guard, effects = self._machine.step(self.guard, self._todo.popleft(), now_us)
            self.carry_out(effects, now_us)

    def cut(self) -> None:
        """Cut without asking the guard: for when the guard itself has failed."""
        self._hands.cut(self._stop_frames)

    def fail(self, why: str, now_us: int) -> None:
        """Something here has raised: cut, keep what the failed step still had to record, and let the guard trip."""
        self.cut()
        while self._undone:
            effect = self._undone.popleft()
            if isinstance(effect, Record):
                self._do(effect, now_us)
        self._todo.appendleft(Failed(why))
        self._work(now_us)

    def record_failure(self, why: str, now_us: int) -> None:
        """Record a trip without asking the guard, which has failed again."""
        body = {"type": "trip", "fault": "guard", "text": why}
        self._hands.record(Entry(self._recorded + 1, now_us, body))

    def carry_out(self, effects: tuple[Effect, ...], now_us: int) -> None:
        """Do what the guard decided, a cut first, the rest in order."""
        cuts = [effect.frames for effect in effects if isinstance(effect, Cut)]
        for frames in cuts:
            self._hands.cut(frames)
        self._undone = deque(effects)
        while self._undone:
            effect = self._undone.popleft()
            # A frame decided together with a cut is not written any more: nothing of the player's follows a cut.
            if not (cuts and isinstance(effect, Write)):
                self._do(effect, now_us)

    def _do(self, effect: Effect, now_us: int) -> None:
        if isinstance(effect, Write):
            self._write(effect.frame.data)
        elif isinstance(effect, Record):
            self._recorded = effect.n
            known = self._hands.record(Entry(effect.n, now_us, effect.body, effect.wait))
            if known is not None:
                self._todo.append(known)
        elif isinstance(effect, Tell):
            self._hands.tell(effect.line, effect.name, effect.body, effect.data)
        elif isinstance(effect, Alarm):
            self._hands.alarm(effect.text)

    def _write(self, data: bytes) -> None:
        try:
            self._hands.write(data)
        except PortError:
            # A port that took half a frame, or none, is no port any more. What it still says is heard all the same.
            self._lose_port()

    def _lose_port(self) -> None:
        if self._port_open:
            self._port_open = False
            self._todo.append(Gone("port"))
