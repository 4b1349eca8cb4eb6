"""Break the disk at every single write and sync of a session: strength goes to zero, and it is said (H32).

The session is a real one in virtual time (proof/rig.py); its ledger is a real file, and the kernel's answer to one call
is forged: no space, an input/output error, or half the bytes and then no space. After the first failure every later
call fails, too, as on a full disk.

Each call is broken in two ways of writing: at once, as the door of `--fast` does, and by the guard's own writer, whose
thread gathers records, syncs them and answers later. Its thread turns when the session's moment is over.
"""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from eastim.errors import Exit, LedgerError
from eastim.ledger import Entry, LedgerFile, LedgerWriter
from eastim.ledger_verify import verify
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.safety.inputs import Recorded
from proof.rig import Rig
from proof.row import Finding, Say, Size

BREAKS = ("ENOSPC", "EIO", "short write")
ZERO_WITHIN_US = 250_000 + 10_000  # a lower is followed in 250 ms or cut, and the pulse in hand is finished
_ACTS = ((400_000, "raise"), (800_000, "raise"), (1_200_000, "raise"), (1_500_000, "lower"), (2_100_000, "raise"))
_END_US = 3_000_000
_SYNC_US = 1_000_000


class Disk:
    """A ledger on a disk whose call number `fails_at` is the first that fails (None: none); calls are counted."""

    def __init__(self, path: Path, how: str, fails_at: int | None) -> None:
        self._file = LedgerFile(path)
        self._fd = self._file._fd
        self._how, self._fails_at = how, fails_at
        self.calls = 0
        self.failed = False
        self._forged = ExitStack()
        self._forged.enter_context(patch("eastim.ledger.os.write", self._write))
        self._forged.enter_context(patch("eastim.ledger.os.fdatasync", self._sync))

    def put(self, entry: Entry) -> Recorded | None:
        """Write a record at once, as the door of `--fast` does."""
        try:
            self._file.append((entry,))
            if entry.wait:
                self._file.sync()
        except LedgerError as error:
            return Recorded(entry.n, str(error))
        return Recorded(entry.n) if entry.wait else None

    def settle(self, now_us: int, feed: Callable[[Recorded], None]) -> None:
        """Do what is to be done when a moment is over: nothing."""

    def close(self) -> bool:
        """Close the file; whether it is whole on disk, as far as is known."""
        self._file.close()
        self._forged.close()
        return not self.failed

    def _broken(self) -> bool:
        self.calls += 1
        self.failed = self.failed or self.calls == self._fails_at
        return self.failed

    def _write(self, fd: int, data: memoryview) -> int:
        if fd != self._fd or not self._broken():
            return _WRITE(fd, data)
        if self._how == "short write" and self.calls == self._fails_at:
            return _WRITE(fd, data[: len(data) // 2])
        raise OSError(errno.EIO if self._how == "EIO" else errno.ENOSPC, "forged")

    def _sync(self, fd: int) -> None:
        if fd == self._fd and self._broken():
            raise OSError(errno.EIO if self._how == "EIO" else errno.ENOSPC, "forged")
        _SYNC(fd)


class _Turned(LedgerWriter):
    """The guard's writer; its thread turns once each time it is told to."""

    def __init__(self, file: LedgerFile) -> None:
        self._go, self._done, self._turns = threading.Semaphore(0), threading.Semaphore(0), 0
        super().__init__(file)

    def turn(self) -> None:
        """Let the thread store what has been handed over; returns when it has."""
        self._go.release()
        self._done.acquire()

    def close(self, within_s: float) -> bool:
        self._queue.put(None)
        self._go.release()
        return super().close(within_s)

    def _batch(self, within_s: float | None) -> tuple[list[Entry], bool]:  # noqa: ARG002, the session's time is not real
        if self._turns:
            self._done.release()
        self._turns += 1
        self._go.acquire()
        return super()._batch(0.0)


class ThreadDisk(Disk):
    """The same disk under the guard's own writer: batches, syncs of its own, and answers that come later."""

    def __init__(self, path: Path, how: str, fails_at: int | None) -> None:
        super().__init__(path, how, fails_at)
        self._now_us = self._turned_us = 0
        # Its clock is the session's: records that nobody waits for are synced once a second.
        clock = SimpleNamespace(monotonic=lambda: self._now_us / 1e6)
        self._forged.enter_context(patch("eastim.ledger.time", clock))
        self._writer = _Turned(self._file)
        self._handed = 0

    def put(self, entry: Entry) -> Recorded | None:
        self._writer.put(entry)
        self._handed += 1
        return None

    def settle(self, now_us: int, feed: Callable[[Recorded], None]) -> None:
        """Let the thread turn while there is something to store or to sync, and hand on its answers."""
        self._now_us = now_us
        while self._handed or now_us - self._turned_us >= _SYNC_US:
            self._handed, self._turned_us = 0, now_us
            self._writer.turn()
            for n, error in self._writer.acks():
                feed(Recorded(n, error))

    def close(self) -> bool:
        """End it as the guard's process does; what it answers is what the process says of the ledger."""
        try:
            return self._writer.close(5.0)
        finally:
            self._forged.close()


WAYS: dict[str, type[Disk]] = {"at once": Disk, "by the guard's writer": ThreadDisk}
_WRITE, _SYNC = os.write, os.fdatasync


@dataclass(slots=True)
class Played:
    """What became of one session. failed_us, ended_us: when the disk broke, and when the session ended.

    whole: whether the ledger was said to be whole on disk at the end.
    """

    calls: int = 0
    failed_us: int | None = None
    ended_us: int | None = None
    exit: Exit | None = None
    last_us: int = -1
    most_ua: int = 0
    whole: bool = False
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    problems: tuple[str, ...] = ()


def prove(size: Size, say: Say) -> Finding:
    """Break each call of a session in each way of breaking and of writing."""
    failures: list[str] = []
    figures: dict[str, str] = {}
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ledger"
        for way, disk in WAYS.items():
            calls = play(path, "none", None, disk).calls
            figures[f"writes and syncs of the session, {way}"] = str(calls)
            step = 1 if size == "full" else max(1, calls // 8)
            for how in BREAKS:
                for at in range(1, calls + 1, step):
                    failures += [f"{how} at call {at}, {way}: {text}" for text in wrong(play(path, how, at, disk))]
                    tried += 1
                    say(f"{way}, {how}: {at} of {calls}")
    return Finding(tried, "broken disks", figures, tuple(failures))


def play(path: Path, how: str, fails_at: int | None, way: type[Disk] = Disk) -> Played:
    """Play one short session at 100 Hz whose operator raises, lowers, raises again and stops."""
    path.unlink(missing_ok=True)
    disk, played = way(path, how, fails_at), Played()
    order = read_prescription(Words("100", minutes="1", leads=("A:2mA",))).order
    states: list[str] = []

    def told(name: str, body: dict[str, Any]) -> None:
        played.said.append((name, body))
        states.extend([body["state"]] if name == "state" else [])

    rig = Rig(order, 1, ledger=disk, told=told)

    def watch() -> bool:
        disk.settle(rig.now_us, rig.feed)
        if disk.failed and played.failed_us is None:
            played.failed_us = rig.now_us
        if rig.body.finished and played.ended_us is None:
            played.ended_us = rig.now_us
        return rig.body.finished

    rig.run_to(rig.now_us + 2_000_000, lambda: watch() or "SAFE" in states)
    rig.give("operator", "arm")
    rig.run_to(rig.now_us + 2_000_000, lambda: watch() or "LIVE" in states)
    began_us = rig.now_us
    for at_us, act in _ACTS:
        rig.run_to(began_us + at_us, watch)
        rig.give("operator", act, {"lead": "A", "kind": None})
    rig.run_to(began_us + _END_US, watch)
    rig.give("operator", "stop", {"source": "operator"})
    rig.run_to(rig.now_us + 15_000_000, watch)
    watch()
    played.whole = disk.close()
    if disk.failed and played.failed_us is None:
        played.failed_us = played.ended_us
    played.calls, played.exit = disk.calls, rig.body.exit_code if rig.body.finished else None
    edges = [edge for edge in rig.device.scope.edges() if edge[2]]
    played.last_us = max((t_us for t_us, _, _ in edges), default=-1)
    played.most_ua = max((abs(ua) for _, _, ua in edges), default=0)
    played.problems = tuple(map(str, verify(path).problems)) if path.stat().st_size else ()
    return played


def wrong(played: Played) -> list[str]:
    """What refutes the claim about a session whose disk broke.

    The last records are written in the turn that ends the session, or behind it, after its last word: the output has
    ended, and the guard's process says on stderr and with its exit code that they are lost (eastim/safety/process.py).
    """
    found = []
    if played.failed_us is None:
        return ["the disk never broke"]
    if played.whole:
        found.append("the ledger was said to be whole on disk")
    if played.failed_us == played.ended_us:
        return [*found, "current after the end"] if played.last_us > played.failed_us else found
    if played.last_us > played.failed_us + ZERO_WITHIN_US:
        found.append(f"current {played.last_us - played.failed_us} us after the disk broke")
    if played.exit is not Exit.BAD_LEDGER:
        found.append(f"exit {played.exit}")
    if not any(name == "notice" and "the ledger can't be written" in body["text"] for name, body in played.said):
        found.append("nobody was told")
    found += [f"the ledger is not whole: {problem}" for problem in played.problems]
    return found
