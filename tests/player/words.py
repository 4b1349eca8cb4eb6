"""A driver of one-word frames, the guard's messages as literals, and a player with a hand on its clock."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

from eastim.drivers.base import Answered, DeviceFault, Event, Progress, Realised, Slice
from eastim.errors import DeviceError, Rejected
from eastim.frames import Frame
from eastim.player import Player
from eastim.pulses.levels import Levels
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain

MS = 1000
PROGRAM = Program("2", (Section(PulseTrain("2", PulseShape(600), Fraction(2)), 1_000_000, 2, ("A",)),), 1)
ZERO = {("A", "2"): 0}


class Words:
    """A driver of one-word frames, renewed every 200 ms; `ok` answers, other words are events or errors."""

    strength: Literal["live", "fire", "load"] = "live"

    def one(self, word: str) -> Iterator[Frame]:
        yield Frame(word.encode(), 50 * MS)

    def hello(self) -> Iterator[Frame]:
        return self.one("hello")

    def load(self, program: Program, levels: Levels) -> Iterator[Frame]:
        return self.one("load")

    def realised(self, program: Program, levels: Levels) -> Realised:
        return Realised(program, levels)

    def contact(self) -> Iterator[Frame]:
        return self.one("contact")

    def slices(self, program: Program, hold: str | None = None) -> Iterator[Slice]:
        for part in range(5):
            yield Slice(part * 200 * MS, part * 200 * MS, min(part * 200 + 500, 1000) * MS, part, hold)

    def fire(self, slice_: Slice, levels: Levels) -> Iterator[Frame]:
        length_ms = (slice_.ends_us - slice_.start_us) // MS
        hold = f" hold {slice_.hold}" if slice_.hold else ""
        return self.one(f"fire {levels['A', '2']} part {slice_.part} {length_ms} ms{hold}")

    def hush(self) -> Iterator[Frame]:
        return self.one("hush")

    def poll(self) -> Iterator[Frame]:
        return iter(())

    def hear(self, data: bytes) -> tuple[Event, ...]:
        word, _, number = data.decode().partition(" ")
        if word == "no":
            raise Rejected("PLAY", "LIMIT", 12)
        if word == "wrong":
            raise DeviceError("the device would play something else")
        playing, ended = word == "playing", word == "ended"
        report = Progress(playing=playing, ended=ended, played_us=int(number or 0))
        return {"ok": (Answered(),), "fault": (report, DeviceFault("LEASE"))}.get(word, (report,))


Said = tuple[str, dict[str, Any], bytes]
OK: Said = ("heard", {}, b"ok")
REFUSED: Said = ("refused", {"reason": "above the ceiling"}, b"")


def heard(word: str) -> Said:
    return ("heard", {}, word.encode())


def told(state: str, level_ua: int = 0, hold: str | None = None) -> Said:
    return ("set", {"state": state, "levels": [["A", "2", level_ua]], "hold": hold}, b"")


def words(outbox: list[Said]) -> list[str]:
    """The frames asked for; of a stop, its source."""
    return [data.decode() if name == "ask" else f"{name}: {body['source']}" for name, body, data in outbox]


class Bench:
    """A player with a hand on its clock."""

    def __init__(self) -> None:
        self.player = Player(Words(), PROGRAM, ZERO)

    def at(self, ms: int, *said: Said) -> list[str]:
        return words(self.player.step(ms * MS, said))
