"""One line of the json front end into one act. Hostile until parsed: strict, sized, and nothing half-done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from eastim.front import Act
from eastim.text import safe_text

MAX_LINE = 65_536
LEADS = ("A", "B", "C", "D")
# What each command may carry beside `do` and `at_us`; a raise and a lower must name their lead. The others ignore a
# lead, and a kind that is null.
FIELDS: dict[str, tuple[str, ...]] = {
    "arm": (),
    "raise": ("lead", "kind"),
    "lower": ("lead", "kind"),
    "hold": ("kind",),
    "pause": (),
    "resume": (),
    "clear": (),
    "stop": (),
}


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the act, the session time it waits for (None: none was given), its line from 1."""

    act: Act
    at_us: int | None
    line: int


class BadCommand(Exception):
    """Say why a line is no command."""


def read_command(data: bytes, line: int) -> Command:
    """Read one line; raises BadCommand with the mistake. A stop with mistakes is a stop all the same."""
    raw = _object(data)
    do = raw.pop("do", None)
    if do == "stop":
        # Nothing that surrounds a stop may keep it from stopping; only a good at_us delays it.
        at_us = raw.get("at_us")
        return Command(Act("stop", {"source": "operator"}), at_us if _is_time(at_us) else None, line)
    if type(do) is not str or do not in FIELDS:
        raise BadCommand(f"do is {_shown(do)}; commands are {', '.join(FIELDS)}")
    at_us = raw.pop("at_us", None)
    if at_us is not None and not _is_time(at_us):
        raise BadCommand(f"at_us is {_shown(at_us)}; give whole microseconds of session time")
    return Command(Act(do, _body(do, raw)), at_us, line)


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_LINE:
        raise BadCommand(f"is longer than {MAX_LINE} bytes")
    try:
        raw = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadCommand('is no JSON; a command looks like {"do": "raise", "lead": "A"}') from error
    if type(raw) is not dict:
        raise BadCommand('is no JSON object; a command looks like {"do": "raise", "lead": "A"}')
    return raw


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _body(do: str, raw: dict[str, Any]) -> dict[str, Any]:
    allowed = FIELDS[do]
    for name, value in raw.items():
        if name not in allowed and not _harmless(name, value):
            fields = ", ".join((*allowed, "at_us"))
            raise BadCommand(f"{do} has no field {_shown(name)}; it may have {fields}")
    if "lead" in allowed and type(raw.get("lead")) is not str:
        raise BadCommand(f'{do} needs its lead, as in "lead": "A"')
    kind = raw.get("kind")
    if kind is not None and type(kind) is not str:
        raise BadCommand(f'kind is {_shown(kind)}; give a name, as in "kind": "2", or null')
    return {name: raw.get(name) for name in allowed}


def _harmless(name: str, value: object) -> bool:
    """Whether a field that the command has no use for may stand there: programs give all commands the same fields."""
    return (name in ("lead", "kind") and value is None) or (name == "lead" and value in LEADS)


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _shown(value: object) -> str:
    return safe_text(repr(value), 40)
