"""Every field of every request of ea1: the last value admitted, the first refused, and the clause that refuses it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.safety.readers.ea1 import Ea1Reader
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.boundaries.ea1_bodies import ARM, HELLO, HUSH, LIMITS, PLAY, block, limits, play
from tests.safety.boundaries.ea1_fields import FIELDS, MOST, Field
from tests.safety.ea1_states import GREETED, LOADED, LOCKED, PLAYING, READER, ask, hear, record
from tests.safety.ea1_words import EPOCH, HASH, KINDS, PROGRAM, frame, wire

GOOD = [pytest.param(row, value, id=f"{row.name} {value}") for row in FIELDS for value in row.good]
BAD = [pytest.param(row, value, id=f"{row.name} {value}") for row in FIELDS for value in row.bad]

HASHES = [
    bytes.fromhex(text) for text in ("d0992a2e4ee6e8b9", "e021a264c3294bed", "abb1f0747a4ff031", "59dec0423305a0e7")
]


@pytest.mark.hazard("H47")
@pytest.mark.parametrize(("row", "value"), GOOD)
def test_this_value_is_admitted(row: Field, value: int) -> None:
    assert ask(row.before, row.kind, row.make(value)).number == row.before.number + 1


@pytest.mark.hazard("H47")
@pytest.mark.parametrize(("row", "value"), BAD)
def test_this_value_is_refused_by_its_clause(row: Field, value: int) -> None:
    with pytest.raises(Refused, match=re.escape(f"(ea1 {row.clause})")):
        ask(row.before, row.kind, row.make(value))


def test_every_request_has_its_fields_here() -> None:
    assert {row.kind for row in FIELDS} == set(range(1, 9))


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("above", [1, 2, 1000, MOST - PLAYING.number])
def test_a_larger_number_is_admitted(above: int) -> None:
    assert READER.sent(PLAYING, frame(PLAY, PLAYING.number + above, play(2)), 0).number == PLAYING.number + above


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("number", [0, 1, MOST - 1, MOST])
def test_after_the_last_number_no_other_is_admitted(number: int) -> None:
    last = replace(PLAYING, number=MOST, last=b"")

    with pytest.raises(Refused, match=r"\(ea1 3\.1\)"):
        READER.sent(last, frame(PLAY, number, play(2)), 0)


@pytest.mark.parametrize("number", [0, 1, 3, MOST])
def test_hello_may_carry_any(number: int) -> None:
    assert READER.sent(LOADED, frame(HELLO, number, b"EA1?"), 0).number == number


@pytest.mark.parametrize("number", [0, MOST])
def test_before_the_first_request_any_number_is_larger(number: int) -> None:
    greeted = hear(READER.sent(READER.blank(), frame(HELLO, number, b"EA1?"), 0), wire(0x81, number, words.identity()))

    assert greeted.boot == words.BOOT


# --- a PLAY that is not answered --------------------------------------------------------------------------------------

ASKED = ask(PLAYING, PLAY, play(2), now_us=1_000_000)


@pytest.mark.parametrize(("kind", "body"), [(PLAY, play(3)), (HUSH, words.hush(3))])
def test_after_20_ms_a_newer_play_or_hush_does_not_wait_for_the_answer(kind: int, body: bytes) -> None:
    assert ask(ASKED, kind, body, now_us=1_020_000).number == ASKED.number + 1
    with pytest.raises(Refused, match=r"\(ea1 2\.5\)"):
        ask(ASKED, kind, body, now_us=1_019_999)


@pytest.mark.parametrize(("kind", "body"), [(HELLO, b"EA1?"), (LIMITS, limits()), (ARM, words.arm())])
def test_no_other_request_goes_on_without_the_answer(kind: int, body: bytes) -> None:
    with pytest.raises(Refused, match=r"while PLAY number \d+ is unanswered \(ea1 2\.5\)"):
        ask(ASKED, kind, body, now_us=1_000_000_000)


def test_a_fifth_play_waits_for_an_answer() -> None:
    shadow = ASKED
    for step in (3, 4, 5):
        shadow = ask(shadow, PLAY, play(step), now_us=step * 1_000_000)

    with pytest.raises(Refused, match=r"while 4 PLAYs are unanswered, the last with step 5 \(ea1 2\.5\)"):
        ask(shadow, PLAY, play(6), now_us=60_000_000)


# --- what the profile bounds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("max_ua", "last"), [(20_000, 2000), (30_000, 2000), (1_005, 100), (10, 1), (9, 0)])
def test_limits_stay_within_the_profile_and_within_the_device(max_ua: int, last: int) -> None:
    reader = Ea1Reader(replace(load_profile("ea1"), max_ua=max_ua), KINDS)

    def locks(level: int) -> Shadow:
        return reader.sent(GREETED, frame(LIMITS, 2, limits(a=level, b=0)), 0)

    assert locks(last).number == 2
    with pytest.raises(Refused, match=rf"\(ea1 4\.2\)|device's {last} "):
        locks(last + 1)


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(
    ("lease_ms", "width", "gap", "alone_us"),
    [(2000, 600, 0, 2_001_200), (2000, 2000, 1000, 2_005_000), (200, 20, 0, 200_040), (500, 600, 1, 501_201)],
)
def test_a_lease_and_a_pulse_stay_within_what_the_profile_says(
    lease_ms: int, width: int, gap: int, alone_us: int
) -> None:
    body = block(record(width=width, gap=gap))
    digest = hashed(body)
    armed = ask(ask(LOCKED, 3, body, digest + body), ARM, words.arm(digest=digest), words.arm(digest=digest))

    for autonomous_us, ok in ((alone_us, True), (alone_us - 1, False)):
        profile = replace(load_profile("ea1"), lease_us=200_000, renew_us=100_000, autonomous_us=autonomous_us)
        reader = Ea1Reader(profile, ("2",))
        request = frame(PLAY, armed.number + 1, play(1, (0,) * 4, lease_ms=lease_ms))
        if ok:
            assert reader.output(reader.sent(armed, request, 0)).ends_us == alone_us
        else:
            with pytest.raises(Refused, match=rf"runs {alone_us} us alone.*\(ea1 5\.5\)"):
                reader.sent(armed, request, 0)


def hashed(body: bytes) -> bytes:
    """The first 8 bytes of SHA-256 over these bodies, made with sha256sum."""
    return {
        block(record(width=600)): HASHES[0],
        block(record(width=2000, gap=1000)): HASHES[1],
        block(record(width=20)): HASHES[2],
        block(record(width=600, gap=1)): HASHES[3],
    }[body]


# --- the frame itself -------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H37")
@pytest.mark.parametrize("length", [0, 1, 253, 254, 255, 501, 502])
def test_a_message_of_at_most_512_bytes_is_heard(length: int) -> None:
    """An answer of another type answers nothing, and is no broken chunk either."""
    assert hear(PLAYING, wire(0x99, 1, b"\1" * length)).dropped == PLAYING.dropped


@pytest.mark.hazard("H37")
@pytest.mark.parametrize("length", [503, 504, 510, 600])
def test_a_longer_message_is_dropped(length: int) -> None:
    assert hear(PLAYING, wire(0x99, 1, b"\1" * length)).dropped == PLAYING.dropped + 1


@pytest.mark.parametrize("zeros", [b"\0", b"\0\0\0"])
def test_zeros_before_a_chunk_mean_nothing_when_heard_and_are_refused_at_the_door(zeros: bytes) -> None:
    answer = wire(0x87, ask(PLAYING, HUSH, words.hush(2)).number, words.hush(2)[4:])

    assert hear(ask(PLAYING, HUSH, words.hush(2)), zeros + answer).play is None
    with pytest.raises(Refused, match=r"\(ea1 2\.3\)"):
        READER.sent(PLAYING, Frame(zeros + wire(HUSH, PLAYING.number + 1, words.hush(2)), 5000), 0)


def test_the_epochs_and_hashes_here_are_those_of_the_vectors() -> None:
    assert (EPOCH, HASH.hex()) == (0xA1B2C3D4, "fcbf325b3aee6212") and len(PROGRAM) == 52
