"""Run sessions one after another on one device, harm each, and tell how long its current went on.

The rig adopts orphans (PR_SET_CHILD_SUBREAPER), so that the guard of a killed session is reaped here and can't be left
behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

from benchmarks.rig.alone import Alone
from benchmarks.rig.device import Device, JsonLines
from benchmarks.rig.session import Session

Way = Literal["guard", "alone"]
_SUBREAPER = 36  # prctl(2), PR_SET_CHILD_SUBREAPER
UP_S = 10.0
END_S = 20.0
SILENT_S = 3.0


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


class Bench:
    """A device and all sessions on it. repeated: sessions that were not counted, as they had no current to lose."""

    def __init__(self) -> None:
        adopt()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._folder = tempfile.TemporaryDirectory(prefix="eastim-bench-")
        self.device = Device()
        self._count = 0
        self.repeated = 0

    def begin(self, way: Way = "guard", before: Callable[[], None] = lambda: None) -> Running:
        """Bring a session up. before: what the session process does first (fills its memory, say)."""
        self._count += 1
        name = f"rig-{os.getpid()}-{self._count}"
        self._await_silence()
        self.device.forget_stops()
        return Running(self.device, way, Path(self._folder.name), name, before)

    def _await_silence(self) -> None:
        """A device that still plays (an unguarded session's lease runs on) takes no new session."""
        until_s = time.monotonic() + SILENT_S
        while self.device.control("state")["state"] == "PLAYING":
            if time.monotonic() > until_s:
                raise RuntimeError(f"the device still plays {SILENT_S:.0f} s after its last session")
            time.sleep(0.02)

    def close(self) -> None:
        self.device.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def adopt() -> None:
    """Become the parent of the guards of killed sessions."""
    ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


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
