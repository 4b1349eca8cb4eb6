"""The fast door's ends: it cuts what has not ended, gives everything back, and knows when bytes don't come."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from eastim.clock import ManualClock
from eastim.errors import PortError
from eastim.safety.door_fast import FastDoor, FastHands
from eastim.simulator import Simulator
from tests.safety.test_door_fast import ORDER, PROFILE, Rig, arms


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_a_door_that_is_left_early_cuts_and_gives_port_and_ledger_back(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    sent, numbers = rig.door._hands.sent, (rig.door._port.fileno(), rig.door._ledger._fd)
    with rig.door as door:
        assert door is rig.door
    assert rig.door._hands.sent - sent == 3
    for number in numbers:
        with pytest.raises(OSError):
            os.fstat(number)
    rig.simulator.close()


def test_without_a_port_nothing_stays_open(tmp_path: Path) -> None:
    with Simulator(speed=0) as simulator:
        simulator.address = "/dev/nowhere"
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(PortError):
            FastDoor(ORDER, PROFILE, simulator, tmp_path / "a", ManualClock())
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_device_that_ran_before_keeps_its_own_count_of_time(tmp_path: Path) -> None:
    clock = ManualClock(1_000_000)
    with Simulator(speed=0) as simulator:
        simulator.advance(50_000, 0)
        with FastDoor(ORDER, PROFILE, simulator, tmp_path / "a", clock) as door:
            while clock.now_us() < 1_002_000:
                door.advance(clock.now_us() + 500)
            ran_us = simulator.control({"do": "state"})["t_us"] - 50_000
    assert 1900 <= ran_us <= 2600


def test_a_session_that_has_ended_is_not_cut_again(tmp_path: Path, mocker: MockerFixture) -> None:
    rig = Rig(tmp_path)
    rig.door.line("operator").send("stop", {"source": "space"})
    rig.run(arms)
    assert rig.door.finished
    cut = mocker.spy(rig.door.body, "cut")
    rig.close()
    assert cut.call_count == 0


class NoBytes:
    """A `select` to which nothing ever comes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[Any, ...]] = []
        monkeypatch.setattr(select, "select", self.select)

    def select(self, *asked: Any) -> tuple[list[int], list[int], list[int]]:
        self.asked.append(asked)
        return [], [], []


def test_bytes_that_do_not_come_are_waited_for_five_seconds(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    none = NoBytes(monkeypatch)
    monkeypatch.setattr(rig.door._port, "read", lambda: pytest.fail("read, though nothing has come"))
    with pytest.raises(PortError, match="the simulator sent 7 bytes, 0 have come"):
        rig.door._bytes(7)
    monkeypatch.undo()
    assert none.asked == [([rig.door._port.fileno()], [], [], 5.0)]


def test_bytes_that_do_not_come_are_a_port_gone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    NoBytes(monkeypatch)
    rig.door._hear(7, rig.clock.now_us())
    monkeypatch.undo()
    told = {message.name: message.body for message in rig.door.take("operator")}
    assert told["trip"]["cause"] == "port-gone"


def test_whether_the_cable_was_pulled_is_not_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    class Poll:
        def register(self, fd: int, mask: int) -> None:
            asked.append((fd, mask))

        def poll(self, within_ms: int) -> list[int]:
            asked.append((within_ms,))
            return []

    hands: FastHands = rig.door._hands
    monkeypatch.setattr(select, "poll", Poll)
    found = hands.hung_up()
    monkeypatch.undo()
    assert (found, asked) == (False, [(rig.door._port.fileno(), select.POLLRDHUP), (0,)])


@pytest.mark.parametrize("whole", [True, False])
def test_a_door_that_is_closed_says_whether_the_ledger_is_whole(rig: Rig, mocker: MockerFixture, whole: bool) -> None:
    if not whole:
        mocker.patch("os.fdatasync", side_effect=OSError(5, "x"))
    assert rig.door.close() is whole
