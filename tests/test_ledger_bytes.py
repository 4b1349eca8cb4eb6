"""The ledger byte by byte: how a record is written, and how its file is made, kept whole and closed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from eastim import ledger
from eastim.errors import LedgerError
from eastim.ledger import Entry, LedgerFile, encode_line

LINE = '{"body":{"a":"\\u00e9","z":1},"n":7,"prev":"P","t_us":5,"type":"raise","wall":"W"'


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))


# --- a record ---------------------------------------------------------------------------------------------------------


def test_a_record_is_written_like_this() -> None:
    line, sha = encode_line(Entry(7, 5, {"type": "raise", "z": 1, "a": "é"}), "W", "P")

    assert sha == hashlib.sha256((LINE + "}").encode()).hexdigest()
    assert line == f'{LINE},"sha":"{sha}"}}\n'.encode()


def test_a_record_without_a_type_is_a_note() -> None:
    assert json.loads(encode_line(Entry(1, 0, {}), "W", "P")[0])["type"] == "note"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", {1: 2, "1": 3, None: object()}])
def test_what_is_no_plain_json_is_no_record(value: object) -> None:
    with pytest.raises(LedgerError, match="record 4 is no plain JSON"):
        encode_line(Entry(4, 0, {"type": "note", "value": value}), "W", "P")


def test_a_line_has_at_most_65536_bytes() -> None:
    empty = len(encode_line(Entry(3, 0, {"type": "note", "text": ""}), "W", "P")[0])
    line, _ = encode_line(Entry(3, 0, {"type": "note", "text": "x" * (65_536 - empty)}), "W", "P")

    assert len(line) == 65_536
    with pytest.raises(LedgerError, match="record 3 has 65537 bytes, at most 65536"):
        encode_line(Entry(3, 0, {"type": "note", "text": "x" * (65_537 - empty)}), "W", "P")


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_write_comes_to_its_end(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "a")
    append = threading.Thread(target=file.append, args=([Entry(1, 0, {})],), daemon=True)
    append.start()
    append.join(2)

    assert not append.is_alive()


def test_a_record_is_labelled_with_the_time_of_day_in_ms_and_utc(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "a")
    file.append([Entry(1, 0, {})])

    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", lines(tmp_path / "a")[0]["wall"])


def test_the_chain_goes_on_from_one_append_to_the_next(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "a")
    file.append([Entry(1, 0, {}), Entry(2, 0, {})])
    file.append([Entry(3, 0, {})])
    one, two, three = lines(tmp_path / "a")

    assert (one["prev"], two["prev"], three["prev"]) == ("0" * 64, one["sha"], two["sha"])


def test_a_disk_that_takes_a_byte_at_a_time_gets_all(tmp_path: Path, mocker: MockerFixture) -> None:
    real = os.write
    mocker.patch("os.write", side_effect=lambda fd, data: real(fd, bytes(data[:1])))
    file = LedgerFile(tmp_path / "a")
    file.append([Entry(1, 0, {"type": "open"})])

    assert lines(tmp_path / "a")[0]["type"] == "open"


def test_a_write_that_failed_after_two_takes_back_only_its_own_bytes(tmp_path: Path, mocker: MockerFixture) -> None:
    file = LedgerFile(tmp_path / "a")
    file.append([Entry(1, 0, {})])
    file.append([Entry(2, 0, {})])
    real = os.write
    mocker.patch("os.write", side_effect=[real(file._fd, b"half"), OSError(errno.EIO, "x")])

    with pytest.raises(LedgerError, match=r"the ledger .*a can't be written: Input/output error; free the disk"):
        file.append([Entry(3, 0, {})])
    assert [record["n"] for record in lines(tmp_path / "a")] == [1, 2]


def test_after_a_record_that_is_no_json_nothing_is_written_any_more(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "a")
    with pytest.raises(LedgerError, match="record 2 is no plain JSON"):
        file.append([Entry(1, 0, {}), Entry(2, 0, {"bytes": b""})])

    with pytest.raises(LedgerError, match="record 2 is no plain JSON"):
        file.append([Entry(3, 0, {})])
    with pytest.raises(LedgerError, match="record 2 is no plain JSON"):
        file.sync()
    assert (tmp_path / "a").read_bytes() == b""


@pytest.mark.hazard("H32")
def test_after_a_failed_sync_nothing_is_written_any_more(tmp_path: Path, mocker: MockerFixture) -> None:
    file = LedgerFile(tmp_path / "a")
    file.append([Entry(1, 0, {})])
    mocker.patch("os.fdatasync", side_effect=OSError(errno.EIO, "x"))
    with pytest.raises(LedgerError, match="Input/output error"):
        file.sync()
    mocker.stopall()

    with pytest.raises(LedgerError, match="Input/output error"):
        file.append([Entry(2, 0, {})])


def test_a_failure_without_a_number_and_a_disk_that_takes_nothing_back_are_told_all_the_same(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    file = LedgerFile(tmp_path / "a")
    mocker.patch("os.fdatasync", side_effect=OSError())
    mocker.patch("os.ftruncate", side_effect=OSError(errno.EIO, "x"))

    with pytest.raises(LedgerError, match="can't be written: Success; free the disk"):
        file.sync()


def test_close_makes_durable_and_gives_the_file_back_once(tmp_path: Path, mocker: MockerFixture) -> None:
    before = open_fds()
    file = LedgerFile(tmp_path / "a")
    sync, close = mocker.spy(os, "fdatasync"), mocker.spy(os, "close")
    assert file.close() is True
    assert file.close() is True

    assert (sync.call_count, close.call_count, open_fds()) == (1, 1, before)


def test_close_of_a_broken_file_gives_it_back_all_the_same(tmp_path: Path, mocker: MockerFixture) -> None:
    before = open_fds()
    file = LedgerFile(tmp_path / "a")
    mocker.patch("os.fdatasync", side_effect=OSError(errno.EIO, "x"))

    assert file.close() is False
    assert file.close() is False
    assert open_fds() == before


def test_number_0_is_a_file_like_any_other(tmp_path: Path, mocker: MockerFixture) -> None:
    mocker.patch.object(ledger, "_create", return_value=0)
    file = LedgerFile(tmp_path / "a")
    mocker.patch("os.fdatasync")
    close = mocker.patch("os.close")
    file.close()

    assert [call.args for call in close.call_args_list] == [(0,)]


# --- where it is made -------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H32")
def test_200_mb_free_are_enough_and_one_byte_less_is_not(tmp_path: Path, mocker: MockerFixture) -> None:
    room = mocker.patch("os.statvfs", return_value=mocker.Mock(f_bavail=200_000_000, f_frsize=1))
    LedgerFile(tmp_path / "a").close()
    room.return_value = mocker.Mock(f_bavail=199_999_999, f_frsize=1)

    with pytest.raises(LedgerError, match="199 MB free in .*, a session needs 200 MB"):
        LedgerFile(tmp_path / "b")


def test_the_folder_is_opened_as_a_folder_made_durable_and_given_back(tmp_path: Path, mocker: MockerFixture) -> None:
    before = open_fds()
    opened, synced = mocker.spy(os, "open"), mocker.spy(os, "fsync")
    LedgerFile(tmp_path / "a").close()

    assert opened.call_args_list[0].args == (tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    assert [call.args[0] for call in synced.call_args_list] == [opened.spy_return_list[0]]
    assert open_fds() == before


def test_what_is_written_goes_to_the_end_and_the_file_is_new(tmp_path: Path, mocker: MockerFixture) -> None:
    opened = mocker.spy(os, "open")
    LedgerFile(tmp_path / "a").close()

    flags = opened.call_args_list[1].args[1]
    assert flags == os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW


def test_why_no_ledger_can_be_made_is_said_and_what_to_do(tmp_path: Path, mocker: MockerFixture) -> None:
    before = open_fds()
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(LedgerError, match=r"no ledger can be made at .*a: File exists; give another folder"):
        LedgerFile(tmp_path / "a")
    mocker.patch("os.statvfs", side_effect=OSError())

    with pytest.raises(LedgerError, match=r"no ledger can be made at .*b: Success; give another folder"):
        LedgerFile(tmp_path / "b")
    assert open_fds() == before
