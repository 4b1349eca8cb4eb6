"""What the reader of ea1 admits: request by request, the last admitted and the first refused."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.safety.readers.ea1 import Ea1Reader
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
    TESTED,
    ask,
    hear,
    play,
    record,
)
from tests.safety.ea1_words import EPOCH, HASH, KINDS, PROGRAM, frame, wire

# --- what is admitted ------------------------------------------------------------------------------------------------

ADMITTED: list[tuple[Shadow, int, bytes]] = [
    (READER.blank(), 1, b"EA1?"),
    (LOADED, 1, b"EA1?"),
    (GREETED, 2, words.limits((2000,) * 4, 4294967295, 4294967)),
    (LOCKED, 2, words.limits((199, 200, 0, 0))),
    (LOADED, 3, PROGRAM),
    (ARMED, 5, words.contact(15, 10, 10)),
    (ARMED, 5, words.contact(1, 1, 1)),
    (ARMED, 6, words.play(1)),
    (PLAYING, 6, words.play(2, 200, 200)),
    (PLAYING, 6, words.play(2, lease_ms=200)),
    (PLAYING, 6, words.play(2, lease_ms=2000)),
    (PLAYING, 6, words.play(2, hold=1)),
    (PLAYING, 7, words.hush(2)),
    (ARMED, 7, words.hush(1)),
    (LOADED, 8, struct.pack("<I", EPOCH)),
]


@pytest.mark.parametrize(("shadow", "kind", "body"), ADMITTED)
def test_this_request_is_admitted(shadow: Shadow, kind: int, body: bytes) -> None:
    assert ask(shadow, kind, body).open is not None


REFUSED: list[tuple[Shadow, int, bytes, str]] = [
    (READER.blank(), 1, b"EA1!", "4.1"),
    (PLAYING, 1, b"EA1?", "4.1"),
    (READER.blank(), 2, words.limits(), "4.1"),
    (GREETED, 2, words.limits((2001, 0, 0, 0)), "4.2"),
    (GREETED, 2, words.limits(play_ms=4294968), "4.2"),
    (GREETED, 2, words.limits()[:-1], "4.2"),
    (LOCKED, 2, words.limits((201, 200, 0, 0)), "4.2"),
    (LOCKED, 2, words.limits(phase_pc=6_000_001), "4.2"),
    (LOCKED, 2, words.limits(play_ms=1_800_001), "4.2"),
    (ARMED, 2, words.limits(), "4.2"),
    (PLAYING, 2, words.limits(), "4.2"),
    (GREETED, 3, PROGRAM, "4.3"),
    (ARMED, 3, PROGRAM, "4.3"),
    (PLAYING, 3, PROGRAM, "4.3"),
    (LOCKED, 4, words.arm(), "4.7"),
    (LOADED, 4, words.arm(digest=bytes(8)), "4.7"),
    (LOADED, 4, words.arm(epoch=EPOCH + 1), "3.4"),
    (LOADED, 4, words.arm()[:-1], "4.7"),
    (ARMED, 4, words.arm(), "4.7"),
    (LOADED, 5, words.contact(), "4.8"),
    (ARMED, 5, words.contact(level=11), "4.8"),
    (ARMED, 5, words.contact(level=0), "4.8"),
    (ARMED, 5, words.contact(pulses=11), "4.8"),
    (ARMED, 5, words.contact(pulses=0), "4.8"),
    (ARMED, 5, words.contact(leads=0), "4.8"),
    (ARMED, 5, words.contact(leads=16), "4.8"),
    (ARMED, 5, words.contact(epoch=1), "3.4"),
    (TESTED, 5, words.contact(leads=1), "4.8"),
    (PLAYING, 5, words.contact(leads=4), "4.8"),
    (LOADED, 6, words.play(1), "4.9"),
    (PLAYING, 6, words.play(2, epoch=EPOCH + 1), "3.4"),
    (PLAYING, 6, words.play(1), "3.6"),
    (PLAYING, 6, words.play(2, 201), "4.9"),
    (PLAYING, 6, words.play(2, 0, 201), "4.9"),
    (PLAYING, 6, words.play(2, lease_ms=199), "4.9"),
    (PLAYING, 6, words.play(2, lease_ms=2001), "4.9"),
    (PLAYING, 6, words.play(2, hold=2), "4.9"),
    (PLAYING, 6, words.play(2, kinds=1), "4.9"),
    (PLAYING, 6, words.play(2)[:-1], "4.9"),
    (PLAYING, 6, b"", "3.4"),
    (PLAYING, 7, words.hush(1), "3.6"),
    (PLAYING, 7, words.hush(2, epoch=1), "3.4"),
    (PLAYING, 7, words.hush(2) + b"\0", "4.10"),
    (PLAYING, 8, struct.pack("<I", EPOCH), "4.11"),
    (LOADED, 8, struct.pack("<I", 1), "3.4"),
    (LOADED, 8, b"", "4.11"),
]


@pytest.mark.parametrize(("shadow", "kind", "body", "clause"), REFUSED)
def test_this_request_is_refused_and_its_clause_quoted(shadow: Shadow, kind: int, body: bytes, clause: str) -> None:
    with pytest.raises(Refused, match=rf"\(ea1 {clause}\)".replace(".", r"\.")):
        ask(shadow, kind, body)


@pytest.mark.hazard("H37")
def test_nothing_but_the_eight_requests_is_admitted() -> None:
    for kind in set(range(256)) - set(range(1, 9)):
        with pytest.raises(Refused, match="is no request of this wire"):
            ask(PLAYING, kind, words.play(2))


def test_a_charge_above_the_locked_one_is_refused() -> None:
    tight = ask(GREETED, 2, words.limits(phase_pc=600_000), words.limits(phase_pc=600_000))
    armed = ask(ask(tight, 3, PROGRAM, HASH + PROGRAM), 4, words.arm(), words.arm())

    assert play(armed, 1, 100).play is not None  # 1 mA * 600 us
    with pytest.raises(Refused, match="606000 pC a phase"):
        play(armed, 1, 101)


@pytest.mark.hazard("H20")
def test_a_lease_longer_than_the_profile_lets_a_device_go_on_alone_is_refused() -> None:
    # 500 ms and a pulse of 1.2 ms
    for autonomous_us, ok in ((501_200, True), (501_199, False)):
        reader = Ea1Reader(replace(load_profile("ea1"), autonomous_us=autonomous_us), KINDS)
        request = frame(6, ARMED.number + 1, words.play(1))
        if ok:
            assert reader.sent(ARMED, request, 0).started
        else:
            with pytest.raises(Refused, match="runs 501200 us alone"):
                reader.sent(ARMED, request, 0)


SECTIONS = [
    ({"width": 2000}, True), ({"width": 2001}, False), ({"width": 20}, True), ({"width": 19}, False),
    ({"gap": 1000}, True), ({"gap": 1001}, False), ({"sign": 1}, True), ({"sign": 2}, False),
    ({"leads": 15}, True), ({"leads": 16}, False), ({"leads": 0}, False), ({"pad": 1}, False), ({"kind": 1}, False),
    ({"count": 1}, True), ({"count": 0}, False), ({"num": 0}, False), ({"den": 0}, False),
    ({"duration": 2_501_200}, True), ({"duration": 2_501_199}, False),
    ({"duration": 3_600_000_000}, True), ({"duration": 3_600_000_001}, False),
    ({"num": 1, "den": 100, "count": 1}, True), ({"num": 1, "den": 101, "count": 1}, False),
    ({"num": 1000, "width": 250, "count": 1}, True), ({"num": 1001, "width": 20, "count": 1}, False),
    ({"num": 1000, "width": 251, "count": 1}, False),
    ({"num": 1, "count": 10_000_001, "duration": 3_600_000_000}, False),
]  # fmt: skip


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(("changed", "ok"), SECTIONS)
def test_a_section_has_these_bounds(changed: dict[str, int], ok: bool) -> None:
    body = struct.pack("<HBB", 1, 1, 0) + record(**changed)
    if ok:
        assert ask(LOCKED, 3, body).open is not None
    else:
        with pytest.raises(Refused, match=r"PROGRAM: .*\(ea1 4\.[345]\)"):
            ask(LOCKED, 3, body)


BLOCKS = [
    (struct.pack("<HBB", 65535, 1, 0) + record(), True),
    (struct.pack("<HBB", 0, 1, 0) + record(), False),
    (struct.pack("<HBB", 1, 0, 0), False),
    (struct.pack("<HBB", 1, 1, 1) + record(), False),
    (struct.pack("<HBB", 1, 16, 0) + record() * 16, True),
    (struct.pack("<HBB", 1, 17, 0) + record() * 17, False),
    (struct.pack("<HBB", 1, 2, 0) + record(), False),
    (struct.pack("<HBB", 1, 1, 0) + record() + b"\0", False),
    (struct.pack("<HBB", 1, 2, 0) + record(duration=1_800_000_000) * 2, True),
    (struct.pack("<HBB", 1, 2, 0) + record(duration=1_800_000_000) + record(duration=1_800_000_001), False),
    (struct.pack("<HBB", 1, 2, 0) + record() + record(width=601), False),
    (struct.pack("<HBB", 1, 2, 0) + record() + record(kind=1, width=601), True),
    (struct.pack("<HBB", 1, 2, 0) + record() + record(kind=2), False),
    (b"\1\0", False),
]


@pytest.mark.parametrize(("body", "ok"), BLOCKS)
def test_a_block_has_these_bounds(body: bytes, ok: bool) -> None:
    if ok:
        assert ask(LOCKED, 3, body).open is not None
    else:
        with pytest.raises(Refused, match="PROGRAM: "):
            ask(LOCKED, 3, body)


# --- one whole canonical frame ---------------------------------------------------------------------------------------

PLAY2 = wire(6, PLAYING.number + 1, words.play(2))
SHAPES: list[tuple[str, bytes]] = [
    ("a leading 00", b"\0" + PLAY2),
    ("no 00 behind", PLAY2[:-1]),
    ("two 00 behind", PLAY2 + b"\0"),
    ("two frames", PLAY2 + PLAY2),
    ("a stop in front", b"\0\x18\0" + PLAY2),
    ("the stop", b"\0\x18\0"),
    ("the stop's byte", b"\x18"),
    ("nothing", b"\0"),
    ("version 2", wire(6, PLAYING.number + 1, words.play(2), version=2)),
    ("too long", wire(6, PLAYING.number + 1, bytes(600))),
    ("a longer form of the same message", b"\xff" * 2),
]


@pytest.mark.hazard("H37")
@pytest.mark.parametrize("data", [data for _, data in SHAPES], ids=[name for name, _ in SHAPES])
def test_what_is_not_one_whole_frame_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        READER.sent(PLAYING, Frame(data, 5000), 0)


@pytest.mark.hazard("H09")
@pytest.mark.hazard("H37")
def test_cobs_that_is_not_the_shortest_form_is_refused() -> None:
    # A run of 254 bytes at the end may be coded with or without an empty block behind it; only the shortest is taken.
    for tail in range(1 << 16):
        body = b"\x01" * 242 + tail.to_bytes(2, "little")
        frame_ = wire(6, 0x01010101, body)
        if len(frame_) == 256 and frame_[0] == 0xFF:
            break
    with pytest.raises(Refused, match="not the shortest form"):
        READER.sent(PLAYING, Frame(frame_[:-1] + b"\x01\0", 5000), 0)


# --- numbers, retries, one question at a time ------------------------------------------------------------------------


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("number", [PLAYING.number, PLAYING.number - 1, 0])
def test_a_number_that_is_not_larger_is_refused(number: int) -> None:
    with pytest.raises(Refused, match=r"is not above the last.*\(ea1 3\.1\)"):
        READER.sent(PLAYING, frame(6, number, words.play(2)), 0)


def test_hello_may_carry_any_number() -> None:
    assert READER.sent(LOADED, frame(1, 0, b"EA1?"), 0).number == 0


@pytest.mark.hazard("H10")
def test_an_answered_retry_changes_nothing() -> None:
    assert READER.sent(RAISED, Frame(RAISED.last, 5000), 99_000_000) == RAISED


def test_an_unanswered_retry_may_be_the_copy_that_acts() -> None:
    sent = ask(PLAYING, 6, words.play(2, 10))
    retried = READER.sent(sent, Frame(sent.last, 5000), 100_000)

    # 100 ms later, lease 500 ms, pulse 1.2 ms
    assert READER.output(retried).ends_us == 601_200


def test_a_second_question_waits_for_the_first_answer() -> None:
    with pytest.raises(Refused, match=r"while ARM number \d+ is unanswered \(ea1 2\.5\)"):
        ask(ask(LOADED, 4, words.arm()), 6, words.play(1))


def test_an_answer_with_another_number_answers_nothing() -> None:
    sent = ask(LOADED, 4, words.arm())

    assert not hear(sent, wire(0x84, sent.number + 1, words.arm())).armed
