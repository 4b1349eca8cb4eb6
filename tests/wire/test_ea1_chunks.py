"""Driver, reader and simulator read the same bytes of ea1 the same way, or drop them all three (clauses 2.2 to 2.4).

Each has its own decoder, written from the manual; a fourth, the library `cobs`, only makes some of the bytes.
"""

from __future__ import annotations

import random
import struct
import tomllib
import zlib
from pathlib import Path

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from eastim.drivers.ea1 import codec
from eastim.safety.readers.ea1_parts import framing
from firmware_sim.ea1 import grammar

VECTORS = tomllib.loads((Path(__file__).parent / "vectors/ea1.toml").read_text(encoding="utf-8"))
FRAMES = [bytes.fromhex(frame["hex"]) for frame in VECTORS["frame"]]


def _read_by_all(chunk: bytes) -> tuple[int, int, bytes] | None:
    """What the three make of a chunk; they must agree. (The simulator also reads other versions, to refuse them.)"""
    driver, reader, device = codec.decode(chunk), framing.message_of(chunk), grammar.read(chunk)
    said = [
        None if driver is None else (driver.type, driver.number, driver.body),
        None if reader is None else (reader.type, reader.number, reader.body),
        None if device is None or device.version != 1 else (device.type, device.number, device.body),
    ]
    assert said[0] == said[1] == said[2]
    return said[0]


def _chunks(data: bytes) -> list[bytes]:
    return [chunk for chunk in data.split(b"\0") if chunk]


@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    for chunk in _chunks(data):
        _read_by_all(chunk)


@given(
    version=st.sampled_from((0, 1, 1, 1, 2, 255)),
    kind=st.integers(0, 255),
    number=st.integers(0, 0xFFFFFFFF),
    body=st.binary(max_size=520),
)
def test_any_message_with_a_right_crc(version: int, kind: int, number: int, body: bytes) -> None:
    message = struct.pack("<BBI", version, kind, number) + body
    message += struct.pack("<I", zlib.crc32(message))
    whole = version == 1 and len(message) <= 512

    assert _read_by_all(cobs.encode(message)) == ((kind, number, body) if whole else None)


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("seed", range(len(FRAMES)))
def test_frames_with_bytes_changed_cut_doubled_or_put_in(seed: int) -> None:
    chance, frame = random.Random(seed), FRAMES[seed]
    for _ in range(300):
        data = bytearray(frame)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    del data[at:]
                case 2:
                    data[at:at] = bytes([chance.randrange(256)])
                case 3:
                    data[at:at] = data[at : at + chance.randrange(1, 20)]
            data = data or bytearray(b"\x18")
        for chunk in _chunks(bytes(data)):
            _read_by_all(chunk)


@pytest.mark.parametrize("frame", FRAMES, ids=[frame["name"] for frame in VECTORS["frame"]])
def test_every_vector_is_read_by_all(frame: bytes) -> None:
    expected = next(row for row in VECTORS["frame"] if bytes.fromhex(row["hex"]) == frame)

    assert _read_by_all(frame[:-1]) == (expected["type"], expected["number"], bytes.fromhex(expected["body"]))


@pytest.mark.parametrize("row", VECTORS["dropped"], ids=[row["name"] for row in VECTORS["dropped"]])
def test_every_dropped_vector_is_dropped_by_all(row: dict[str, str]) -> None:
    assert [_read_by_all(chunk) for chunk in _chunks(bytes.fromhex(row["hex"]))].count(None) >= 1
