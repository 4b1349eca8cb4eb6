"""What verify says of a ledger, word by word: each breach, how it ended, and what a reader is shown."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from eastim.errors import LedgerError
from eastim.ledger_verify import LedgerProblem, LedgerRecord, Verification, verify

ZEROS = "0" * 64


def sealed(**fields: Any) -> bytes:
    """A line with its own hash over whatever fields."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return f'{text[:-1]},"sha":"{hashlib.sha256(text.encode()).hexdigest()}"}}\n'.encode()


def sha(line: bytes) -> str:
    return str(json.loads(line)["sha"])


def record(number: int, what: str, before: str, **changed: Any) -> bytes:
    fields = {"n": number, "t_us": 10 * number, "wall": "W", "type": what, "body": {"x": number}, "prev": before}
    return sealed(**{**fields, **changed})


def chain(*types: str, start: int = 1) -> list[bytes]:
    lines: list[bytes] = []
    for n, type_ in enumerate(types, start):
        lines.append(record(n, type_, sha(lines[-1]) if lines else ZEROS))
    return lines


def verified(tmp_path: Path, lines: list[bytes]) -> tuple[Verification, list[LedgerRecord]]:
    path, seen = tmp_path / "ledger", list[LedgerRecord]()
    path.write_bytes(b"".join(lines))
    return verify(path, seen.append), seen


def problems(tmp_path: Path, lines: list[bytes]) -> list[str]:
    return [str(problem) for problem in verified(tmp_path, lines)[0].problems]


def test_a_reader_is_shown_each_record_as_it_stands(tmp_path: Path) -> None:
    result, seen = verified(tmp_path, chain("open", "close"))

    assert seen == [LedgerRecord(1, 1, 10, "W", "open", {"x": 1}), LedgerRecord(2, 2, 20, "W", "close", {"x": 2})]
    assert str(result) == "2 records, chain whole, closed"


