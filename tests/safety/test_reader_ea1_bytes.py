"""The reader of ea1 and bytes in any cut and of any sort."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eastim.errors import Refused
from eastim.frames import Frame
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
    at_zero,
    hear,
    levels,
)
from tests.safety.ea1_words import PROGRAM, frame, wire

VECTORS = tomllib.loads((Path(__file__).parents[1] / "wire/vectors/ea1.toml").read_text("utf-8"))
FRAMES = [bytes.fromhex(row["hex"]) for row in VECTORS["frame"]]


def test_a_chunk_read_in_halves_far_apart_is_whole() -> None:
    half = hear(PLAYING, at_zero().wire[:40], 1000)

    assert len(READER.heard(half, at_zero().wire[40:], 10_000_000)[1]) == 1


def test_a_torn_chunk_spoils_what_comes_up_to_the_next_00_and_no_more() -> None:
    torn = hear(PLAYING, at_zero().wire[:40], 1000)
    shadow, statuses = READER.heard(torn, at_zero().wire * 2, 51_001)

    assert len(statuses) == 1 and shadow.dropped == PLAYING.dropped + 1


@pytest.mark.hazard("H09")
def test_a_chunk_that_never_ends_is_held_in_bounds() -> None:
    shadow = PLAYING
    for _ in range(100):
        shadow = hear(shadow, b"\1" * 1000)

    assert len(shadow.tail) <= 521
    assert len(READER.heard(shadow, b"\0" + at_zero().wire, 0)[1]) == 1


def test_empty_chunks_mean_nothing() -> None:
    assert hear(PLAYING, b"\0\0\0").dropped == PLAYING.dropped


def test_dropped_chunks_are_counted() -> None:
    assert hear(PLAYING, b"\x05\0\x18\0").dropped == 2


@pytest.mark.parametrize("body", [b"", bytes(46), at_zero().body[:-1], at_zero().body + b"\0", at_zero(leads=5).body])
def test_a_status_of_another_shape_is_none(body: bytes) -> None:
    assert READER.heard(PLAYING, wire(0xC0, 1, body), 0)[1] == ()


@given(st.binary(max_size=700), st.integers(0, 10))
def test_any_bytes_may_be_heard(data: bytes, now_ms: int) -> None:
    shadow = hear(RAISED, data, now_ms * 20_000)

    assert levels(shadow) == [100, 50]
    hash(shadow)


@pytest.mark.hazard("H09")
@given(st.binary(min_size=1, max_size=600))
def test_any_bytes_at_the_door_are_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        READER.sent(RAISED, Frame(data, None), 0)


BODIES: list[Callable[[random.Random], bytes]] = [
    lambda r: r.randbytes(r.randrange(0, 120)),
    lambda r: _changed(words.play(3, 10, 5), r),
    lambda r: _changed(PROGRAM, r),
    lambda r: _changed(at_zero().body, r),
    lambda r: _changed(words.identity(), r),
]


def _changed(body: bytes, r: random.Random) -> bytes:
    out = bytearray(body)
    for _ in range(r.randrange(1, 4)):
        out[r.randrange(len(out))] = r.choice((0, 1, 0x7F, 0xFF, r.randrange(256)))
    return bytes(out[: r.choice((len(out), r.randrange(len(out))))])


@given(st.integers(0, 2**32))
def test_true_frames_with_any_body_raise_nothing_but_refused(seed: int) -> None:
    r, shadow = random.Random(seed), r_shadow(seed)
    for _ in range(20):
        body, kind = r.choice(BODIES)(r), r.choice((*range(10), *range(0x80, 0x8A), 0xC0, 0xFF))
        try:
            shadow = READER.sent(shadow, frame(kind, shadow.number + 1, body), 0)
        except Refused:
            shadow, _ = READER.heard(shadow, wire(kind, max(0, shadow.number), body), 0)
        READER.output(shadow)
        READER.contact(shadow)
        READER.settled(shadow)
        READER.stopped(shadow, 0)


def r_shadow(seed: int) -> Shadow:
    return (READER.blank(), GREETED, LOCKED, LOADED, ARMED, TESTED, PLAYING, RAISED, STOPPED)[seed % 9]


@given(st.sampled_from(FRAMES), st.integers(0, 2**32))
def test_mutated_vectors_raise_nothing_but_refused(vector: bytes, seed: int) -> None:
    shadow, data = r_shadow(seed), _changed(vector, random.Random(seed))
    READER.heard(shadow, data, 0)
    if data:
        try:
            READER.sent(shadow, Frame(data, None), 0)
        except Refused:
            return
