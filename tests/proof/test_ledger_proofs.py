"""The proofs about the ledger can fail: each is shown a ledger that loses, hides or misplaces something."""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest

from eastim.errors import LedgerError
from eastim.ledger import Entry, LedgerFile, encode_line
from eastim.ledger_verify import LedgerProblem, Verification, verify
from proof.ledger import disk, harm, kill
from proof.ledger.made import entries, ledger_of


def silent(_: str) -> None:
    """Say nothing."""


def acknowledges_too_early(path: Path, acks_to: int) -> None:
    """Say that a record is durable fifty records before it is written."""
    made, file = entries(4000), LedgerFile(path)
    for entry, later in zip(made, made[50:], strict=False):
        os.write(acks_to, struct.pack("<I", later.n))
        file.append([entry])


@pytest.mark.hazard("H33")
def test_a_writer_that_acknowledges_before_it_writes_is_caught() -> None:
    found = kill.prove("bounded", silent, acknowledges_too_early)
    assert any("acknowledged, and lost" in text for text in found.failures)


def test_a_writer_that_never_acknowledges_proves_nothing() -> None:
    def mute(path: Path, _: int) -> None:
        LedgerFile(path).append(entries(3))
        signal.pause()

    assert "nothing could be lost" in kill.prove("bounded", silent, mute).failures[-1]


@pytest.mark.hazard("H33")
def test_a_ledger_that_is_not_synced_loses_records_in_a_power_cut() -> None:
    with patch.object(LedgerFile, "sync", lambda self: None):
        found = kill.power("bounded", silent)
    assert any("acknowledged, and lost" in text for text in found.failures)


def test_power_cuts_before_which_too_little_was_acknowledged_prove_nothing() -> None:
    turns: list[int] = []

    def mute_once(path: Path, count: int, seed: int) -> tuple[list[int], int]:
        """Acknowledge the first record before each cut, and nothing before the last."""
        turns.append(seed)
        kill.write_all(path, count, seed)
        return [1] * (len(turns) < 100), path.stat().st_size

    found = kill.power("bounded", silent, mute_once)

    assert found.failures == ("99 records were acknowledged before 100 cuts: too few to lose",)


@pytest.mark.hazard("H33")
@pytest.mark.parametrize("harmed", ["bits 0x01 of byte", "bits 0xff of byte", "cut at byte", "records ["])
def test_a_check_that_sees_nothing_is_caught(harmed: str) -> None:
    found = harm.prove("bounded", silent, lambda path: Verification(1, False, False, ()))
    assert any(text.startswith(harmed) for text in found.failures)


def test_a_check_that_names_the_wrong_record_is_caught() -> None:
    def one_further(path: Path) -> Verification:
        result = verify(path)
        moved = tuple(LedgerProblem(problem.index + 1, problem.what) for problem in result.problems)
        return Verification(result.records, result.ended_open, result.torn, moved)

    assert harm.prove("bounded", silent, one_further).failures


def test_the_ledger_to_be_harmed_has_the_size_and_the_ends_of_a_real_one(tmp_path: Path) -> None:
    lines = ledger_of(tmp_path / "a.ledger", 50_000)
    assert sum(map(len, lines)) >= 50_000
    assert b'"type":"open"' in lines[0]
    assert b'"type":"close"' in lines[-1]


@pytest.mark.hazard("H32")
def test_a_guard_that_goes_on_without_a_ledger_is_caught(tmp_path: Path) -> None:
    with patch("eastim.safety.guard_strength._ledger_failed", lambda turn, error: None):
        found = disk.wrong(disk.play(tmp_path / "a.ledger", "ENOSPC", 20))
    assert any("after the disk broke" in text for text in found)
    assert "nobody was told" in found


@pytest.mark.hazard("H32")
def test_a_writer_that_tells_nobody_of_a_loss_is_caught(tmp_path: Path) -> None:
    """Its thread goes on as if the records were on the disk."""
    with patch.object(LedgerFile, "append", _careless), patch.object(LedgerFile, "sync", lambda _: None):
        found = disk.wrong(disk.play(tmp_path / "a.ledger", "ENOSPC", 20, disk.ThreadDisk))
    assert any("after the disk broke" in text for text in found)
    assert "nobody was told" in found


def _careless(file: LedgerFile, entries: Sequence[Entry]) -> None:
    with suppress(OSError):
        for entry in entries:
            os.write(file._fd, encode_line(entry, "", "0" * 64)[0])


@pytest.mark.hazard("H32")
def test_a_writer_that_hides_its_last_sync_is_caught(tmp_path: Path) -> None:
    close = LedgerFile.close
    last = disk.play(tmp_path / "a.ledger", "none", None, disk.ThreadDisk).calls
    with patch.object(LedgerFile, "close", lambda file: close(file) or True):
        found = disk.wrong(disk.play(tmp_path / "a.ledger", "EIO", last, disk.ThreadDisk))
    assert found == ["the ledger was said to be whole on disk"]


@pytest.mark.parametrize("way", disk.WAYS.values(), ids=disk.WAYS)
def test_a_session_whose_disk_is_whole_raises_to_300_ua(way: type[disk.Disk], tmp_path: Path) -> None:
    """Three raises of 0.1 mA stand at once; else there would be nothing to take down."""
    played = disk.play(tmp_path / "a.ledger", "none", None, way)
    assert (played.most_ua, played.failed_us, played.problems, played.whole) == (300, None, (), True)


def test_the_guards_writer_gathers_the_records_of_a_moment(tmp_path: Path) -> None:
    """As many calls in each play, and fewer than with one record at once."""
    at_once = disk.play(tmp_path / "a.ledger", "none", None).calls
    gathered = {disk.play(tmp_path / "a.ledger", "none", None, disk.ThreadDisk).calls for _ in range(3)}
    assert len(gathered) == 1
    assert 20 < gathered.pop() < at_once


@pytest.mark.hazard("H32")
def test_a_nearly_full_disk_refuses_before_anything_is_opened(tmp_path: Path) -> None:
    room = os.statvfs_result((4096, 4096, 10**6, 10**5, 48_828, 0, 0, 0, 0, 255))  # 199,999,488 bytes
    with patch("os.statvfs", lambda _: room), pytest.raises(LedgerError, match="199 MB free"):
        LedgerFile(tmp_path / "a.ledger")
    assert list(tmp_path.iterdir()) == []
