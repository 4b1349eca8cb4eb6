"""The guard process's loop: one poll, then everybody's turn in the order of who may stop.

Signals and the stop socket come first, then one message of the operator, one of the player, then the device, the ledger
and the clock. Each is read by bounded pieces, so that nobody, by saying much, keeps another's stop waiting.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import traceback
from collections import deque
from collections.abc import Sequence
from typing import Any, Generic

from eastim.clock import Clock, SleepWatch
from eastim.errors import Exit, PortError
from eastim.ledger import Entry, LedgerWriter
from eastim.safety.door import Body, G, Port
from eastim.safety.door_desk import Desk
from eastim.safety.door_inputs import parse
from eastim.safety.guard_state import CUT_US, CUTS
from eastim.safety.inputs import Gone, Heard, LineName, Recorded, Slept, Stop, Tick
from eastim.safety.line import Line, Message
from eastim.safety.room import StopSocket
from eastim.text import safe_text

_READ = select.POLLIN
AT_ONCE = 4096  # bytes of a line that are read in one turn
MAX_WHY = 200  # characters of an error of the guard's own that are recorded
MAX_BACKLOG = 256  # messages of a line that may wait: ten seconds of beats, where the guard itself was held up
_CROWDED_MS = 2  # a sleep between two turns in which other users crowd the stop socket
_FLUSH_S = 0.5  # how long the last words to a line may take
_LEDGER_S = 5.0  # how long the last records may take; the output is off by then


class ProcessHands:
    """Hands of the guard process."""

    def __init__(self, port: Port, lines: dict[LineName, Line], ledger: LedgerWriter, desk: Desk) -> None:
        self._port, self._lines, self._ledger, self._desk = port, lines, ledger, desk

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        return self._port.cut(frames)

    def record(self, entry: Entry) -> Recorded | None:
        self._ledger.put(entry)
        return None

    def tell(self, line: LineName, name: str, body: dict[str, Any], data: bytes) -> None:
        if line == "operator":
            self._desk.see(name, body)
        self._lines[line].send(name, body, data)

    def alarm(self, text: str) -> None:
        say(f"eastim guard: {text}\n")


def say(text: str) -> None:
    """Write to stderr only what it takes at once: a terminal held by Ctrl-S must not hold the guard."""
    poll = select.poll()
    poll.register(2, select.POLLOUT)
    with contextlib.suppress(OSError):
        if any(event & select.POLLOUT for _, event in poll.poll(0)):
            # Up to 512 bytes go into a pipe or terminal that is writable without waiting.
            os.write(2, text.encode("utf-8", "replace")[:512])


def say_trace() -> None:
    """Say the error that is being handled, with the way to it."""
    for line in traceback.format_exc().splitlines():
        say(line + "\n")


class Loop(Generic[G]):
    """Run a body on real file descriptors until the guard has finished.

    early: what the operator had said already when the loop was made. sleep: tells whether the computer has slept.
    """

    def __init__(
        self,
        body: Body[G],
        port: Port,
        lines: dict[LineName, Line],
        ledger: LedgerWriter,
        stops: StopSocket,
        desk: Desk,
        clock: Clock,
        signals: int,
        early: Sequence[Message] = (),
        sleep: SleepWatch | None = None,
    ) -> None:
        self._body, self._port, self._lines, self._ledger = body, port, lines, ledger
        self._stops, self._desk, self._clock, self._signals = stops, desk, clock, signals
        self._sleep = sleep or SleepWatch()
        self._backlog: dict[LineName, deque[Message]] = {"operator": deque(), "player": deque()}
        self._put("operator", early)
        self._gone: set[str] = set()

    @property
    def exit_code(self) -> Exit:
        return self._body.exit_code

    def run(self) -> None:
        """Turn until finished. When the guard itself fails, it is cut and trips; when it fails again, cut and raise."""
        try:
            try:
                self._go_on()
            except Exception as error:  # noqa: BLE001, whatever it is, the output ends
                self._body.fail(safe_text(repr(error), MAX_WHY), self._clock.now_us())
                say_trace()
                self._go_on()
        except BaseException as error:
            self._cut_blindly(safe_text(repr(error), MAX_WHY))
            raise
        finally:
            self._desk.settle()

    def _go_on(self) -> None:
        while not self._body.finished:
            self.turn()

    def _cut_blindly(self, why: str) -> None:
        """Cut as often as the guard would: nobody is left who could read whether one has arrived.

        What the device says is read and dropped: one that can't get rid of its words may not hear ours.
        """
        poll = select.poll()
        poll.register(self._port.fileno(), _READ)
        for _ in range(CUTS):
            self._body.cut()
            poll.poll(CUT_US // 1000)
            with contextlib.suppress(PortError):
                self._port.read()
        self._body.record_failure(why, self._clock.now_us())

    def leave(self) -> bool:
        """Say the last words and close everything; True when the ledger is whole on disk."""
        self._flush_lines()
        whole = self._ledger.close(_LEDGER_S)
        for line in self._lines.values():
            line.close()
        self._stops.close()
        self._port.close()
        return whole

    def turn(self) -> None:
        """Wait for something to happen, and give everybody one turn."""
        ready = self._wait()
        self._hear_sleep()
        self._hear_signals(ready)
        self._hear_stops()
        self._hear_line("operator")
        self._hear_line("player")
        self._hear_port()
        for n, error in self._ledger.acks():
            self._feed(Recorded(n, error))
        if self._clock.now_us() >= self._body.next_us():
            self._feed(Tick())
        self._desk.settle()

    def _feed(self, what: Any) -> None:
        self._body.feed(what, self._clock.now_us())

    def _wait(self) -> set[int]:
        poll = select.poll()
        # While other users crowd it, the stop socket may not wake us without end; it still has its part of every turn.
        stops = self._stops.filenos()[self._stops.crowded :]
        for fd in (*stops, self._ledger.fileno(), self._signals):
            poll.register(fd, _READ)
        # What is gone would be ready for ever.
        for name, line in self._lines.items():
            if name not in self._gone:
                poll.register(line, _READ | select.POLLOUT if line.waiting else _READ)
        if "port" not in self._gone:
            poll.register(self._port.fileno(), _READ)
        ready = {fd for fd, _ in poll.poll(self._patience_ms())}
        for line in self._lines.values():
            line.flush()
        return ready

    def _patience_ms(self) -> float:
        if any(self._backlog.values()):
            return 0
        most_ms = _CROWDED_MS if self._stops.crowded else 60_000
        # Rounded up: a poll that ends before the moment would turn in vain.
        return min(most_ms, max(0, -((self._clock.now_us() - self._body.next_us()) // 1000)))

    def _hear_sleep(self) -> None:
        """Before all that was said before the sleep, and is read only now."""
        slept_us = self._sleep.slept_us()
        if slept_us:
            self._feed(Slept(slept_us))

    def _hear_signals(self, ready: set[int]) -> None:
        if self._signals in ready:
            for number in os.read(self._signals, 64):
                self._feed(Stop(signal.Signals(number).name.lower()))

    def _hear_stops(self) -> None:
        for asker, do in self._stops.take():
            if do == "stop":
                self._feed(Stop("shell"))
                self._desk.await_zero(asker)
            else:
                self._desk.status(asker)

    def _hear_line(self, name: LineName) -> None:
        """Take one message of a line."""
        line = self._lines[name]
        if name not in self._gone:
            self._read(name, line)
        if self._backlog[name]:
            self._take(name, self._backlog[name].popleft())
        if line.closed:
            self._lose(name, line.fault)

    def _read(self, name: LineName, line: Line) -> None:
        self._put(name, line.receive(AT_ONCE))
        if line.closed:
            # What the dead still asked for is of no use to anybody.
            self._keep_stops(name)
        waiting = len(self._backlog[name])
        if waiting > MAX_BACKLOG:
            # Nobody who waits for answers has so much to say. It is read no more, but it may hear the end.
            self._backlog[name].clear()
            self._lose(name, f"{waiting} messages wait, at most {MAX_BACKLOG}")

    def _put(self, name: LineName, said: Sequence[Message]) -> None:
        """Let messages wait. A stop overtakes all that was said before it on its line."""
        self._backlog[name] += said
        if any(message.name == "stop" for message in said):
            self._keep_stops(name)

    def _keep_stops(self, name: LineName) -> None:
        self._backlog[name] = deque(message for message in self._backlog[name] if message.name == "stop")

    def _take(self, name: LineName, message: Message) -> None:
        try:
            what = parse(name, message)
        except ValueError as error:
            # Whoever speaks nonsense on a line can't be trusted with the output: stop, and say why.
            self._feed(Stop(f"{name}'s line: {error}"))
            return
        self._feed(what)

    def _lose(self, name: LineName, fault: str) -> None:
        """Count a line as gone, once; fault: what it did, where it did not simply end."""
        if name in self._gone:
            return
        self._gone.add(name)
        if fault:
            self._feed(Stop(f"{name}'s line: {fault}"))
        self._feed(Gone(name))

    def _hear_port(self) -> None:
        if "port" in self._gone:
            return
        try:
            data = self._port.read()
        except PortError:
            self._gone.add("port")
            self._body.lose_port(self._clock.now_us())
            return
        if data:
            self._feed(Heard(data))

    def _flush_lines(self) -> None:
        waiting = [line for line in self._lines.values() if line.waiting]
        for line in waiting:
            poll = select.poll()
            poll.register(line, select.POLLOUT)
            poll.poll(_FLUSH_S * 1000)
            line.flush()