def test_nobody_needs_to_look(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_bytes(b"".join(chain("open", "close")))

    assert verify(tmp_path / "ledger") == Verification(2, False, False, (), False)


def test_it_says_that_it_ended_open_and_that_its_last_line_is_torn(tmp_path: Path) -> None:
    lines = chain("open", "note", "note")

    assert verified(tmp_path, lines[:2])[0] == Verification(2, True, False, (), False)
    result, _ = verified(tmp_path, [*lines[:2], lines[2][:-9]])
    assert result == Verification(2, True, True, (), False)
    assert str(result) == "2 records, chain whole, ended open: no closing record, the last line is torn"


def test_a_torn_line_after_the_close_ended_open_and_comes_after_the_close(tmp_path: Path) -> None:
    result, _ = verified(tmp_path, [*chain("open", "close"), b'{"body'])

    assert (result.ended_open, result.torn, result.records) == (True, True, 2)
    assert [str(problem) for problem in result.problems] == ["record 3: comes after the closing record"]


def test_whole_records_after_the_close_are_found(tmp_path: Path) -> None:
    result, _ = verified(tmp_path, chain("open", "close", "note", "note"))

    assert [str(problem) for problem in result.problems] == [
        "record 3: comes after the closing record",
        "record 4: comes after the closing record",
    ]
    assert result.ended_open is False


def test_a_ledger_is_right_when_it_has_no_problem() -> None:
    assert Verification(2, False, False, ()).ok is True
    assert Verification(2, False, False, (LedgerProblem(1, "is bad"),)).ok is False
    assert Verification(2, False, False, ()).foreign is False


def test_problems_are_said_one_after_another() -> None:
    two = (LedgerProblem(1, "is bad"), LedgerProblem(2, "is worse"))

    assert str(Verification(2, False, False, two)) == "record 1: is bad; record 2: is worse"


# --- the chain --------------------------------------------------------------------------------------------------------


def test_a_changed_record_is_said_once_and_shown_to_nobody(tmp_path: Path) -> None:
    lines = chain("open", "note", "note", "close")
    lines[1] = lines[1].replace(b'"x":2', b'"x":9')
    result, seen = verified(tmp_path, lines)

    assert [str(problem) for problem in result.problems] == ["record 2: changed: its hash does not fit its bytes"]
    assert [one.n for one in seen] == [1, 3, 4]
    assert result.records == 4


def test_a_changed_first_record_is_said_once(tmp_path: Path) -> None:
    lines = chain("open", "note", "close")
    lines[0] = lines[0].replace(b'"x":1', b'"x":9')

    assert problems(tmp_path, lines) == ["record 1: changed: its hash does not fit its bytes"]


def test_a_changed_hash_is_said_once(tmp_path: Path) -> None:
    lines = chain("open", "note", "close")
    last = lines[1][-4:-3]
    lines[1] = lines[1][:-4] + (b"0" if last != b"0" else b"1") + lines[1][-3:]

    assert problems(tmp_path, lines) == ["record 2: changed: its hash does not fit its bytes"]


def test_a_record_without_a_hash_is_changed_and_what_follows_it_may_name_the_hash_of_its_bytes(tmp_path: Path) -> None:
    lines = chain("open", "note", "close")
    lines[1] = b"not a record\n"
    lines[2] = record(3, "close", hashlib.sha256(b"not a record").hexdigest())

    assert problems(tmp_path, lines) == ["record 2: changed: its hash does not fit its bytes"]


def test_nothing_follows_a_record_without_a_hash_by_naming_none(tmp_path: Path) -> None:
    lines = [record(1, "open", ZEROS), b"not a record\n", record(3, "close", "")]

    assert problems(tmp_path, lines)[1:] == [
        "record 3: does not follow the record before it: one was lost, added or moved"
    ]


def test_a_number_is_counted_on_over_a_changed_record(tmp_path: Path) -> None:
    lines = chain("open", "note", "close")
    named = sha(lines[1])
    lines[1] = lines[1].replace(b'"x":2', b'"x":9')
    lines[2] = record(4, "close", named)

    assert problems(tmp_path, lines)[1:] == ["record 3: has number 4 after 2"]


@pytest.mark.hazard("H33")
def test_a_record_that_does_not_follow_is_said_and_the_chain_goes_on_from_it(tmp_path: Path) -> None:
    lines = chain("open", "note", "note", "note", "close")

    assert problems(tmp_path, [lines[0], *lines[2:]]) == [
        "record 2: does not follow the record before it: one was lost, added or moved"
    ]


def test_a_number_that_is_left_out_is_said(tmp_path: Path) -> None:
    first = record(1, "open", ZEROS)

    assert problems(tmp_path, [first, record(3, "close", sha(first))]) == ["record 2: has number 3 after 1"]


def test_a_ledger_may_begin_with_any_number(tmp_path: Path) -> None:
    assert problems(tmp_path, chain("open", "close", start=7)) == []


def test_a_first_record_that_opens_nothing_and_a_second_that_opens_are_said(tmp_path: Path) -> None:
    assert problems(tmp_path, chain("note", "close")) == ["record 1: is not the opening record"]
    assert problems(tmp_path, chain("open", "open", "close")) == ["record 2: opens a ledger that is open"]


@pytest.mark.parametrize(
    "changed",
    [
        {"n": "2"},
        {"n": True},
        {"t_us": 1.5},
        {"wall": None},
        {"type": 1},
        {"body": []},
        {"more": 1},
    ],
)
def test_a_record_with_other_fields_is_none_though_its_hash_fits(tmp_path: Path, changed: dict[str, Any]) -> None:
    first = record(1, "open", ZEROS)
    odd = record(2, "note", sha(first), **changed)
    last = record(2, "close", sha(odd))

    assert problems(tmp_path, [first, odd, last]) == ["record 2: is no record of this ledger"]


@pytest.mark.parametrize("text", ["[1", "[" * 60_000, '{"n":1', "7,1"])
def test_a_line_that_is_no_json_is_no_record_though_its_hash_fits(tmp_path: Path, text: str) -> None:
    line = f'{text},"sha":"{hashlib.sha256((text + "}").encode()).hexdigest()}"}}\n'.encode()

    assert "is no record of this ledger" in problems(tmp_path, [record(1, "open", ZEROS), line])[0]


# --- what is no ledger ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "foreign"),
    [
        (b"", False),
        (b"hello\n", True),
        (b"hello", True),
        (b'{"body":{"x', False),
        (b'{"bo', False),
        (b'{"other', True),
        (b"".join(chain("open")), False),
        (b"hello\n" + chain("open")[0], False),
        (chain("open")[0] + b"hello\n", False),
        (b'hello\n{"body', False),
        (chain("open")[0] + b"hello", False),
    ],
)
def test_a_file_without_any_line_of_a_ledger_is_foreign(tmp_path: Path, data: bytes, foreign: bool) -> None:
    assert verified(tmp_path, [data])[0].foreign is foreign


