"""The event loop: waits for bytes, commands and the device's next moment, and never busily."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from firmware_sim import control
from firmware_sim.clock import Clock
from firmware_sim.scope import EdgeWriter
from firmware_sim.simulation import Simulation
from firmware_sim.wires import PtyWire, TcpWire

_FLUSH_S: Final = 0.1  # edges reach their file at least this often
_RX_WITHIN_S: Final = 5.0  # how long `advance` waits for bytes it was promised
MOST_ADVANCE_US: Final = 60_000_000  # at once: with a silent device a slip of the pen would take days of real time
_CONTROL_S: Final = 1.0
_RETRY_S: Final = 0.005
_READ: Final = select.EPOLLIN
_EDGE: Final = select.EPOLLIN | select.EPOLLET


class Server:
    """One simulated device with its wires, its control socket and its clock."""

    def __init__(self, simulation: Simulation, clock: Clock, writer: EdgeWriter | None = None) -> None:
        self.simulation = simulation
        self.clock = clock
        self.rx = self.tx = 0
        self.ended = False
        self._told_tx = 0
        self._writer = writer
        self._flushed_s = 0.0
        self._epoll = select.epoll()
        self._on: dict[int, Callable[[], None]] = {}
        self._wanted_pty: str | None = None
        self._wanted_tcp: int | None = None
        self.pty: PtyWire | None = None
        self.tcp: TcpWire | None = None
        self._control: socket.socket | None = None
        self._control_path: str | None = None
        self._lines: dict[int, tuple[socket.socket, bytearray]] = {}
        simulation.unplug = self._unplug

    # -- opening --------------------------------------------------------------------------------------------------

    def open(self, pty: str | None, tcp: int | None, control_path: str | None) -> None:
        """Open what was asked for; raises OSError."""
        self._wanted_pty, self._wanted_tcp = pty, tcp
        if self.simulation.plugged:
            self._plug()
        if control_path is not None:
            self._control = control.listen(control_path)
            self._control_path = control_path
            self._watch(self._control.fileno(), self._greet, _READ)

    def _plug(self) -> None:
        if self._wanted_pty is not None and self.pty is None:
            self.pty = PtyWire(self._wanted_pty)
            self._watch(self.pty.fileno(), self._hear, _EDGE | select.EPOLLOUT)
        if self._wanted_tcp is not None and self.tcp is None:
            self.tcp = TcpWire(self._wanted_tcp)
            self._wanted_tcp = self.tcp.port
            self._watch(self.tcp.filenos()[0], self._hear, _READ)

    def _unplug(self, out: bool) -> None:
        """Pull the cable, or put it back."""
        if not out:
            self._plug()
            return
        if self.pty is not None:
            self._on.pop(self.pty.fileno(), None)
            self.pty.close()
        if self.tcp is not None:
            for fd in self.tcp.filenos():
                self._on.pop(fd, None)
            self.tcp.close()
        self.pty = self.tcp = None

    def until_stdin_closes(self) -> None:
        """End when the parent closes our stdin; raises OSError when stdin is nothing that can be waited for."""
        self._watch(0, self._stdin, _READ)

    def _stdin(self) -> None:
        self.ended = not os.read(0, 65536)

    def _watch(self, fd: int, act: Callable[[], None], events: int) -> None:
        self._epoll.register(fd, events)
        self._on[fd] = act

    # -- the loop -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until told to end."""
        while not self.ended:
            events = self._epoll.poll(self._patience_s())
            self._to_now()
            for fd, _ in events:
                act = self._on.get(fd)
                if act is not None:
                    act()
            self._flush()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """End on SIGTERM, SIGINT and SIGHUP."""
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        self._watch(ours.fileno(), self._signalled, _READ)
        signal.set_wakeup_fd(theirs.fileno())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            ours.close()
            theirs.close()

    def _signalled(self) -> None:
        self.ended = True

    def _patience_s(self) -> float | None:
        waits = []
        if not self.clock.still:
            waits.append(self.clock.wait_s(self.simulation.next_us()))
        if self._writer is not None:
            waits.append(_FLUSH_S)
        if not self._sent_all():
            waits.append(_RETRY_S)
        return min(waits, default=None)

    def _to_now(self) -> None:
        if not self.clock.still:
            self._send(self.simulation.run_to(self.clock.now_us()))

    def _flush(self, last: bool = False) -> None:
        now_s = time.monotonic()
        if self._writer is not None and (last or now_s - self._flushed_s >= _FLUSH_S):
            self._flushed_s = now_s
            self._writer.flush(None if last else self.simulation.now_us)

    # -- the wire -------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        """Read what has come on any wire, at this moment; answer at once."""
        for wire in (self.pty, self.tcp):
            data = wire.read() if wire is not None else b""
            if data:
                self.rx += len(data)
                self.simulation.receive(data)
        if self.tcp is not None:
            for fd in self.tcp.filenos():
                self._watch_again(fd)
        self._send(self.simulation.take())

    def _watch_again(self, fd: int) -> None:
        # A closed connection leaves the epoll by itself; its number may come back for the next.
        with contextlib.suppress(FileExistsError):
            self._watch(fd, self._hear, _READ)

    def _send(self, frames: list[bytes]) -> None:
        for frame in frames:
            sent = [wire.write(frame) for wire in (self.pty, self.tcp) if wire is not None]
            self.tx += max(sent, default=0)

    def _sent_all(self) -> bool:
        return not [wire for wire in (self.pty, self.tcp) if wire is not None and not wire.flush()]

    # -- the control socket ---------------------------------------------------------------------------------------

    def advance(self, to_us: int, after_rx: int) -> None:
        """Read the bytes promised, then let time pass to the device's first word; raises control.Refused."""
        self._read_until(after_rx)
        to_us = min(to_us, self.simulation.now_us + MOST_ADVANCE_US)
        if self.tx == self._told_tx and to_us > self.simulation.now_us:
            self._send(self.simulation.run_to(to_us, first=True))
        self._told_tx = self.tx

    def _read_until(self, after_rx: int) -> None:
        end_s = time.monotonic() + _RX_WITHIN_S
        while self.rx < after_rx:
            self._hear()
            if self.rx >= after_rx:
                return
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise control.Refused(
                    f"after_rx {after_rx}: only {self.rx} bytes have come in {_RX_WITHIN_S:g} s; no move"
                )
            fds = [
                *([self.pty.fileno()] if self.pty is not None else []),
                *(self.tcp.filenos() if self.tcp is not None else []),
            ]
            ready = select.select(fds, [], [], min(left_s, 0.5))[0]
            if ready and self.pty is not None and not self.pty.attached:
                time.sleep(_RETRY_S)  # a hang-up reads as ready

    def _greet(self) -> None:
        if self._control is None:
            return
        client, _ = self._control.accept()
        client.settimeout(_CONTROL_S)  # one that asks and does not listen is let go
        self._lines[client.fileno()] = (client, bytearray())
        self._watch(client.fileno(), partial(self._command, client.fileno()), _READ)

    def _command(self, fd: int) -> None:
        client, part = self._lines[fd]
        try:
            piece = client.recv(65536)
            part += piece
            while b"\n" in part and not self.ended:
                line, _, rest = part.partition(b"\n")
                part[:] = rest
                said = control.answer(self, bytes(line))
                self._send(self.simulation.take())
                client.sendall(said)
        except OSError:
            piece = b""
        if not piece or len(part) > control.MOST_LINE:
            self._on.pop(fd, None)
            self._lines.pop(fd, None)
            client.close()

    # -- the end --------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Remove the link and the sockets, write the last edges."""
        self._unplug(True)
        for client, _ in self._lines.values():
            client.close()
        if self._control is not None and self._control_path is not None:
            self._control.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._control_path)
        self._flush(last=True)
        self._epoll.close()
