"""Open a prescription file: hostile until parsed (H30). TOML only, bounded in every direction, no link followed."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from eastim.errors import OrderError, Problem
from eastim.text import safe_text

MAX_BYTES = 64_000
MAX_DEPTH = 8

_HEADER = re.compile(r"\s*\[\[?([^\]]*)\]")
_KEY = re.compile(r"\s*([^=#\n]+?)\s*=")
_PART = re.compile(r'"([^"]*)"|\'([^\']*)\'|([\w-]+)')


@dataclass(frozen=True, slots=True)
class Text:
    """A prescription file as read. name: as the operator wrote it, safe to show."""

    name: str
    text: str

    def place(self, path: tuple[str, ...]) -> str:
        """Say where a key stands: "rx.toml, line 4, leads.A.highest"."""
        line = find_line(self.text, path)
        where = f"{self.name}, line {line}" if line else self.name
        return f"{where}, {safe_text('.'.join(path))}" if path else where


def is_file(word: str) -> bool:
    """Whether MODE|FILE is a file: it ends in .toml."""
    return word.endswith(".toml")


def read_document(path: str) -> tuple[Text, dict[str, Any]]:
    """Read a file; decimal numbers come as Decimal, exact. Raises OrderError with what to do."""
    name = safe_text(path)
    data = _read(path, name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _bad(f"{name}, line {line}", "is not UTF-8 text", "save the file as UTF-8") from error
    if text.startswith("\ufeff"):
        raise _bad(f"{name}, line 1", "begins with a byte order mark", "save the file as UTF-8 without one")
    return Text(name, text), _parse(name, text)


def _read(path: str, name: str) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise _unopened(name, error) from error
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise _bad(name, "is no regular file", "name the prescription file itself")
        with os.fdopen(os.dup(fd), "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unopened(name, error) from error
    finally:
        os.close(fd)
    if len(data) > MAX_BYTES:
        raise _bad(
            name, f"is larger than {MAX_BYTES} bytes (bound set by eastim)", "a prescription is a page, not a record"
        )
    return data


def _unopened(name: str, error: OSError | ValueError) -> OrderError:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ELOOP:
        return _bad(name, "is a symbolic link, and those are not followed", "name the file that it points to")
    if number == errno.ENOENT:
        return _bad(name, "there is no such file", "check the name, or give a mode: eastim modes")
    why = os.strerror(number).lower() if number else "no file can have this name"
    return _bad(name, f"can't be read: {why}", "check the name and who may read it")


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        # Floats come as Decimal: 0.2 stays 0.2, and 1e400 and nan arrive as what they are, to be refused by name.
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _bad(*_decode_place(name, str(error)), "mend the line; values in TOML look like minutes = 30") from error
    except RecursionError as error:
        raise _too_deep(name) from error
    except (ValueError, DecimalException) as error:  # a number with thousands of digits
        raise _bad(name, "has a number that is too long", "write numbers with a few digits") from error
    if _depth(raw) > MAX_DEPTH:
        raise _too_deep(name)
    return raw


def _decode_place(name: str, message: str) -> tuple[str, str]:
    found = re.search(r"^(.*) \(at line (\d+), column \d+\)$", message, re.DOTALL)
    if not found:
        return name, f"is no TOML: {safe_text(message[:1].lower() + message[1:])}"
    return f"{name}, line {found[2]}", f"is no TOML: {safe_text(found[1][:1].lower() + found[1][1:])}"


def _depth(raw: object) -> int:
    """How deep tables and lists are nested. Without recursion: the depth is what is in doubt."""
    depth, level = 0, [raw]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth


def _too_deep(name: str) -> OrderError:
    return _bad(name, f"is nested deeper than {MAX_DEPTH} (bound set by eastim)", "a prescription needs 3 levels")


def _bad(place: str, what: str, way_out: str) -> OrderError:
    return OrderError((Problem(place, what, way_out),))


def find_line(text: str, path: tuple[str, ...]) -> int | None:
    """Give the line, from 1, of a key, or of the nearest table around it; None when nothing of it is found.

    A small scan for people: tomllib keeps no positions. Keys inside inline tables are found as the key before them.
    """
    best: tuple[int, int] = (0, 0)
    header: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEADER.match(line):
            header = here = _parts(found[1])
        elif found := _KEY.match(line):
            here = header + _parts(found[1])
        else:
            continue
        if here == path[: len(here)] and len(here) > best[0]:
            best = (len(here), number)
    return best[1] or None


def _parts(key: str) -> tuple[str, ...]:
    return tuple(next(part for part in found if part) if any(found) else "" for found in _PART.findall(key))
