"""Bodies of ea1 requests, field by field as the manual lays them out, and further states of the reader."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_states import (
    ARMED,
    GREETED,
    LOADED,
    LOCKED,
    PLAYING,
    RAISED,
    READER,
    STOPPED,
    TESTED,
    ask,
    record,
)
from tests.safety.ea1_words import EPOCH, PROGRAM

HELLO, LIMITS, PROGRAM_, ARM, CONTACT, PLAY, HUSH, CLEAR = range(1, 9)


def limits(**changed: int) -> bytes:
    """LIMITS as it was locked in LOCKED: 200, 200, 0, 0 levels, 6 uC, 1800 s."""
    fields = {"a": 200, "b": 200, "c": 0, "d": 0, "phase_pc": 6_000_000, "play_ms": 1_800_000}
    return struct.pack("<4HII", *{**fields, **changed}.values())


def block(*records: bytes, repeats: int = 1, sections: int | None = None, pad: int = 0) -> bytes:
    count = len(records) if sections is None else sections
    return struct.pack("<HBB", repeats, count, pad) + b"".join(records)


def play(step: int, levels: tuple[int, ...] = (0,) * 8, **changed: int) -> bytes:
    fields = {"epoch": EPOCH, "step": step, "lease_ms": 500, "hold": 0xFF, "kinds": len(levels) // 4, **changed}
    return struct.pack(f"<IIHBB{len(levels)}H", *fields.values(), *levels)


def clear(epoch: int = EPOCH) -> bytes:
    return struct.pack("<I", epoch)


def one(at: int, value: int, count: int = 8) -> tuple[int, ...]:
    """Levels that are all 0 but one."""
    return tuple(value if i == at else 0 for i in range(count))


# Everything the device can lock, and a program of four kinds in sixteen sections on all leads.
WIDE = limits(a=2000, b=2000, c=2000, d=2000, phase_pc=4_294_967_295, play_ms=4_294_967)
FOUR = block(*(record(kind=i % 4, leads=15, width=200 + i % 4) for i in range(16)))


def loaded(body: bytes = PROGRAM, locks: bytes = WIDE) -> Shadow:
    """A device with these limits and this program, armed."""
    digest = hashlib.sha256(body).digest()[:8]
    shadow = ask(ask(GREETED, LIMITS, locks, locks), PROGRAM_, body, digest + body)
    return ask(shadow, ARM, words.arm(digest=digest), words.arm(digest=digest))


WIDE_OPEN = loaded()
OF_FOUR = loaded(FOUR)
OPEN_ARM = ask(LOADED, ARM, words.arm())


def _faulty() -> Shadow:
    report = words.quiet(6, fault=1, epoch=EPOCH + 1, step=1, played_us=600_000)
    return READER.heard(PLAYING, report.wire, 600_000)[0]


FAULTY = _faulty()
HUSHED = ask(RAISED, HUSH, words.hush(3), struct.pack("<I", 3))

STATES: dict[str, Shadow] = {
    "blank": READER.blank(), "greeted": GREETED, "locked": LOCKED, "loaded": LOADED, "armed": ARMED, "tested": TESTED,
    "playing": PLAYING, "raised": RAISED, "hushed": HUSHED, "stopped": STOPPED, "asking": OPEN_ARM,
    "four kinds": OF_FOUR, "fault": FAULTY,
}  # fmt: skip

SECTIONS = frozenset(4 + 24 * n for n in range(1, 17))
# Which types and lengths of body the reader admits in each state when all else is right: the manual's, and no others.
ADMITTED: dict[str, dict[int, frozenset[int]]] = {
    "blank": {HELLO: frozenset({4})},
    "greeted": {
        HELLO: frozenset({4}), LIMITS: frozenset({16}), HUSH: frozenset({8}), CLEAR: frozenset({4}),
    },
    "locked": {
        HELLO: frozenset({4}), LIMITS: frozenset({16}), PROGRAM_: SECTIONS, HUSH: frozenset({8}),
        CLEAR: frozenset({4}),
    },
    "loaded": {
        HELLO: frozenset({4}), LIMITS: frozenset({16}), PROGRAM_: SECTIONS, ARM: frozenset({12}), HUSH: frozenset({8}),
        CLEAR: frozenset({4}),
    },
    "armed": {
        HELLO: frozenset({4}), CONTACT: frozenset({8}), PLAY: frozenset({28}), HUSH: frozenset({8}),
        CLEAR: frozenset({4}),
    },
    "tested": {HELLO: frozenset({4}), PLAY: frozenset({28}), HUSH: frozenset({8}), CLEAR: frozenset({4})},
    "playing": {PLAY: frozenset({28}), HUSH: frozenset({8})},
    "raised": {PLAY: frozenset({28}), HUSH: frozenset({8})},
    "hushed": {HELLO: frozenset({4}), PLAY: frozenset({28}), HUSH: frozenset({8}), CLEAR: frozenset({4})},
    "stopped": {},
    "fault": {HELLO: frozenset({4})},  # with the epoch of before the fault
    "asking": {},
    "four kinds": {
        HELLO: frozenset({4}), CONTACT: frozenset({8}), PLAY: frozenset({44}), HUSH: frozenset({8}),
        CLEAR: frozenset({4}),
    },
}  # fmt: skip


def body_of(kind: int, length: int) -> bytes:
    """The best body that a request of this type and length can have: right in every field as far as it goes."""
    if kind == PROGRAM_ and length >= 4:
        sections = (length - 4) // 24
        body = block(*(record() for _ in range(sections)), sections=sections % 256)
    elif kind == PLAY and length >= 12:
        kinds = (length - 12) // 8
        body = play(1000, (0,) * (4 * kinds), kinds=kinds % 256)
    else:
        body = _RIGHT.get(kind, b"")
    return (body + bytes(length))[:length]


_RIGHT: dict[int, Any] = {
    HELLO: b"EA1?", LIMITS: limits(), ARM: words.arm(), CONTACT: words.contact(), PLAY: play(1000),
    HUSH: words.hush(1000), CLEAR: clear(), PROGRAM_: PROGRAM,
}  # fmt: skip
