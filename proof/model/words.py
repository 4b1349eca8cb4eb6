"""The model's own words of the ea1 wire: plain values, and their bytes by docs/wire/ea1.md. Nothing of a driver's.

Only lead A is played. Levels are counted in steps of the order (100 uA, 10 device units). A step number (3.6) is the
number of its request: both need only grow.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from functools import cache
from typing import NamedTuple

from cobs import cobs

STEP_UA = 100  # one raise
STEP_LEVEL = 10  # the same in device units of 10 uA
NO_HOLD = 0xFF
TYPES = {"hello": 1, "limits": 2, "program": 3, "arm": 4, "contact": 5, "play": 6, "hush": 7, "clear": 8}
WORDS = {number: word for word, number in TYPES.items()}
EPOCHAL = ("arm", "contact", "play", "hush", "clear")
CLOCK_US = 100_000_000  # the device's clock at every moment: like the guard's, it is moved back after each step
STOP = b"\x00\x18\x00"
SERIAL = b"EA1-000001"


class Setting(NamedTuple):
    """What limits and program are in one configuration. sections: (kind, rate_hz, width_us, count) of 100 ms each."""

    most: int
    session_ms: int
    sections: tuple[tuple[int, int, int, int], ...]

    @property
    def kinds(self) -> int:
        return len({kind for kind, *_ in self.sections})

    @property
    def program(self) -> bytes:
        repeats = self.session_ms // (100 * len(self.sections))
        rows = (
            struct.pack("<BBBBHHIIII", kind, 1, 0, 0, width_us, 0, rate_hz, 1, count, 100_000)
            for kind, rate_hz, width_us, count in self.sections
        )
        return struct.pack("<HBB", repeats, len(self.sections), 0) + b"".join(rows)

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.program).digest()[:8]

    @property
    def limits(self) -> bytes:
        return struct.pack("<4HII", self.most * STEP_LEVEL, 0, 0, 0, 6_000_000, self.session_ms)


class Request(NamedTuple):
    """What the host says. word `stop` is the guard's own, `noise` is no message at all."""

    word: str
    number: int = 0
    epoch: int = 0
    lease_ms: int = 0
    hold: int = NO_HOLD
    levels: tuple[int, ...] = ()
    lead: int = 0


class Answer(NamedTuple):
    """What the device answers. word: that of the request, or `refused` (`of`: what is refused; `code`: why)."""

    word: str
    number: int
    epoch: int = 0
    boot: int = 0
    state: int = 0
    lease_ms: int = 0
    of: str = ""
    code: int = 0


class Report(NamedTuple):
    """What the device says by itself (6.2). levels and sounded: of lead A, by kind."""

    boot: int
    epoch: int
    cause: int
    state: int
    fault: int
    flags: int
    step: int
    played_ms: int
    section: int
    hold: int
    position_ms: int
    lease_ms: int
    levels: tuple[int, ...]
    sounded: tuple[bool, ...]
    serial: bytes = SERIAL


Said = Answer | Report


def wire(kind: int, number: int, body: bytes) -> bytes:
    data = struct.pack("<BBI", 1, kind, number) + body
    return bytes(cobs.encode(data + struct.pack("<I", zlib.crc32(data)))) + b"\0"


def unwire(data: bytes) -> tuple[int, int, bytes] | None:
    """Type, number and body of one whole frame; None when the device drops it (2.4)."""
    try:
        plain = bytes(cobs.decode(data.strip(b"\0")))
    except cobs.DecodeError:
        return None
    if len(plain) < 10 or zlib.crc32(plain[:-4]) != int.from_bytes(plain[-4:], "little"):
        return None
    return plain[1], int.from_bytes(plain[2:6], "little"), plain[6:-4]


@cache
def request_bytes(what: Request, setting: Setting) -> bytes:
    """The frame of a request."""
    if what.word == "noise":
        return b"\x05zzz\0"
    if what.word == "stop":
        return STOP
    bodies = {
        "hello": b"EA1?",
        "limits": setting.limits,
        "program": setting.program,
        "arm": struct.pack("<I", what.epoch) + setting.digest,
        "contact": struct.pack("<IBBH", what.epoch, 1, 10, 10),
        "play": _play(what),
        "hush": struct.pack("<II", what.epoch, what.number),
        "clear": struct.pack("<I", what.epoch),
    }
    return wire(TYPES[what.word], what.number, bodies[what.word])


