"""Floods: a device, a player, an operator or another user that says much holds nobody else up."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from eastim.safety import door_loop
from eastim.safety.door import open_port
from eastim.safety.door_desk import Desk
from eastim.safety.door_loop import ProcessHands
from eastim.safety.inputs import Asked, Beat, Gone, Heard, Hold, Input, LineName, Stop
from eastim.safety.line import Line, Message
from tests.safety.test_door_loop import ASK, Rig, message
from tests.safety.test_door_loop_ends import IN, Polls

BEAT = message("beat")  # 24 bytes, so 170 are read at once


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    rig.guard.next_us = rig.clock.now_us() + 1000  # no turn waits longer
    yield rig
    rig.close()


@pytest.fixture
def polls(monkeypatch: pytest.MonkeyPatch) -> Polls:
    return Polls(monkeypatch)


def seen(rig: Rig, turns: int) -> list[Input]:
    """What the guard has seen after so many more turns."""
    for _ in range(turns):
        rig.loop.turn()
    return rig.guard.seen


# --- the device -------------------------------------------------------------------------------------------------------


class Told:
    """What is heard is passed on, as the guard does it, over the real hands to a real line."""

    def __init__(self, rig: Rig, address: str) -> None:
        self.port = open_port(address, 460_800)
        self.sizes: list[int] = []
        hands = ProcessHands(self.port, rig.lines, rig.ledger, Desk("x", "y"))
        self.hands, self.player = hands, Line(rig.player)

    def turn(self) -> bytes:
        data = self.port.read()
        self.sizes.append(len(data))
        self.hands.tell("player", "heard", {}, data)
        return b"".join(message.data for message in self.player.receive())


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("size", [65_512, 65_513, 65_536, 400_000])
def test_a_burst_of_the_device_is_heard_in_pieces_that_a_line_can_take(rig: Rig, size: int) -> None:
    burst = bytes(range(250)) * (size // 250 + 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        told = Told(rig, f"socket://127.0.0.1:{server.getsockname()[1]}")
        device, _ = server.accept()
        device.setblocking(False)
        sent, got = 0, b""
        for _ in range(100_000):
            if sent < size:
                sent += send(device, burst[sent:size])
            got += told.turn()
            if len(got) == size:
                break
        device.close()
        told.port.close()
    assert got == burst[:size]
    assert max(told.sizes) == 4096


def send(sock: socket.socket, data: bytes) -> int:
    try:
        return sock.send(data)
    except BlockingIOError:
        return 0


def test_a_burst_leaves_everybody_else_a_turn(rig: Rig) -> None:
    """A pty holds some thousand bytes only, so the port is one that always has more."""
    rig.port.read = lambda: b"\x01" * 4096  # type: ignore[method-assign]
    rig.operator.sendall(message("hold", kind=None))
    assert seen(rig, 3) == [Hold(None), *[Heard(b"\x01" * 4096)] * 3]


# --- the lines --------------------------------------------------------------------------------------------------------


def test_the_bounds_are_these() -> None:
    assert (door_loop.AT_ONCE, door_loop.MAX_BACKLOG, len(BEAT)) == (4096, 256, 24)


@pytest.mark.parametrize("name", ["player", "operator"])
def test_of_a_line_4096_bytes_are_read_in_a_turn(rig: Rig, name: LineName, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    real = rig.lines[name].receive

    def receive(most: int) -> list[Message]:
        reads.append(most)
        return real(most)

    monkeypatch.setattr(rig.lines[name], "receive", receive)
    getattr(rig, name).sendall(BEAT * 200)
    seen(rig, 2)
    assert reads == [4096, 4096]


@pytest.mark.parametrize(("most", "names"), [(23, []), (24, ["beat"]), (47, ["beat"]), (48, ["beat", "beat"])])
def test_of_a_line_no_more_is_read_than_was_asked_for(rig: Rig, most: int, names: list[str]) -> None:
    rig.player.sendall(BEAT * 2)
    assert [said.name for said in rig.lines["player"].receive(most)] == names


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("name", ["player", "operator"])
def test_of_256_messages_one_is_taken_a_turn_and_more_are_a_stop(rig: Rig, name: LineName) -> None:
    sock = getattr(rig, name)
    sock.sendall(BEAT * 170)
    assert len(seen(rig, 1)) == 1  # 169 wait
    sock.sendall(BEAT * 87)
    assert seen(rig, 1) == [Beat(name)] * 2  # there were 256, and 255 wait
    sock.sendall(BEAT * 2)
    why = Stop(f"{name}'s line: 257 messages wait, at most 256")
    assert seen(rig, 1)[2:] == [why, Gone(name)]


@pytest.mark.parametrize("name", ["player", "operator"])
def test_a_line_that_has_flooded_is_heard_no_more_and_is_told_the_end(rig: Rig, name: LineName) -> None:
    sock = getattr(rig, name)
    sock.sendall(BEAT * 1000)
    before = list(seen(rig, 3))
    assert before[-1] == Gone(name)
    assert seen(rig, 5) == before
    rig.lines[name].send("end")
    assert sock.recv(100)[8:] == b'{"name":"end"}'


def test_a_line_that_has_flooded_wakes_the_loop_no_more(rig: Rig, polls: Polls) -> None:
    rig.player.sendall(BEAT * 1000)
    seen(rig, 4)
    fds, within_ms = polls.asked[-1]
    assert rig.lines["player"].fileno() not in fds and within_ms == 1


@pytest.mark.hazard("H48")
@pytest.mark.parametrize("who", ["shell", "signal", "operator"])
def test_between_two_messages_of_the_operator_others_may_stop(rig: Rig, who: str) -> None:
    rig.operator.sendall(message("hold", kind="2") + message("hold", kind=None))
    seen(rig, 1)
    if who == "shell":
        rig.ask("stop")
    elif who == "signal":
        os.write(rig.signal, b"\x0f")
    else:
        rig.operator.sendall(message("stop", source="space"))
    source = {"shell": "shell", "signal": "sigterm", "operator": "space"}[who]
    assert seen(rig, 1)[:2] == [Hold("2"), Stop(source)]


@pytest.mark.hazard("H48")
@pytest.mark.parametrize("name", ["player", "operator"])
def test_a_stop_is_heard_behind_8000_bytes_of_its_own_line_in_the_next_turns(rig: Rig, name: LineName) -> None:
    sock = getattr(rig, name)
    said = ASK if name == "player" else message("hold", kind="a name of some length, like the name of a kind")
    sock.sendall(said * (8000 // len(said)) + message("stop", source="space"))
    assert [type(what) for what in seen(rig, 4)] == [Asked if name == "player" else Hold, Stop]


def test_an_operator_that_hangs_up_is_heard_only_to_its_stop(rig: Rig) -> None:
    rig.operator.sendall(message("hold", kind="2") * 3 + message("stop", source="a") + message("stop", source="b"))
    rig.operator.close()
    assert seen(rig, 3) == [Stop("a"), Stop("b"), Gone("operator")]


def test_of_an_operator_that_is_gone_no_act_is_taken(rig: Rig) -> None:
    rig.operator.sendall(message("hold", kind="2") * 3)
    rig.operator.close()
    assert seen(rig, 4) == [Hold("2"), Gone("operator")]


def test_it_does_not_wait_while_the_operator_has_said_more(rig: Rig, polls: Polls) -> None:
    rig.operator.sendall(message("hold", kind="2") * 2)
    seen(rig, 3)
    assert [ms for _, ms in polls.asked] == [1, 0, 1]


# --- the stop socket --------------------------------------------------------------------------------------------------


def test_while_others_crowd_the_stop_socket_it_does_not_wake_the_loop_but_has_its_turn(rig: Rig, polls: Polls) -> None:
    rig.guard.next_us = 1 << 62
    rig.stops.crowded = True
    sock = rig.ask("stop")
    rig.loop.turn()
    rig.loop.turn()
    (crowded, crowded_ms), (after, after_ms) = polls.asked
    listens = rig.stops.filenos()[0]
    assert (crowded_ms, listens in crowded, after_ms, after[listens]) == (2, False, 60_000, IN)
    assert rig.guard.seen == [Stop("shell")]
    sock.close()


def test_a_crowd_makes_no_turn_longer(rig: Rig, polls: Polls) -> None:
    rig.stops.crowded = True
    rig.loop.turn()
    assert polls.asked[0][1] == 1
