"""A device as the reader sees it, state by state, walked to only when a test asks for it.

`ea1_states` has the same states ready-made; a reader that cannot reach them spoils the loading of every file that
names them, and a file that does not load proves nothing. Here the walk is part of the test, and fails with it.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.safety.readers.base import Status
from eastim.safety.readers.ea1 import Ea1Reader
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_words import HASH, KINDS, NEXT, PROGRAM, Report, frame, quiet, wire


@cache
def reader() -> Ea1Reader:
    return Ea1Reader(load_profile("ea1"), KINDS)


def send(shadow: Shadow, data: bytes, now_us: int = 0) -> Shadow:
    return reader().sent(shadow, Frame(data, 5000), now_us)


def ask(shadow: Shadow, kind: int, body: bytes, reply: bytes | None = None, now_us: int = 0) -> Shadow:
    """Send the next request, and hear its answer if there is one."""
    number = shadow.number + 1
    shadow = reader().sent(shadow, frame(kind, number, body), now_us)
    return shadow if reply is None else hear(shadow, wire(kind | 0x80, number, reply), now_us)


def hear(shadow: Shadow, data: bytes, now_us: int = 0) -> Shadow:
    return reader().heard(shadow, data, now_us)[0]


def said(shadow: Shadow, report: Report, now_us: int = 0) -> Status:
    """What a status says that is heard now."""
    (status,) = reader().heard(shadow, report.wire, now_us)[1]
    return status


def play(shadow: Shadow, step: int, slow: int = 0, fast: int = 0, now_us: int = 0, **other: int) -> Shadow:
    """Buy a play, and hear that it was taken."""
    reply = struct.pack("<IHBB", step, other.get("lease_ms", 500), 0, 0)
    return ask(shadow, 6, words.play(step, slow, fast, **other), reply, now_us)


@cache
def at(name: str) -> Shadow:
    """The shadow after a walk to this place; see `_STEPS`. Requests are numbered from 0, HELLO's."""
    if name == "blank":
        return reader().blank()
    before, act = _STEPS[name]
    after: Shadow = act(at(before))
    return after


_STEPS: dict[str, tuple[str, Any]] = {
    "greeted": ("blank", lambda was: ask(was, 1, b"EA1?", words.identity())),
    "locked": ("greeted", lambda was: ask(was, 2, words.limits(), words.limits())),
    "loaded": ("locked", lambda was: ask(was, 3, PROGRAM, HASH + PROGRAM)),
    "armed": ("loaded", lambda was: ask(was, 4, words.arm(), words.arm())),
    "testing": ("armed", lambda was: ask(was, 5, words.contact())),
    "tested": ("armed", lambda was: ask(was, 5, words.contact(), bytes((3, 0, 0, 0)) + bytes(16))),
    "playing": ("tested", lambda was: play(was, 1)),
    "raised": ("playing", lambda was: play(was, 2, 10, 5)),
    "hushed": ("raised", lambda was: ask(was, 7, words.hush(3), struct.pack("<I", 3))),
    # 600 ms after its last PLAY the device finds the lease ended, and latches that as a fault with a new epoch.
    "fault": ("raised", lambda was: hear(was, quiet(6, fault=1, epoch=NEXT, step=2, played_us=600_000).wire, 600_000)),
    "stopped": ("raised", lambda was: reader().stopped(was, 0)),
    "silenced": ("stopped", lambda was: hear(was, quiet(2, epoch=NEXT, cause=2, step=2).wire)),
}
