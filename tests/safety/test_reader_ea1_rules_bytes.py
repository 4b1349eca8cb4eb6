"""The bytes of ea1 as the reader takes them: COBS by its paper's examples, lengths, CRC and version (2.2 to 2.4)."""

from __future__ import annotations

import struct
import zlib

import pytest

from eastim.errors import Refused
from eastim.safety.readers.ea1_parts.framing import Message, frame_of, message_of, stuff, unstuff
from eastim.safety.readers.ea1_parts.levels import levels_set
from tests.safety import ea1_words as words
from tests.safety.ea1_words import EPOCH, PROGRAM, wire

ONES, RISING = b"\x01" * 254, bytes(range(1, 255))
# Decoded, and its one shortest form (Cheshire and Baker, 1999; the examples of its table and those round 254).
STUFFED: list[tuple[bytes, bytes]] = [
    (b"", b"\x01"),
    (b"\0", b"\x01\x01"),
    (b"\0\0", b"\x01\x01\x01"),
    (b"\x11", b"\x02\x11"),
    (b"\x11\0", b"\x02\x11\x01"),
    (b"\0\x11", b"\x01\x02\x11"),
    (b"\x11\x22\0\x33", b"\x03\x11\x22\x02\x33"),
    (b"\x11\x22\x33\x44", b"\x05\x11\x22\x33\x44"),
    (ONES[1:], b"\xfe" + ONES[1:]),
    (ONES, b"\xff" + ONES),
    (ONES + b"\x02", b"\xff" + ONES + b"\x02\x02"),
    (ONES + b"\0", b"\xff" + ONES + b"\x01\x01"),
    (ONES + b"\0\x02", b"\xff" + ONES + b"\x01\x02\x02"),
    (b"\0" + ONES, b"\x01\xff" + ONES),
    (ONES + ONES, b"\xff" + ONES + b"\xff" + ONES),
    (RISING + RISING[::-1], b"\xff" + RISING + b"\xff" + RISING[::-1]),
    (ONES + ONES + b"\x02", b"\xff" + ONES + b"\xff" + ONES + b"\x02\x02"),
    (b"\x02\0" + ONES + b"\0\x03", b"\x02\x02\xff" + ONES + b"\x01\x02\x03"),
]


@pytest.mark.parametrize(("data", "coded"), STUFFED)
def test_cobs_codes_as_in_its_paper(data: bytes, coded: bytes) -> None:
    assert stuff(data).hex() == coded.hex()


@pytest.mark.parametrize(("data", "coded"), STUFFED)
def test_cobs_is_decoded_as_in_its_paper(data: bytes, coded: bytes) -> None:
    assert unstuff(coded) == data


@pytest.mark.parametrize(
    "chunk", [b"\0", b"\x02", b"\x03\x11", b"\x18", b"\x02\x11\x03\x22", b"\xff" + ONES[1:], b"\x01\0"]
)
def test_a_code_that_promises_what_is_not_there_is_no_cobs(chunk: bytes) -> None:
    assert unstuff(chunk) is None


def test_a_longer_form_is_decoded_to_the_same() -> None:
    assert unstuff(b"\xff" + ONES + b"\x01") == ONES


# --- messages ---------------------------------------------------------------------------------------------------------


def chunk(data: bytes) -> bytes:
    """A chunk of these bytes and their CRC."""
    return stuff(data + struct.pack("<I", zlib.crc32(data)))


def test_a_message_has_a_version_a_type_a_number_and_a_body() -> None:
    data = bytes.fromhex("01 c3 ddccbbfa 0102")

    assert message_of(chunk(data)) == Message(0xC3, 0xFABBCCDD, b"\1\2")


def test_a_message_is_coded_as_the_manuals_hello() -> None:
    hello = Message(1, 1, b"EA1?")

    assert frame_of(hello) == wire(1, 1, b"EA1?")
    assert frame_of(Message(0xFF, 0xFFFFFFFF, b"")) == wire(0xFF, 0xFFFFFFFF, b"")


def test_the_shortest_message_has_no_body() -> None:
    assert message_of(chunk(bytes.fromhex("01 06 01020304"))) == Message(6, 0x04030201, b"")


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("length", range(6))
def test_what_is_shorter_is_none_though_its_crc_is_right(length: int) -> None:
    assert message_of(chunk(bytes.fromhex("01 06 01020304")[:length])) is None


@pytest.mark.parametrize("length", range(4))
def test_what_has_no_crc_is_none(length: int) -> None:
    assert message_of(stuff(bytes(length))) is None


def test_the_longest_message_has_512_bytes() -> None:
    assert message_of(chunk(b"\x01" * 508)) == Message(1, 0x01010101, b"\x01" * 502)
    assert message_of(chunk(b"\x01" * 509)) is None


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_none(version: int) -> None:
    assert message_of(chunk(bytes((version, 6, 1, 0, 0, 0)))) is None


@pytest.mark.hazard("H09")
def test_any_other_crc_is_none() -> None:
    good = bytes.fromhex("01 06 01020304") + struct.pack("<I", zlib.crc32(bytes.fromhex("01 06 01020304")))
    assert message_of(stuff(good)) is not None

    for at in range(10):
        bad = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
        assert message_of(stuff(bad)) is None


# --- the strength that a frame sets -----------------------------------------------------------------------------------

ZERO = {(lead, kind): 0 for lead in "ABCD" for kind in ("2", "100")}


def test_a_play_sets_all_levels_in_ua() -> None:
    body = struct.pack("<IIHBB8H", EPOCH, 1, 500, 0xFF, 2, 1, 2, 3, 4, 5, 6, 7, 2000)

    assert levels_set(wire(6, 9, body), ("2", "100")) == {
        ("A", "2"): 10, ("B", "2"): 20, ("C", "2"): 30, ("D", "2"): 40,
        ("A", "100"): 50, ("B", "100"): 60, ("C", "100"): 70, ("D", "100"): 20_000,
    }  # fmt: skip


def test_a_level_of_all_ones_is_read_as_it_stands() -> None:
    levels = levels_set(wire(6, 9, words.play(1, 65535)), ("2", "100"))

    assert levels is not None and levels["A", "2"] == 655_350


@pytest.mark.parametrize(
    ("kind", "body"),
    [(1, b"EA1?"), (3, PROGRAM), (4, words.arm()), (7, words.hush(3))],
    ids=["HELLO", "PROGRAM", "ARM", "HUSH"],
)
def test_what_ends_a_play_sets_zero(kind: int, body: bytes) -> None:
    assert levels_set(wire(kind, 9, body), ("2", "100")) == ZERO


@pytest.mark.parametrize(
    ("kind", "body"), [(2, words.limits()), (5, words.contact()), (8, bytes(4))], ids=["LIMITS", "CONTACT", "CLEAR"]
)
def test_any_other_request_sets_nothing(kind: int, body: bytes) -> None:
    assert levels_set(wire(kind, 9, body), ("2", "100")) is None


@pytest.mark.parametrize("length", [0, 11, 12, 27, 29, 36])
def test_a_play_that_fits_other_kinds_is_refused(length: int) -> None:
    with pytest.raises(Refused) as error:
        levels_set(wire(6, 9, bytes(length)), ("2", "100"))

    assert str(error.value) == f"a PLAY of {length} bytes does not fit 2 kinds (ea1 4.9)"


def test_what_is_no_frame_sets_nothing_and_is_refused() -> None:
    with pytest.raises(Refused, match=r"the stop is the guard's own"):
        levels_set(b"\0\x18\0", ("2", "100"))
