"""The guard process's loop on real sockets, a real pty and a real ledger, with a guard that only remembers."""

from __future__ import annotations

import json
import os
import pty
import select
import socket
import struct
import tty
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eastim.clock import ManualClock, SleepWatch
from eastim.errors import Exit
from eastim.ledger import LedgerFile, LedgerWriter
from eastim.safety.door import Body, Machine, open_port
from eastim.safety.door_desk import Desk
from eastim.safety.door_loop import Loop, ProcessHands
from eastim.safety.inputs import (
    Arm,
    Asked,
    Beat,
    Cut,
    Effect,
    Gone,
    Heard,
    Input,
    LineName,
    Record,
    Recorded,
    Slept,
    Stop,
    Tell,
    Tick,
    Write,
)
from eastim.safety.line import Line, Message
from eastim.safety.room import StopSocket
from eastim.safety.room_table import Room

STOP = b"\x00\x18\x00"
SESSION = f"loop-{os.getpid()}"


@dataclass
class Memory:
    """A guard that remembers its inputs and answers each kind of input with fixed effects."""

    seen: list[Input] = field(default_factory=list)
    answers: dict[type, tuple[Effect, ...]] = field(default_factory=dict)
    next_us: int = 1 << 62
    finished: bool = False
    fails: bool = False
    looks: int = 0


def step(guard: Memory, what: Input, _now_us: int) -> tuple[Memory, tuple[Effect, ...]]:
    if guard.fails:
        raise RuntimeError("a bug of the guard's own")
    guard.seen.append(what)
    return guard, guard.answers.get(type(what), ())


def finished(guard: Memory) -> bool:
    guard.looks += 1
    if guard.looks > 10_000:
        raise RuntimeError("nothing happens any more")
    return guard.finished


MACHINE: Machine[Memory] = Machine(step, lambda g: g.next_us, finished, lambda _: Exit.DONE)


class Rig:
    """A loop with both far ends of everything."""

    def __init__(self, folder: Path, *early: Message) -> None:
        self.device, slave = pty.openpty()
        tty.setraw(slave)
        self.port = open_port(os.ttyname(slave), 460_800)
        os.close(slave)
        players_end, self.player = socket.socketpair()
        operators_end, self.operator = socket.socketpair()
        for sock in (self.player, self.operator):
            sock.settimeout(2)
        self.lines: dict[LineName, Line] = {"player": Line(players_end), "operator": Line(operators_end)}
        self.ledger = LedgerWriter(LedgerFile(folder / "a.ledger"))
        self.stops = StopSocket(SESSION)
        self.signals, self.signal = os.pipe()
        os.set_blocking(self.signals, False)
        self.clock = ManualClock(1000)
        self.guard = Memory()
        self.desk = desk = Desk(SESSION, "EA1-000001")
        hands = ProcessHands(self.port, self.lines, self.ledger, desk)
        body = Body(MACHINE, self.guard, hands, (STOP,))
        ends = (self.port, self.lines, self.ledger, self.stops)
        self.boot_ns = 0
        sleep = SleepWatch(lambda: self.boot_ns, lambda: 0)
        self.loop = Loop(body, *ends, desk, self.clock, self.signals, early, sleep)
        self.askers: list[socket.socket] = []

    def wire(self) -> bytes:
        """What has come to the device, within two seconds."""
        assert select.select([self.device], [], [], 2)[0], "nothing was written"
        return os.read(self.device, 100)

    def ask(self, do: str) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(Room(os.getuid(), SESSION).name)
        sock.sendall(json.dumps({"do": do}).encode() + b"\n")
        sock.settimeout(1)
        self.askers.append(sock)
        return sock

    def turn(self, until: int) -> list[Input]:
        """Turn until so many inputs have been seen, at most 100 times."""
        self.guard.next_us = self.clock.now_us() + 1000
        for _ in range(100):
            if len(self.guard.seen) >= until:
                break
            self.loop.turn()
        return self.guard.seen

    def close(self) -> None:
        self.loop.leave()
        # Its own ends again, so that one left open by mistake disturbs only the test that asks for it.
        ends: list[Any] = [*self.lines.values(), self.stops, *self.desk._stoppers]
        for end in (*ends, self.player, self.operator, *self.askers):
            end.close()
        for fd in (self.device, self.signals, self.signal):
            if fd >= 0:
                os.close(fd)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def message(name: str, data: bytes = b"", **body: object) -> bytes:
    head = json.dumps({"name": name, **body}).encode()
    return struct.pack("<II", 4 + len(head) + len(data), len(head)) + head + data


