"""A device as the reader sees it, state by state, reached through foreign words."""

from __future__ import annotations

import struct

from eastim.profiles.profile import load_profile
from eastim.safety.readers.base import Status
from eastim.safety.readers.ea1 import Ea1Reader
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_words import HASH, KINDS, PROGRAM, Report, frame, wire

READER = Ea1Reader(load_profile("ea1"), KINDS)


def ask(shadow: Shadow, kind: int, body: bytes, reply: bytes | None = None, now_us: int = 0) -> Shadow:
    """Send the next request, and hear its answer if there is one."""
    number = shadow.number + 1
    shadow = READER.sent(shadow, frame(kind, number, body), now_us)
    return shadow if reply is None else hear(shadow, wire(kind | 0x80, number, reply), now_us)


def hear(shadow: Shadow, data: bytes, now_us: int = 0) -> Shadow:
    return READER.heard(shadow, data, now_us)[0]


def said(shadow: Shadow, report: Report, now_us: int = 0) -> Status:
    (status,) = READER.heard(shadow, report.wire, now_us)[1]
    return status


def play(shadow: Shadow, step: int, slow: int = 0, fast: int = 0, now_us: int = 0, **other: int) -> Shadow:
    reply = struct.pack("<IHBB", step, other.get("lease_ms", 500), 0, 0)
    return ask(shadow, 6, words.play(step, slow, fast, **other), reply, now_us)


GREETED = ask(READER.blank(), 1, b"EA1?", words.identity())
LOCKED = ask(GREETED, 2, words.limits(), words.limits())
LOADED = ask(LOCKED, 3, PROGRAM, HASH + PROGRAM)
ARMED = ask(LOADED, 4, words.arm(), words.arm())
TESTED = ask(ARMED, 5, words.contact(), bytes((3, 0, 0, 0)) + bytes(16))
PLAYING = play(TESTED, 1)
RAISED = play(PLAYING, 2, 10, 5)


def levels(shadow: Shadow) -> list[int]:
    """The levels of lead A that the output shows: slow, fast; nothing when silent."""
    return [int(run.phases[0][0]) for run in READER.output(shadow).runs if run.lead == "A"]


STOPPED = READER.stopped(RAISED, 0)
NEXT = words.NEXT


def record(**changed: int) -> bytes:
    """A PROGRAM of one section, 2 Hz, with these fields changed."""
    fields = {"kind": 0, "leads": 1, "sign": 0, "pad": 0, "width": 600, "gap": 0, "num": 2, "den": 1, "count": 6}
    return struct.pack("<BBBBHHIIII", *{**fields, "duration": 3_000_000, **changed}.values())


def at_zero(**changed: int) -> Report:
    return Report(**changed)  # type: ignore[arg-type]
