"""H01, H03: an exception at every point at which a session speaks to its guard: the current ends, and that is said.

The player runs in a thread. Where it raises, its loop is over and nothing speaks for it any more; the guard misses its
beat. Where the operator's loop raises, the session hangs up on both lines. In virtual time, with the real guard, reader
and device; the points are all that one session comes by: found, loaded, armed, tested, raised, held, paused, resumed.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from eastim.clock import ManualClock
from eastim.player import Player, run_player
from eastim.safety.inputs import Gone
from eastim.safety.line import MAX_MESSAGE, Line, Message, PlayerLine
from tests.player.words import PROGRAM, ZERO, Words, told
from tests.sweeps.sitting import Sitting

SCRIPT: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("arm", {}, 800_000),
    ("raise", {"lead": "A", "kind": None}, 300_000),
    ("raise", {"lead": "A", "kind": None}, 300_000),
    ("hold", {"kind": "100"}, 300_000),
    ("hold", {"kind": None}, 300_000),
    ("lower", {"lead": "A", "kind": None}, 300_000),
    ("pause", {}, 300_000),
    ("resume", {}, 500_000),
    ("raise", {"lead": "A", "kind": None}, 300_000),
    ("stop", {"source": "operator"}, 300_000),
)


class Broken(Exception):
    pass


def played(line: str, nth: int, broken: Callable[[Sitting], None]) -> tuple[Sitting, int | None]:
    """Play the script; at the n-th word said on that line, do `broken` in its place. And when that was."""
    sitting, at_us, count = Sitting("100"), [], 0
    rig = sitting.rig
    if rig is None:
        raise ValueError("no rig")
    give = rig.give

    def counted(name: str, what: str, body: dict[str, Any] | None = None, data: bytes = b"") -> None:
        nonlocal count
        count += name == line
        if name == line and count == nth:
            at_us.append(rig.now_us)
            broken(sitting)
        elif not at_us or name != line:
            give(name, what, body, data)  # type: ignore[arg-type]

    rig.give = counted  # type: ignore[method-assign, assignment]
    sitting.run(300_000)
    for name, body, us in SCRIPT:
        if not at_us:
            sitting.act(name, **body)
        sitting.run(us)
    if broken is player_ends:
        give("operator", "stop", {"source": "operator"})  # the operator is still there, and ends what is tripped
    rig.run_to(rig.now_us + 20_000_000, lambda: rig.body.finished)
    return sitting, at_us[0] if at_us else None


def player_ends(sitting: Sitting) -> None:
    """An exception in the player's thread: the thread is over; its line stays open, and silent."""
    if sitting.rig:
        sitting.rig.plays = False
        sitting.rig.beats["player"] = False


def session_ends(sitting: Sitting) -> None:
    """An exception in the operator's loop: leaving hangs up on the guard, and ends the player."""
    player_ends(sitting)
    if sitting.rig:
        sitting.rig.beats["operator"] = False
        sitting.rig.feed(Gone("operator"))


def last_us(sitting: Sitting) -> int:
    return max((t_us for t_us, _, _ in sitting.edges()), default=0)


def found(line: str, broken: Callable[[Sitting], None], within_us: int, exits: set[int]) -> list[object]:
    """What was wrong after an exception at any point of a line. A pulse that has begun is finished."""
    wrong: list[object] = []
    for nth in range(1, 500):
        sitting, at_us = played(line, nth, broken)
        if at_us is None:
            return wrong if nth > 40 else [*wrong, f"only {nth} points"]
        end = sitting.said("end")[-1:]
        if last_us(sitting) > at_us + within_us + 500 or not end or end[0]["exit"] not in exits:
            wrong.append((nth, at_us, last_us(sitting), end))
    return [*wrong, "a session without end"]


@pytest.mark.hazard("H01")
@pytest.mark.hazard("H03")
def test_the_player_raises_at_any_word_and_the_current_ends_within_300_ms() -> None:
    # Tripped; never started; stopped by the operator, where the script had come to its stop before.
    assert found("player", player_ends, 300_000, {5, 3, 4}) == []


@pytest.mark.hazard("H01")
def test_the_session_raises_at_any_word_of_the_operators_and_the_current_ends_at_once() -> None:
    assert found("operator", session_ends, 0, {4, 3}) == []


class Breaks(PlayerLine):
    """A line whose n-th call raises."""

    def __init__(self, sock: socket.socket, nth: int) -> None:
        super().__init__(sock)
        self._nth, self._calls = nth, 0

    def _count(self) -> None:
        self._calls += 1
        if self._calls == self._nth:
            raise Broken

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> bool:
        self._count()
        return super().send(name, body, data)

    def flush(self) -> None:
        self._count()
        super().flush()

    def receive(self, most: int = MAX_MESSAGE) -> list[Message]:
        self._count()
        return super().receive(most)


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(("nth", "said"), [(1, []), (2, []), (3, []), (4, []), (5, ["ask"]), (6, ["ask"])])
def test_the_real_loop_ends_at_an_exception_of_its_line_and_says_nothing_after_it(nth: int, said: list[str]) -> None:
    one, other = socket.socketpair()
    line, guard = Breaks(one, nth), Line(other)
    guard.send("set", told("OFF")[1])
    # Flush, receive, the first question and its flush, the beat and its flush.
    with pytest.raises(Broken):
        run_player(line, ManualClock(), Player(Words(), PROGRAM, ZERO))

    assert [message.name for message in guard.receive()] == said
    line.close()
    guard.close()