def _play(what: Request) -> bytes:
    head = struct.pack("<IIHBB", what.epoch, what.number, what.lease_ms, what.hold, len(what.levels))
    rows = b""
    for level in what.levels:
        row = [0, 0, 0, 0]
        row[what.lead] = level * STEP_LEVEL
        rows += struct.pack("<4H", *row)
    return head + rows


@cache
def request_of(data: bytes, setting: Setting) -> Request:
    """Read a frame back, as the device does: `noise` for what it drops. Raises ValueError for what has no word here."""
    if data == STOP:
        return Request("stop")
    parts = unwire(data)
    if parts is None:
        return Request("noise")
    kind, number, body = parts
    word = WORDS[kind]
    if word in ("hello", "limits", "program"):
        found = Request(word, number)
    elif word == "play":
        epoch, _, lease_ms, hold, kinds = struct.unpack_from("<IIHBB", body)
        rows = [struct.unpack_from("<4H", body, 12 + 8 * k) for k in range(kinds)]
        lead = next((i for i in range(4) if any(row[i] for row in rows)), 0)
        levels = tuple(row[lead] // STEP_LEVEL for row in rows)
        found = Request(word, number, epoch, lease_ms, hold, levels, lead)
    else:
        found = Request(word, number, int.from_bytes(body[:4], "little"))
    if request_bytes(found, setting) != data:
        raise ValueError(f"the model has no word for {data.hex()}")
    return found


@cache
def said_bytes(what: Said, setting: Setting, age: int = 0) -> bytes:
    """The frame of what the device said `age` steps of time ago."""
    if isinstance(what, Report):
        return wire(0xC0, 1, _report(what, CLOCK_US - age * 100_000))
    if what.word == "refused":
        return wire(0xFF, what.number, struct.pack("<BBI", TYPES[what.of], what.code, 0))
    bodies = {
        "hello": struct.pack("<4s12sIIHBBBB", b"EA1!", SERIAL, what.boot, what.epoch, 0x100, 4, 4, 16, what.state)
        + struct.pack("<HHHHHH", 2000, 10, 30000, 200, 2000, 100),
        "limits": setting.limits,
        "program": setting.digest + setting.program,
        "arm": struct.pack("<I", what.epoch) + setting.digest,
        "contact": bytes((1, 0, 0, 0)) + bytes(16),
        "play": struct.pack("<IHBB", what.number, what.lease_ms, 0, 0),
        "hush": struct.pack("<I", what.number),
        "clear": b"",
    }
    return wire(TYPES[what.word] | 0x80, what.number, bodies[what.word])


def _report(what: Report, clock_us: int) -> bytes:
    kinds = len(what.levels) if what.flags & 4 else 0
    out = struct.pack(
        "<IIQQIBBBBHBBIHBBH",
        what.boot, what.epoch, clock_us, what.played_ms * 1000, what.step, what.state, what.fault, what.cause,
        what.flags, 0, what.section, what.hold, what.position_ms * 1000, what.lease_ms, kinds, 4, 0,
    )  # fmt: skip
    for lead in range(4):
        out += struct.pack("<BBHHHhIqH", 0, 0xFF, 0, 0, 0, 0, 0, 0, 0)
        for kind in range(kinds):
            level, sounded = (what.levels[kind], what.sounded[kind]) if lead == 0 else (0, False)
            out += struct.pack("<HHII", level * STEP_LEVEL, int(sounded), 0, 0)
    return out


Names = dict[int, int]


def renamed_frame(data: bytes, numbers: Names, epochs: Names) -> bytes:
    """A request's bytes with its number (and step) and its epoch renamed."""
    parts = unwire(data) if data else None
    if parts is None:
        return data
    kind, number, body = parts
    return wire(kind, numbers.get(number, number), renamed_body(kind, body, numbers, epochs))


def renamed_body(kind: int, body: bytes, numbers: Names, epochs: Names) -> bytes:
    """A request's body with its epoch and its step renamed, where it has them."""
    if WORDS[kind] not in EPOCHAL:
        return body
    epoch = int.from_bytes(body[:4], "little")
    body = struct.pack("<I", epochs.get(epoch, epoch)) + body[4:]
    if WORDS[kind] not in ("play", "hush"):
        return body
    step = int.from_bytes(body[4:8], "little")
    return body[:4] + struct.pack("<I", numbers.get(step, step)) + body[8:]


def epoch_in(kind: int, body: bytes) -> int:
    """The epoch that a request's body carries; 0 for one without."""
    return int.from_bytes(body[:4], "little") if WORDS[kind] in EPOCHAL else 0
