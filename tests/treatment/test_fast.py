"""The engine in virtual time: the order of things within one moment, and which moment comes next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_mock import MockerFixture

from eastim.clock import ManualClock
from eastim.front import Act
from eastim.safety.line import Message
from eastim.treatment.fast import FastLoop, run_fast
from eastim.treatment.watch import Watch
from tests.treatment.fakes import END, Keeper, does

NEVER_US = 2**63 - 1
ANY = cast(Any, None)  # goes to the door, which is none here
SAFE, ARMED, LIVE = (Message("state", {"state": name}) for name in ("SAFE", "ARMED", "LIVE"))
OVER = Message("end", END)


class Line:
    def __init__(self, door: Door, name: str) -> None:
        self._door, self._name = door, name

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> bool:
        self._door.log.append(f"{self._name} says {name}")
        self._door.told[self._name] += self._door.answers.pop(name, [])
        return True

    def receive(self) -> list[Message]:
        heard, self._door.told[self._name] = self._door.told[self._name], []
        return heard


class Door:
    """A guard by table: what it tells the operator at which moment, then the end; and what it answers at once."""

    def __init__(self, clock: ManualClock, tells: dict[int, list[Message]], answers: dict[str, list[Message]]) -> None:
        self._clock, self._tells, self.answers = clock, dict(tells), answers
        self.log: list[str] = []
        self.told: dict[str, list[Message]] = {"operator": self._tells.pop(0, []), "player": []}

    def line(self, name: str) -> Line:
        return Line(self, name)

    def advance(self, to_us: int) -> int:
        self.log.append(f"time goes to {to_us}")
        to_us = min(to_us, *self._tells, NEVER_US)
        self._clock.set(to_us)
        self.told["operator"] += self._tells.pop(to_us, [] if self._tells else [OVER])
        return to_us


class Turns:
    """A player that wants its turn at each of these moments, and says one word then."""

    def __init__(self, *wants_us: int) -> None:
        self._wants_us = [*wants_us, NEVER_US]

    def next_us(self) -> int:
        return self._wants_us[0]

    def step(self, now_us: int, inbox: Sequence[Message]) -> list[tuple[str, dict[str, Any], bytes]]:
        if now_us < self._wants_us[0]:
            return []
        self._wants_us.pop(0)
        return [("ask", {}, b"frame")]


def ran(tells: dict[int, list[Message]], player: Turns, front: Keeper, **answers: list[Message]) -> list[str]:
    clock = ManualClock()
    door = Door(clock, tells, answers)
    FastLoop(cast(Any, door), cast(Any, player), front, Watch("x.jsonl"), clock).run()
    return door.log


def times(log: list[str]) -> list[str]:
    return [line for line in log if line.startswith("time")]


def test_all_of_a_moment_is_said_before_the_beats_and_the_beats_before_time_goes_on() -> None:
    log = ran({0: [SAFE]}, Turns(0), Keeper(does(Act("arm"))))

    beats = ["player says beat", "operator says beat"]
    assert log[:5] == ["operator says arm", "player says ask", *beats, "time goes to 100000"]


def test_time_goes_to_the_player_s_moment_when_that_is_first() -> None:
    log = ran({0: [SAFE]}, Turns(30_000), Keeper())

    assert times(log) == ["time goes to 30000"]


def test_time_goes_to_the_front_s_moment_in_session_time() -> None:
    """LIVE at 30 ms, so what the script wants at 40 ms of the session comes at 70 ms of the clock."""
    front = Keeper(does(), does(), does(Act("raise", {"lead": "A", "kind": None})), next_us=40_000)
    log = ran({30_000: [LIVE], 90_000: [OVER]}, Turns(30_000), front)

    assert front.passes == [0, 0, 40_000, 60_000]
    assert log.index("time goes to 70000") < log.index("operator says raise")


def test_beats_come_every_100_ms_of_virtual_time() -> None:
    log = ran({0: [SAFE], 300_000: [OVER]}, Turns(), Keeper())

    assert times(log) == ["time goes to 100000", "time goes to 200000", "time goes to 300000"]
    assert log.count("player says beat") == log.count("operator says beat") == 4


def test_after_the_end_time_stands() -> None:
    assert times(ran({0: [OVER]}, Turns(50_000), Keeper())) == []


def test_what_the_guard_answers_at_once_is_shown_before_time_goes_on() -> None:
    front = Keeper(does(Act("arm")), does(Act("pause")))
    log = ran({0: [SAFE]}, Turns(), front, arm=[ARMED])

    assert log[:2] == ["operator says arm", "operator says pause"]
    assert [event.body["state"] for event in front.seen[:2]] == ["SAFE", "ARMED"] and front.passes[:2] == [0, 0]


def test_a_front_without_news_is_not_asked() -> None:
    front = Keeper()
    ran({0: [SAFE], 300_000: [OVER]}, Turns(100_000, 200_000), front)

    assert front.passes == [0, 0] and [event.name for event in front.seen] == ["state", "end"]


@pytest.mark.hazard("H32")
@pytest.mark.parametrize(("whole", "exit_"), [(True, 0), (False, 7)])
def test_a_ledger_that_is_not_whole_at_its_end_is_said(mocker: MockerFixture, whole: bool, exit_: int) -> None:
    door = Door(ManualClock(), {0: [OVER]}, {})
    mocker.patch("eastim.treatment.fast.FastDoor", return_value=door)
    close = mocker.patch.object(Door, "close", create=True, return_value=whole)

    end = run_fast(ANY, ANY, cast(Any, Turns()), Keeper(), ANY, Path("x.jsonl"))

    assert (end["reason"], end["exit"], END["exit"]) == (END["reason"], exit_, 0)
    close.assert_called_once_with()
