"""Every byte and every two bytes of a frame changed in every way: none is ever taken for a message (H09).

One byte is tried for real, in the three decoders. Of two bytes there are 65,025 ways for each pair, thousands of
millions in all: these are counted through by structure. A CRC is linear, so each byte adds a number of its own to the
check, and a pair passes only where the numbers cancel; COBS is a chain of code bytes, so a changed code leads into the
known chain from another place. What the structure leaves open, and a share by chance, is decoded for real.

A 18 between two 00 may come about. It is a stop, which is never refused and only ever lowers (2.6): no message.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from eastim.drivers.ea1 import codec
from eastim.safety.readers.ea1_parts import framing
from firmware_sim.ea1 import grammar
from proof.bits_chunk import FULL, Chunk
from proof.row import Finding, Say, Size

SHORTEST = 11  # chunk of the shortest message: ten bytes and a code
WAYS = 255 * 255

Decoder = Callable[[bytes], object]
DECODERS: dict[str, Decoder] = {"reader": framing.message_of, "driver": codec.decode, "device": grammar.read}


def corpus() -> dict[str, bytes]:
    """The manual's literal frames, each with its closing 00, by name."""
    path = Path(__file__).parents[1] / "tests/wire/vectors/ea1.toml"
    return {row["name"]: bytes.fromhex(row["hex"]) for row in tomllib.loads(path.read_text("utf-8"))["frame"]}


def taken(data: bytes) -> list[str]:
    """Which decoders take a chunk of these bytes for a message."""
    chunks = [chunk for chunk in data.split(b"\0") if chunk]
    return [name for name, decode in DECODERS.items() for chunk in chunks if decode(chunk) is not None]


# --- one byte ---------------------------------------------------------------------------------------------------------


def one_byte(name: str, frame: bytes) -> Iterator[tuple[str, bytes]]:
    """Every frame that differs in one byte, and what it is called; the intact one behind it where its end is gone."""
    for at, old in enumerate(frame):
        for new in set(range(256)) - {old}:
            changed = frame[:at] + bytes((new,)) + frame[at + 1 :]
            yield f"{name}, byte {at} {old:02x} -> {new:02x}", changed + (frame if at == len(frame) - 1 else b"")


# --- two bytes --------------------------------------------------------------------------------------------------------


def suspects(frame: bytes, mask: int = FULL) -> Iterator[tuple[str, bytes, bool]]:
    """Every way to change two bytes of a frame that passes the check, or (True) must be decoded to know."""
    body, size = frame[:-1], len(frame) - 1
    if size >= 255:
        raise ValueError(
            f"a frame of {len(frame)} bytes may have a code of 255 in it; at most 255 bytes can be counted"
        )
    whole = Chunk(body, mask)
    for i in range(size):
        for j in range(i + 1, size):
            for x, y, strange in whole.pair(i, j):
                yield f"bytes {i} and {j} -> {x:02x} {y:02x}", _put(body, {i: x, j: y}), strange
    yield from _end_changed(body, mask)
    yield from _cut_in_two(body, mask)


def _end_changed(body: bytes, mask: int) -> Iterator[tuple[str, bytes, bool]]:
    """The end of the frame is changed: the next one, the same again, runs on in the same chunk."""
    size = len(body)
    both = Chunk(body + b"\0" + body, mask)
    for i in range(size):
        for x, y, strange in both.pair(i, size):
            yield f"byte {i} and the end -> {x:02x} {y:02x}", _put(both.data, {i: x, size: y}), strange
        for y in range(1, 256):
            yield f"byte {i} and the end -> 00 {y:02x}", body[:i] + b"\0" + _put(both.data, {size: y})[i + 1 :], True


def _cut_in_two(body: bytes, mask: int) -> Iterator[tuple[str, bytes, bool]]:
    """A byte becomes 00 and cuts the chunk; in one of the pieces another byte is changed, to 00 too perhaps."""
    size = len(body)
    for i in range(size):
        for first, piece in ((0, body[:i]), (i + 1, body[i + 1 :])):
            part = Chunk(piece, mask)
            for j in range(len(piece)) if len(piece) >= SHORTEST else ():
                for y, strange in part.single(j):
                    yield f"bytes {i} and {first + j} -> 00 {y:02x}", _put(piece, {j: y}), strange
        for j in range(i + 1, size):
            yield f"bytes {i} and {j} -> 00 00", _put(body, {i: 0, j: 0}), True


def two_bytes(name: str, frame: bytes) -> tuple[int, list[str], int]:
    """Count the ways to change two bytes of a frame; say what is taken for a message, and how many were decoded."""
    bad, looked = [], 0
    for what, data, strange in suspects(frame):
        if not strange:
            bad.append(f"{name}: {what} passes the check")
            continue
        looked += 1
        bad += [f"{name}: {what} is taken by the {who}" for who in taken(data)]
    return len(frame) * (len(frame) - 1) // 2 * WAYS, bad, looked


def by_chance(name: str, frame: bytes, count: int, seed: int) -> list[str]:
    """Change two bytes of a frame by chance, so often, and decode for real, with the intact frame behind."""
    r, bad = random.Random(seed), []
    for _ in range(count):
        places = {at: frame[at] ^ r.randrange(1, 256) for at in r.sample(range(len(frame)), 2)}
        lost = len(frame) - 1 in places
        who = taken(_put(frame, places) + (frame if lost else b""))
        # When the end is lost the next frame is lost with it, or stands alone again behind a 00 that came about.
        bad += [f"{name}: {places} is taken by the {name_}" for name_ in who]
    return bad


def _put(data: bytes, places: dict[int, int]) -> bytes:
    out = bytearray(data)
    for at, value in places.items():
        out[at] = value
    return bytes(out)


# --- the proof --------------------------------------------------------------------------------------------------------


def prove(size: Size, say: Say) -> Finding:
    """Change every byte and every two bytes of the manual's frames; bounded: two bytes of the short ones only."""
    frames = corpus()
    bad: list[str] = []
    ones = 0
    for name, frame in frames.items():
        say(f"one byte of {name}")
        for what, data in one_byte(name, frame) if size == "full" or len(frame) < 100 else ():
            ones += 1
            bad += [f"{what} is taken by the {who}" for who in taken(data)]
    pairs = looked = chances = 0
    for name, frame in frames.items():
        if size == "bounded" and len(frame) > 40:
            continue
        say(f"two bytes of {name}")
        count, found, real = two_bytes(name, frame)
        share = 20_000 if size == "full" else 1000
        bad += found + by_chance(name, frame, share, seed=len(name))
        pairs, looked, chances = pairs + count, looked + real, chances + share
    figures = {
        "frames": f"{len(frames)} of the manual, both ways",
        "one byte changed, decoded by reader, driver and device": f"{ones:,}, of them every single bit",
        "two bytes changed, counted through by structure": f"{pairs:,}",
        "of these decoded for real": f"{looked:,} that structure leaves open, {chances:,} by chance",
    }
    return Finding(ones + pairs, "changed frames", figures, tuple(bad))
