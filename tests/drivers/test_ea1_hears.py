"""What the ea1 driver hears, and how it goes on (docs/wire/ea1.md)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from eastim.drivers.base import Answered, DeviceFault, Progress, Slice
from eastim.drivers.ea1.driver import Ea1Driver
from eastim.errors import DeviceError, Garbled, Rejected, WrongDevice
from eastim.frames import Frame
from tests.drivers.ea1_wire import (
    ARMED,
    BODY,
    DONE,
    EPOCH,
    FAULT,
    HEX,
    IDLE,
    OTHER_EPOCH,
    PLAYING,
    PROGRAM,
    READY,
    ZERO,
    armed,
    driver,
    framed,
    identity,
    opened,
    ready,
    status,
)

SLICE = Slice(0, 0, 500_000, 0)


def asked(walk: Iterator[Frame]) -> bytes:
    return next(walk).data


def test_what_comes_before_any_question_answers_none() -> None:
    assert driver().hear(HEX["identity"]) == ()


def test_an_answer_to_another_question_is_none_to_this() -> None:
    one = driver()
    next(one.hello())

    assert one.hear(identity(number=9)) == ()
    assert one.hear(identity(number=1)) == (Answered(),)


def test_a_report_whose_number_is_the_question_s_is_no_answer() -> None:
    """It is the device's own counter (6.1)."""
    one = driver()
    next(one.hello())

    assert one.hear(status(IDLE)) == (Progress(False, False, 0),)
    assert one.hear(HEX["identity"]) == (Answered(),)


def test_a_latched_fault_is_cleared_before_the_limits() -> None:
    one = driver()
    hello = one.hello()
    next(hello)
    one.hear(identity(state=FAULT))

    assert asked(hello) == framed(0x08, 2, struct.pack("<I", EPOCH))


def test_a_fault_latched_since_is_cleared_before_arming() -> None:
    one = ready()
    one.hear(status(FAULT, fault=1, epoch=OTHER_EPOCH))
    contact = one.contact()

    assert asked(contact) == framed(0x08, 4, struct.pack("<I", OTHER_EPOCH))


def test_a_fault_once_cleared_is_not_cleared_again() -> None:
    one = ready()
    one.hear(status(FAULT, fault=1))
    next(one.contact())
    one.hear(framed(0x88, 4))

    assert opened(asked(one.contact()))[:2] == (0x04, 5)


def test_a_stop_voids_the_epoch_and_the_arming() -> None:
    one = armed()
    one.hear(status(READY, epoch=OTHER_EPOCH))

    assert opened(asked(one.contact()))[:2] == (0x04, 6)
    assert opened(asked(one.contact()))[2][:4] == struct.pack("<I", OTHER_EPOCH)


def test_after_a_hush_the_device_is_still_armed() -> None:
    assert list(armed().contact()) == []


def test_steps_go_on_after_a_hush_and_begin_anew_after_arming() -> None:
    one = armed()
    next(one.fire(SLICE, ZERO))
    one.hear(status(READY, epoch=OTHER_EPOCH))
    next(one.contact())

    assert opened(asked(one.fire(SLICE, ZERO)))[2][4:8] == b"\x01\0\0\0"


@pytest.mark.parametrize(
    ("state", "quiet", "expected"),
    [
        (IDLE, True, Progress(playing=False, ended=False, played_us=5)),
        (ARMED, True, Progress(playing=False, ended=False, played_us=5)),
        (PLAYING, False, Progress(playing=True, ended=False, played_us=5)),
        (DONE, True, Progress(playing=False, ended=True, played_us=5)),
    ],
)
def test_a_status_is_progress(state: int, quiet: bool, expected: Progress) -> None:
    assert driver().hear(status(state, quiet=quiet, played_us=5)) == (expected,)


def test_a_fault_is_said_in_the_device_s_words() -> None:
    events = driver().hear(status(FAULT, fault=1))

    assert events[1:] == (DeviceFault("LEASE: the lease ended"),)


def test_the_vectors_status_in_any_cut() -> None:
    one = driver()
    events = [event for byte in HEX["status"] for event in one.hear(bytes([byte]))]

    assert events == [Progress(playing=True, ended=False, played_us=3_250_000)]


@pytest.mark.hazard("H12")
def test_another_boot_is_another_device() -> None:
    one = ready()
    with pytest.raises(WrongDevice, match="boot id was 11223344 and is 00000001"):
        one.hear(status(IDLE, boot=1))


def test_what_stands_behind_an_error_is_told_next() -> None:
    one = ready()
    with pytest.raises(WrongDevice):
        one.hear(status(IDLE, boot=1) + status(READY))

    assert one.hear(b"") == (Progress(playing=False, ended=False, played_us=0),)


def test_a_refusal_of_the_open_request_is_raised() -> None:
    one = armed()
    next(one.fire(SLICE, ZERO))
    with pytest.raises(Rejected, match=r"the device refused PLAY: LIMIT \(detail 12\)"):
        one.hear(HEX["refused"])


def test_a_second_answer_is_let_pass() -> None:
    one = driver()
    next(one.hello())

    assert one.hear(HEX["identity"] * 2) == (Answered(),)


def test_a_broken_answer_is_dropped() -> None:
    one = driver()
    next(one.hello())
    broken = HEX["identity"][:20] + b"\x55" + HEX["identity"][21:]

    assert one.hear(broken) == () and one.hear(HEX["identity"]) == (Answered(),)


