"""Kill the writer of a ledger at random moments: no acknowledged record is lost, no ledger is unreadable (H33).

SIGKILL leaves the kernel's pages alone, so it can't tell whether a record was on the disk. `power` can: it notes what
had been synced when each record was acknowledged, and cuts the file anywhere behind that.
"""

from __future__ import annotations

import os
import random
import select
import signal
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from eastim.ledger import LedgerFile, LedgerWriter
from eastim.ledger_verify import LedgerRecord, verify
from proof.ledger.made import entries
from proof.row import Finding, Say, Size

_ACK = struct.Struct("<I")
_RECORDS = 4000
# Most in the first records; one in ten beyond the first sync that comes of time alone.
_SOON_S, _LATE_S, _LATE_IN = 0.03, 1.5, 10

Writer = Callable[[Path, int], None]
# Writes so many records, by a seed; gives the numbers acknowledged, and how many bytes were synced before the last.
Written = Callable[[Path, int, int], tuple[list[int], int]]


def prove(size: Size, say: Say, writer: Writer | None = None) -> Finding:
    """Kill writers; count the kills that came while it was writing."""
    wanted = 1000 if size == "full" else 60
    draw, failures = random.Random(33), []
    kills = acknowledged = torn = tries = 0
    with tempfile.TemporaryDirectory() as folder:
        while kills < wanted and tries < 3 * wanted:
            tries += 1
            path = Path(folder) / f"{tries}.ledger"
            latest_s = _LATE_S if tries % _LATE_IN == 0 else _SOON_S
            acks, alive = _killed(path, draw.uniform(0, latest_s), writer or write)
            if not alive or not path.exists():
                continue
            kills += 1
            acknowledged += len(acks)
            lost, was_torn = _lost(path, acks)
            torn += was_torn
            failures += [f"kill {tries}: {text}" for text in lost]
            path.unlink()
            say(f"{kills} of {wanted}")
    figures = {"acknowledged records": f"{acknowledged:,}", "torn last lines": str(torn)}
    if acknowledged < kills:
        failures.append(f"only {acknowledged} records were acknowledged: nothing could be lost")
    return Finding(kills, "kills while writing", figures, tuple(failures))


def write(path: Path, acks_to: int) -> None:
    """Write records until killed, as the guard does, and say which are acknowledged."""
    made = entries(_RECORDS, seed=os.getpid())
    writer = LedgerWriter(LedgerFile(path))
    for entry in made:
        writer.put(entry)
        if entry.wait:
            select.select([writer], [], [])
        for n, error in writer.acks():
            if not error:
                os.write(acks_to, _ACK.pack(n))
    time.sleep(10)


def _killed(path: Path, after_s: float, writer: Writer) -> tuple[list[int], bool]:
    """Start a writer, kill it so long after its ledger is there; the acknowledged numbers, and whether it still ran."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(ours)
            writer(path, theirs)
        finally:
            os._exit(0)
    os.close(theirs)
    until = time.monotonic() + 5
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.0002)
    time.sleep(after_s)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(ours, "rb") as pipe:
        data = pipe.read()
    return [n for (n,) in _ACK.iter_unpack(data)], os.WIFSIGNALED(status)


def _lost(path: Path, acks: list[int]) -> tuple[list[str], bool]:
    """What of the acknowledged is missing, and whether the ledger is unreadable; whether its last line is torn."""
    seen: list[LedgerRecord] = []
    result = verify(path, seen.append)
    empty = path.stat().st_size == 0  # killed before the first record: there is nothing to read
    failures = [] if empty else [str(problem) for problem in result.problems]
    missing = set(acks) - {record.n for record in seen}
    failures += [f"acknowledged, and lost: {sorted(missing)[:5]}"] if missing else []
    return failures, result.torn


def power(size: Size, say: Say, written: Written | None = None) -> Finding:
    """Cut the power: of what was not synced, any first part may be on the disk, and the rest is gone."""
    wanted, failures = 1000 if size == "full" else 100, []
    draw = random.Random(34)
    acknowledged = 0
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(wanted):
            path = Path(folder) / "a.ledger"
            path.unlink(missing_ok=True)
            acks, synced = (written or write_all)(path, draw.randrange(2, 60), turn)
            data = path.read_bytes()
            path.write_bytes(data[: draw.randrange(synced, len(data) + 1)])
            acknowledged += len(acks)
            failures += [f"cut {turn}: {text}" for text in _lost(path, acks)[0]]
            say(f"{turn + 1} of {wanted}")
    if acknowledged < wanted:
        failures.append(f"{acknowledged} records were acknowledged before {wanted} cuts: too few to lose")
    return Finding(wanted, "power cuts", {"acknowledged records": f"{acknowledged:,}"}, tuple(failures))


def write_all(path: Path, count: int, seed: int) -> tuple[list[int], int]:
    """Write a ledger to its end; the numbers acknowledged, and the bytes that were synced before the last of them."""
    real, sizes = os.fdatasync, [0]

    def noted(fd: int) -> None:
        size = os.fstat(fd).st_size
        real(fd)
        sizes.append(size)

    acks: list[int] = []
    synced = 0
    with patch("os.fdatasync", noted):
        writer = LedgerWriter(LedgerFile(path))
        for entry in entries(max(3, count), seed):
            writer.put(entry)
            if entry.wait:
                select.select([writer], [], [])
                acks += [n for n, error in writer.acks() if not error]
                synced = sizes[-1]
        writer.close(5)
    return acks, synced
