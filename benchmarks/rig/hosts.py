"""Two host processes to be kept busy: one has its stop in a guard, the other in a thread of its own.

Both are forked from the benchmark, and told by a word what to do next and for how long: idle, python-loop, c-call,
collect (the collector over 4.5 million objects, again and again). The timing is not theirs: they are only busy.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.rig.harm import c_call, python_loop
from benchmarks.rig.order import ORDER, PROFILE
from eastim.child import child_environment
from eastim.safety.line import Line
from eastim.safety.room import StopSocket
from eastim.transports import open_transport

OBJECTS = 4_500_000
_HELD: list[list[int]] = []


def fill() -> None:
    """Keep 4.5 million objects alive that the collector must look at."""
    if not _HELD:
        _HELD.extend([] for _ in range(OBJECTS))


def _until(act: Callable[[], object], end_s: float) -> None:
    # Looks at the clock only: a look at a socket would let go of the interpreter lock, and help the other threads.
    while time.monotonic() < end_s:
        act()


def _collect(end_s: float) -> None:
    fill()
    _until(gc.collect, end_s)


BUSY: dict[str, Callable[[float], None]] = {
    "idle": lambda end_s: time.sleep(max(0.0, end_s - time.monotonic())),
    "python loop": lambda end_s: python_loop(lambda: time.monotonic() < end_s),
    "c call": lambda end_s: _until(c_call, end_s),
    "collector": _collect,
}


class Host:
    """One busy process, seen from the benchmark."""

    def __init__(self, begin: Callable[[], object]) -> None:
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _be(theirs, begin)
        theirs.close()
        self._words = ours
        self._answer()

    def be(self, busy: str, seconds: float) -> None:
        """Have it be busy; returns when it begins."""
        self._words.sendall(f"{busy},{seconds}".encode())
        self._answer()

    def settle(self) -> None:
        """Wait until it is done."""
        self._answer()

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._words.close()

    def _answer(self) -> None:
        self._words.settimeout(60)
        if self._words.recv(1) != b".":
            raise RuntimeError("a busy process is gone")


def _be(words: socket.socket, begin: Callable[[], object]) -> None:
    """The child: never returns."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        held = begin()
        words.sendall(b".")
        while held is not None:
            busy, _, seconds = words.recv(64).decode().partition(",")
            words.sendall(b".")
            BUSY[busy](time.monotonic() + float(seconds))
            words.sendall(b".")
    finally:
        os._exit(1)


def guarded(address: str, ledger: Path, session: str, report_fd: int) -> Callable[[], object]:
    """Begin as a session that has its guard beside it (a lasting one), and holds its two lines."""

    def begin() -> object:
        player, players_end = socket.socketpair()
        operator, operators_end = socket.socketpair()
        line = Line(operator)
        fds = (players_end.fileno(), operators_end.fileno(), report_fd)
        order = {"order": ORDER.to_json(), "address": address, "ledger": str(ledger), "session": session}
        line.send("order", order)
        with players_end, operators_end:
            child = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "benchmarks.rig.lasting_guard"),
                    *("--player-fd", str(fds[0]), "--operator-fd", str(fds[1]), str(report_fd)),
                ],
                pass_fds=fds,
                env=child_environment(),
                start_new_session=True,
            )
        return player, line, child

    return begin


def threaded(address: str, session: str) -> Callable[[], object]:
    """Begin as a program that owns the port itself; a thread of it serves the guard's very stop socket."""

    def begin() -> object:
        port, stops = open_transport(address, PROFILE.baud), StopSocket(session)

        def stopper() -> None:
            while True:
                poll = select.poll()
                for fd in stops.filenos():
                    poll.register(fd, select.POLLIN)
                poll.poll()
                for asker, do in stops.take():
                    if do == "stop":
                        port.cut(PROFILE.stop_frames)
                    asker.answer({"zero": False})

        thread = threading.Thread(target=stopper, daemon=True)
        thread.start()
        return thread

    return begin
