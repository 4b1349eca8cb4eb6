"""The door of `--fast`: the same body, guard, reader, judge and ledger, in process and in virtual time.

The device is a child simulator that stands still until `advance`; there is no way to give this door another port.
"""

from __future__ import annotations

import select
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from eastim.clock import ManualClock
from eastim.errors import Exit, LedgerError, PortError
from eastim.ledger import Entry, LedgerFile
from eastim.profiles.profile import Profile
from eastim.safety.door import Port, drop_ledger, open_port
from eastim.safety.door_guard import check_order, open_guard
from eastim.safety.door_inputs import parse
from eastim.safety.inputs import Heard, LineName, Recorded, Stop, Tick
from eastim.safety.line import Message
from eastim.safety.order import Order
from eastim.safety.priority import VIRTUAL
from eastim.simulator import Simulator

_BYTES_S = 5.0  # real time that bytes on the way may take; a kernel worker carries them


class FastHands:
    """Hands of the fast door: the simulator's pty or socket, and a ledger that is written at once."""

    def __init__(self, port: Port, ledger: LedgerFile) -> None:
        self._port, self._ledger = port, ledger
        self.sent = 0
        self.told: dict[LineName, deque[Message]] = {"player": deque(), "operator": deque()}

    def write(self, data: bytes) -> None:
        self._port.write(data)
        # A socket takes bytes for a while after the other end is gone; nobody will read them, so nobody may wait.
        self.sent += 0 if self.hung_up() else len(data)

    def hung_up(self) -> bool:
        """Whether the device's end is closed: the cable was pulled."""
        poll = select.poll()
        poll.register(self._port.fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        # No flush as on a real port: nothing of the player's ever waits here, since every byte is read before time goes
        # on. All it could drop is a stop of this very moment, and the device would wait for its bytes for ever.
        try:
            for frame in frames:
                self.write(frame)
        except PortError:
            return False
        return True

    def record(self, entry: Entry) -> Recorded | None:
        try:
            self._ledger.append((entry,))
            if entry.wait:
                self._ledger.sync()
        except LedgerError as error:
            return Recorded(entry.n, str(error))
        return Recorded(entry.n) if entry.wait else None

    def tell(self, line: LineName, name: str, body: dict[str, Any], data: bytes) -> None:
        self.told[line].append(Message(name, body, data))

    def alarm(self, text: str) -> None:
        # There is nobody on the leads of a simulator; the operator's line hears the same as a notice.
        pass


class FastLine:
    """One line's end in process: `send` and `receive` as on a real one, at the clock's present moment."""

    def __init__(self, door: FastDoor, name: LineName) -> None:
        self._door, self._name = door, name

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> bool:
        """Give the guard one message; False once it has finished."""
        return self._door.give(self._name, Message(name, body or {}, data))

    def receive(self) -> list[Message]:
        return self._door.take(self._name)


class FastDoor:
    """Drive a guard against a simulator in virtual time; a context manager.

    The clock is the caller's and is moved by `advance` alone. Raises AskedError, LedgerError, PortError.
    """

    def __init__(
        self, order: Order, profile: Profile, simulator: Simulator, ledger_path: Path, clock: ManualClock
    ) -> None:
        check_order(order)
        self._simulator, self._clock = simulator, clock
        self._ledger = LedgerFile(ledger_path)
        try:
            self._port = open_port(simulator.address, profile.baud)
        except PortError:
            self._ledger.close()
            drop_ledger(ledger_path)
            raise
        self._hands = FastHands(self._port, self._ledger)
        # Bytes of before the port was open are lost, as on any line; both counts start from what the device says.
        state = simulator.control({"do": "state"})
        self._heard, self._sent_before = int(state["tx"]), int(state["rx"])
        self._ahead_us = clock.now_us() - int(state["t_us"])
        self.body = open_guard(order, profile, self._hands, clock.now_us(), VIRTUAL)

    @property
    def finished(self) -> bool:
        return self.body.finished

    @property
    def exit_code(self) -> Exit:
        return self.body.exit_code

    def line(self, name: LineName) -> FastLine:
        return FastLine(self, name)

    def give(self, name: LineName, message: Message) -> bool:
        """Feed one message of a line, exactly as the guard process takes it."""
        if self.body.finished:
            return False
        try:
            what = parse(name, message)
        except ValueError as error:
            what = Stop(f"{name}'s line: {error}")
        self.body.feed(what, self._clock.now_us())
        return True

    def take(self, name: LineName) -> list[Message]:
        """Take what the guard has told a line since the last call."""
        told = list(self._hands.told[name])
        self._hands.told[name].clear()
        return told

    def next_us(self) -> int:
        """The guard's next moment; `advance` never goes beyond it."""
        return self.body.next_us()

    def advance(self, to_us: int) -> int:
        """Let time go on, at most to `to_us`, and give the moment reached: the device's first byte, or the guard's own.

        Whatever happens there has been fed to the guard when this returns.
        """
        if self._hands.hung_up():
            # The guard process is woken by a cable that is pulled; so is this one, before time goes on.
            self.body.lose_port(self._clock.now_us())
        to_us = max(self._clock.now_us(), min(to_us, self.body.next_us()))
        reached = self._simulator.advance(to_us - self._ahead_us, self._sent_before + self._hands.sent)
        # The device may stand a little ahead, where it finished a byte; the guard's clock never goes back.
        now_us = max(self._clock.now_us(), min(to_us, reached.t_us + self._ahead_us))
        self._clock.set(now_us)
        if reached.tx > self._heard:
            self._hear(reached.tx - self._heard, now_us)
            self._heard = reached.tx
        if now_us >= self.body.next_us() and not self.body.finished:
            self.body.feed(Tick(), now_us)
        return now_us

    def close(self) -> bool:
        """Cut when the session has not ended in its own way, then close all; True when the ledger is whole on disk."""
        if not self.body.finished:
            self.body.cut()
        self._port.close()
        return self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hear(self, count: int, now_us: int) -> None:
        try:
            data = self._bytes(count)
        except PortError:
            self.body.lose_port(now_us)
        else:
            self.body.feed(Heard(data), now_us)

    def _bytes(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            if not select.select([self._port.fileno()], [], [], _BYTES_S)[0]:
                raise PortError(f"the simulator sent {count} bytes, {len(data)} have come")
            data += self._port.read()
        return data