def test_an_empty_file_has_one_problem_and_no_record(tmp_path: Path) -> None:
    assert verified(tmp_path, [])[0] == Verification(0, True, False, (LedgerProblem(1, "the ledger is empty"),), False)


def test_a_file_with_nothing_but_a_torn_line_is_not_empty(tmp_path: Path) -> None:
    assert verified(tmp_path, [b'{"body":{'])[0] == Verification(0, True, True, (), False)


def test_at_most_100_problems_are_told(tmp_path: Path) -> None:
    result, _ = verified(tmp_path, [b"x\n"] * 101)

    assert (len(result.problems), result.records) == (100, 101)
    assert len(verified(tmp_path, [b"x\n"] * 99)[0].problems) == 99


def test_the_longest_line_is_read_whole_and_a_longer_one_in_pieces(tmp_path: Path) -> None:
    empty = len(record(1, "open", ZEROS, wall=""))
    longest = record(1, "open", ZEROS, wall="w" * (65_536 - empty))
    longer = record(1, "open", ZEROS, wall="w" * (65_537 - empty))

    assert problems(tmp_path, [longest]) == []
    # what is left of it, its newline, is no record
    assert problems(tmp_path, [longer]) == ["record 2: changed: its hash does not fit its bytes"]


def test_a_last_line_of_the_greatest_length_without_its_end_is_no_torn_line(tmp_path: Path) -> None:
    assert verified(tmp_path, [b"x" * 65_536])[0].torn is False
    assert verified(tmp_path, [b"x" * 65_535])[0].torn is True


def test_a_last_line_whose_last_byte_was_changed_is_no_torn_line(tmp_path: Path) -> None:
    lines = chain("open", "close")
    for last in (b"x", b"\x0b", b"\r"):
        result, _ = verified(tmp_path, [lines[0], lines[1][:-1] + last])
        assert (result.torn, [problem.index for problem in result.problems]) == (False, [2])


def test_a_last_record_that_lost_only_its_newline_is_torn(tmp_path: Path) -> None:
    lines = chain("open", "close")

    assert verified(tmp_path, [lines[0], lines[1][:-1]])[0] == Verification(1, True, True, (), False)


# --- the file ---------------------------------------------------------------------------------------------------------


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_file_that_is_no_file_is_said_and_given_back(tmp_path: Path) -> None:
    before = open_fds()
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(LedgerError, match=r"fifo is no regular file; give the ledger's path"):
        verify(tmp_path / "fifo")
    assert open_fds() == before


def test_it_is_opened_to_read_and_never_waits(tmp_path: Path, mocker: MockerFixture) -> None:
    (tmp_path / "ledger").write_bytes(b"")
    before = open_fds()
    opened = mocker.spy(os, "open")
    verify(tmp_path / "ledger")

    assert opened.call_args_list[0].args == (tmp_path / "ledger", os.O_RDONLY | os.O_NONBLOCK)
    assert open_fds() == before


@pytest.mark.parametrize(("error", "why"), [(OSError(errno.EIO, "x"), "Input/output error"), (OSError(), "Success")])
def test_why_a_ledger_can_t_be_read_is_said(tmp_path: Path, mocker: MockerFixture, error: OSError, why: str) -> None:
    mocker.patch("os.open", side_effect=error)

    with pytest.raises(LedgerError, match=rf"the ledger .*a can't be read: {why}"):
        verify(tmp_path / "a")