@pytest.mark.parametrize(
    "frame",
    [
        framed(0x99, 1),
        framed(0x81, 1, b"EA1!"),
        framed(0xC0, 1, bytes(46)),
        framed(0x83, 1, bytes(9)),
        framed(0x88, 1, b"1"),
    ],
)
def test_a_whole_message_that_is_none_is_garbled(frame: bytes) -> None:
    one = driver()
    next(one.hello())
    with pytest.raises(Garbled):
        one.hear(frame)


def test_an_answer_to_another_request_is_garbled() -> None:
    one = driver()
    next(one.hello())
    with pytest.raises(Garbled, match="HELLO was answered by a message of type 88"):
        one.hear(framed(0x88, 1))


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        (b"EA2!EA1-000001\0\0", "not EA1!"),
        (b"EA1!EA1_000001\0\0", "must be letters, digits and hyphens"),
        (b"EA1!EA1\x00000001\0\0", "must be letters, digits and hyphens"),
        (b"EA1!\x1b[2J\0\0\0\0\0\0\0\0", "must be letters, digits and hyphens"),
        (b"EA1!" + bytes(12), "must be letters, digits and hyphens"),
        (b"EA1!\xc423\0\0\0\0\0\0\0\0\0", "must be letters, digits and hyphens"),
    ],
)
def test_something_else_that_answers_is_the_wrong_device(name: bytes, message: str) -> None:
    one = driver()
    next(one.hello())
    with pytest.raises(WrongDevice, match=message):
        one.hear(identity(name=name))


# offset in IDENTITY, field, what the device says
UNABLE = [
    (26, b"\x02", "2 leads, must be 4"),
    (27, b"\x01", "1 kinds, must be at least 2"),
    (28, b"\x01", "1 sections, must be at least 2"),
    (32, b"\x14\x00", "20 uA a step, must be 10"),
    (36, b"\x58\x02", "600 ms of shortest lease, must be at most 500"),
    (38, b"\xb8\x0b", "3000 ms of longest lease, must be at most 2000"),
]


@pytest.mark.hazard("H39")
@pytest.mark.parametrize(("offset", "field", "message"), UNABLE)
def test_a_device_that_can_t_play_the_order_is_the_wrong_one(offset: int, field: bytes, message: str) -> None:
    one = driver()
    next(one.hello())
    body = BODY["identity"]
    with pytest.raises(WrongDevice, match=message):
        one.hear(framed(0x81, 1, body[:offset] + field + body[offset + len(field) :]))


def test_other_limits_than_ordered_are_refused() -> None:
    one = driver()
    hello = one.hello()
    next(hello)
    one.hear(HEX["identity"])
    next(hello)
    with pytest.raises(DeviceError, match="the device locked other limits"):
        one.hear(framed(0x82, 2, b"\xd0\x07" + BODY["limits"][2:]))


def loading() -> Ea1Driver:
    one = driver()
    hello = one.hello()
    for answer in ("identity", "limits-reply"):
        next(hello)
        one.hear(HEX[answer])
    next(one.load(PROGRAM, ZERO))
    return one


# offset in the quantised body, what the device says, the sentence
QUANTISED = [
    (0, "2d01", "repeats: ordered 300, realised 301"),
    (4 + 4, "5902", "width of section 1: ordered 600 us, realised 601 us"),
    (4 + 24 + 8, "63000000", "rate_num of section 2: ordered 100, realised 99"),
    (4 + 24 + 20, "c1c62d00", "duration of section 2: ordered 3000000 us, realised 3000001 us"),
]


@pytest.mark.parametrize(("offset", "field", "sentence"), QUANTISED)
def test_a_device_that_would_play_something_else_is_refused(offset: int, field: str, sentence: str) -> None:
    body, value = BODY["program"], bytes.fromhex(field)
    with pytest.raises(DeviceError, match=f"the device would play something else: {sentence}"):
        loading().hear(framed(0x83, 3, bytes(8) + body[:offset] + value + body[offset + len(value) :]))


def test_a_hash_that_does_not_fit_the_program_is_refused() -> None:
    with pytest.raises(DeviceError, match="hash of the program: ordered fcbf325b3aee6212, realised 0000000000000000"):
        loading().hear(framed(0x83, 3, bytes(8) + BODY["program"]))


def test_another_step_in_the_answer_is_refused() -> None:
    one = armed()
    next(one.fire(SLICE, ZERO))
    with pytest.raises(DeviceError, match="PLAY, step 1, lease 500 ms"):
        one.hear(HEX["play-reply"])


def test_another_epoch_in_the_answer_to_arm_is_refused() -> None:
    one = ready()
    next(one.contact())
    with pytest.raises(DeviceError, match="another epoch or hash"):
        one.hear(framed(0x84, 4, struct.pack("<I", OTHER_EPOCH) + BODY["arm"][4:]))


def test_other_leads_in_the_contact_test_are_refused() -> None:
    one = ready()
    contact = one.contact()
    next(contact)
    one.hear(HEX["arm-reply"])
    next(contact)
    with pytest.raises(DeviceError, match="CONTACT on leads 0011"):
        one.hear(framed(0x85, 5, b"\x01" + BODY["contact-reply"][1:]))
