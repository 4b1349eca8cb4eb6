"""Cutting and stuffing of wire ea1 (docs/wire/ea1.md, clause 2)."""

from __future__ import annotations

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from eastim.drivers.ea1 import codec, show
from eastim.drivers.ea1.codec import Cutter, Message

# CLEAR, number 8 (clause 8, literal).
CLEAR = bytes.fromhex("04010808010109d4c3b2a176e3882900")
CLEAR_MESSAGE = Message(0x08, 8, bytes.fromhex("d4c3b2a1"))

# From the COBS paper and its usual examples: raw, stuffed.
STUFFED = [
    ("", "01"),
    ("00", "01 01"),
    ("00 00", "01 01 01"),
    ("11 22 00 33", "03 11 22 02 33"),
    ("11 22 33 44", "05 11 22 33 44"),
    ("11 00 00 00", "02 11 01 01 01"),
]


@pytest.mark.parametrize(("raw", "stuffed"), STUFFED)
def test_stuffing(raw: str, stuffed: str) -> None:
    assert codec.stuffed(bytes.fromhex(raw)) == bytes.fromhex(stuffed)


@pytest.mark.parametrize("size", [253, 254, 255, 508, 509])
@pytest.mark.parametrize("tail", [b"", b"\0", b"\0\1"])
def test_long_groups_are_stuffed_as_everywhere(size: int, tail: bytes) -> None:
    raw = b"\7" * size + tail

    assert codec.stuffed(raw) == cobs.encode(raw)


@given(st.binary(max_size=600))
def test_unstuffing_takes_what_another_encoder_made(raw: bytes) -> None:
    assert codec.unstuffed(cobs.encode(raw)) == raw


@given(st.binary(max_size=40))
def test_unstuffing_refuses_what_another_decoder_refuses(chunk: bytes) -> None:
    try:
        expected = cobs.decode(chunk)
    except cobs.DecodeError:
        expected = None

    assert codec.unstuffed(chunk) == expected


def test_bytes_come_in_any_cut() -> None:
    cutter = Cutter()

    assert [chunk for byte in CLEAR * 2 for chunk in cutter.feed(bytes([byte]))] == [CLEAR[:-1], CLEAR[:-1]]


def test_more_zeros_between_frames_mean_nothing() -> None:
    assert Cutter().feed(b"\0\0" + CLEAR + b"\0\0") == [CLEAR[:-1]]


def test_an_endless_chunk_is_not_kept() -> None:
    cutter = Cutter()
    for _ in range(1000):
        cutter.feed(b"\1" * 1000)

    assert [len(chunk) for chunk in cutter.feed(b"\0")] == [521]


def test_a_frame_behind_an_endless_chunk_is_read() -> None:
    cutter = Cutter()
    cutter.feed(b"\1" * 5000)

    assert [codec.decode(chunk) for chunk in cutter.feed(b"\0" + CLEAR)] == [None, CLEAR_MESSAGE]


@pytest.mark.hazard("H09")
def test_any_single_bit_turned_over_is_dropped() -> None:
    turned = [CLEAR[:i] + bytes([CLEAR[i] ^ 1 << bit]) + CLEAR[i + 1 :] for i in range(15) for bit in range(8)]

    # A bit that makes a 00 cuts the chunk in two; both parts are dropped.
    assert {codec.decode(chunk) for frame in turned for chunk in frame.split(b"\0")} == {None}


def test_a_message_above_512_bytes_is_not_framed() -> None:
    with pytest.raises(ValueError, match="513 bytes, at most 512"):
        codec.encode(Message(0x03, 1, bytes(503)))


def test_the_longest_message_is_framed() -> None:
    frame = codec.encode(Message(0x03, 1, b"\7" * 502))

    assert codec.decode(frame[:-1]) == Message(0x03, 1, b"\7" * 502)


def test_a_plan_shows_number_epoch_and_crc_as_zero() -> None:
    # 01 08 | number 0 | epoch 0 | crc 0, stuffed by hand: 12 zeros behind two bytes.
    assert show.blanked(CLEAR) == bytes.fromhex("030108" + "01" * 12 + "00")


def test_a_frame_without_epoch_keeps_its_body_in_a_plan() -> None:
    hello = bytes.fromhex("040101010101094541313fe272307a00")

    assert show.blanked(hello) == bytes.fromhex("03 01 01 01 01 01 05 45 41 31 3f 01 01 01 01 00".replace(" ", ""))


def test_a_frame_has_the_manual_s_name() -> None:
    assert show.name_of(CLEAR) == "CLEAR"


def test_broken_bytes_are_not_shown() -> None:
    with pytest.raises(ValueError, match="05 45 00 is no frame of wire ea1"):
        show.blanked(b"\x05\x45\0")
