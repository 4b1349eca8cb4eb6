"""The front end's loop in real time, over a real pair of sockets: the guard is the test's own hand on the other end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from eastim.clock import ManualClock
from eastim.front import Act
from eastim.safety.line import Line
from eastim.treatment import live
from eastim.treatment.ending import with_last_word
from eastim.treatment.live import STOP_SIGNALS, FrontLoop
from eastim.treatment.watch import Watch
from tests.treatment.fakes import END, Keeper, does

ROOT = Path(__file__).parents[2]


class Stand:
    """A loop, its clock, and the guard's end of the operator's line."""

    def __init__(self, *, awake: bool = True) -> None:
        one, other = socket.socketpair()
        self.operator, self.guard = Line(one), Line(other)
        self.clock = ManualClock(1_000_000)
        self._awake = SimpleNamespace(held=lambda: awake)

    def run(self, front: Keeper) -> dict[str, Any]:
        handle = SimpleNamespace(operator=self.operator)
        watch = Watch("x.ledger.jsonl")
        return FrontLoop(cast(Any, handle), front, watch, cast(Any, self.clock), cast(Any, self._awake)).run()

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        return [(message.name, message.body) for message in self.guard.receive()]

    def end(self) -> Iterable[Act]:
        self.guard.send("end", END)
        return ()

    def tick(self) -> Iterable[Act]:
        self.guard.send("tick")
        return ()

    def later(self, us: int) -> Iterable[Act]:
        self.clock.set(self.clock.now_us() + us)
        return ()


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    yield made
    made.operator.close()
    made.guard.close()


def test_the_loop_goes_on_until_the_guard_says_end(stand: Stand) -> None:
    front = Keeper(does(), does(), stand.end)

    assert stand.run(front)["reason"] == "completed"
    assert [event.name for event in front.seen] == ["end"] and len(front.passes) == 4


@pytest.mark.hazard("H03")
def test_the_beat_is_the_last_word_of_a_pass(stand: Stand) -> None:
    stand.guard.send("end", END)
    stand.run(Keeper(does(Act("raise", {"lead": "A", "kind": None}), Act("pause"))))

    assert [name for name, _ in stand.heard()] == ["raise", "pause", "beat"]


@pytest.mark.hazard("H03")
def test_a_pass_that_fails_gives_no_beat(stand: Stand) -> None:
    def fails() -> Iterable[Act]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stand.run(Keeper(fails))

    assert stand.heard() == []


@pytest.mark.hazard("H01")
def test_a_front_end_that_fails_hangs_up_on_the_guard(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Iterable[Act]:
        raise ZeroDivisionError

    player = SimpleNamespace(close=lambda: None)
    handle = SimpleNamespace(operator=stand.operator, player=player, wait=lambda _s: None)
    monkeypatch.setattr(live, "start_guard", lambda *_: handle)
    monkeypatch.setattr(live, "run_player", lambda *_: None)
    monkeypatch.setattr(live, "Awake", lambda: nullcontext(SimpleNamespace(held=lambda: True)))
    with pytest.raises(ZeroDivisionError):
        live.run_live(cast(Any, None), cast(Any, None), Keeper(fails), "", Path("x"), "")

    assert stand.guard.receive() == [] and stand.guard.closed


def test_a_guard_that_hangs_up_without_an_end_leaves_zero_unconfirmed(stand: Stand) -> None:
    stand.guard.close()
    front = Keeper()

    assert stand.run(front)["exit"] == 6
    assert [event.body["reason"] for event in front.seen] == ["guard gone"]


def test_a_guard_that_hangs_up_after_its_end_has_ended_well(stand: Stand) -> None:
    stand.end()
    stand.guard.close()

    assert stand.run(Keeper())["exit"] == 0


@pytest.mark.hazard("H42")
def test_a_guard_without_ticks_is_stopped_and_said_once(stand: Stand) -> None:
    stand.tick()
    front = Keeper(lambda: stand.later(500_001), does(), does(), stand.end)
    stand.run(front)

    assert front.texts("notice") == ["the guard has not answered for half a second: take the leads off"]
    assert [body for name, body in stand.heard() if name == "stop"] == [{"source": "guard silent"}]


@pytest.mark.hazard("H42")
def test_a_guard_that_stays_frozen_is_given_up_after_10_s(stand: Stand) -> None:
    stand.tick()
    front = Keeper(lambda: stand.later(10_000_000), lambda: stand.later(1))
    end = stand.run(front)

    assert (end["reason"], end["zero"], end["exit"]) == ("guard frozen", False, 6)
    assert end["error"] == "the guard has not answered for 10 s, so zero is not confirmed: take the leads off"


@pytest.mark.parametrize("number", STOP_SIGNALS, ids=lambda number: number.name)
def test_a_signal_stops_the_session(stand: Stand, number: signal.Signals) -> None:
    def kill() -> Iterable[Act]:
        os.kill(os.getpid(), number)
        return ()

    stand.run(Keeper(kill, stand.end))

    assert ("stop", {"source": number.name.lower()}) in stand.heard()


def test_the_next_signal_ends_a_loop_that_hangs() -> None:
    """A child whose loop hangs in a write that nobody reads; the first signal is only noted."""
    hangs = """
import os, sys
from eastim.treatment.live import _signals_into
with _signals_into([]):
    os.write(1, b"x")
    while True:
        os.write(1, bytes(65536))
"""
    with subprocess.Popen([sys.executable, "-c", hangs], stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdout is not None and child.stdout.read(1) == b"x"
        child.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.7)
        child.send_signal(signal.SIGTERM)
        assert child.wait(5) == 6


@pytest.mark.parametrize(("said", "code", "exit_"), [(0, 7, 7), (0, 0, 0), (0, None, 0), (5, 7, 5), (6, 7, 6)], ids=str)
def test_a_ledger_that_is_not_whole_is_in_the_exit_code(said: int, code: int | None, exit_: int) -> None:
    assert with_last_word({**END, "exit": said}, code) == {**END, "exit": exit_}


def test_signals_are_given_back(stand: Stand) -> None:
    before = [signal.getsignal(number) for number in STOP_SIGNALS]
    stand.end()
    stand.run(Keeper())

    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before


@pytest.mark.parametrize(("held", "notices"), [(True, 0), (False, 1)])
def test_a_machine_that_may_fall_asleep_is_said_once(held: bool, notices: int) -> None:
    stand = Stand(awake=held)
    front = Keeper(lambda: stand.later(1_000_001), does(), does(), stand.end)
    stand.run(front)
    stand.operator.close()
    stand.guard.close()

    assert len([text for text in front.texts("notice") if "sleep" in text]) == notices
