"""Bytes, chunks and torn frames: nothing on the link moves an edge."""

from __future__ import annotations

import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.ea1 import grammar
from tests.firmware_sim.host import (
    ARM,
    CONTACT,
    DENSE_DISPERSE,
    EPOCH,
    FRAMES,
    PLAY,
    PLAYING,
    STOP,
    VECTORS,
    Host,
    frame,
    play,
    program,
    section,
)

DENSE = program(1, section(0, 1, 200, (100, 1), 300, 3_000_000))
EXPECTED = [
    edge for k in range(40) for edge in ((1000 + 10_000 * k, 100), (1200 + 10_000 * k, -100), (1400 + 10_000 * k, 0))
]
TO_DEVICE = [f for f in VECTORS["frame"] if f["direction"] == "to device"]


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("vector", TO_DEVICE, ids=lambda v: v["name"])
def test_a_frame_cut_anywhere_leaves_the_output_as_it_was(vector: dict[str, str]) -> None:
    data = bytes.fromhex(vector["hex"])
    for length in range(1, len(data)):
        host = Host("600")
        host.arm(DENSE)
        host.play((10, 0, 0, 0))
        host.run(100_300)
        assert host.send(data[:length]) == []
        host.run(399_999)

        assert host.edges("A") == EXPECTED, length
        assert host.device.state == PLAYING


@pytest.mark.hazard("H11")
def test_a_whole_frame_after_a_torn_one_counts_once_50_ms_have_passed() -> None:
    for wait_us, answers in ((49_999, 0), (50_000, 1)):
        host = Host()
        host.send(FRAMES["hello"][:7])
        host.run(wait_us)

        assert len(host.send(FRAMES["hello"])) == answers


def test_a_frame_may_come_byte_by_byte() -> None:
    host = Host()
    said = []
    for at, byte in enumerate(FRAMES["hello"]):
        host.run(40_000 * at)
        said += host.send(bytes([byte]))

    assert [s.type for s in said] == [0x81]


def test_more_zeros_mean_nothing() -> None:
    host = Host()

    assert len(host.send(b"\0\0\0" + FRAMES["hello"] + b"\0\0")) == 1
    assert host.report().bad == 0


@pytest.mark.hazard("H09")
def test_a_chunk_of_521_bytes_is_dropped_and_one_of_a_megabyte_too() -> None:
    host = Host()

    assert host.send(b"\x01" * 521 + b"\0" + b"\x02" * 1_000_000 + b"\0") == []
    assert host.report().bad == 2


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("data", [b"\x18\x00", b"\x00\x18\x00", b"\x05\x01\x00\x18\x00", b"\x00\x18\x00\x00\x00"])
def test_a_chunk_of_exactly_18_stops(data: bytes) -> None:
    host = Host()
    host.arm()
    host.statuses.clear()

    host.send(data)

    assert [(s.state, s.cause) for s in host.statuses] == [(2, 2)]


@pytest.mark.parametrize("data", [b"\x18\x18\x00", b"\x00\x18", b"\x18\x01\x00", b"\x00\x19\x00"])
def test_nothing_else_stops(data: bytes) -> None:
    host = Host()
    host.arm()
    host.send(data)
    host.run(40_000)

    assert host.device.state == 3


@pytest.mark.hazard("H48")
def test_a_stop_draws_the_epoch_before_what_follows_is_read() -> None:
    host = Host("600", vary_epoch=True)
    host.arm(DENSE)
    late = frame(6, host.number + 1, play(1, (10, 0, 0, 0), epoch=host.device.epoch))

    (reply,) = host.send(STOP + late)

    assert (reply.type, reply.body[1]) == (0xFF, 4)  # READY: a PLAY is refused by its state already
    host.run(100_000)
    assert host.edges("A") == []


@pytest.mark.hazard("H48")
def test_a_play_from_before_a_stop_is_void_though_the_device_is_armed_again() -> None:
    host = Host("600", vary_epoch=True)
    host.arm(DENSE)
    old = host.device.epoch
    host.send(STOP)
    assert host.ask(ARM, host.device.epoch.to_bytes(4, "little") + host.hash).type == 0x84

    assert host.refused(PLAY, play(1, (10, 0, 0, 0), epoch=old)) == (6, host.device.epoch)


@pytest.mark.hazard("H11")
def test_a_stop_is_taken_in_the_middle_of_a_contact_test_frame() -> None:
    host = Host()
    host.arm()
    torn = frame(CONTACT, host.number + 1, EPOCH.to_bytes(4, "little") + b"\x01\x01\x01\x00")[:9]

    host.send(torn + STOP)

    assert host.device.state == 2


def test_statuses_come_every_100_ms_from_boot_and_count_from_1() -> None:
    host = Host()
    host.run(1_000_000)

    assert [s.clock_us for s in host.statuses] == [100_000 * n for n in range(1, 11)]
    assert [s.cause for s in host.statuses] == [0] * 10


def test_a_status_is_never_later_for_a_busy_link() -> None:
    host = Host()
    host.arm(DENSE_DISPERSE)
    host.keep(950_000, (1, 0, 0, 0), (1, 0, 0, 0))

    assert [s.clock_us for s in host.statuses if s.cause == 0] == [100_000 * n for n in range(1, 10)]


@pytest.mark.parametrize(
    ("data", "stuffed"),
    [
        (b"", "01"),
        (b"\x00", "0101"),
        (b"\x00\x11\x00\x00\x00\x22\x33", "0102110101032233"),
        (b"\x11\x00" * 126 + b"\x11", "0211" * 127),
        (b"\x11" * 253, "fe" + "11" * 253),
        (b"\x11" * 254, "ff" + "11" * 254),
        (b"\x11" * 255, "ff" + "11" * 254 + "0211"),
        (b"\x11" * 254 + b"\x00", "ff" + "11" * 254 + "0101"),
        (b"\x00" + b"\x11" * 508, "01" + ("ff" + "11" * 254) * 2),
    ],
)
def test_a_full_block_stands_for_no_zero(data: bytes, stuffed: str) -> None:
    assert grammar.stuff(data).hex() == stuffed
    assert grammar.unstuff(bytes.fromhex(stuffed)) == data


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.binary(max_size=600))
def test_stuffing_agrees_with_another_implementation(data: bytes) -> None:
    assert grammar.unstuff(cobs.encode(data)) == data
    assert cobs.decode(grammar.stuff(data)) == data


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_a_bad_chunk_is_bad_for_another_implementation_too(chunk: bytes) -> None:
    try:
        expected: bytes | None = cobs.decode(chunk)
    except cobs.DecodeError:
        expected = None

    assert grammar.unstuff(chunk) == expected


@pytest.mark.hazard("H38")
@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_noise_moves_no_edge_and_breaks_nothing(noise: list[bytes]) -> None:
    host = Host("600")
    host.arm(DENSE)
    host.play((10, 0, 0, 0))
    for n, data in enumerate(noise):
        host.run(30_000 * (n + 1))
        if b"\x18" not in data:
            host.send(data)
    host.run(399_999)

    assert host.edges("A") == EXPECTED
