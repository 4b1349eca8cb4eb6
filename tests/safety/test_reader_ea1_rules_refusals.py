"""What the reader of ea1 refuses, in its words: the request, the value, the bound, and the clause of the manual."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from eastim.errors import Refused
from eastim.profiles.profile import load_profile
from eastim.safety.readers.ea1 import Ea1Reader
from tests.safety import ea1_words as words
from tests.safety.ea1_walks import ask, at, reader, send
from tests.safety.ea1_words import EPOCH, KINDS, NEXT, PROGRAM, frame, wire

SILENT = "while the output is not proven silent"
ONLY = "only in IDLE or READY (ea1"
CLEAR = struct.pack("<I", EPOCH)

# Where the device is, the type of the request, its body, and all that is said.
WORDS: list[tuple[str, int, bytes, str]] = [
    ("blank", 1, b"EA1!", "HELLO does not say EA1? (ea1 4.1)"),
    ("blank", 1, b"EA1?\0", "HELLO does not say EA1? (ea1 4.1)"),
    ("playing", 1, b"EA1?", f"HELLO {SILENT} (ea1 4.1)"),
    ("testing", 5, words.contact(4), "CONTACT while CONTACT number 4 is unanswered (ea1 2.5)"),
    ("stopped", 1, b"EA1?", f"HELLO {SILENT} (ea1 4.1)"),
    ("blank", 2, words.limits(), "LIMITS before the device said who it is (ea1 4.1)"),
    ("greeted", 2, words.limits()[:-1], "LIMITS has a body of 15 bytes, must be 16 (ea1 4.2)"),
    ("greeted", 2, words.limits() + b"\0", "LIMITS has a body of 17 bytes, must be 16 (ea1 4.2)"),
    ("greeted", 2, words.limits((0, 2001, 0, 0)), "LIMITS allows level 2001, above the device's 2000 (ea1 4.2)"),
    (
        "greeted", 2, words.limits(play_ms=4294968),
        "LIMITS allows 4294968 ms of play, above the device's 4294967 ms (ea1 4.2)",
    ),
    ("greeted", 2, words.limits((65535, 0, 0, 0)), "LIMITS allows level 65535, above the device's 2000 (ea1 4.2)"),
    (
        "greeted", 2, words.limits(play_ms=4294967295),
        "LIMITS allows 4294967295 ms of play, above the device's 4294967 ms (ea1 4.2)",
    ),
    *(
        ("locked", 2, body, "LIMITS raises a limit that is locked (ea1 4.2)")
        for body in (
            words.limits((201, 0, 0, 0)), words.limits((0, 201, 0, 0)), words.limits((0, 0, 1, 0)),
            words.limits((0, 0, 0, 1)), words.limits(phase_pc=6_000_001), words.limits(play_ms=1_800_001),
        )
    ),
    ("armed", 2, words.limits(), f"LIMITS in state ARMED, {ONLY} 4.2)"),
    ("playing", 2, words.limits(), f"LIMITS {SILENT} (ea1 4.2)"),
    ("fault", 2, words.limits(), f"LIMITS in state FAULT, {ONLY} 4.2)"),
    ("greeted", 3, PROGRAM, "PROGRAM before the limits are locked (ea1 4.3)"),
    ("armed", 3, PROGRAM, f"PROGRAM in state ARMED, {ONLY} 4.3)"),
    ("playing", 3, PROGRAM, f"PROGRAM {SILENT} (ea1 4.3)"),
    ("greeted", 4, words.arm(), "ARM before limits and program are confirmed (ea1 4.7)"),
    ("locked", 4, words.arm(), "ARM before limits and program are confirmed (ea1 4.7)"),
    ("armed", 4, words.arm(), f"ARM in state ARMED, {ONLY} 4.7)"),
    ("playing", 4, words.arm(), f"ARM {SILENT} (ea1 4.7)"),
    ("loaded", 4, words.arm(EPOCH + 1), "ARM carries epoch A1B2C3D5, but A1B2C3D4 holds (ea1 3.4)"),
    (
        "loaded", 4, words.arm(digest=bytes.fromhex("fcbf325b3aee6213")),
        "ARM of program fcbf325b3aee6213, but fcbf325b3aee6212 is loaded (ea1 4.7)",
    ),
    (
        "loaded", 4, words.arm() + b"\0",
        "ARM of program fcbf325b3aee621200, but fcbf325b3aee6212 is loaded (ea1 4.7)",
    ),
    ("loaded", 5, words.contact(), "CONTACT while the device is not armed (ea1 4.8)"),
    ("armed", 5, words.contact(epoch=1), "CONTACT carries epoch 00000001, but A1B2C3D4 holds (ea1 3.4)"),
    ("armed", 5, words.contact() + b"\0", "CONTACT has a body of 9 bytes, must be 8 (ea1 4.8)"),
    ("armed", 5, words.contact()[:-1], "CONTACT has a body of 7 bytes, must be 8 (ea1 4.8)"),
    ("playing", 5, words.contact(4), "CONTACT after the first PLAY (ea1 4.8)"),
    ("armed", 5, words.contact(0), "CONTACT of leads 00; of 00 it was done since ARM (ea1 4.8)"),
    ("armed", 5, words.contact(16), "CONTACT of leads 10; of 00 it was done since ARM (ea1 4.8)"),
    ("armed", 5, words.contact(255), "CONTACT of leads FF; of 00 it was done since ARM (ea1 4.8)"),
    ("armed", 5, words.contact(pulses=255), "CONTACT with 255 pulses at level 10, must be 1 to 10 of each (ea1 4.8)"),
    (
        "armed", 5, words.contact(level=65535),
        "CONTACT with 10 pulses at level 65535, must be 1 to 10 of each (ea1 4.8)",
    ),
    ("tested", 5, words.contact(5), "CONTACT of leads 05; of 03 it was done since ARM (ea1 4.8)"),
    ("armed", 5, words.contact(pulses=0), "CONTACT with 0 pulses at level 10, must be 1 to 10 of each (ea1 4.8)"),
    ("armed", 5, words.contact(pulses=11), "CONTACT with 11 pulses at level 10, must be 1 to 10 of each (ea1 4.8)"),
    ("armed", 5, words.contact(level=0), "CONTACT with 10 pulses at level 0, must be 1 to 10 of each (ea1 4.8)"),
    ("armed", 5, words.contact(level=11), "CONTACT with 10 pulses at level 11, must be 1 to 10 of each (ea1 4.8)"),
    ("loaded", 6, words.play(1), "PLAY while the device is not armed (ea1 4.9)"),
    ("armed", 6, words.play(1, epoch=EPOCH - 1), "PLAY carries epoch A1B2C3D3, but A1B2C3D4 holds (ea1 3.4)"),
    ("armed", 6, words.play(1)[:11], "PLAY has a body of 11 bytes, which fits no number of kinds (ea1 4.9)"),
    ("armed", 6, words.play(1)[:12], "PLAY has a body of 12 bytes, which fits no number of kinds (ea1 4.9)"),
    ("armed", 6, words.play(1) + b"\0", "PLAY has a body of 29 bytes, which fits no number of kinds (ea1 4.9)"),
    ("armed", 6, words.play(1)[:-1], "PLAY has a body of 27 bytes, which fits no number of kinds (ea1 4.9)"),
    ("armed", 6, words.play(1, kinds=0), "PLAY of 0 kinds, but the program has 2 (ea1 4.9)"),
    ("armed", 6, words.play(1, kinds=1), "PLAY of 1 kinds, but the program has 2 (ea1 4.9)"),
    ("armed", 6, words.play(0), "PLAY step 0 is not above the last, 0 (ea1 3.6)"),
    ("raised", 6, words.play(2), "PLAY step 2 is not above the last, 2 (ea1 3.6)"),
    ("hushed", 6, words.play(3), "PLAY step 3 is not above the last, 3 (ea1 3.6)"),
    ("armed", 6, words.play(1, hold=2), "PLAY holds kind 2, but the program has 2 (ea1 4.9)"),
    ("armed", 6, words.play(1, hold=254), "PLAY holds kind 254, but the program has 2 (ea1 4.9)"),
    ("armed", 6, words.play(1, lease_ms=199), "PLAY lease 199 ms, must be 200 to 2000 ms (ea1 4.9)"),
    ("armed", 6, words.play(1, lease_ms=2001), "PLAY lease 2001 ms, must be 200 to 2000 ms (ea1 4.9)"),
    ("armed", 6, words.play(1, lease_ms=65535), "PLAY lease 65535 ms, must be 200 to 2000 ms (ea1 4.9)"),
    ("armed", 6, words.play(1, 65535), "PLAY level 65535 of lead A, kind 0, above its locked limit 200 (ea1 4.9)"),
    ("armed", 6, words.play(1, 201), "PLAY level 201 of lead A, kind 0, above its locked limit 200 (ea1 4.9)"),
    ("armed", 6, words.play(1, 0, 201), "PLAY level 201 of lead A, kind 1, above its locked limit 200 (ea1 4.9)"),
    (
        "armed", 6, words.play(1)[:-2] + b"\1\0",
        "PLAY level 1 of lead D, kind 1, above its locked limit 0 (ea1 4.9)",
    ),
    ("playing", 7, words.hush(2)[:-1], "HUSH has a body of 7 bytes, must be 8 (ea1 4.10)"),
    ("playing", 7, words.hush(2) + b"\0", "HUSH has a body of 9 bytes, must be 8 (ea1 4.10)"),
    ("playing", 7, words.hush(2, 1), "HUSH carries epoch 00000001, but A1B2C3D4 holds (ea1 3.4)"),
    ("playing", 7, words.hush(1), "HUSH step 1 is not above the last, 1 (ea1 3.6)"),
    ("loaded", 8, CLEAR[:-1], "CLEAR has a body of 3 bytes, must be 4 (ea1 4.11)"),
    ("loaded", 8, CLEAR + b"\0", "CLEAR has a body of 5 bytes, must be 4 (ea1 4.11)"),
    ("loaded", 8, bytes(4), "CLEAR carries epoch 00000000, but A1B2C3D4 holds (ea1 3.4)"),
    ("playing", 8, CLEAR, f"CLEAR {SILENT} (ea1 4.11)"),
    ("fault", 8, CLEAR, "CLEAR carries epoch A1B2C3D4, but 0BADCAFE holds (ea1 3.4)"),
    (
        "stopped", 7, words.hush(9),
        "HUSH while the epoch is unknown: the stop voids it until the device tells the next (ea1 3.4)",
    ),
    ("stopped", 6, words.play(3), "PLAY while the device is not armed (ea1 4.9)"),
    ("silenced", 4, words.arm(), "ARM carries epoch A1B2C3D4, but 0BADCAFE holds (ea1 3.4)"),
    ("armed", 9, words.play(1), "type 09 is no request of this wire (ea1 4)"),
    ("armed", 0, b"EA1?", "type 00 is no request of this wire (ea1 4)"),
]  # fmt: skip


def refusal(name: str, kind: int, body: bytes, **changed: object) -> str:
    """What is said of the next request; "" when it is admitted."""
    shadow = replace(at(name), **changed)  # type: ignore[arg-type]
    try:
        ask(shadow, kind, body)
    except Refused as error:
        return str(error)
    return ""


@pytest.mark.hazard("H47")
@pytest.mark.parametrize(("name", "kind", "body", "text"), WORDS)
def test_a_refusal_says_the_value_the_bound_and_the_clause(name: str, kind: int, body: bytes, text: str) -> None:
    assert refusal(name, kind, body) == text


@pytest.mark.parametrize(
    ("name", "kind", "body", "text"),
    [
        ("loaded", 4, words.arm(), "ARM after a contradiction (it lies) (ea1 4.6)"),
        ("armed", 6, words.play(1), "PLAY without a confirmed program (it lies) (ea1 4.7)"),
    ],
)
def test_after_a_contradiction_a_refusal_says_which(name: str, kind: int, body: bytes, text: str) -> None:
    assert refusal(name, kind, body, quarrel="it lies") == text


@pytest.mark.parametrize("lost", ["loaded", "locked"])
def test_armed_without_a_program_or_without_limits_plays_nothing(lost: str) -> None:
    text = "PLAY without a confirmed program (none is loaded) (ea1 4.7)"

    assert refusal("armed", 6, words.play(1), **{lost: None}) == text


@pytest.mark.parametrize("lost", ["loaded", "locked"])
def test_ready_without_a_program_or_without_limits_is_not_armed(lost: str) -> None:
    assert refusal("loaded", 4, words.arm(), **{lost: None}) == "ARM before limits and program are confirmed (ea1 4.7)"


def test_a_state_that_nobody_knows_locks_nothing() -> None:
    assert (
        refusal("greeted", 2, words.limits(), state=None) == "LIMITS in state unknown, only in IDLE or READY (ea1 4.2)"
    )


def test_an_armed_device_that_says_ready_loads_nothing() -> None:
    text = "LIMITS in state READY, only in IDLE or READY (ea1 4.2)"

    assert refusal("loaded", 2, words.limits(), armed=True) == text


@pytest.mark.hazard("H20")
def test_a_lease_beyond_the_profile_is_refused_with_both_times() -> None:
    # 500 ms and one pulse of twice 600 us
    short = Ea1Reader(replace(load_profile("ea1"), autonomous_us=501_199), KINDS)
    with pytest.raises(Refused) as error:
        short.sent(at("armed"), frame(6, 5, words.play(1)), 0)

    assert str(error.value) == "PLAY runs 501200 us alone, profile ea1 says 501199 us (ea1 5.5)"


def test_a_charge_beyond_the_locked_one_is_refused_with_both_charges() -> None:
    # 1.01 mA for 600 us is 606 nC; 3.01 mA for 200 us is 602 nC
    tight = words.limits((2000, 2000, 2000, 2000), phase_pc=600_000)
    loaded = ask(ask(at("greeted"), 2, tight, tight), 3, PROGRAM, words.HASH + PROGRAM)
    armed = ask(loaded, 4, words.arm(), words.arm())
    for slow, fast, text in (
        (101, 0, "606000 pC a phase on lead A, kind 0"),
        (0, 301, "602000 pC a phase on lead A, kind 1"),
    ):
        with pytest.raises(Refused) as error:
            ask(armed, 6, words.play(1, slow, fast))
        assert str(error.value) == f"PLAY {text}, above the locked 600000 pC (ea1 4.9)"


# --- one frame --------------------------------------------------------------------------------------------------------

PLAY = wire(6, 6, words.play(3))


@pytest.mark.hazard("H37")
@pytest.mark.parametrize("data", [b"\x18", b"\0\x18", b"\x18\0", b"\0\x18\0", b"\0\0\x18\0\0"])
def test_the_stop_in_any_dress_is_the_guards_own(data: bytes) -> None:
    with pytest.raises(Refused) as error:
        send(at("raised"), data)

    assert str(error.value) == "the stop is the guard's own (ea1 2.6)"


@pytest.mark.hazard("H37")
@pytest.mark.parametrize(
    "data",
    [b"\0", b"\0\0", PLAY[:-1], PLAY + b"\0", b"\0" + PLAY, PLAY + PLAY, b"\1" * 520 + b"\0", b"\1\0\1\1\0"],
)
def test_what_is_not_one_chunk_and_one_00_is_no_frame(data: bytes) -> None:
    one = "the frame is broken: no COBS, a wrong length, CRC or version (ea1 2.4)"
    more = f"the frame of {len(data)} bytes is not one chunk with one 00 behind it (ea1 2.3)"
    with pytest.raises(Refused) as error:
        send(at("raised"), data)

    assert str(error.value) == (one if data == b"\0" else more)


@pytest.mark.hazard("H37")
@pytest.mark.parametrize(
    "data", [b"\1" * 519 + b"\0", b"\5\0", b"\x18~\0", b"~\x18\0", wire(6, 6, words.play(3), version=2)]
)
def test_one_chunk_that_is_no_message_is_broken(data: bytes) -> None:
    with pytest.raises(Refused) as error:
        send(at("raised"), data)

    assert str(error.value) == "the frame is broken: no COBS, a wrong length, CRC or version (ea1 2.4)"


@pytest.mark.hazard("H37")
def test_a_longer_form_of_a_message_is_no_frame() -> None:
    # 254 bytes without a 00 are one full block; an empty one behind it may be there or not. Its CRC holds no 00 either.
    bodies = (b"\1" * 242 + tail.to_bytes(2, "little") for tail in range(1 << 16))
    short = next(
        data for data in (wire(6, 0x01010101, body) for body in bodies) if data[0] == 0xFF and len(data) == 256
    )
    with pytest.raises(Refused) as error:
        send(at("raised"), short[:-1] + b"\1\0")

    assert str(error.value) == "the frame is not the shortest form of its message (ea1 2.3)"


# --- numbers and open questions ---------------------------------------------------------------------------------------


@pytest.mark.hazard("H10")
def test_a_number_that_was_used_is_refused_with_the_last() -> None:
    with pytest.raises(Refused) as error:
        reader().sent(at("raised"), frame(6, 6, words.play(3)), 0)

    assert str(error.value) == "PLAY number 6 is not above the last, 6 (ea1 3.1)"


def test_four_plays_without_an_answer_are_the_most() -> None:
    shadow = at("playing")
    for step in (2, 3, 4, 5):
        shadow = ask(shadow, 6, words.play(step), now_us=20_000 * step)
    with pytest.raises(Refused) as error:
        ask(shadow, 7, words.hush(6), now_us=120_000)

    assert str(error.value) == "HUSH while 4 PLAYs are unanswered, the last with step 5 (ea1 2.5)"


def test_settled_takes_an_epoch_that_no_device_has_told() -> None:
    shadow = reader().settled(ask(at("blank"), 1, b"EA1?"))
    shadow = reader().settled(ask(reader().settled(ask(shadow, 2, words.limits())), 3, PROGRAM))

    assert reader().settled(ask(shadow, 4, words.arm(NEXT))).armed
