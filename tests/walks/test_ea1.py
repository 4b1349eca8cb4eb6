"""One treatment on wire ea1, step by step: player, driver and reader, and a device of literal bytes.

The device is no program: it is the list below, request by request with its answer, from the manual's vectors and, where
they have none, from bodies in hex written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from eastim.frames import Frame
from eastim.player import Player
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.registry import make_reader
from tests.drivers.ea1_wire import ARMED, HEX, IDLE, PLAYING, PROGRAM, READY, ZERO, driver, framed, opened, status

EPOCH = "d4c3b2a1"
ORDER = Order(
    PROGRAM,
    (LeadOrder("A", (), 2000), LeadOrder("B", (), 2000)),
    envelope("human", "needle"),
    "human",
    1_800_000_000,
    "ea1",
)


def play(number: int, step: str, levels: str) -> tuple[bytes, bytes]:
    """PLAY of 500 ms without hold, and its answer from section 0."""
    asked = framed(0x06, number, bytes.fromhex(f"{EPOCH} {step} f401 ff 02 {levels}"))
    return asked, framed(0x86, number, bytes.fromhex(f"{step} f401 00 00"))


SILENT = "0000000000000000 0000000000000000"
# When (ms), what the guard says, what the driver must ask then, and what the device answers.
SCRIPT: list[tuple[int, str, list[int], bytes, bytes]] = [
    (0, "OFF", [0, 0, 0, 0], HEX["hello"], HEX["identity"]),
    (5, "OFF", [0, 0, 0, 0], HEX["limits"], HEX["limits-reply"]),
    (10, "OFF", [0, 0, 0, 0], HEX["program"], HEX["program-reply"]),
    (1000, "ARMED", [0, 0, 0, 0], HEX["arm"], HEX["arm-reply"]),
    (1005, "ARMED", [0, 0, 0, 0], HEX["contact"], HEX["contact-reply"]),
    (1300, "ARMED", [0, 0, 0, 0], *play(6, "01000000", SILENT)),
    (1500, "LIVE", [0, 0, 0, 0], *play(7, "02000000", SILENT)),
    # A raised by 0.1 mA in kind 2 (number 0), then a renewal, then B in kind 2, then A lowered.
    (1600, "LIVE", [100, 0, 0, 0], *play(8, "03000000", "0a00000000000000 0000000000000000")),
    (1700, "LIVE", [100, 0, 0, 0], *play(9, "04000000", "0a00000000000000 0000000000000000")),
    (1800, "LIVE", [100, 0, 100, 0], *play(10, "05000000", "0a000a0000000000 0000000000000000")),
    (1850, "LIVE", [0, 0, 100, 0], *play(11, "06000000", "00000a0000000000 0000000000000000")),
    (
        1900,
        "PAUSED",
        [0, 0, 0, 0],
        framed(0x07, 12, bytes.fromhex(f"{EPOCH} 07000000")),
        framed(0x87, 12, bytes.fromhex("07000000")),
    ),
    (5000, "ARMED", [0, 0, 0, 0], *play(13, "08000000", SILENT)),
]


def told(state: str, levels: list[int]) -> tuple[str, dict[str, Any], bytes]:
    rows = [[lead, kind, ua] for (lead, kind), ua in zip(ZERO, levels, strict=True)]
    return ("set", {"state": state, "levels": rows, "hold": None}, b"")


def walk() -> Iterator[tuple[int, list[tuple[str, bytes]], bytes, bytes]]:
    """Moment, what the player said at it, what it must have asked, what the device answers."""
    player = Player(driver(), PROGRAM, ZERO)
    answer = b""
    for ms, state, levels, asked, answers in SCRIPT:
        # The answer of before came as soon as the device had it; the guard's word comes now.
        said = player.step(ms * 1000, [("heard", {}, answer), told(state, levels)])
        yield ms, [(name, data) for name, _, data in said], asked, answers
        answer = answers


def test_the_player_asks_what_the_manual_says_at_every_moment() -> None:
    said = [(ms, frames) for ms, frames, _, _ in walk()]

    assert said == [(ms, [("ask", asked)]) for ms, _, _, asked, _ in SCRIPT]


def test_the_reader_admits_every_frame_and_hears_every_answer() -> None:
    reader = make_reader(ORDER)
    shadow = reader.blank()
    for ms, _, _, asked, answer in SCRIPT:
        shadow = reader.sent(shadow, Frame(asked, 50_000), ms * 1000)
        shadow, _ = reader.heard(shadow, answer, ms * 1000 + 4000)

    assert {int(abs(ua)) for run in reader.output(shadow).runs for ua, _ in run.phases} == {0}


# After which step of the script, lead, onset: peak uA that the reader says comes out.
HEARD = [(7, "A", 0, 100), (7, "A", 3_000_000, 0), (7, "B", 0, 0), (9, "B", 0, 100), (10, "A", 0, 0), (10, "B", 0, 100)]


@pytest.mark.parametrize(("step", "lead", "onset_us", "ua"), HEARD)
def test_the_reader_follows_each_strength(step: int, lead: str, onset_us: int, ua: int) -> None:
    reader = make_reader(ORDER)
    shadow = reader.blank()
    for ms, _, _, asked, answer in SCRIPT[: step + 1]:
        shadow = reader.sent(shadow, Frame(asked, 50_000), ms * 1000)
        shadow, _ = reader.heard(shadow, answer, ms * 1000 + 4000)
    peaks = [
        max(int(c) for c, _ in run.phases)
        for run in reader.output(shadow).runs
        if (run.lead, run.onset_us) == (lead, onset_us)
    ]

    assert peaks == [ua]


def test_a_pause_is_silence_once_it_is_answered() -> None:
    reader = make_reader(ORDER)
    shadow = reader.blank()
    for ms, _, _, asked, answer in SCRIPT[:12]:
        shadow = reader.sent(shadow, Frame(asked, 50_000), ms * 1000)
        if opened(asked)[0] == 0x07:
            assert reader.output(shadow).runs != ()
        shadow, _ = reader.heard(shadow, answer, ms * 1000 + 4000)

    assert reader.output(shadow).runs == ()


def test_statuses_between_the_answers_change_nothing_that_is_asked() -> None:
    player = Player(driver(), PROGRAM, ZERO)
    answer, said = b"", []
    for ms, state, levels, _, answers in SCRIPT[:6]:
        device = IDLE if ms < 1000 else READY if ms == 1000 else ARMED
        inbox = [("heard", {}, status(device) + answer), told(state, levels)]
        said.append([data for _, _, data in player.step(ms * 1000, inbox)])
        answer = answers + (status(PLAYING, quiet=False) if ms == 1300 else b"")

    assert said == [[asked] for _, _, _, asked, _ in SCRIPT[:6]]
