"""The driver's codec against the manual's literal vectors: from meaning to bytes, from bytes to meaning.

The meanings are written here as Python literals, from the vectors' sentences and the manual's clauses.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from eastim.drivers.ea1 import codec
from eastim.drivers.ea1.codec import Cutter, LimitsBody, Message, ProgramBody, Record, Request
from eastim.drivers.ea1.replies import (
    Armed,
    Cleared,
    Hushed,
    Identity,
    KindReport,
    LeadReport,
    Played,
    Refusal,
    Reply,
    Report,
    Stored,
    Touched,
    parse,
)

VECTORS = tomllib.loads((Path(__file__).parents[1] / "wire/vectors/ea1.toml").read_text("utf-8"))
HEX = {frame["name"]: bytes.fromhex(frame["hex"]) for frame in VECTORS["frame"]}

EPOCH = 0xA1B2C3D4
HASH = bytes.fromhex("fcbf325b3aee6212")
LIMITS = LimitsBody((200, 200, 0, 0), 6_000_000, 1_800_000)
PROGRAM = ProgramBody(
    300,
    (
        Record(0, 0b0011, 0, 600, 0, 2, 1, 6, 3_000_000),
        Record(1, 0b0011, 0, 200, 0, 100, 1, 300, 3_000_000),
    ),
)

# Made when a test asks, so that a wrong encoder fails tests and not this file.
TO_DEVICE: dict[str, Callable[[], Message]] = {
    "hello": lambda: Message(Request.HELLO, 1, codec.hello_body()),
    "limits": lambda: Message(Request.LIMITS, 2, LIMITS.pack()),
    "program": lambda: Message(Request.PROGRAM, 3, PROGRAM.pack()),
    "arm": lambda: Message(Request.ARM, 4, codec.arm_body(EPOCH, HASH)),
    "contact": lambda: Message(Request.CONTACT, 5, codec.contact_body(EPOCH, 0b0011, 10, 10)),
    "play": lambda: Message(Request.PLAY, 6, codec.play_body(EPOCH, 7, 500, None, ((10, 0, 0, 0), (5, 0, 0, 0)))),
    "hush": lambda: Message(Request.HUSH, 7, codec.hush_body(EPOCH, 8)),
    "clear": lambda: Message(Request.CLEAR, 8, codec.clear_body(EPOCH)),
}

NOTHING = (KindReport(0, 0, 0, 0), KindReport(0, 0, 0, 0))
SILENT = LeadReport(0, 0xFF, 0, 0, 0, 0, 0, 0, 0, NOTHING)
TO_HOST: dict[str, tuple[int, Reply]] = {
    "identity": (
        1,
        Identity(b"EA1!", b"EA1-000001", 0x11223344, EPOCH, 0x0100, 4, 4, 16, 1, 2000, 10, 30_000, 200, 2000, 100),
    ),
    "limits-reply": (2, LIMITS),
    "program-reply": (3, Stored(HASH, PROGRAM)),
    "arm-reply": (4, Armed(EPOCH, HASH)),
    "contact-reply": (5, Touched(0b0011, (392, 600, 0, 0))),
    "play-reply": (6, Played(7, 500, 1)),
    "hush-reply": (7, Hushed(8)),
    "clear-reply": (8, Cleared()),
    "refused": (6, Refusal(0x06, 8, 12)),
    "status": (
        99,
        Report(
            boot=0x11223344,
            epoch=EPOCH,
            clock_us=9_876_543,
            played_us=3_250_000,
            step=7,
            state=4,
            fault=0,
            cause=0,
            flags=0b0110,
            block=1,
            section=1,
            hold=0xFF,
            position_us=3_250_000,
            lease_ms=400,
            kinds=2,
            bad=0,
            leads=(
                LeadReport(8, 1, 50, 50, 20, -1, 392, 0, 100, (KindReport(10, 6, 6, 6), KindReport(5, 25, 25, 25))),
                LeadReport(0, 0xFF, 0, 0, 0, 0, 0, 0, 0, (KindReport(0, 6, 6, 0), KindReport(0, 25, 25, 0))),
                SILENT,
                SILENT,
            ),
        ),
    ),
}


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("name", TO_DEVICE)
def test_a_request_is_the_manual_s_bytes(name: str) -> None:
    assert codec.encode(TO_DEVICE[name]()) == HEX[name]


@pytest.mark.parametrize("name", TO_HOST)
def test_the_manual_s_bytes_are_understood(name: str) -> None:
    number, reply = TO_HOST[name]
    message = codec.decode(HEX[name][:-1])

    assert message is not None
    assert (message.number, parse(message)) == (number, reply)


def test_no_vector_is_left_out() -> None:
    assert set(TO_DEVICE) | set(TO_HOST) == set(HEX)


def test_the_hash_of_the_program() -> None:
    assert PROGRAM.hash.hex() == VECTORS["program_hash"] == "fcbf325b3aee6212"


@pytest.mark.parametrize("vector", VECTORS["dropped"], ids=lambda vector: vector["name"])
def test_what_is_dropped_says_nothing(vector: dict[str, str]) -> None:
    chunks = Cutter().feed(bytes.fromhex(vector["hex"]))

    assert [codec.decode(chunk) for chunk in chunks] == [None] * len(chunks)


def test_a_stop_is_no_message() -> None:
    chunks = Cutter().feed(bytes.fromhex(VECTORS["stop"]["hex"]))

    assert chunks == [b"\x18"] and codec.decode(chunks[0]) is None
