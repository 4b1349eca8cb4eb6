"""A driver gone wrong can't get past the door: whole sessions on the simulator, with frames altered on their way.

The alteration is made on the bytes, by hand (message layout: docs/wire/ea1.md 2.2, 4.2, 4.3, 4.9); player, guard,
reader, judge, ledger and simulator are the real ones.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from cobs import cobs

from eastim.clock import ManualClock
from eastim.drivers.registry import make_driver
from eastim.frames import Frame
from eastim.front import Act, Happened
from eastim.player import Player
from eastim.profiles.profile import load_profile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.door_fast import FastDoor
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.simulator import Simulator
from eastim.treatment.fast import FastLoop
from eastim.treatment.watch import Watch

LOW = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000, 6, ("A",))
HIGH = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("A",))
ORDER = Order(
    Program("2/100", (LOW, HIGH), 2),
    (LeadOrder("A", (), 1000),),
    envelope("human", "needle"),
    "human",
    12_000_000,
    "sim",
)
LIMITS, PROGRAM, ARM, CONTACT, PLAY = 2, 3, 4, 5, 6
Alter = Callable[[bytearray], None]


@dataclass
class Rogue:
    """The real driver, whose frames of one type are altered from the nth of them on."""

    driver: Any
    type: int
    alter: Alter
    after: int = 0
    strength: str = "live"
    seen: int = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.driver, name)
        if name not in ("hello", "load", "contact", "fire", "hush"):
            return real
        return lambda *words: self._altered(real(*words))

    def _altered(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            message = bytearray(cobs.decode(frame.data[:-1])[:-4])
            if message[1] == self.type:
                self.seen += 1
                if self.seen > self.after:
                    self.alter(message)
            whole = bytes(message) + struct.pack("<I", zlib.crc32(message))
            yield Frame(cobs.encode(whole) + b"\0", frame.within_us)


class Raising:
    """Arm, raise lead A every 700 ms, twice or more a section; remember what happened; stop when it has tripped."""

    def __init__(self) -> None:
        self.happened: list[Happened] = []
        self.moments = [200_000 + 700_000 * i for i in range(4)]

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        self.happened += happened
        acts = [Act("arm") for event in happened if event.body.get("state") == "SAFE"]
        while self.moments and self.moments[0] <= now_us:
            self.moments.pop(0)
            acts.append(Act("raise", {"lead": "A", "kind": None}))
        return acts

    def fds(self) -> list[int]:
        return []

    def next_us(self) -> int | None:
        return self.moments[0] if self.moments else None

    def close(self) -> None:
        return None

    def said(self, name: str) -> list[dict[str, Any]]:
        return [dict(event.body) for event in self.happened if event.name == name]


def _set(offset: int, form: str, value: int) -> Alter:
    """Overwrite one field of the body (it begins behind version, type and number)."""
    return lambda message: struct.pack_into(form, message, 6 + offset, value)


def _times(factor: int) -> Alter:
    def alter(message: bytearray) -> None:
        level = struct.unpack_from("<H", message, 6 + 12)[0]
        struct.pack_into("<H", message, 6 + 12, min(65_535, level * factor))

    return alter


def _one_more(message: bytearray) -> None:
    """One step of 0.1 mA above the ceiling."""
    level = struct.unpack_from("<H", message, 6 + 12)[0]
    struct.pack_into("<H", message, 6 + 12, level + 10)


ROGUES: dict[str, tuple[int, int, Alter]] = {
    # PLAY: epoch u32, step u32, lease u16 at 8, hold u8 at 10, kinds u8 at 11, levels u16 from 12 (kind 0, lead A).
    "ten times the level": (PLAY, 3, _times(10)),
    "a thousand times the level": (PLAY, 3, _times(1000)),
    "one step above the ceiling": (PLAY, 3, _one_more),
    "strength at the very start": (PLAY, 0, _one_more),
    "another lead": (PLAY, 3, _set(14, "<H", 10)),
    "the other kind, not raised": (PLAY, 3, _set(20, "<H", 10)),
    "a lease of a minute": (PLAY, 3, _set(8, "<H", 60_000)),
    "a hold nobody asked for": (PLAY, 3, _set(10, "<B", 1)),
    "an epoch of its own": (PLAY, 3, _set(0, "<I", 7)),
    "a step of before": (PLAY, 3, _set(4, "<I", 1)),
    "a frame that is not on the list": (PLAY, 3, lambda message: message.__setitem__(1, 9)),
    "another version": (PLAY, 3, lambda message: message.__setitem__(0, 2)),
    # CONTACT: epoch u32, leads u8, pulses u8 at 5, level u16 at 6.
    "a contact test at 0.2 mA": (CONTACT, 0, _set(6, "<H", 20)),
    "a contact test on another lead": (CONTACT, 0, _set(4, "<B", 2)),
    # PROGRAM: repeats u16, sections u8, 00, then 24 bytes each: kind, leads, sign, 00, width u16 at +4, gap u16 at +6,
    # rate u32/u32, count u32 at +16, duration u32 at +20.
    "a block more": (PROGRAM, 0, _set(0, "<H", 3)),
    "wider pulses": (PROGRAM, 0, _set(4 + 4, "<H", 700)),
    "the other sign": (PROGRAM, 0, _set(4 + 2, "<B", 1)),
    "another rate": (PROGRAM, 0, _set(28 + 8, "<I", 101)),
    "a pulse less": (PROGRAM, 0, _set(28 + 16, "<I", 299)),
    "another lead in the program": (PROGRAM, 0, _set(4 + 1, "<B", 3)),
    # LIMITS: max level u16 of each lead, max phase charge u32 at 8, play time u32 at 12.
    "limits above the order": (LIMITS, 0, _set(0, "<H", 2000)),
    "limits for a lead that is not ordered": (LIMITS, 0, _set(2, "<H", 10)),
    "a longer play time": (LIMITS, 0, _set(12, "<I", 13_000)),
}


@pytest.mark.hazard("H47")
@pytest.mark.parametrize("name", ROGUES)
def test_a_rogue_driver_is_refused_visibly_and_trips(name: str, tmp_path: Path) -> None:
    kind, after, alter = ROGUES[name]
    front, ledger, edges = Raising(), tmp_path / "a.jsonl", tmp_path / "edges"
    profile = load_profile("sim")
    driver = make_driver(profile, ORDER.program, {"A": 1000}, ORDER.session_us, 6_000_000)
    zero = {("A", "2"): 0, ("A", "100"): 0}
    clock = ManualClock()
    with Simulator(speed=0, edges=edges) as simulator:
        door = FastDoor(ORDER, profile, simulator, ledger, clock)
        player = Player(Rogue(driver, kind, alter, after), ORDER.program, zero)  # type: ignore[arg-type]
        end = FastLoop(door, player, front, Watch(str(ledger)), clock).run()
        door.close()

    records = [json.loads(line) for line in ledger.read_text().splitlines()]
    raises = sum(record["type"] == "raise" for record in records)
    flowed = [json.loads(line) for line in edges.read_text().splitlines()]
    felt = [edge for edge in flowed if abs(edge["ua"]) > 0 and edge["t_us"] > _live_us(records)]

    assert end["zero"] and end["exit"] == 5, end
    assert any(record["type"] == "refused" for record in records)
    assert [trip["cause"] for trip in front.said("trip")] == ["refused"]
    assert {edge["lead"] for edge in felt} <= {"A"}
    assert max((abs(edge["ua"]) for edge in felt), default=0) <= 100 * raises


def _live_us(records: list[dict[str, Any]]) -> int:
    """When the session began, on the guard's clock (the contact test before it has 0.1 mA of its own)."""
    live = [r["t_us"] for r in records if r["type"] == "state" and r["body"].get("state") == "LIVE"]
    return int(live[0]) if live else 1 << 60
