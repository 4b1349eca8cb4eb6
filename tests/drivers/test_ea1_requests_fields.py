"""Every field that a host says on wire ea1 has the manual's width, place and sign (docs/wire/ea1.md, clauses 2 to 4).

Each value has its highest bit set, so that a field written as a signed one, or too narrow, shows. The bytes are written
by hand, least significant first (2.2).
"""

from __future__ import annotations

import struct

import pytest
from cobs import cobs

from eastim.drivers.ea1 import codec, show
from eastim.drivers.ea1.codec import LimitsBody, Message, ProgramBody, Record
from tests.drivers.ea1_wire import HEX

U32 = 0xFFFFFFFF
RECORD = Record(0x81, 0x82, 0x83, 0x8401, 0x8502, 2**31 + 6, 2**31 + 7, 2**31 + 8, 2**31 + 9)
RECORD_RAW = "81 82 83 00 0184 0285 06000080 07000080 08000080 09000080"


def test_each_field_of_limits() -> None:
    limits = LimitsBody((0x8001, 0x8002, 0x8003, 0x8004), 2**31 + 5, 2**31 + 6)

    assert limits.pack() == bytes.fromhex("0180 0280 0380 0480 05000080 06000080")


def test_each_field_of_program() -> None:
    assert ProgramBody(0xFFFE, (RECORD,)).pack() == bytes.fromhex("feff 01 00" + RECORD_RAW)


def test_each_field_of_a_quantised_program() -> None:
    assert ProgramBody.unpack(bytes.fromhex("feff 01 00" + RECORD_RAW)) == ProgramBody(0xFFFE, (RECORD,))


@pytest.mark.parametrize("said", [0, 2])
def test_a_quantised_program_that_is_not_as_long_as_it_says_is_none(said: int) -> None:
    with pytest.raises(struct.error, match=f"{said} sections in 24 bytes"):
        ProgramBody.unpack(bytes.fromhex(f"feff 0{said} 00" + RECORD_RAW))


def test_the_number_of_sections_is_a_byte() -> None:
    assert ProgramBody(1, (RECORD,) * 200).pack()[:4] == bytes.fromhex("0100 c8 00")


def test_each_field_of_arm() -> None:
    assert codec.arm_body(U32, bytes.fromhex("8182838485868788")) == bytes.fromhex("ffffffff 8182838485868788")


def test_each_field_of_contact() -> None:
    assert codec.contact_body(2**31 + 1, 0x8F, 0x8A, 0x800B) == bytes.fromhex("01000080 8f 8a 0b80")


def test_each_field_of_play() -> None:
    body = codec.play_body(2**31 + 1, 2**31 + 2, 0x8003, 0x84, ((0x8005, 0x8006, 0x8007, 0x8008),))

    assert body == bytes.fromhex("01000080 02000080 0380 84 01 0580 0680 0780 0880")


def test_no_hold_is_ff() -> None:
    assert codec.play_body(1, 2, 500, None, ((0, 0, 0, 0),))[10] == 0xFF


def test_the_number_of_kinds_is_a_byte() -> None:
    assert codec.play_body(1, 2, 500, 0, ((0, 0, 0, 0),) * 200)[11] == 200


def test_each_field_of_hush() -> None:
    assert codec.hush_body(2**31 + 1, 2**31 + 2) == bytes.fromhex("01000080 02000080")


def test_each_field_of_clear() -> None:
    assert codec.clear_body(2**31 + 1) == bytes.fromhex("01000080")


def test_the_last_number_and_the_last_type_are_framed_and_read() -> None:
    message = Message(0xFF, U32, b"\x81")
    chunk = codec.encode(message)[:-1]

    assert cobs.decode(chunk)[:7] == bytes.fromhex("01 ff ffffffff 81") and codec.decode(chunk) == message


def test_a_message_of_another_version_is_dropped() -> None:
    # As a device of a version 2 would say it: CLEAR's reply, its CRC made with zlib (2.2).
    raw_ = bytes.fromhex("02 88 08000000")
    chunk = cobs.encode(raw_ + bytes.fromhex("14d328b8"))

    assert codec.decode(chunk) is None


def test_a_message_of_9_bytes_with_a_right_crc_is_dropped() -> None:
    # 2.4: shorter than 10 bytes decoded. The CRC was made with zlib.
    assert codec.decode(cobs.encode(bytes.fromhex("0108080000 faa7e530"))) is None


def test_a_message_of_513_bytes_with_a_right_crc_is_dropped() -> None:
    # 2.2: at most 512 bytes. The CRC was made with zlib.
    message = bytes.fromhex("010801000000") + b"\7" * 503 + bytes.fromhex("c35f7501")

    assert len(message) == 513 and codec.decode(cobs.encode(message)) is None


@pytest.mark.parametrize(("leads", "mask"), [("A", 1), ("B", 2), ("C", 4), ("D", 8), ("AD", 0b1001)])
def test_bit_0_is_lead_a(leads: str, mask: int) -> None:
    assert codec.lead_mask(leads) == mask


def test_a_level_of_1_is_10_ua() -> None:
    assert codec.LEVEL_UA == 10


def test_a_request_of_the_manual_has_its_name_and_another_its_number() -> None:
    assert (codec.request_name(0x08), codec.request_name(0x0A)) == ("CLEAR", "type 0A")


# Clause 3.4: these carry the epoch, in the first four bytes of their bodies.
@pytest.mark.parametrize("name", ["arm", "contact", "play", "hush", "clear"])
def test_a_request_with_an_epoch_shows_it_as_0_in_a_plan(name: str) -> None:
    body = cobs.decode(HEX[name][:-1])[6:-4]

    assert cobs.decode(show.blanked(HEX[name])[:-1])[6:-4] == bytes(4) + body[4:]


@pytest.mark.parametrize("name", ["hello", "limits", "program"])
def test_a_request_without_an_epoch_shows_its_body_in_a_plan(name: str) -> None:
    body = cobs.decode(HEX[name][:-1])[6:-4]

    assert cobs.decode(show.blanked(HEX[name])[:-1])[6:-4] == body


@pytest.mark.parametrize("chunk", ["02", "0002", "030001", "0300", "ff01", "01ff"])
def test_what_is_no_cobs_is_not_unstuffed(chunk: str) -> None:
    assert codec.unstuffed(bytes.fromhex(chunk)) is None


def test_a_full_group_stands_for_no_zero() -> None:
    # 254 bytes of data behind an FF, then a group of one byte: no 00 between them.
    assert codec.unstuffed(b"\xff" + b"\x07" * 254 + b"\x02\x08") == b"\x07" * 254 + b"\x08"
