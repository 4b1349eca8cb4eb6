"""What an answer of ea1 changes in the shadow, and what is no answer: literally, field by field (4, 7)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.readers.ea1_parts.shadow import Ask, ContactTest, Is, Locked, Play, Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_walks import ask, at, hear, reader
from tests.safety.ea1_words import EPOCH, HASH, NEXT, PROGRAM, quiet, wire

MS = 1000
CONTACT_REPLY = bytes((3, 0, 0, 0)) + bytes(16)


def play_reply(step: int, lease_ms: int = 500, section: int = 0, pad: int = 0) -> bytes:
    return struct.pack("<IHBB", step, lease_ms, section, pad)


def change(before: Shadow, kind: int, body: bytes, reply: bytes, now_us: int = 0) -> dict[str, Any]:
    """The fields that the answer changed, from when the request had been sent."""
    sent = ask(before, kind, body)
    after = hear(sent, wire(kind | 0x80, sent.number, reply), now_us)
    names = Shadow.__dataclass_fields__
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(sent, name)}


# --- answers that fit -------------------------------------------------------------------------------------------------


def test_limits_are_locked_once_they_are_answered() -> None:
    body = words.limits((1, 2, 3, 4), 5, 6)

    assert change(at("greeted"), 2, body, body) == {"open": None, "locked": Locked((1, 2, 3, 4), 5, 6)}


def test_a_program_is_loaded_once_its_hash_and_bytes_come_back() -> None:
    found = change(at("locked"), 3, PROGRAM, HASH + PROGRAM)

    assert (found.pop("loaded").hash, found) == (HASH, {"open": None, "state": Is.READY})


def test_arm_begins_anew_with_no_step_no_test_and_no_play() -> None:
    assert change(at("silenced"), 4, words.arm(NEXT), words.arm(NEXT)) == {
        "open": None, "armed": True, "contacted": 0, "started": False, "step": 0, "step_was": 0, "state": Is.ARMED,
    }  # fmt: skip


def test_a_contact_test_is_over_when_it_is_answered() -> None:
    assert change(at("armed"), 5, words.contact(), CONTACT_REPLY) == {"open": None, "test": None}


def test_a_play_is_in_force_when_it_is_answered() -> None:
    play = Play(3, 500_000, None, ((8, 0, 0, 0), (4, 0, 0, 0)), 0)
    found = change(replace(at("raised"), faded=()), 6, words.play(3, 8, 4), play_reply(3), 7 * MS)

    assert found == {
        "open": None, "play": play, "step_was": 3, "faded": ((57 * MS, ((10, 0, 0, 0), (5, 0, 0, 0))),)
    }  # fmt: skip


def test_the_first_play_fades_from_silence() -> None:
    found = change(at("tested"), 6, words.play(1, 8, 4), play_reply(1), 7 * MS)

    assert (found["state"], found["faded"]) == (Is.PLAYING, ((57 * MS, ((0, 0, 0, 0), (0, 0, 0, 0))),))


def test_what_faded_is_kept_for_50_ms() -> None:
    old = ((1, 0, 0, 0), (1, 0, 0, 0))
    faded = ((7 * MS - 1, old), (7 * MS, old))
    found = change(replace(at("raised"), faded=faded), 6, words.play(3), play_reply(3), 7 * MS)

    assert found["faded"] == ((7 * MS, old), (57 * MS, ((10, 0, 0, 0), (5, 0, 0, 0))))


def test_an_answer_settles_every_play_before_it_and_all_of_them_may_fade() -> None:
    lost = ask(ask(at("raised"), 6, words.play(3, 20, 5)), 6, words.play(4, 8, 5), now_us=20 * MS)
    after = hear(lost, wire(0x86, 8, play_reply(4)), 30 * MS)

    assert after.lost == ()
    assert after.faded[-2:] == ((80 * MS, ((10, 0, 0, 0), (5, 0, 0, 0))), (80 * MS, ((20, 0, 0, 0), (5, 0, 0, 0))))


def test_a_hush_ends_the_play_and_leaves_the_device_armed() -> None:
    assert change(at("raised"), 7, words.hush(3), struct.pack("<I", 3)) == {
        "open": None, "play": None, "step_was": 3, "state": Is.ARMED,
    }  # fmt: skip


def test_a_hush_settles_the_lost() -> None:
    lost = ask(ask(at("raised"), 6, words.play(3, 20, 5)), 7, words.hush(4), now_us=20 * MS)

    assert hear(lost, wire(0x87, 8, struct.pack("<I", 4))).lost == ()


def test_a_hush_of_a_device_that_is_not_armed_leaves_its_state() -> None:
    assert change(at("loaded"), 7, words.hush(1), struct.pack("<I", 1)) == {"open": None, "step_was": 1}


def test_a_cleared_fault_leaves_ready_with_a_program_and_idle_without() -> None:
    body = struct.pack("<I", NEXT)

    assert change(at("fault"), 8, body, b"") == {"open": None, "state": Is.READY}
    assert change(replace(at("fault"), loaded=None), 8, body, b"") == {"open": None, "state": Is.IDLE}


# --- HELLO ------------------------------------------------------------------------------------------------------------


def test_hello_tells_who_it_is() -> None:
    reply = words.identity(b"abc-XYZ-0189", 0xF1223344, 0xE1B2C3D4)

    assert change(at("blank"), 1, b"EA1?", reply) == {
        "open": None, "serial": "abc-XYZ-0189", "boot": 0xF1223344, "epoch": 0xE1B2C3D4, "state": Is.IDLE,
    }  # fmt: skip


def test_hello_clears_all_that_a_session_had() -> None:
    before = replace(at("hushed"), played_us=1_000_000, holds=(1, None), assumed=True)

    assert change(before, 1, b"EA1?", words.identity(epoch=NEXT)) == {
        "open": None, "epoch": NEXT, "assumed": False, "state": Is.IDLE, "locked": None, "loaded": None,
        "armed": False, "contacted": 0, "started": False, "step": 0, "step_was": 0, "played_us": 0, "holds": (None,),
    }  # fmt: skip


def test_a_latched_fault_stays_over_hello() -> None:
    assert change(at("blank"), 1, b"EA1?", words.identity(state=6))["state"] is Is.FAULT


@pytest.mark.parametrize("length", [1, 11, 12])
def test_a_serial_has_1_to_12_characters(length: int) -> None:
    assert change(at("blank"), 1, b"EA1?", words.identity(b"Z" * length))["serial"] == "Z" * length


NO_IDENTITY = [
    b"EA2!" + words.identity()[4:],
    words.identity(b""),
    words.identity(b"EA1 1"),
    words.identity(b"EA1_1"),
    words.identity(b"EA1\0X"),
    words.identity(b"\0EA1"),
    words.identity(b"EA1-\x1b[2J"),
    words.identity(boot=0),
    words.identity(epoch=0),
    *(words.identity(state=state) for state in (0, 2, 3, 4, 5, 7, 255)),
]


@pytest.mark.hazard("H36")
@pytest.mark.parametrize("reply", NO_IDENTITY)
def test_an_identity_of_another_shape_is_none(reply: bytes) -> None:
    assert change(at("blank"), 1, b"EA1?", reply) == {
        "open": None, "quarrel": "the answer to HELLO is none of this wire (4.1)"
    }  # fmt: skip


@pytest.mark.parametrize("at_byte", [26, 27, 28, *range(30, 42)])
def test_other_ranges_than_the_manuals_are_none(at_byte: int) -> None:
    good = words.identity()
    bad = good[:at_byte] + bytes((good[at_byte] ^ 1,)) + good[at_byte + 1 :]

    assert change(at("blank"), 1, b"EA1?", bad) == {
        "open": None, "quarrel": "the device has other ranges than its manual (4.1)"
    }  # fmt: skip


def test_any_firmware_is_taken() -> None:
    good = words.identity()

    assert change(at("blank"), 1, b"EA1?", good[:24] + b"\xff\xff" + good[26:])["serial"] == "EA1-000001"


@pytest.mark.parametrize("reply", [words.identity()[:-1], words.identity() + b"\0", b""])
def test_an_identity_of_another_length_is_none(reply: bytes) -> None:
    text = f"HELLO was answered with {len(reply)} bytes, must be 42 (4.1)"

    assert change(at("blank"), 1, b"EA1?", reply) == {"open": None, "quarrel": text}


@pytest.mark.hazard("H08")
def test_another_boot_or_serial_is_another_device() -> None:
    again = change(at("greeted"), 1, b"EA1?", words.identity(boot=0x22334455))
    other = change(at("greeted"), 1, b"EA1?", words.identity(b"EA1-000002"))

    assert again["quarrel"] == "the device has restarted: boot 11223344 became 22334455 (3.5)"
    assert other["quarrel"] == "another device answers: EA1-000002, not EA1-000001 (4.1)"
    assert (again["boot"], other["serial"]) == (0x22334455, "EA1-000002")
    assert "quarrel" not in change(at("greeted"), 1, b"EA1?", words.identity())


# --- answers that contradict ------------------------------------------------------------------------------------------

CONTRADICT = [
    ("greeted", 2, words.limits(), words.limits((201, 200, 0, 0)),
     "LIMITS was answered with c900c80000000000808d5b00, not c800c80000000000808d5b00"),
    ("greeted", 2, words.limits(), words.limits()[:-1],
     "LIMITS was answered with c800c80000000000808d5b00, not c800c80000000000808d5b00"),
    ("locked", 3, PROGRAM, bytes(8) + PROGRAM,
     "PROGRAM was answered with 00000000000000002c010200, not fcbf325b3aee62122c010200"),
    ("locked", 3, PROGRAM, HASH + PROGRAM[:-1] + b"\1",
     "PROGRAM was answered with fcbf325b3aee62122c010200, not fcbf325b3aee62122c010200"),
    ("loaded", 4, words.arm(), words.arm(EPOCH + 1),
     "ARM was answered with d5c3b2a1fcbf325b3aee6212, not d4c3b2a1fcbf325b3aee6212"),
    ("tested", 6, words.play(1), play_reply(2), "PLAY was answered with 02000000f401, not 01000000f401"),
    ("tested", 6, words.play(1), play_reply(1, 501), "PLAY was answered with 01000000f501, not 01000000f401"),
    ("tested", 6, words.play(1), play_reply(1, pad=1), "PLAY was answered with nothing fitting, not 01000000f401"),
    ("tested", 6, words.play(1), play_reply(1)[:-1], "PLAY was answered with nothing fitting, not 01000000f401"),
    ("tested", 6, words.play(1), play_reply(1) + b"\0", "PLAY was answered with nothing fitting, not 01000000f401"),
    ("raised", 7, words.hush(3), bytes(4), "HUSH was answered with 00000000, not 03000000"),
    ("raised", 7, words.hush(3), b"\3\0\0\0\0", "HUSH was answered with 0300000000, not 03000000"),
    ("armed", 5, words.contact(), bytes(20), "CONTACT was answered with 00000000, not 03000000"),
    ("armed", 5, words.contact(), b"\3\0\0\1" + bytes(16), "CONTACT was answered with 03000001, not 03000000"),
    ("armed", 5, words.contact(), CONTACT_REPLY[:-1], "CONTACT was answered with nothing fitting, not 03000000"),
    ("armed", 5, words.contact(), CONTACT_REPLY + b"\0", "CONTACT was answered with nothing fitting, not 03000000"),
    ("loaded", 8, struct.pack("<I", EPOCH), b"\0", "CLEAR was answered with 00, not nothing"),
]  # fmt: skip


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(("name", "kind", "body", "reply", "text"), CONTRADICT)
def test_an_answer_that_contradicts_is_told_and_changes_nothing(
    name: str, kind: int, body: bytes, reply: bytes, text: str
) -> None:
    assert change(at(name), kind, body, reply) == {"quarrel": text}


def test_the_first_contradiction_is_the_one_that_is_told() -> None:
    assert change(replace(at("raised"), quarrel="it lies"), 7, words.hush(3), bytes(4)) == {}


def test_the_section_in_the_answer_to_a_play_is_only_news() -> None:
    assert "quarrel" not in change(at("tested"), 6, words.play(1), play_reply(1, section=9))


def test_the_impedances_in_the_answer_to_a_contact_test_are_only_news() -> None:
    assert "quarrel" not in change(at("armed"), 5, words.contact(), CONTACT_REPLY[:4] + b"\xff" * 16)


# --- what answers nothing ---------------------------------------------------------------------------------------------

HUSHING = wire(0x87, 7, struct.pack("<I", 3))


@pytest.mark.hazard("H10")
@pytest.mark.parametrize(
    "data",
    [
        wire(0x87, 6, struct.pack("<I", 3)), wire(0x87, 8, struct.pack("<I", 3)), wire(0x86, 7, struct.pack("<I", 3)),
        wire(0x07, 7, struct.pack("<I", 3)), wire(0x80, 7, struct.pack("<I", 3)), wire(0xFF, 6, b"\7\4\0\0\0\0"),
        wire(0xFF, 7, b"\6\4\0\0\0\0"), wire(0xFF, 7, b"\7\4\0\0\0"), wire(0xFF, 7, b"\7\4\0\0\0\0\0"),
        wire(0xFF, 7, b""),
    ],
)  # fmt: skip
def test_what_answers_another_request_answers_nothing(data: bytes) -> None:
    sent = ask(at("raised"), 7, words.hush(3))

    assert hear(sent, data) == sent
    assert hear(sent, HUSHING) != sent


def test_an_answer_to_no_question_changes_nothing() -> None:
    assert hear(at("hushed"), HUSHING) == at("hushed")
    assert hear(at("blank"), wire(0x87, 0, b"")) == at("blank")


# --- refusals ---------------------------------------------------------------------------------------------------------


def refused(shadow: Shadow, kind: int) -> Shadow:
    return hear(shadow, wire(0xFF, shadow.number, struct.pack("<BBI", kind, 4, 0)))


def test_a_refused_request_changes_nothing_but_that_it_is_answered() -> None:
    sent = ask(at("greeted"), 2, words.limits())

    assert refused(sent, 2) == replace(sent, open=None)


def test_a_refused_contact_test_is_none() -> None:
    assert refused(at("testing"), 5) == replace(at("testing"), open=None, test=None)


def test_the_refusal_of_a_hush_ends_no_contact_test() -> None:
    test = ContactTest(3, 10, 10, 0)
    cut = hear(reader().stopped(at("testing"), 0), quiet(2, epoch=NEXT, cause=2, flags=0b110, played_us=0).wire)
    assert cut.test == test

    assert refused(ask(cut, 7, words.hush(1, NEXT)), 7).test == test


# --- a question that a stop cuts off ----------------------------------------------------------------------------------


def stopped(name: str, kind: int, body: bytes) -> Shadow:
    return reader().stopped(ask(at(name), kind, body), 0)


def test_hello_cut_off_may_have_cleared_all() -> None:
    cut = stopped("hushed", 1, b"EA1?")

    assert (cut.open, cut.locked, cut.loaded, cut.state) == (None, None, None, None)
    assert (cut.contacted, cut.started, cut.step, cut.step_was) == (0, False, 0, 0)


def test_limits_cut_off_are_unknown() -> None:
    cut = stopped("loaded", 2, words.limits((0, 0, 0, 0)))

    assert (cut.open, cut.locked, cut.loaded is None) == (None, None, False)


def test_a_program_cut_off_is_unknown() -> None:
    cut = stopped("loaded", 3, PROGRAM)

    assert (cut.open, cut.loaded, cut.locked is None) == (None, None, False)


@pytest.mark.parametrize(("kind", "body"), [(4, words.arm()), (8, struct.pack("<I", EPOCH)), (7, words.hush(1))])
def test_any_other_request_cut_off_leaves_limits_and_program(kind: int, body: bytes) -> None:
    cut = stopped("loaded", kind, body)

    assert (cut.open, cut.locked, cut.loaded, cut.cut_off) == (
        None, at("loaded").locked, at("loaded").loaded, Ask(kind)
    )  # fmt: skip
