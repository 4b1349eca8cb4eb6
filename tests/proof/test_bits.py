"""The count of changed frames can refute: it agrees with brute force, and a weak or missing check is found."""

from __future__ import annotations

from itertools import product
from zlib import crc32

import pytest
from cobs import cobs

from eastim.safety.readers.ea1_parts import framing
from proof import bits
from proof.bits_chunk import Chunk

WEAK = 0xF  # a check of four bits: one change in sixteen passes
FRAMES = bits.corpus()
HELLO = FRAMES["hello"][:-1]  # codes at 0, 4, 5, 6
VALUES = range(1, 256)


def passes(chunk: bytes) -> bool:
    """Decode with a foreign tool, and look at four bits of the check."""
    try:
        message = cobs.decode(chunk)
    except cobs.DecodeError:
        return False
    check = crc32(message[:-4]) ^ int.from_bytes(message[-4:], "little")
    return len(message) >= 10 and not check & WEAK


def put(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes((value,)) + data[at + 1 :]


@pytest.mark.parametrize(("i", "j"), [(0, 3), (0, 4), (4, 5), (4, 9), (2, 5), (1, 9), (5, 14), (6, 14)])
def test_the_pairs_that_pass_a_weak_check_are_those_of_brute_force(i: int, j: int) -> None:
    counted = {(x, y) for x, y, _ in Chunk(HELLO, WEAK).pair(i, j)}
    tried = {
        (x, y)
        for x, y in product(VALUES, VALUES)
        if (x, y) != (HELLO[i], HELLO[j]) and x != HELLO[i] and y != HELLO[j] and passes(put(put(HELLO, i, x), j, y))
    }

    assert counted == tried
    assert counted or (i, j) == (5, 14)


@pytest.mark.parametrize("i", range(len(HELLO)))
def test_single_changes_that_pass_a_weak_check_are_those_of_brute_force(i: int) -> None:
    tried = {x for x in VALUES if x != HELLO[i] and passes(put(HELLO, i, x))}

    assert {x for x, _ in Chunk(HELLO, WEAK).single(i)} == tried


@pytest.mark.parametrize("i", [0, 2, 4, 6, 10])
def test_a_changed_end_is_counted_as_brute_force_does(i: int) -> None:
    both, size = HELLO + b"\0" + HELLO, len(HELLO)
    tried = {(x, y) for x, y in product(VALUES, VALUES) if x != both[i] and passes(put(put(both, i, x), size, y))}

    assert {(x, y) for x, y, _ in Chunk(both, WEAK).pair(i, size)} == tried


def test_a_chain_with_a_code_of_255_is_left_to_the_decoders() -> None:
    """300 bytes, a code made 255: the chunk goes on behind it, and the count says that it does not know."""
    chunk = b"\x05aaaa" + b"\x05bbbb" * 59
    assert len(chunk) == 300
    found = list(Chunk(chunk, 0).single(5))

    assert (255, True) in found and all(strange == (x == 255) for x, strange in found)


def test_every_way_of_two_bytes_is_looked_at_once() -> None:
    """With a check of eight bits some of every sort are suspected, none of them twice; with the whole one none."""
    frame = FRAMES["clear-reply"]
    suspected = [what for what, _, strange in bits.suspects(frame, mask=0xFF) if not strange]

    assert len(suspected) == len(set(suspected)) > 1000
    assert [what for what, _, strange in bits.suspects(frame) if not strange] == []


@pytest.mark.hazard("H09")
def test_a_weak_check_lets_changed_frames_through() -> None:
    assert any(not strange for _, _, strange in bits.suspects(FRAMES["hush"], mask=0xFFFF))


@pytest.mark.hazard("H09")
def test_a_decoder_without_a_check_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bits.DECODERS, "reader", framing.unstuff)

    assert bits.by_chance("play", FRAMES["play"], 200, seed=1) != []
    assert any(bits.taken(data) for _, data in bits.one_byte("play", FRAMES["play"]))


@pytest.mark.hazard("H09")
def test_the_frames_themselves_are_taken_by_all() -> None:
    assert {tuple(bits.taken(frame)) for frame in FRAMES.values()} == {("reader", "driver", "device")}


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("name", ["clear-reply", "hush", "play-reply"])
def test_no_two_changed_bytes_of_a_short_frame_pass(name: str) -> None:
    count, bad, looked = bits.two_bytes(name, FRAMES[name])
    size = len(FRAMES[name])

    assert bad == [] and looked > 1000
    assert count == size * (size - 1) // 2 * 65_025


def test_a_frame_that_is_too_long_to_be_counted_is_said() -> None:
    with pytest.raises(ValueError, match="at most 255 bytes"):
        next(bits.suspects(b"\1" * 256 + b"\0"))
