"""The loop around the player, over a real pair of sockets."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from eastim.clock import ManualClock
from eastim.player import Player, run_player
from eastim.safety.line import Line, PlayerLine
from tests.player.words import PROGRAM, ZERO, Words, told


def ends() -> tuple[PlayerLine, Line]:
    one, other = socket.socketpair()
    return PlayerLine(one), Line(other)


def close(*lines: Line) -> None:
    for line in lines:
        line.close()


@pytest.mark.hazard("H03")
def test_the_beat_is_the_last_act_of_a_pass() -> None:
    line, guard = ends()
    guard.send("set", told("OFF")[1])
    guard.send("end")
    guard.send("unknown word")
    run_player(line, ManualClock(), Player(Words(), PROGRAM, ZERO))

    assert [message.name for message in guard.receive()] == ["beat"]
    close(line, guard)


@pytest.mark.hazard("H03")
def test_a_pass_that_fails_gives_no_beat() -> None:
    line, guard = ends()
    guard.send("set", {"state": "OFF"})  # without levels: a mistake of the guard's, and the player falls over it
    with pytest.raises(KeyError):
        run_player(line, ManualClock(), Player(Words(), PROGRAM, ZERO))

    assert guard.receive() == []
    close(line, guard)


def test_the_loop_ends_when_the_line_closes() -> None:
    line, guard = ends()
    guard.close()
    run_player(line, ManualClock(), Player(Words(), PROGRAM, ZERO))

    assert line.closed
    close(line)


def test_the_loop_asks_through_the_line() -> None:
    line, guard = ends()
    guard.send("set", told("OFF")[1])
    player = Player(Words(), PROGRAM, ZERO)
    clock = ManualClock()

    class Once(ManualClock):
        """Time that ends the session from outside after the first pass."""

        def now_us(self) -> int:
            if guard_said := guard.receive():
                asked.extend(guard_said)
                guard.send("end")
            return clock.now_us()

    asked: list[Any] = []
    run_player(line, Once(), player)

    assert [(message.name, message.data) for message in asked][:1] == [("ask", b"hello")]
    close(line, guard)
