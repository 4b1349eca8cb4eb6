"""H42: a real guard killed or frozen where it is not LIVE: the session says so, and no current is left."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.drills.bench import Session, bench, session

pytestmark = pytest.mark.drill

LEASE_US = 500_000 + 5_000 + 50_000  # as in test_session_ends


def guard_of(running: Session) -> int:
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"eastim.safety.process" in Path(f"/proc/{pid}/cmdline").read_bytes())


def bring_to(running: Session, state: str) -> None:
    running.wait("state", state="SAFE")
    if state == "SAFE":
        return
    running.say("arm")
    running.wait("state", state="ARMED")
    if state == "PAUSED":
        running.wait("section")
        running.say("raise", lead="A", kind=None)
        running.wait("level", lead="A", ua=100)
        running.say("pause")
        running.wait("state", state="PAUSED")


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("state", ["SAFE", "ARMED", "PAUSED"])
def test_a_guard_killed_before_or_between_pulses_is_said_and_nothing_flows(tmp_path: Path, state: str) -> None:
    with bench(tmp_path) as device:
        where = ("--device", "ea1", "--port", str(device.pty), "--record", str(tmp_path))
        with session("100", "--minutes", "1", "--lead", "A:1mA", *where) as running:
            bring_to(running, state)
            at_us = device.now_us()
            os.kill(guard_of(running), signal.SIGKILL)
            end = running.wait("end", within_s=5)

            assert "take the leads off" in end["error"]
            assert running.leave() == 6
        time.sleep(0.7)
        edges = device.settled_edges(0.3)

    assert [edge for edge in edges if edge[0] > at_us + LEASE_US] == []
    assert not edges or edges[-1][2] == 0


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("state", ["SAFE", "ARMED", "PAUSED"])
def test_a_guard_frozen_before_or_between_pulses_is_said_and_ends_the_session_when_it_wakes(
    tmp_path: Path, state: str
) -> None:
    with bench(tmp_path) as device:
        where = ("--device", "ea1", "--port", str(device.pty), "--record", str(tmp_path))
        with session("100", "--minutes", "1", "--lead", "A:1mA", *where) as running:
            bring_to(running, state)
            guard, at_us = guard_of(running), device.now_us()
            os.kill(guard, signal.SIGSTOP)
            says = "the guard has not answered for half a second: take the leads off"
            running.wait("notice", within_s=3, priority="high", text=says)
            time.sleep(0.5)
            os.kill(guard, signal.SIGCONT)
            end = running.wait("end", within_s=5)

            assert end["zero"] is True
            assert running.leave() in (4, 5)  # the stop that the session said meanwhile, or the guard's own trip
        time.sleep(0.7)
        edges = device.settled_edges(0.3)

    assert [edge for edge in edges if edge[0] > at_us + LEASE_US] == []
    assert not edges or edges[-1][2] == 0
