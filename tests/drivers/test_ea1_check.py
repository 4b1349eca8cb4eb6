"""Whether an answer is what was asked, request by request (docs/wire/ea1.md, clauses 4 and 5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.drivers.ea1.check import check_answer, check_identity
from eastim.drivers.ea1.codec import LimitsBody, Message, ProgramBody, Record, Request
from eastim.drivers.ea1.replies import Armed, Cleared, Hushed, Identity, Played, Reply, Stored, Touched
from eastim.errors import DeviceError, WrongDevice
from tests.drivers.ea1_wire import BODY, PROFILE

# The vectors' device (clause 8).
DEVICE = Identity(
    magic=b"EA1!",
    serial=b"EA1-000001",
    boot=0x11223344,
    epoch=0xA1B2C3D4,
    firmware=0x0100,
    leads=4,
    kinds=4,
    sections=16,
    state=1,
    max_level=2000,
    level_ua=10,
    compliance_mv=30_000,
    lease_min_ms=200,
    lease_max_ms=2000,
    status_ms=100,
)
# Two kinds in two sections.
PROGRAM = ProgramBody(
    300, (Record(0, 0b0011, 0, 600, 0, 2, 1, 6, 3_000_000), Record(1, 0b0011, 0, 200, 0, 100, 1, 300, 3_000_000))
)
HASH = bytes.fromhex("fcbf325b3aee6212")

# Step 0x04030201 in HUSH and PLAY, lease 0x01F4 ms: every byte differs from its neighbours.
HUSH = Message(Request.HUSH, 7, bytes.fromhex("d4c3b2a1 01020304"))
PLAY = Message(Request.PLAY, 6, bytes.fromhex("d4c3b2a1 01020304 f401 ff 01 0a00000000000000"))
ASKED = {
    "LIMITS": Message(Request.LIMITS, 2, BODY["limits"]),
    "PROGRAM": Message(Request.PROGRAM, 3, BODY["program"]),
    "ARM": Message(Request.ARM, 4, BODY["arm"]),
    "CONTACT": Message(Request.CONTACT, 5, BODY["contact"]),
    "PLAY": PLAY,
    "HUSH": HUSH,
}
SAID: dict[str, Reply] = {
    "LIMITS": LimitsBody((200, 200, 0, 0), 6_000_000, 1_800_000),
    "PROGRAM": Stored(HASH, PROGRAM),
    "ARM": Armed(0xA1B2C3D4, HASH),
    "CONTACT": Touched(0b0011, (392, 600, 0, 0)),
    "PLAY": Played(0x04030201, 500, 1),
    "HUSH": Hushed(0x04030201),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_answer_that_says_what_was_asked_is_taken(name: str) -> None:
    check_answer(ASKED[name], SAID[name])


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_to_something_else_is_refused(name: str) -> None:
    with pytest.raises(DeviceError):
        check_answer(ASKED[name], Cleared())


OTHER: list[tuple[str, Reply]] = [
    ("LIMITS", LimitsBody((200, 201, 0, 0), 6_000_000, 1_800_000)),
    ("LIMITS", LimitsBody((200, 200, 0, 0), 6_000_001, 1_800_000)),
    ("LIMITS", LimitsBody((200, 200, 0, 0), 6_000_000, 1_800_001)),
    ("PROGRAM", Stored(HASH, replace(PROGRAM, repeats=301))),
    ("PROGRAM", Stored(bytes(8), PROGRAM)),
    ("ARM", Armed(0xA1B2C3D5, HASH)),
    ("ARM", Armed(0xA1B2C3D4, bytes(8))),
    ("CONTACT", Touched(0b0111, (392, 600, 0, 0))),
    ("PLAY", Played(0x04030202, 500, 1)),
    ("PLAY", Played(0x05030201, 500, 1)),
    ("PLAY", Played(0x04030201, 501, 1)),
    ("PLAY", Played(0x04030201, 0x02F4, 1)),
    ("HUSH", Hushed(0x04030202)),
    ("HUSH", Hushed(0x05030201)),
]


@pytest.mark.parametrize(("name", "reply"), OTHER)
def test_an_answer_with_another_value_is_refused(name: str, reply: Reply) -> None:
    with pytest.raises(DeviceError):
        check_answer(ASKED[name], reply)


def test_the_refusal_of_an_answer_to_play_says_both() -> None:
    with pytest.raises(DeviceError, match=r"PLAY, step 67305985, lease 500 ms, was answered with Hushed\(step=7\)"):
        check_answer(PLAY, Hushed(7))


def test_the_refusal_of_an_answer_to_hush_says_both() -> None:
    with pytest.raises(DeviceError, match=r"HUSH, step 67305985, was answered with Hushed\(step=7\)"):
        check_answer(HUSH, Hushed(7))


@pytest.mark.parametrize("request_", [Request.HELLO, Request.CLEAR])
def test_an_answer_that_repeats_nothing_is_taken(request_: Request) -> None:
    check_answer(Message(request_, 8, b""), Cleared())


# What IDENTITY says (4.1) that is just enough for the program and the profile.
JUST_ABLE = [
    replace(DEVICE, kinds=2),
    replace(DEVICE, sections=2),
    replace(DEVICE, lease_min_ms=500),
    replace(DEVICE, lease_max_ms=2000),
]


@pytest.mark.parametrize("said", JUST_ABLE)
def test_a_device_that_is_just_able_is_taken(said: Identity) -> None:
    check_identity(said, PROFILE, PROGRAM)


UNABLE = [
    (replace(DEVICE, kinds=1), "1 kinds, must be at least 2"),
    (replace(DEVICE, sections=1), "1 sections, must be at least 2"),
    (replace(DEVICE, leads=3), "3 leads, must be 4"),
    (replace(DEVICE, leads=5), "5 leads, must be 4"),
    (replace(DEVICE, level_ua=9), "9 uA a step, must be 10"),
    (replace(DEVICE, level_ua=11), "11 uA a step, must be 10"),
    (replace(DEVICE, lease_min_ms=501), "501 ms of shortest lease, must be at most 500"),
    (replace(DEVICE, lease_max_ms=2001), "2001 ms of longest lease, must be at most 2000"),
]


@pytest.mark.parametrize(("said", "says"), UNABLE, ids=[says for _, says in UNABLE])
def test_a_device_that_is_just_not_able_is_the_wrong_one(said: Identity, says: str) -> None:
    with pytest.raises(WrongDevice, match=says):
        check_identity(said, PROFILE, PROGRAM)


def test_a_lease_is_counted_in_whole_milliseconds() -> None:
    with pytest.raises(WrongDevice, match="1000 ms of shortest lease, must be at most 999"):
        check_identity(replace(DEVICE, lease_min_ms=1000), replace(PROFILE, lease_us=999_999), PROGRAM)


def test_a_pulse_that_ends_after_the_longest_lease_counts_as_autonomous() -> None:
    # 2000 ms and the longest pulse of 5000 us (4.4, 1.5) are 1 us more than this profile allows.
    with pytest.raises(WrongDevice, match="2000 ms of longest lease, must be at most 1999, as profile ea1 says"):
        check_identity(DEVICE, replace(PROFILE, autonomous_us=2_004_999), PROGRAM)
