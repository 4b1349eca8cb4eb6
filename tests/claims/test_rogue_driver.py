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
CONTACT, PLAY = 5, 6
ZERO = {("A", "2"): 0, ("A", "100"): 0}
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
        acts += [Act("stop") for event in happened if event.body.get("state") == "TRIPPED"]
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
}


def _program(low: Section = LOW, high: Section = HIGH, repeats: int = 2) -> Program:
    return Program("2/100", (low, high), repeats)


def _low(width_us: int = 600, sign: int = 1, leads: tuple[str, ...] = ("A",)) -> Section:
    return Section(PulseTrain("2", PulseShape(width_us, 0, sign), Fraction(2)), 3_000_000, 6, leads)


def _high(rate: int = 100, count: int = 300) -> Section:
    return Section(PulseTrain("100", PulseShape(200), Fraction(rate)), 3_000_000, count, ("A",))


# What the driver believes in, where the order says otherwise: program, highest strengths, play time.
BELIEFS: dict[str, tuple[Program, dict[str, int], int]] = {
    "wider pulses": (_program(low=_low(width_us=700)), {"A": 1000}, 12_000_000),
    "the other sign": (_program(low=_low(sign=-1)), {"A": 1000}, 12_000_000),
    "another rate": (_program(high=_high(rate=101)), {"A": 1000}, 12_000_000),
    "a pulse less": (_program(high=_high(count=299)), {"A": 1000}, 12_000_000),
    "another lead in the program": (_program(low=_low(leads=("A", "B"))), {"A": 1000}, 12_000_000),
    "the sections exchanged": (Program("2/100", (HIGH, LOW), 2), {"A": 1000}, 12_000_000),
    "limits above the order": (_program(), {"A": 2000}, 12_000_000),
    "limits for a lead that is not ordered": (_program(), {"A": 1000, "B": 100}, 12_000_000),
    "a longer session": (_program(repeats=3), {"A": 1000}, 18_000_000),
    "a second more": (_program(), {"A": 1000}, 13_000_000),
}


@pytest.mark.hazard("H47")
@pytest.mark.parametrize("name", ROGUES)
def test_an_altered_frame_is_refused_visibly_and_trips(name: str, tmp_path: Path) -> None:
    kind, after, alter = ROGUES[name]
    driver = make_driver(load_profile("sim"), ORDER.program, {"A": 1000}, ORDER.session_us, 6_000_000)
    _check(_run(Player(Rogue(driver, kind, alter, after), ORDER.program, ZERO), tmp_path))  # type: ignore[arg-type]


@pytest.mark.hazard("H47")
@pytest.mark.parametrize("name", BELIEFS)
def test_a_driver_that_plays_another_order_is_refused_visibly_and_trips(name: str, tmp_path: Path) -> None:
    program, leads_max, session_us = BELIEFS[name]
    driver = make_driver(load_profile("sim"), program, leads_max, session_us, 6_000_000)
    _check(_run(Player(driver, program, ZERO), tmp_path))


@dataclass(frozen=True)
class Went:
    """How a session went: its end, what happened, the ledger's records, the edges at the load."""

    end: dict[str, Any]
    front: Raising
    records: list[dict[str, Any]]
    edges: list[dict[str, Any]]


def _run(player: Player, folder: Path) -> Went:
    front, ledger, edges = Raising(), folder / "a.jsonl", folder / "edges"
    clock = ManualClock()
    with (
        Simulator(speed=0, edges=edges) as simulator,
        FastDoor(ORDER, load_profile("sim"), simulator, ledger, clock) as door,
    ):
        end = FastLoop(door, player, front, Watch(str(ledger)), clock).run()
    lines = [[json.loads(line) for line in file.read_text().splitlines()] for file in (ledger, edges)]
    return Went(end, front, *lines)


def _check(went: Went) -> None:
    raises = sum(record["type"] == "raise" for record in went.records)
    live_us = _live_us(went.records)
    felt = [edge for edge in went.edges if edge["ua"] != 0 and edge["t_us"] > live_us]

    assert (went.end["zero"], went.end["exit"]) == (True, 5), went.end
    assert any(record["type"] == "refused" for record in went.records)
    assert [trip["cause"] for trip in went.front.said("trip")] == ["refused"]
    assert {edge["lead"] for edge in felt} <= {"A"}
    assert max((abs(edge["ua"]) for edge in felt), default=0) <= 100 * raises


def _live_us(records: list[dict[str, Any]]) -> int:
    """When the session began, on the guard's clock (the contact test before it has 0.1 mA of its own)."""
    live = [r["t_us"] for r in records if r["type"] == "state" and r["body"].get("state") == "LIVE"]
    return int(live[0]) if live else 1 << 60
