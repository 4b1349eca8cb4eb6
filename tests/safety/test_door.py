"""The door's body: what a guard decides is done in order, a cut first; and what the lines may say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from eastim.errors import Exit, PortError
from eastim.frames import Frame
from eastim.ledger import Entry
from eastim.safety.door import Body, Machine
from eastim.safety.door_inputs import parse
from eastim.safety.inputs import (
    Alarm,
    Arm,
    Asked,
    Beat,
    Clear,
    Cut,
    Effect,
    Gone,
    Heard,
    Hold,
    Input,
    LineName,
    Lower,
    Pause,
    Raise,
    Record,
    Recorded,
    Resume,
    Stop,
    Tell,
    Tick,
    Write,
)
from eastim.safety.line import Message

STOP = b"\x00\x18\x00"
FRAME = Frame(b"\x01\x00", 5000)


@dataclass(frozen=True)
class Script:
    """A guard that answers the first input with these effects, and remembers all inputs."""

    effects: tuple[Effect, ...] = ()
    seen: tuple[Input, ...] = ()
    finished: bool = False


def step(guard: Script, what: Input, _now_us: int) -> tuple[Script, tuple[Effect, ...]]:
    effects = guard.effects if not guard.seen else ()
    return replace(guard, seen=(*guard.seen, what)), effects


MACHINE: Machine[Script] = Machine(step, lambda _: 0, lambda guard: guard.finished, lambda _: Exit.DONE)


class Tape:
    """Hands that write down what they did."""

    def __init__(self, known: Recorded | None = None, broken: bool = False) -> None:
        self.did: list[Any] = []
        self._known, self._broken = known, broken

    def write(self, data: bytes) -> None:
        self.did.append(("write", data))
        if self._broken:
            raise PortError("gone")

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        self.did.append(("cut", frames))
        return not self._broken

    def record(self, entry: Entry) -> Recorded | None:
        self.did.append(("record", entry.n, entry.t_us))
        return self._known

    def tell(self, line: LineName, name: str, body: dict[str, Any], data: bytes) -> None:
        self.did.append(("tell", line, name))

    def alarm(self, text: str) -> None:
        self.did.append(("alarm", text))


def fed(hands: Tape, *effects: Effect) -> Body[Script]:
    body = Body(MACHINE, Script(effects), hands, (STOP,))
    body.feed(Tick(), 7)
    return body


def test_effects_are_done_in_order() -> None:
    hands = Tape()
    fed(hands, Record(1, {}), Write(FRAME), Tell("player", "set"), Alarm("x"))
    assert hands.did == [("record", 1, 7), ("write", b"\x01\x00"), ("tell", "player", "set"), ("alarm", "x")]


@pytest.mark.hazard("H48")
def test_a_cut_goes_before_every_other_effect_and_no_frame_follows_it() -> None:
    hands = Tape()
    fed(hands, Record(1, {}), Write(FRAME), Cut((STOP,)), Write(FRAME), Tell("operator", "trip"))
    assert hands.did == [("cut", (STOP,)), ("record", 1, 7), ("tell", "operator", "trip")]


@pytest.mark.hazard("H07")
def test_a_frame_that_did_not_go_out_whole_is_a_port_gone_said_once() -> None:
    body = fed(Tape(broken=True), Write(FRAME), Write(FRAME))
    body.lose_port(8)
    assert body.guard.seen == (Tick(), Gone("port"))


def test_a_cut_that_fails_raises_nothing() -> None:
    assert fed(Tape(broken=True), Cut((STOP,))).guard.seen == (Tick(),)


def test_a_record_kept_at_once_is_fed_back_before_the_next_input() -> None:
    body = fed(Tape(known=Recorded(1)), Record(1, {}, wait=True))
    assert body.guard.seen == (Tick(), Recorded(1))


def test_a_finished_guard_is_fed_nothing() -> None:
    body = Body(MACHINE, Script(finished=True), Tape(), (STOP,))
    body.feed(Tick(), 1)
    assert body.guard.seen == ()


def test_the_door_can_cut_without_the_guard() -> None:
    hands = Tape()
    Body(MACHINE, Script(), hands, (STOP,)).cut()
    assert hands.did == [("cut", (STOP,))]


# --- what the lines may say -------------------------------------------------------------------------------------------

GOOD: list[tuple[LineName, Message, Input]] = [
    ("player", Message("ask", {"within_us": 5000}, b"\x01\x00"), Asked(Frame(b"\x01\x00", 5000))),
    ("player", Message("ask", {"within_us": None}, b"\x01\x00"), Asked(Frame(b"\x01\x00", None))),
    ("player", Message("beat", {}), Beat("player")),
    ("player", Message("stop", {"source": "player: no answer"}), Stop("player: no answer")),
    ("operator", Message("arm", {}), Arm()),
    ("operator", Message("raise", {"lead": "A", "kind": None}), Raise("A", None)),
    ("operator", Message("raise", {"lead": "A", "kind": "2"}), Raise("A", "2")),
    ("operator", Message("lower", {"lead": "B", "kind": "100"}), Lower("B", "100")),
    ("operator", Message("hold", {"kind": None}), Hold(None)),
    ("operator", Message("pause", {}), Pause()),
    ("operator", Message("resume", {}), Resume()),
    ("operator", Message("clear", {}), Clear()),
    ("operator", Message("beat", {}), Beat("operator")),
    ("operator", Message("stop", {"source": "space"}), Stop("space")),
    ("operator", Message("stop", {"source": "\x1b[2J"}), Stop("?[2J")),
    ("operator", Message("stop", {}), Stop("operator")),
    ("player", Message("stop", {"source": "x", "and": [1]}, b"more"), Stop("x")),
]


@pytest.mark.parametrize(
    ("line", "message", "what"), GOOD, ids=[f"{row[0]} {row[1].name} {row[1].body}" for row in GOOD]
)
def test_each_message_is_one_input(line: LineName, message: Message, what: Input) -> None:
    assert parse(line, message) == what


BAD: list[tuple[LineName, Message]] = [
    ("player", Message("raise", {"lead": "A", "kind": None})),
    ("player", Message("arm", {})),
    ("player", Message("clear", {})),
    ("operator", Message("ask", {"within_us": 5000}, b"\x01\x00")),
    ("operator", Message("order", {})),
    ("player", Message("ask", {"within_us": 5000})),
    ("player", Message("ask", {"within_us": 0}, b"\x01")),
    ("player", Message("ask", {"within_us": True}, b"\x01")),
    ("player", Message("ask", {"within_us": "5"}, b"\x01")),
    ("player", Message("ask", {}, b"\x01")),
    ("player", Message("ask", {"within_us": 5, "level": 9}, b"\x01")),
    ("player", Message("ask", {"within_us": 5}, b"x" * 4097)),
    ("player", Message("beat", {}, b"\x01")),
    ("operator", Message("raise", {"lead": "A"})),
    ("operator", Message("raise", {"lead": 1, "kind": None})),
    ("operator", Message("raise", {"lead": "", "kind": None})),
    ("operator", Message("raise", {"lead": "A" * 65, "kind": None})),
    ("operator", Message("raise", {"lead": ["A"], "kind": None})),
    ("operator", Message("raise", {"lead": "A", "kind": 2})),
    ("operator", Message("raise", {"lead": "A", "kind": None, "ua": 5000})),
]


@pytest.mark.parametrize(("line", "message"), BAD, ids=[f"{row[0]} {row[1].name} {row[1].body!s:.40}" for row in BAD])
def test_what_is_no_message_of_that_line_is_refused(line: LineName, message: Message) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(line, message)


def test_heard_bytes_reach_the_guard_as_they_are() -> None:
    body = Body(MACHINE, Script(), Tape(), (STOP,))
    body.feed(Heard(b"\xff\x00"), 1)
    assert body.guard.seen == (Heard(b"\xff\x00"),)
