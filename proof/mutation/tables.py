"""Mutants of the tables that are TOML files: each number, truth value, word and line."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

from proof.mutation.words import others

# What is only said to people.
_SAID = {"says", "source", "title", "citation"}
_LINE = re.compile(r"^([a-z_0-9]+) = (.+)$")


@dataclass(frozen=True, slots=True)
class TableMutant:
    """One line of a TOML file changed or left out, or a whole section left out: lines `line` ... `last`, from 1."""

    id: str
    operator: str
    line: int
    last: int
    before: str
    after: str

    def text(self, source: str) -> str:
        """The file with this mutated; what is left out leaves an empty line."""
        lines = source.split("\n")
        return "\n".join([*lines[: self.line - 1], self.after, *lines[self.last :]])


def table_mutants(source: str) -> list[TableMutant]:
    """Every mutant of a TOML file of flat sections, as those of eastim are."""
    found, name, seen = list(_sections(source)), "", Counter[str]()
    for number, line in enumerate(source.split("\n"), 1):
        if line.startswith("["):
            name = line.strip("[]")
        if not (match := _LINE.match(line)):
            continue
        key = match[1]
        if key == "name":
            name = str(tomllib.loads(line)["name"])
        for operator, after in () if key in _SAID else _lines(key, tomllib.loads(line)[key]):
            base = f"{name}.{key}:{operator}:{sha256(f'{line}>{after}'.encode()).hexdigest()[:8]}"
            seen[base] += 1
            full = base if seen[base] == 1 else f"{base}.{seen[base]}"
            found.append(TableMutant(full, operator, number, number, line, after))
    return found


def _sections(source: str) -> Iterator[TableMutant]:
    """Leave out each section, from its header to the line before the next."""
    lines = source.split("\n")
    headers = [number for number, line in enumerate(lines, 1) if line.startswith("[")]
    for count, (number, following) in enumerate(pairwise([*headers, len(lines) + 1]), 1):
        text = "\n".join(lines[number - 1 : following - 1])
        mark = sha256(text.encode()).hexdigest()[:8]
        yield TableMutant(f"section {count}:section:{mark}", "section", number, following - 1, lines[number - 1], "")


def _lines(key: str, value: Any) -> Iterator[tuple[str, str]]:
    yield "entry", ""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield "entry", f"{key} = {_toml([*value[:index], *value[index + 1 :]])}"
            for new in others(each):
                yield "constant", f"{key} = {_toml([*value[:index], new, *value[index + 1 :]])}"
    else:
        for new in others(value):
            yield "constant", f"{key} = {_toml(new)}"


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
