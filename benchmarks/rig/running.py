"""One session under way, with current flowing at the load; and how it is ended and reaped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from benchmarks.rig.alone import Alone
from benchmarks.rig.device import Device, JsonLines
from benchmarks.rig.session import Session

Way = Literal["guard", "run", "alone"]
"""guard: a light session with the product's guard; run: `eastim run`; alone: one program that owns the port."""

UP_S = 10.0
END_S = 20.0


class Unsaid(Exception):
    """A session did not come so far as to say what was awaited."""


class Running:
    """One session under way, with current flowing at the load."""

    def __init__(self, device: Device, way: Way, folder: Path, name: str, before: Callable[[], None]) -> None:
        self.name, self.ledger = name, folder / f"{name}.ledger"
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            _child(lambda: _session(way, theirs, device.pty, self.ledger, name, before), ours)
        theirs.close()
        self._socket, self._words = ours, JsonLines(ours.fileno())
        self.guard: int | None = None
        try:
            self.guard = int(self.hear("guard", UP_S)) if way == "guard" else None
            self.up_ns = int(self.hear("up", UP_S))
        except Unsaid:
            self.close()
            raise

    def hear(self, name: str, within_s: float) -> Any:
        """Wait for one word of the session; raises Unsaid when it doesn't come."""
        until_s = time.monotonic() + within_s
        while (words := self._words.next(max(0.0, until_s - time.monotonic()))) is not None:
            if name in words:
                return words[name]
        raise Unsaid(f"session {self.name} never said {name}")

    def say(self, word: str) -> int:
        """Tell it to do something; gives the moment at which it began, in ns."""
        self._socket.sendall(word.encode())
        return int(self.hear("did", 5.0))

    def gone_ns(self, within_s: float) -> int | None:
        """Wait until the kernel has closed what the session held, and give the moment; None when it still holds it."""
        return self._words.end_ns(within_s)

    def close(self) -> int | None:
        """End what still lives, reap all, and give the guard's exit code."""
        _kill(self.pid)
        os.waitpid(self.pid, 0)
        try:
            return None if self.guard is None else self._guards_code(self.guard)
        finally:
            self._socket.close()

    def _guards_code(self, pid: int) -> int:
        try:
            return _reap(pid)
        except ChildProcessError:
            # The session had waited for it before it was ended itself.
            return int(self.hear("left", 1.0))


def _child(work: Callable[[], None], rigs_end: socket.socket) -> None:
    """Be a session, and never return into the rig's code."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        rigs_end.close()
        work()
        code = 0
    except SystemExit:
        code = 0
    except BaseException as error:  # noqa: BLE001, a forked child ends here whatever it was
        if type(error).__name__ != "Broken":
            traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(code)


def _session(way: Way, words: socket.socket, address: str, ledger: Path, name: str, before: Callable[[], None]) -> None:
    before()
    if way == "guard":
        Session(words, address, ledger, name).run()
    else:
        Alone(words, address).run()


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _reap(pid: int) -> int:
    """Wait for an adopted guard's end, which comes by itself; one that does not is killed, and that is an error."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    until_s = time.monotonic() + END_S
    while time.monotonic() < until_s:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    _kill(pid)
    os.waitpid(pid, 0)
    raise RuntimeError(f"guard {pid} did not end in {END_S:.0f} s")
