"""The loop's edges: what it polls and for how long, who is heard when, and its last words."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_mock import MockerFixture

from eastim.errors import Exit, PortError
from eastim.ledger import LedgerWriter
from eastim.safety.door import open_port
from eastim.safety.inputs import Arm, Asked, Beat, Failed, Gone, Stop, Tell, Tick, Write
from eastim.safety.line import Message
from eastim.safety.room import StopSocket
from tests.safety.test_door_loop import ASK, SESSION, STOP, Rig, message

IN, OUT = select.POLLIN, select.POLLOUT


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


class Polls:
    """Every poll that is made: what for, how long, and `during`, which happens meanwhile. None waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[dict[int, int], float]] = []
        self.during: Callable[[], object] = list
        real, outer = select.poll, self

        class Poll:
            def __init__(self) -> None:
                self.poller, self.fds = real(), dict[int, int]()

            def register(self, fd: Any, mask: int) -> None:
                self.fds[fd if type(fd) is int else fd.fileno()] = mask
                self.poller.register(fd, mask)

            def poll(self, within_ms: float) -> list[tuple[int, int]]:
                outer.asked.append((self.fds, within_ms))
                outer.during()
                return self.poller.poll(0)

        monkeypatch.setattr(select, "poll", Poll)


@pytest.fixture
def polls(monkeypatch: pytest.MonkeyPatch) -> Polls:
    return Polls(monkeypatch)


def drained(sock: socket.socket) -> bytes:
    sock.setblocking(False)
    data = b""
    try:
        while more := sock.recv(1 << 20):
            data += more
    except BlockingIOError:
        pass
    return data


def choke(rig: Rig) -> int:
    """Say to the operator what nobody reads, until some of it waits; how much in all."""
    line, said = rig.lines["operator"], 0
    while not line.waiting and said < 40:
        line.send("tell", {}, b"x" * 60_000)
        said += 1
    assert line.waiting
    return said * (8 + len('{"name":"tell"}') + 60_000)


# --- what it waits for ------------------------------------------------------------------------------------------------


def everything(rig: Rig) -> dict[int, int]:
    numbers = [
        *(rig.stops.filenos()[0], rig.ledger.fileno(), rig.signals),
        *(rig.lines["player"].fileno(), rig.lines["operator"].fileno(), rig.port.fileno()),
    ]
    return dict.fromkeys(numbers, IN)


def test_everybody_wakes_it(rig: Rig, polls: Polls) -> None:
    rig.loop.turn()
    assert polls.asked == [(everything(rig), 60_000)]


def test_a_line_with_words_that_wait_wakes_it_when_it_can_take_them(rig: Rig, polls: Polls) -> None:
    choke(rig)
    rig.loop.turn()
    assert polls.asked[0][0] == {**everything(rig), rig.lines["operator"].fileno(): IN | OUT}


def test_what_is_gone_wakes_it_no_more(rig: Rig, polls: Polls) -> None:
    rig.player.close()
    os.close(rig.device)
    rig.device = -1
    rig.loop.turn()
    rig.loop.turn()
    gone = (rig.lines["player"].fileno(), rig.port.fileno())
    assert polls.asked[1][0] == {fd: mask for fd, mask in everything(rig).items() if fd not in gone}
    assert rig.guard.seen == [Gone("player"), Gone("port")]


def test_a_port_that_is_gone_is_read_no_more(rig: Rig, mocker: MockerFixture) -> None:
    read = mocker.patch.object(rig.port, "read", side_effect=PortError("gone"))
    rig.guard.next_us = rig.clock.now_us()
    rig.loop.turn()
    rig.loop.turn()
    assert read.call_count == 1


@pytest.mark.parametrize(
    ("next_us", "ms"),
    [(0, 0), (999, 0), (1000, 0), (1001, 1), (2000, 1), (2001, 2), (30_001_000, 30_000), (1 << 62, 60_000)],
)
def test_it_waits_until_the_guards_moment_and_a_minute_at_most(rig: Rig, polls: Polls, next_us: int, ms: int) -> None:
    rig.guard.next_us = next_us
    rig.loop.turn()
    assert polls.asked[0][1] == ms


def test_it_does_not_wait_while_the_player_has_asked_for_more(rig: Rig, polls: Polls) -> None:
    rig.player.sendall(ASK * 2)
    for _ in range(3):
        rig.loop.turn()
    assert [ms for _, ms in polls.asked] == [60_000, 0, 60_000]


def test_it_does_not_wait_for_what_was_said_before(tmp_path: Path, polls: Polls) -> None:
    rig = Rig(tmp_path, Message("arm", {}))
    rig.loop.turn()
    rig.loop.turn()
    assert ([ms for _, ms in polls.asked], rig.guard.seen) == ([0, 60_000], [Arm()])
    rig.close()


