"""The ledger: what is written, what is durable, and what verify finds."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import select
import stat
from pathlib import Path
from queue import SimpleQueue

import pytest
from pytest_mock import MockerFixture

from eastim import ledger
from eastim.errors import LedgerError
from eastim.ledger import Entry, LedgerFile, LedgerWriter
from eastim.ledger_verify import LedgerRecord, verify

BODIES: tuple[dict[str, object], ...] = (
    {"type": "open", "order": "x"},
    {"type": "raise", "lead": "A", "kind": "2", "from_ua": 0, "to_ua": 100},
    {"type": "frame", "hex": "001800"},
    {"type": "close", "reason": "completed"},
)


def write(path: Path, bodies: tuple[dict[str, object], ...] = BODIES) -> list[bytes]:
    file = LedgerFile(path)
    file.append([Entry(n, 1000 * n, body) for n, body in enumerate(bodies, start=1)])
    file.close()
    return path.read_bytes().splitlines(keepends=True)


def rewritten(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(lines))
    return path


# --- what is written --------------------------------------------------------------------------------------------------


def test_a_record_has_its_fields_and_the_hash_of_its_own_bytes(tmp_path: Path) -> None:
    first = write(tmp_path / "a.ledger")[0].decode()
    text, sha = first.rsplit(',"sha":', 1)
    assert json.loads(sha[:-2]) == hashlib.sha256((text + "}").encode()).hexdigest()
    raw = json.loads(first)
    assert (raw["n"], raw["t_us"], raw["type"], raw["body"]) == (1, 1000, "open", {"order": "x"})
    assert raw["prev"] == "0" * 64


def test_each_record_names_the_hash_of_the_one_before(tmp_path: Path) -> None:
    raws = [json.loads(line) for line in write(tmp_path / "a.ledger")]
    assert [raw["prev"] for raw in raws[1:]] == [raw["sha"] for raw in raws[:-1]]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "course" / "a.ledger"
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_existing_file_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.ledger"
    path.write_text("old")
    with pytest.raises(LedgerError, match="File exists"):
        LedgerFile(path)
    assert path.read_text() == "old"


def test_a_symlink_is_never_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.ledger"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LedgerError):
        LedgerFile(path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.hazard("H32")
def test_below_200_mb_free_nothing_is_opened(tmp_path: Path, mocker: MockerFixture) -> None:
    mocker.patch("os.statvfs", return_value=mocker.Mock(f_bavail=48_828, f_frsize=4096))
    with pytest.raises(LedgerError, match=r"199 MB free .* needs 200 MB .* --record"):
        LedgerFile(tmp_path / "a.ledger")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.hazard("H32")
def test_after_a_failed_write_what_stands_is_whole_and_nothing_follows(
    tmp_path: Path, mocker: MockerFixture, code: int
) -> None:
    path = tmp_path / "a.ledger"
    file = LedgerFile(path)
    file.append([Entry(1, 0, BODIES[0])])
    real = os.write
    # A disk takes a part and then no more: the half record must not stay.
    mocker.patch("os.write", side_effect=[real(file._fd, b'{"half'), OSError(code, "x")])
    with pytest.raises(LedgerError, match="can't be written"):
        file.append([Entry(2, 0, BODIES[1])])
    mocker.stopall()
    with pytest.raises(LedgerError, match="can't be written"):
        file.append([Entry(3, 0, BODIES[2])])
    with pytest.raises(LedgerError, match="can't be written"):
        file.sync()
    assert (verify(path).records, verify(path).problems) == (1, ())


def test_a_full_disk_is_told_in_the_kernels_words(tmp_path: Path, mocker: MockerFixture) -> None:
    mocker.patch.object(ledger, "_create", return_value=os.open("/dev/full", os.O_WRONLY))
    with pytest.raises(LedgerError, match="No space left on device"):
        LedgerFile(tmp_path / "a.ledger").append([Entry(1, 0, BODIES[0])])


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="record 1 is no plain JSON"):
        LedgerFile(tmp_path / "a.ledger").append([Entry(1, 0, {"type": "note", "bytes": b"x"})])


# --- the writer thread ------------------------------------------------------------------------------------------------


def answers(writer: LedgerWriter, count: int) -> list[tuple[int, str]]:
    got: list[tuple[int, str]] = []
    while len(got) < count and select.select([writer], [], [], 5)[0]:
        got += writer.acks()
    return got


@pytest.mark.parametrize(("handed", "taken"), [(1, 1), (255, 255), (256, 256), (300, 256)])
def test_what_is_there_is_taken_at_once_up_to_256_records(handed: int, taken: int) -> None:
    """Without the thread, which would wait for ever behind a batch that never fills."""
    writer = object.__new__(LedgerWriter)
    writer._queue = SimpleQueue()
    for n in range(handed):
        writer.put(Entry(n, 0, {}))

    assert [entry.n for entry in writer._batch(0.0)[0]] == [*range(taken)]


def test_only_who_waits_is_answered_and_after_the_sync(tmp_path: Path, mocker: MockerFixture) -> None:
    sync = mocker.spy(os, "fdatasync")
    writer = LedgerWriter(LedgerFile(tmp_path / "a.ledger"))
    writer.put(Entry(1, 0, BODIES[0]))
    writer.put(Entry(2, 0, BODIES[1], wait=True))
    assert answers(writer, 1) == [(2, "")]
    assert sync.call_count >= 1
    assert writer.close(5)
    assert verify(tmp_path / "a.ledger").records == 2


@pytest.mark.hazard("H32")
def test_a_failed_record_is_answered_with_the_cause(tmp_path: Path, mocker: MockerFixture) -> None:
    writer = LedgerWriter(LedgerFile(tmp_path / "a.ledger"))
    mocker.patch("os.write", side_effect=OSError(errno.ENOSPC, "x"))
    writer.put(Entry(1, 0, BODIES[0], wait=True))
    ((n, error),) = answers(writer, 1)
    assert n == 1
    assert "No space left on device" in error
    assert writer.close(5) is False


def test_the_first_failure_is_told_even_when_nobody_waited_and_only_once(tmp_path: Path, mocker: MockerFixture) -> None:
    writer = LedgerWriter(LedgerFile(tmp_path / "a.ledger"))
    mocker.patch("os.write", side_effect=OSError(errno.EIO, "x"))
    writer.put(Entry(1, 0, BODIES[0]))
    ((n, error),) = answers(writer, 1)
    assert n == 1
    assert error
    writer.put(Entry(2, 0, BODIES[1]))
    writer.put(Entry(3, 0, BODIES[1], wait=True))
    assert [n for n, _ in answers(writer, 1)] == [3]
    assert writer.close(5) is False


def test_a_thousand_records_go_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.ledger"
    writer = LedgerWriter(LedgerFile(path))
    for n in range(1, 1001):
        writer.put(Entry(n, n, {"type": "open" if n == 1 else "frame"}, wait=n == 1000))
    assert answers(writer, 1) == [(1000, "")]
    assert writer.close(5)
    assert str(verify(path)) == "1000 records, chain whole, ended open: no closing record"


# --- verify -----------------------------------------------------------------------------------------------------------


def test_a_whole_ledger_is_closed_and_has_no_problem(tmp_path: Path) -> None:
    write(tmp_path / "a.ledger")
    seen: list[LedgerRecord] = []
    result = verify(tmp_path / "a.ledger", seen.append)
    assert (result.ok, result.records, result.ended_open, result.torn) == (True, 4, False, False)
    assert [(one.index, one.n, one.type) for one in seen] == [
        (1, 1, "open"),
        (2, 2, "raise"),
        (3, 3, "frame"),
        (4, 4, "close"),
    ]


@pytest.mark.hazard("H33")
def test_every_changed_byte_is_found_at_its_record(tmp_path: Path) -> None:
    lines = write(tmp_path / "a.ledger")
    whole = b"".join(lines)
    ends = [sum(map(len, lines[: i + 1])) for i in range(len(lines))]
    path = tmp_path / "b.ledger"
    for at in range(len(whole)):
        for flip in (0x01, 0x20, 0x80):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :])
            index = next(i for i, end in enumerate(ends, start=1) if at < end)
            problems = verify(path).problems
            assert [problem.index for problem in problems[:1]] == [index], (at, flip)


@pytest.mark.hazard("H33")
@pytest.mark.parametrize("keep", [1, 2, 3])
def test_a_ledger_cut_between_records_ended_open_and_is_no_tampering(tmp_path: Path, keep: int) -> None:
    result = verify(rewritten(tmp_path / "b", write(tmp_path / "a")[:keep]))
    assert (result.ok, result.records, result.ended_open, result.torn) == (True, keep, True, False)


@pytest.mark.hazard("H33")
def test_a_ledger_cut_anywhere_inside_a_record_is_torn_and_no_tampering(tmp_path: Path) -> None:
    lines = write(tmp_path / "a")
    for at in range(1, len(lines[3])):
        result = verify(rewritten(tmp_path / "b", [*lines[:3], lines[3][:at]]))
        assert (result.ok, result.records, result.ended_open, result.torn) == (True, 3, True, True), at


@pytest.mark.hazard("H33")
@pytest.mark.parametrize(("lost", "found_at"), [(0, 1), (1, 2), (2, 3)])
def test_a_lost_record_is_found_where_the_chain_breaks(tmp_path: Path, lost: int, found_at: int) -> None:
    lines = write(tmp_path / "a")
    result = verify(rewritten(tmp_path / "b", lines[:lost] + lines[lost + 1 :]))
    assert result.problems[0].index == found_at


@pytest.mark.hazard("H33")
@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2), (0, 1, 1, 2, 3)])
def test_moved_or_doubled_records_are_found(tmp_path: Path, order: tuple[int, ...]) -> None:
    lines = write(tmp_path / "a")
    result = verify(rewritten(tmp_path / "b", [lines[i] for i in order]))
    first_wrong = next(i for i, record in enumerate(order) if i != record)
    assert result.problems[0].index == first_wrong + 1


def test_bytes_after_the_close_are_found(tmp_path: Path) -> None:
    result = verify(rewritten(tmp_path / "b", [*write(tmp_path / "a"), b"{"]))
    assert [problem.index for problem in result.problems] == [5]


def test_an_empty_ledger_is_said(tmp_path: Path) -> None:
    assert str(verify(rewritten(tmp_path / "b", []))) == "record 1: the ledger is empty"


def test_a_line_without_end_is_read_in_bounded_pieces(tmp_path: Path) -> None:
    result = verify(rewritten(tmp_path / "b", [b"x" * 1_000_000]))
    assert result.problems[0].index == 1
    assert len(result.problems) <= 100


@pytest.mark.parametrize("path", ["/dev/zero", "/", "/nowhere/a.ledger"])
def test_what_is_no_ledger_file_is_refused(path: str) -> None:
    with pytest.raises(LedgerError):
        verify(Path(path))


@pytest.mark.hazard("H34")
def test_every_folder_that_is_made_for_it_is_the_owners_alone(tmp_path: Path) -> None:
    LedgerFile(tmp_path / "a" / "b" / "c" / "x.ledger").close()
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b", "a/b/c")] == [0o700] * 3
