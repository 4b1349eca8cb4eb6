"""What a fuzz target is, and bytes that a fuzzer's choice of the first byte turns into a whole frame."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from cobs import cobs


@dataclass(frozen=True, slots=True)
class Target:
    """One parser: `run` raises nothing for any bytes; what it may refuse it catches itself. seeds: where to begin.

    It catches the class that the parser is documented to raise and nothing wider: every other error is a bug. What
    comes out as text goes through `printable`; proof/rows.py says for each target which text that is. longest: of an
    input, in bytes.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    longest: int = 4096


class Broken(AssertionError):
    """Say that a parser let something through that it must not."""


def printable(*texts: str) -> None:
    """Look at what comes of foreign words and may reach a terminal, a log or a record; raises Broken.

    Each is one line: a newline, too, would let foreign words pass for ours.
    """
    for text in texts:
        if not text.isprintable():
            raise Broken(f"a control character in {text!r:.200}")


def framed(data: bytes) -> bytes:
    """Take bytes as they are, or (first byte odd) put them into a good frame, so that the CRC doesn't end every try."""
    if not data or data[0] % 2 == 0:
        return data[1:]
    raw = struct.pack("<B", 1) + data[1:]
    return bytes(cobs.encode(raw + struct.pack("<I", zlib.crc32(raw)))) + b"\0"


def unframed(frame: bytes) -> bytes:
    """Turn a whole frame into a seed whose content the fuzzer can change without breaking its CRC."""
    return b"\1" + bytes(cobs.decode(frame[:-1])[1:-4])