def test_words_that_waited_go_out_as_soon_as_they_are_taken(rig: Rig) -> None:
    whole, got = choke(rig), 0
    rig.guard.next_us = rig.clock.now_us()
    for _ in range(20):
        got += len(drained(rig.operator))
        rig.loop.turn()
    assert got == whole


# --- who is heard -----------------------------------------------------------------------------------------------------


def test_signals_are_read_64_at_once(rig: Rig) -> None:
    os.write(rig.signal, b"\x0f" * 70)
    rig.loop.turn()
    assert rig.guard.seen == [Stop("sigterm")] * 64


def test_of_a_player_that_stops_nothing_else_is_taken_any_more(rig: Rig) -> None:
    rig.player.sendall(ASK * 5 + message("stop", source="a") + ASK * 5 + message("stop", source="b"))
    for _ in range(4):
        rig.guard.next_us = rig.clock.now_us() + 1000
        rig.loop.turn()
    assert rig.guard.seen == [Stop("a"), Stop("b")]


def test_of_a_player_that_is_gone_no_frame_is_taken(rig: Rig) -> None:
    rig.player.sendall(ASK * 3)
    rig.player.close()
    for _ in range(4):
        rig.guard.next_us = rig.clock.now_us() + 1000
        rig.loop.turn()
    assert [type(what) for what in rig.guard.seen] in ([Gone], [Asked, Gone])


def test_a_fault_of_a_line_is_said_before_its_end(rig: Rig) -> None:
    rig.player.sendall(b"\xff\xff\xff\xff")
    rig.turn(2)
    assert rig.guard.seen == [
        Stop("player's line: a message of 4294967295 bytes, must be 5 to 65532"),
        Gone("player"),
    ]


def test_a_player_that_asks_and_says_nonsense_is_stopped(rig: Rig) -> None:
    rig.player.sendall(message("raise", lead="A", kind=None))
    rig.turn(1)
    assert rig.guard.seen == [Stop("player's line: unknown message 'raise'")]


# --- its end ----------------------------------------------------------------------------------------------------------


def test_it_runs_until_the_guard_has_finished(rig: Rig) -> None:
    rig.player.sendall(message("beat") + message("beat") + message("beat"))
    rig.guard.next_us = 1000
    step = rig.loop.turn
    turns = []

    def turn() -> None:
        turns.append(1)
        step()
        rig.guard.finished = len(turns) == 3

    rig.loop.turn = turn  # type: ignore[method-assign]
    rig.loop.run()
    assert (len(turns), rig.guard.seen[0], rig.loop.exit_code) == (3, Beat("player"), Exit.DONE)
    assert rig.guard.seen.count(Tick()) == 3


def test_who_waits_for_a_stop_is_answered_though_the_guard_fails(rig: Rig) -> None:
    rig.guard.answers = {
        Stop: (Tell("operator", "state", {"state": "UNCERTAIN"}),),
        Arm: (Write(cast(Any, None)),),
        Failed: (Write(cast(Any, None)),),
    }
    sock = rig.ask("stop")
    rig.operator.sendall(message("arm"))
    with pytest.raises(AttributeError):
        rig.loop.run()
    assert b'"zero": false' in sock.recv(10_000)
    assert rig.wire().replace(STOP, b"") == b""  # several, of which each drops what of the last still waits


def test_at_the_end_everything_is_closed(tmp_path: Path, mocker: MockerFixture) -> None:
    rig = Rig(tmp_path)
    close = mocker.spy(LedgerWriter, "close")
    address = os.ttyname(rig.port.fileno())
    assert rig.loop.leave() is True
    assert [call.args[1:] for call in close.call_args_list] == [(5.0,)]
    assert [line.fileno() for line in rig.lines.values()] == [-1, -1]
    StopSocket(SESSION).close()
    open_port(address, 460_800).close()
    for sock in (rig.player, rig.operator):
        sock.close()
    for fd in (rig.device, rig.signals, rig.signal):
        os.close(fd)


def test_the_last_words_are_waited_for_half_a_second(tmp_path: Path, polls: Polls) -> None:
    rig = Rig(tmp_path)
    whole, got = choke(rig), bytearray()
    fd = rig.lines["operator"].fileno()
    polls.during = lambda: got.extend(drained(rig.operator))
    left = rig.loop.leave()
    got += drained(rig.operator)
    assert (left, polls.asked, len(got)) == (True, [({fd: OUT}, 500)], whole)
    for sock in (rig.player, rig.operator):
        sock.close()
    for number in (rig.device, rig.signals, rig.signal):
        os.close(number)
