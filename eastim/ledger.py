"""The ledger: append-only JSON lines, hash-chained, one record a line.

    {"body":{...},"n":1,"prev":"<64 hex>","t_us":...,"type":"open","wall":"...","sha":"<64 hex>"}

`sha` is the SHA-256 of the very bytes of the line without its `sha` field; `prev` is the `sha` of the record before, 64
zeros in the first. `t_us` is the guard's clock, `wall` a label that nothing decides on (H06). Type "open" comes first,
"close" last. The guard is the only writer. Reading and judging is `ledger_verify`'s.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NoReturn

from eastim.errors import LedgerError

FIRST_PREV = "0" * 64
MIN_FREE_BYTES = 200_000_000
MAX_LINE = 65_536
# At most so many records are written and synced as one: bounds the time a waiting raise shares with others.
_BATCH = 256
# Records nobody waits for are synced at the latest after this long: what a power cut can lose.
_SYNC_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be written. body: plain JSON values, with its `type`. wait: somebody waits until it is durable."""

    n: int
    t_us: int
    body: dict[str, Any]
    wait: bool = False


def encode_line(entry: Entry, wall: str, prev: str) -> tuple[bytes, str]:
    """Give the line, with its newline, and its sha. Raises LedgerError on what is no JSON or too long."""
    body = {key: value for key, value in entry.body.items() if key != "type"}
    record = {
        "n": entry.n,
        "t_us": entry.t_us,
        "wall": wall,
        "type": str(entry.body.get("type", "note")),
        "body": body,
        "prev": prev,
    }
    try:
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise LedgerError(f"record {entry.n} is no plain JSON: {error}") from error
    sha = hashlib.sha256(text.encode()).hexdigest()
    line = f'{text[:-1]},"sha":"{sha}"}}\n'.encode()
    if len(line) > MAX_LINE:
        raise LedgerError(f"record {entry.n} has {len(line)} bytes, at most {MAX_LINE}")
    return line, sha


class LedgerFile:
    """One new ledger on disk, written by the caller's own hand: create, append, sync, close.

    After a failed write nothing more is ever written: what stands is whole, and every later call raises LedgerError
    with the first cause.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._prev = FIRST_PREV
        self._size = 0
        self._broken = ""
        self._fd = _create(path)

    def append(self, entries: Sequence[Entry]) -> None:
        """Write records in one go; not yet durable."""
        if self._broken:
            raise LedgerError(self._broken)
        wall = datetime.now(UTC).isoformat(timespec="milliseconds")  # noqa: TID251, a label
        lines, prev = [], self._prev
        try:
            for entry in entries:
                line, prev = encode_line(entry, wall, prev)
                lines.append(line)
        except LedgerError as error:
            self._broken = str(error)
            raise
        self._write(b"".join(lines))
        self._prev = prev

    def sync(self) -> None:
        """Make durable what was appended."""
        if self._broken:
            raise LedgerError(self._broken)
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            # After a failed sync the kernel may have dropped the pages and would report the next one as good.
            self._fail(error)

    def close(self) -> bool:
        """Give the file back; False when something that was appended may not be durable."""
        if self._fd >= 0:
            with contextlib.suppress(LedgerError):
                self.sync()
            os.close(self._fd)
            self._fd = -1
        return not self._broken

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError as error:
            self._fail(error)
        self._size += len(data)

    def _fail(self, error: OSError) -> NoReturn:
        self._broken = f"the ledger {self.path} can't be written: {os.strerror(error.errno or 0)}; free the disk"
        # A half record would look like a change of the ledger; what can't be taken back is at worst a torn last line.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._size)
        raise LedgerError(self._broken) from error


class LedgerWriter:
    """Write a ledger from a thread of its own, so that nobody waits for a disk who need not.

    `fileno` becomes readable when answers wait in `acks`. Every record that asked to `wait` is answered, and the first
    one that failed, waited for or not.
    """

    def __init__(self, file: LedgerFile) -> None:
        self._file = file
        self._queue: SimpleQueue[Entry | None] = SimpleQueue()
        self._acks: deque[tuple[int, str]] = deque()
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def fileno(self) -> int:
        return self._event

    def put(self, entry: Entry) -> None:
        """Hand over one record; never waits."""
        self._queue.put(entry)

    def acks(self) -> list[tuple[int, str]]:
        """Take the answers so far: (n, "") for durable, (n, error) for lost."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._event)
        taken = []
        while self._acks:
            taken.append(self._acks.popleft())
        return taken

    def close(self, within_s: float) -> bool:
        """Write and sync all that was handed over; False when the disk took longer than `within_s`."""
        self._queue.put(None)
        self._thread.join(within_s)
        if self._thread.is_alive():
            return False
        os.close(self._event)
        return not self._failed

    def _run(self) -> None:
        dirty_since: float | None = None
        ended = False
        while not ended:
            batch, ended = self._batch(None if dirty_since is None else _SYNC_EVERY_S)
            now = time.monotonic()
            dirty_since = now if dirty_since is None else dirty_since
            overdue = now - dirty_since >= _SYNC_EVERY_S
            sync = overdue or any(entry.wait for entry in batch)
            self._store(batch, sync=sync)
            dirty_since = None if sync else dirty_since
        # The records behind the last sync are lost with this one: nobody else would say so.
        self._failed = not self._file.close() or self._failed

    def _batch(self, within_s: float | None) -> tuple[list[Entry], bool]:
        """Wait for a first record, then take what is there; True when the last has been handed over."""
        batch: list[Entry] = []
        try:
            while len(batch) < _BATCH:
                entry = self._queue.get(timeout=0.0 if batch else within_s)
                if entry is None:
                    return batch, True
                batch.append(entry)
        except Empty:
            pass
        return batch, False

    def _store(self, batch: list[Entry], *, sync: bool) -> None:
        error = ""
        try:
            self._file.append(batch)
            if sync:
                self._file.sync()
        except LedgerError as failure:
            error = str(failure)
        answers = [(entry.n, error) for entry in batch if entry.wait]
        if error and not self._failed:
            self._failed = True
            answers = answers or [(entry.n, error) for entry in batch[:1]]
        if answers:
            self._acks.extend(answers)
            os.eventfd_write(self._event, 1)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, each the user's alone (0700). Raises OSError."""
    # One by one: mkdir would give the mode to the last one only, and the others would be everybody's to list (H34).
    for missing in (*reversed(folder.parents), folder):
        missing.mkdir(mode=0o700, exist_ok=True)


def _create(path: Path) -> int:
    """Create the file, 0600, in its folder (0700 where it must be made); never opens what exists."""
    folder = path.parent
    try:
        make_private(folder)
        room = os.statvfs(folder)
        if (free := room.f_bavail * room.f_frsize) < MIN_FREE_BYTES:
            raise LedgerError(
                f"{free // 1_000_000} MB free in {folder}, a session needs {MIN_FREE_BYTES // 1_000_000} MB (H32); "
                "free some, or give another folder with --record"
            )
        # The folder is opened first and the file made inside it: nobody can swap the path in between (H30).
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW
            fd = os.open(path.name, flags, 0o600, dir_fd=at)
            os.fsync(at)
        finally:
            os.close(at)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise LedgerError(f"no ledger can be made at {path}: {why}; give another folder with --record") from error
    return fd
