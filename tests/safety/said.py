"""What one input does, as lines that can be read and compared whole: nothing more and nothing less came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eastim.safety.inputs import Alarm, Cut, Effect, Record, Tell, Write

_EVERY_TIME = {"status", "heard", "tick"}


def lines(effects: Iterable[Effect]) -> list[str]:
    """Each effect as a line; what is told at every report is left out. A record that is waited for ends in "!"."""
    return [line for line in map(_line, effects) if line]


def _line(effect: Effect) -> str:
    match effect:
        case Cut(frames):
            return f"cut {' '.join(frame.hex() for frame in frames)}"
        case Write(frame):
            return f"write {frame.data.decode()}"
        case Record(_, body, wait):
            return f"record {_body(body)}{' !' if wait else ''}"
        case Tell("player", "set", body, _):
            levels = " ".join(f"{lead}:{kind}={ua}" for lead, kind, ua in body["levels"])
            return f"player set {body['state']} {levels} hold={body['hold']}"
        case Tell(line, name, body, _):
            return "" if name in _EVERY_TIME else f"{line} {name} {_body(body)}".rstrip()
        case Alarm(text):
            return f"alarm {text}"
    raise TypeError(f"no such effect: {effect}")


def _body(body: Mapping[str, Any]) -> str:
    return ", ".join(str(value) if key == "type" else f"{key}={value}" for key, value in body.items())
