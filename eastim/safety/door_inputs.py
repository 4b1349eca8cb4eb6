"""Turn a line's message into an Input of the guard. What is no message of that line raises ValueError."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eastim.frames import Frame
from eastim.safety.inputs import Arm, Asked, Beat, Clear, Hold, Input, LineName, Lower, Pause, Raise, Resume, Stop
from eastim.safety.line import Message
from eastim.text import safe_text

MAX_FRAME = 4096
MAX_NAME = 64
MAX_SOURCE = 200


def parse(line: LineName, message: Message) -> Input:
    """Read one message strictly: known name, exactly its fields, each of its type. Raises ValueError.

    A stop is a stop whatever else it carries: it is never refused.
    """
    if message.name == "stop":
        return Stop(safe_text(message.body.get("source", line), MAX_SOURCE))
    row = _TABLE[line].get(message.name)
    if row is None:
        raise ValueError(f"unknown message {message.name[:MAX_NAME]!r}")
    fields, make = row
    if set(message.body) != set(fields):
        raise ValueError(f"message {message.name} has fields {sorted(message.body)!r:.80}, must have {sorted(fields)}")
    if message.data and message.name != "ask":
        raise ValueError(f"message {message.name} carries bytes")
    return make(message.body, message.data)


def _name(value: Any) -> str:
    if type(value) is not str or not 0 < len(value) <= MAX_NAME or not value.isprintable():
        raise ValueError(f"{value!r:.80} is no name of 1 to {MAX_NAME} printable characters")
    return value


def _kind(value: Any) -> str | None:
    return None if value is None else _name(value)


def _ask(body: dict[str, Any], data: bytes) -> Input:
    within_us = body["within_us"]
    # A bool is an int to Python, and none to us.
    if within_us is not None and type(within_us) is not int:
        raise ValueError(f"within_us is {within_us!r:.80}, must be a whole number or null")
    if len(data) > MAX_FRAME:
        raise ValueError(f"a frame of {len(data)} bytes, at most {MAX_FRAME}")
    return Asked(Frame(data, within_us))


_Row = tuple[tuple[str, ...], Callable[[dict[str, Any], bytes], Input]]

# The player can't raise, and the operator can't write: the two tables have only the beat in common (and the stop).
_TABLE: dict[LineName, dict[str, _Row]] = {
    "player": {
        "ask": (("within_us",), _ask),
        "beat": ((), lambda _b, _d: Beat("player")),
    },
    "operator": {
        "arm": ((), lambda _b, _d: Arm()),
        "raise": (("lead", "kind"), lambda b, _d: Raise(_name(b["lead"]), _kind(b["kind"]))),
        "lower": (("lead", "kind"), lambda b, _d: Lower(_name(b["lead"]), _kind(b["kind"]))),
        "hold": (("kind",), lambda b, _d: Hold(_kind(b["kind"]))),
        "pause": ((), lambda _b, _d: Pause()),
        "resume": ((), lambda _b, _d: Resume()),
        "clear": ((), lambda _b, _d: Clear()),
        "beat": ((), lambda _b, _d: Beat("operator")),
    },
}