ASK = message("ask", b"\x01\x00", within_us=5000)


@pytest.mark.hazard("H05")
def test_a_sleep_comes_before_all_that_was_said_before_it(rig: Rig) -> None:
    rig.player.sendall(ASK)
    rig.operator.sendall(message("arm"))
    rig.boot_ns += 1_000_000_000
    assert rig.turn(3)[:2] == [Slept(1_000_000), Arm()]


@pytest.mark.hazard("H05")
def test_a_sleep_is_said_once(rig: Rig) -> None:
    rig.boot_ns += 51_000_000
    rig.turn(1)
    rig.operator.sendall(message("arm"))
    assert rig.turn(2) == [Slept(51_000), Arm()]


def test_the_players_frame_becomes_an_input_and_the_guards_write_bytes_on_the_wire(rig: Rig) -> None:
    rig.player.sendall(ASK)
    (asked,) = rig.turn(1)
    assert isinstance(asked, Asked)
    rig.guard.answers = {Asked: (Write(asked.frame),)}
    rig.player.sendall(ASK)
    rig.turn(2)
    assert rig.wire() == b"\x01\x00"


def test_the_devices_bytes_are_heard(rig: Rig) -> None:
    os.write(rig.device, b"\x07\x00")
    assert rig.turn(1) == [Heard(b"\x07\x00")]


@pytest.mark.hazard("H48")
@pytest.mark.parametrize("who", ["shell", "operator", "player", "signal"])
def test_a_stop_waits_behind_no_upload(rig: Rig, who: str) -> None:
    rig.player.sendall(ASK * 90)  # less than is read in one turn
    rig.turn(1)
    if who == "shell":
        rig.ask("stop")
    elif who == "operator":
        rig.operator.sendall(message("raise", lead="A", kind=None) + message("stop", source="space"))
    elif who == "player":
        rig.player.sendall(message("stop", source="player: no answer"))
    else:
        os.write(rig.signal, b"\x0f")
    rig.loop.turn()
    source = {"shell": "shell", "operator": "space", "player": "player: no answer", "signal": "sigterm"}[who]
    assert rig.guard.seen[1] == Stop(source)


def test_the_player_gets_one_input_a_turn(rig: Rig) -> None:
    rig.player.sendall(ASK * 3)
    rig.loop.turn()
    assert len(rig.guard.seen) == 1
    rig.loop.turn()
    assert len(rig.guard.seen) == 2


@pytest.mark.hazard("H02")
def test_a_dead_player_is_gone_once_and_what_it_still_asked_is_dropped(rig: Rig) -> None:
    rig.player.sendall(message("beat") + ASK * 50)
    rig.player.shutdown(socket.SHUT_WR)
    rig.turn(3)
    seen = [what for what in rig.guard.seen if not isinstance(what, Tick)]
    assert seen[0] == Beat("player")
    assert seen[-1] == Gone("player")
    assert len(seen) <= 3
    rig.loop.turn()
    assert seen.count(Gone("player")) == 1


@pytest.mark.hazard("H02")
def test_a_dead_operator_is_gone_once(rig: Rig) -> None:
    rig.operator.close()
    assert rig.turn(1) == [Gone("operator")]


