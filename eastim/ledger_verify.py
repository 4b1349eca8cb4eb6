"""Read a ledger again and say what is wrong with it, record by record.

What is found: any changed byte, a lost, added or moved record, bytes after the close. What is no tampering: a ledger
without its closing record, or with a torn last line, is "ended open" (the power went, or the guard died). What cannot
be found: somebody who rewrites the whole file with new hashes; the hashes guard against accident and patchwork.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from eastim.errors import LedgerError
from eastim.ledger import FIRST_PREV, MAX_LINE

MAX_PROBLEMS = 100
_BEGIN = b'{"body":{'  # of every record, as the ledger is written
_SHA = re.compile(rb',"sha":"([0-9a-f]{64})"\}\Z')


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One record as read. index: its place in the file, from 1."""

    index: int
    n: int
    t_us: int
    wall: str
    type: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerProblem:
    """What is wrong, and at which record (from 1)."""

    index: int
    what: str

    def __str__(self) -> str:
        return f"record {self.index}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a ledger is worth.

    records: whole ones. ended_open: no closing record (the file was cut between records, or inside one: `torn`).
    problems: every breach found, in file order, at most MAX_PROBLEMS. foreign: no line of it is, or was, a record.
    """

    records: int
    ended_open: bool
    torn: bool
    problems: tuple[LedgerProblem, ...]
    foreign: bool = False

    @property
    def ok(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        if self.problems:
            return "; ".join(str(problem) for problem in self.problems)
        end = "ended open: no closing record" if self.ended_open else "closed"
        return f"{self.records} records, chain whole, {end}{', the last line is torn' if self.torn else ''}"


def verify(path: Path, see: Callable[[LedgerRecord], None] | None = None) -> Verification:
    """Check a ledger; `see` is given every unchanged record. Raises LedgerError when it can't be read at all."""
    check = _Check(see or (lambda _: None))
    try:
        with _open(path) as file:
            for line in _lines(file):
                check.line(line)
    except OSError as error:
        raise LedgerError(f"the ledger {path} can't be read: {os.strerror(error.errno or 0)}") from error
    return check.result()


@dataclass(slots=True)
class _Check:
    see: Callable[[LedgerRecord], None]
    index: int = 0
    records: int = 0
    n: int | None = None
    prevs: tuple[str, ...] = (FIRST_PREV,)
    closed: bool = False
    torn: bool = False
    known: bool = False
    problems: list[LedgerProblem] = field(default_factory=list)

    def line(self, line: bytes) -> None:
        self.index += 1
        if self.closed:
            self._problem("comes after the closing record")
        if not line.endswith(b"\n") and not _whole_and_more(line):
            self.torn = True
            self.known = self.known or line.startswith(_BEGIN[: len(line)])
            return
        self._record(line.removesuffix(b"\n"))

    def result(self) -> Verification:
        if self.records == 0 and not self.torn:
            self.problems.append(LedgerProblem(1, "the ledger is empty"))
        ended_open = not self.closed or self.torn
        foreign = self.index > 0 and not self.known
        return Verification(self.records, ended_open, self.torn, tuple(self.problems[:MAX_PROBLEMS]), foreign)

    def _record(self, line: bytes) -> None:
        self.records += 1
        claimed, computed = _shas(line)
        self.known = self.known or bool(claimed)
        if claimed != computed:
            self._problem("changed: its hash does not fit its bytes")
            # The next record may name either hash: one changed byte is reported once, where it is.
            self.prevs = tuple(sha for sha in (claimed, computed) if sha)
            self.n = None if self.n is None else self.n + 1
            return
        raw = _parse(line)
        if raw is None:
            self._problem("is no record of this ledger")
        else:
            self._chain(raw)
        self.prevs = (computed,)

    def _chain(self, raw: dict[str, Any]) -> None:
        entry = LedgerRecord(self.index, raw["n"], raw["t_us"], raw["wall"], raw["type"], raw["body"])
        if raw["prev"] not in self.prevs:
            self._problem("does not follow the record before it: one was lost, added or moved")
        elif self.n is not None and entry.n != self.n + 1:
            self._problem(f"has number {entry.n} after {self.n}")
        elif (entry.type == "open") != (self.index == 1):
            self._problem("is not the opening record" if self.index == 1 else "opens a ledger that is open")
        self.n = entry.n
        self.closed = self.closed or entry.type == "close"
        self.see(entry)

    def _problem(self, what: str) -> None:
        self.problems.append(LedgerProblem(self.index, what))


def _open(path: Path) -> BinaryIO:
    # Not blocking and regular only: a ledger named by a hostile hand may be a FIFO or /dev/zero.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise LedgerError(f"{path} is no regular file; give the ledger's path")
    return os.fdopen(fd, "rb")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Give line after line, never more than MAX_LINE bytes at once; a longer one comes in pieces, each a problem."""
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            line += b"\n"
        yield line


def _whole_and_more(line: bytes) -> bool:
    """Whether a last line without newline is more than the beginning of a record: its last byte was changed."""
    return re.search(rb',"sha":"[0-9a-f]{64}"\}.', line, re.DOTALL) is not None


def _shas(line: bytes) -> tuple[str, str]:
    found = _SHA.search(line)
    body = line[: found.start()] + b"}" if found else line
    return found.group(1).decode() if found else "", hashlib.sha256(body).hexdigest()


def _parse(line: bytes) -> dict[str, Any] | None:
    types = {"n": int, "t_us": int, "wall": str, "type": str, "body": dict, "prev": str, "sha": str}
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    # An object, for what ends with a hash and "}" can be no other JSON.
    if {key: type(value) for key, value in raw.items()} != types:
        return None
    return cast(dict[str, Any], raw)
