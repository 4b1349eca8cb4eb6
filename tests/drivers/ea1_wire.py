"""Bytes of wire ea1 for tests: the manual's literal vectors, and frames made by a COBS and CRC not the product's."""

from __future__ import annotations

import struct
import tomllib
import zlib
from fractions import Fraction
from pathlib import Path

from cobs import cobs

from eastim.drivers.ea1.driver import Ea1Driver
from eastim.profiles.profile import load_profile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain

VECTORS = tomllib.loads((Path(__file__).parents[1] / "wire/vectors/ea1.toml").read_text("utf-8"))
HEX = {frame["name"]: bytes.fromhex(frame["hex"]) for frame in VECTORS["frame"]}
BODY = {frame["name"]: bytes.fromhex(frame["body"]) for frame in VECTORS["frame"]}

BOOT = 0x11223344
EPOCH = 0xA1B2C3D4
OTHER_EPOCH = 0x55667788
IDLE, READY, ARMED, PLAYING, DONE, FAULT = 1, 2, 3, 4, 5, 6

PROFILE = load_profile("ea1")
# The program of the vectors: 2/100 Hz on A and B, 300 blocks of 6 s.
PROGRAM = Program(
    "2/100",
    (
        Section(PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000, 6, ("A", "B")),
        Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("A", "B")),
    ),
    300,
)
ZERO = {("A", "2"): 0, ("A", "100"): 0, ("B", "2"): 0, ("B", "100"): 0}


def driver() -> Ea1Driver:
    """The driver of the vectors' session: A and B 2 mA, 6 uC a phase, 1800 s."""
    return Ea1Driver(PROFILE, PROGRAM, {"A": 2000, "B": 2000}, 1_800_000_000, 6_000_000)


def framed(kind: int, number: int, body: bytes = b"") -> bytes:
    raw = struct.pack("<BBI", 1, kind, number) + body
    return bytes(cobs.encode(raw + struct.pack("<I", zlib.crc32(raw)))) + b"\0"


def opened(frame: bytes) -> tuple[int, int, bytes]:
    """Type, number and body of one frame; fails on a wrong CRC or more than one frame."""
    raw = cobs.decode(frame[:-1])
    assert frame[-1] == 0 and raw[-4:] == struct.pack("<I", zlib.crc32(raw[:-4]))
    return raw[1], struct.unpack_from("<I", raw, 2)[0], raw[6:-4]


def status(
    state: int, *, played_us: int = 0, fault: int = 0, epoch: int = EPOCH, boot: int = BOOT, quiet: bool = True
) -> bytes:
    """A STATUS with two kinds and nothing measured (6.2, 6.3)."""
    head = struct.pack(
        "<IIQQIBBBBHBBIHBBH", boot, epoch, 0, played_us, 0, state, fault, 0, 6 | quiet, 0, 0xFF, 0xFF, 0, 0, 2, 4, 0
    )
    return framed(0xC0, 1, head + 4 * (struct.pack("<BBHHHhIqH", 0, 0xFF, 0, 0, 0, 0, 0, 0, 0) + bytes(24)))


def identity(number: int = 1, state: int = IDLE, epoch: int = EPOCH, name: bytes = BODY["identity"][:16]) -> bytes:
    """The vectors' IDENTITY in another state or epoch; `name` is its magic and serial number."""
    body = BODY["identity"]
    return framed(
        0x81, number, name + body[16:20] + struct.pack("<I", epoch) + body[24:29] + bytes([state]) + body[30:]
    )


def ready() -> Ea1Driver:
    """A driver whose device is loaded, number 3 being the last."""
    one = driver()
    hello, load = one.hello(), one.load(PROGRAM, ZERO)
    for walk, answer in ((hello, "identity"), (hello, "limits-reply"), (load, "program-reply")):
        next(walk)
        one.hear(HEX[answer])
    return one


def armed() -> Ea1Driver:
    """A driver whose device is armed and contact-tested, number 5 being the last."""
    one = ready()
    contact = one.contact()
    for answer in ("arm-reply", "contact-reply"):
        next(contact)
        one.hear(HEX[answer])
    return one