@pytest.mark.parametrize(
    ("line", "said", "why"),
    [
        ("player", message("raise", lead="A", kind=None), "player's line: unknown message 'raise'"),
        ("operator", message("raise", lead="A"), "operator's line: message raise has fields ['lead'], must have"),
        ("operator", b"\xff\xff\xff\xff", "operator's line: a message of 4294967295 bytes"),
    ],
)
def test_nonsense_on_a_line_is_a_stop_that_says_why(rig: Rig, line: str, said: bytes, why: str) -> None:
    {"player": rig.player, "operator": rig.operator}[line].sendall(said)
    first = rig.turn(1)[0]
    assert isinstance(first, Stop)
    assert first.source.startswith(why)


@pytest.mark.hazard("H08")
@pytest.mark.hazard("H07")
def test_a_port_pulled_is_gone_once(rig: Rig) -> None:
    os.close(rig.device)
    rig.device = -1
    assert rig.turn(1) == [Gone("port")]
    rig.guard.next_us = 1000
    rig.loop.turn()
    assert rig.guard.seen == [Gone("port"), Tick()]


def test_the_clock_ticks_at_the_guards_moment_and_not_before(rig: Rig) -> None:
    rig.guard.next_us = 2000
    rig.loop.turn()
    assert rig.guard.seen == []
    rig.clock.set(2000)
    rig.loop.turn()
    assert rig.guard.seen == [Tick()]


def test_a_durable_record_comes_back(rig: Rig) -> None:
    rig.guard.answers = {Beat: (Record(1, {"type": "open"}, wait=True),)}
    rig.player.sendall(message("beat"))
    assert rig.turn(2)[:2] == [Beat("player"), Recorded(1)]


def test_a_status_is_answered_at_once(rig: Rig) -> None:
    rig.guard.answers = {
        Beat: (
            Tell("operator", "state", {"state": "LIVE", "use": "bench", "cause": ""}),
            Tell("operator", "status", {"left_us": 9_000_000, "played_us": 3_000_000, "kind": "2"}),
        )
    }
    rig.player.sendall(message("beat"))
    rig.turn(1)
    sock = rig.ask("status")
    rig.loop.turn()
    answer = json.loads(sock.recv(10_000))
    assert (answer["session"], answer["device"], answer["state"], answer["left_us"]) == (
        SESSION,
        "EA1-000001",
        "LIVE",
        9_000_000,
    )


@pytest.mark.parametrize(("state", "zero"), [("OFF", True), ("TRIPPED", True), ("UNCERTAIN", False)])
def test_a_stop_is_answered_when_zero_is_proven_or_given_up(rig: Rig, state: str, zero: bool) -> None:
    rig.guard.answers = {
        Stop: (Cut((STOP,)), Tell("operator", "state", {"state": "STOPPING"})),
        Heard: (Tell("operator", "state", {"state": state}),),
    }
    sock = rig.ask("stop")
    rig.turn(1)
    assert rig.wire() == STOP
    sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        sock.recv(100)
    os.write(rig.device, b"\x00")
    rig.turn(2)
    assert json.loads(sock.recv(10_000))["zero"] is zero


@pytest.mark.hazard("H01")
def test_when_the_guard_itself_fails_the_stop_goes_out_first(rig: Rig) -> None:
    rig.guard.fails = True
    rig.player.sendall(message("beat"))
    with pytest.raises(RuntimeError, match="own"):
        rig.loop.run()
    assert rig.wire().replace(STOP, b"") == b""  # several, of which each drops what of the last still waits


def test_a_line_nobody_reads_holds_nothing_up(rig: Rig) -> None:
    rig.guard.answers = {Beat: (Tell("player", "heard", {}, b"x" * 60_000),)}
    for _ in range(40):
        rig.player.sendall(message("beat"))
    rig.turn(40)
    rig.ask("stop")
    rig.turn(41)
    assert any(what == Stop("shell") for what in rig.guard.seen)


@pytest.mark.hazard("H48")
def test_what_the_operator_said_before_the_loop_was_there_is_heard(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Message("arm", {}), Message("stop", {"source": "stdin closed"}))
    rig.guard.next_us = rig.clock.now_us() + 1000
    rig.loop.turn()
    rig.loop.turn()
    seen = list(rig.guard.seen)
    rig.close()
    assert seen == [Stop("stdin closed")]
