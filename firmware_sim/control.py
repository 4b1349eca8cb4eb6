"""The back door: one JSON object a line, one answer a line.

Tests and `eastim` steer the simulator with it; no device has such a thing. Each answer has `ok` and `t_us` (the
simulator's time), a refusal also `error`.

    {"do": "advance", "to_us": T, "after_rx": N}    tx, rx: bytes sent and read since the start
    {"do": "fault", "name": F, "lead": "A"}         faults: those that are on; without lead: on all
    {"do": "clear", "name": F, "lead": "A"}         faults
    {"do": "load", "lead": "A", "load": "600"}      acts from the lead's next pulse on
    {"do": "scope", "since_us": T}                  edges: [[t_us, lead, ua], ...]; more: ask on from the last t_us + 1
    {"do": "state"}                                 state: its name; tx, rx; device: what it holds, how often
                                                    each fault has acted, when stops have reached it
    {"do": "break"}                                 the line is held low: a stop (2.6)
    {"do": "quit"}

`advance` reads the wire until N bytes have come since the start (5 s of real time at most), has the device act on them
now, and lets time pass to T, but only to the first microsecond at which the device sends, and by a minute at most:
`t_us` says how far it came. If it has sent anything since the last `advance` was answered, no time passes. Bytes sent
while no host is there are lost and not in `tx`.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from firmware_sim.serve import Server

MOST_LINE: Final = 65_536


class Refused(ValueError):
    """Say why a command is not done; nothing has been done then."""


def answer(server: Server, line: bytes) -> bytes:
    """Do one command and return its answer: `ok` and `t_us`, and `error` when refused."""
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict) or not isinstance(asked.get("do"), str) or asked["do"] not in DO:
            raise Refused(f"a command is a JSON object with 'do', one of: {', '.join(DO)}")
        result: dict[str, Any] = {"ok": True, **DO[asked["do"]](server, asked)}
    except (ValueError, RecursionError) as error:
        result = {"ok": False, "error": str(error)[:500]}
    return json.dumps({**result, "t_us": server.simulation.now_us}).encode() + b"\n"


def _number(asked: dict[str, Any], name: str, default: int | None = None) -> int:
    value = asked.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1 << 53:
        raise Refused(f"'{name}' must be a whole number from 0 up, not {json.dumps(value)[:40]}")
    return value


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str):
        raise Refused(f"'{name}' must be a string, not {json.dumps(value)[:40]}")
    return value


def _advance(server: Server, asked: dict[str, Any]) -> dict[str, Any]:
    if not server.clock.still:
        raise Refused(f"time runs by itself at speed {server.clock.speed:g}; start with --speed 0 to advance it")
    server.advance(_number(asked, "to_us"), _number(asked, "after_rx", 0))
    return {"tx": server.tx, "rx": server.rx}


def _lead(asked: dict[str, Any]) -> str | None:
    return None if asked.get("lead") is None else _text(asked, "lead")


def _fault(server: Server, asked: dict[str, Any]) -> dict[str, Any]:
    server.simulation.begin(_text(asked, "name"), _lead(asked))
    return {"faults": server.simulation.faults.names()}


def _clear(server: Server, asked: dict[str, Any]) -> dict[str, Any]:
    server.simulation.end(_text(asked, "name"), _lead(asked))
    return {"faults": server.simulation.faults.names()}


def _load(server: Server, asked: dict[str, Any]) -> dict[str, Any]:
    server.simulation.set_load(_text(asked, "lead"), _text(asked, "load"))
    return {}


def _scope(server: Server, asked: dict[str, Any]) -> dict[str, Any]:
    edges, more = server.simulation.device.scope.page(_number(asked, "since_us", 0), server.simulation.now_us)
    return {"edges": edges, "more": more}


def _state(server: Server, _asked: dict[str, Any]) -> dict[str, Any]:
    simulation = server.simulation
    return {"state": simulation.device.state.name, "tx": server.tx, "rx": server.rx, "device": simulation.picture()}


def _break(server: Server, _asked: dict[str, Any]) -> dict[str, Any]:
    server.simulation.device.stop()
    return {}


def _quit(server: Server, _asked: dict[str, Any]) -> dict[str, Any]:
    server.ended = True
    return {}


DO: Final[dict[str, Callable[[Server, dict[str, Any]], dict[str, Any]]]] = {
    "advance": _advance,
    "fault": _fault,
    "clear": _clear,
    "load": _load,
    "scope": _scope,
    "state": _state,
    "break": _break,
    "quit": _quit,
}


def listen(path: str) -> socket.socket:
    """Make the control socket, for this user only; replaces one that nobody answers any more."""
    if os.path.lexists(path):
        if not stat.S_ISSOCK(os.lstat(path).st_mode) or _answers(path):
            raise FileExistsError(errno.EEXIST, "is in use; name another --control", path)
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    listener.listen()
    return listener


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0
