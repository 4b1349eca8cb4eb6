"""Every single bit of every frame of the manual turned over: nothing of it is admitted, nothing of it is heard."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.house.tree import ROOT
from tests.safety.boundaries.ea1_bodies import HUSHED, OPEN_ARM
from tests.safety.ea1_states import ARMED, GREETED, LOADED, LOCKED, PLAYING, RAISED, READER, STOPPED, TESTED, at_zero

VECTORS = tomllib.loads((ROOT / "tests/wire/vectors/ea1.toml").read_text("utf-8"))
FRAMES = {row["name"]: bytes.fromhex(row["hex"]) for row in VECTORS["frame"]}
TO_DEVICE = [row["name"] for row in VECTORS["frame"] if row["direction"] == "to device"]
# With no number to be above, nothing but the bytes themselves can be at fault.
SHADOWS = [
    replace(shadow, number=0, last=b"")
    for shadow in (READER.blank(), GREETED, LOCKED, LOADED, ARMED, TESTED, PLAYING, RAISED, HUSHED, STOPPED)
]


def turned(frame: bytes) -> list[bytes]:
    """The frame with each of its bits turned over in turn."""
    whole = int.from_bytes(frame, "big")
    return [(whole ^ 1 << bit).to_bytes(len(frame), "big") for bit in range(8 * len(frame))]


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("name", TO_DEVICE)
def test_a_request_with_one_bit_turned_is_admitted_in_no_state(name: str) -> None:
    for data in turned(FRAMES[name]):
        for shadow in SHADOWS:
            with pytest.raises(Refused):
                READER.sent(shadow, Frame(data, 5000), 0)


@pytest.mark.parametrize("name", [name for name in TO_DEVICE if name != "clear"])
def test_without_the_turn_each_of_them_is_admitted_in_some_state(name: str) -> None:
    """CLEAR of the vectors carries the epoch of after a fault."""

    def admitted(shadow: Shadow) -> bool:
        try:
            return READER.sent(shadow, Frame(FRAMES[name], 5000), 0).number > 0
        except Refused:
            return False

    assert any(map(admitted, SHADOWS))


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("name", FRAMES)
def test_bytes_with_one_bit_turned_change_nothing_when_they_are_heard(name: str) -> None:
    for shadow in (PLAYING, OPEN_ARM):
        for data in turned(FRAMES[name]):
            after, statuses = READER.heard(shadow, data + b"\0", 0)
            assert statuses == () and replace(after, dropped=shadow.dropped) == shadow


@pytest.mark.hazard("H09")
def test_the_report_behind_a_broken_frame_is_heard() -> None:
    """Unless its closing 00 is the byte that was changed: the first eight."""
    for data in turned(FRAMES["play-reply"])[8:]:
        assert len(READER.heard(PLAYING, data + at_zero().wire, 0)[1]) == 1
