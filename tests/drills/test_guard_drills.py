"""Drills of guard and door with real processes on a real pty: whatever is killed, frozen or pulled, the current ends.

The bounds are SAFETY's: the guard's stop within 20 ms (p99; 100 ms at the most) of the session's death, or 300 ms of
its silence; without the guard, the device's lease of 500 ms and a pulse. Judged by the scope at the load.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from eastim.safety.audit import audit
from eastim.safety.room_client import ask
from eastim.safety.room_table import Room
from tests.drills.conftest import Drill

pytestmark = pytest.mark.drill

DEATH_US = 100_000
SILENCE_US = 300_000 + DEATH_US
LEASE_US = 500_000 + 5_000
# A pty takes bytes at its own pace; what the device had read just before counts from there.
SLACK_US = 20_000


def test_a_stop_by_the_operator(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    drill.say("stop")
    assert drill.silent_after_us(at_us) <= DEATH_US
    end = drill.hear("end")
    assert (end["reason"], end["zero"]) == ("stopped by stop", True)
    assert drill.hear("left")["code"] == 4
    books = audit(drill.ledger)
    assert books.problems == ()
    assert not books.verification.ended_open


@pytest.mark.hazard("H02")
def test_the_session_is_killed(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    drill.child.kill()
    assert drill.silent_after_us(at_us) <= DEATH_US
    _wait_gone(drill.guard_pid)
    books = audit(drill.ledger)
    assert (books.problems, books.reason) == ((), "session process gone")


@pytest.mark.hazard("H04")
def test_the_session_is_frozen(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    drill.child.send_signal(signal.SIGSTOP)
    assert drill.silent_after_us(at_us) <= SILENCE_US
    drill.child.send_signal(signal.SIGCONT)
    time.sleep(1)
    assert drill.edges(drill.now_us() - 900_000) == []


@pytest.mark.hazard("H03")
def test_only_the_operators_loop_hangs(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    drill.say("hang")
    assert drill.silent_after_us(at_us) <= SILENCE_US


@pytest.mark.hazard("H04")
def test_one_long_c_call_holds_the_interpreter(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    drill.say("spin")
    assert drill.silent_after_us(at_us) <= SILENCE_US


@pytest.mark.hazard("H42")
def test_the_guard_is_killed(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    os.kill(drill.guard_pid, signal.SIGKILL)
    assert drill.silent_after_us(at_us) <= LEASE_US + SLACK_US
    assert audit(drill.ledger).verification.ended_open


@pytest.mark.hazard("H42")
def test_the_guard_is_frozen(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    os.kill(drill.guard_pid, signal.SIGSTOP)
    assert drill.silent_after_us(at_us) <= LEASE_US + SLACK_US
    os.kill(drill.guard_pid, signal.SIGCONT)
    # Its own deadlines passed meanwhile: whatever waits to be read, the first that it does is to cut.
    drill.hear("trip", within_s=1)
    assert drill.hear("end", within_s=3)["zero"] is True
    time.sleep(1)
    assert drill.edges(drill.now_us() - 900_000) == []


@pytest.mark.hazard("H43")
def test_both_are_killed(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    os.kill(drill.guard_pid, signal.SIGKILL)
    drill.child.kill()
    assert drill.silent_after_us(at_us) <= LEASE_US + SLACK_US


# SIGXCPU is what the kernel says to a guard that runs away (eastim/safety/priority.py).
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU])
def test_the_guard_is_told_to_end(drill: Drill, number: int) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    os.kill(drill.guard_pid, number)
    assert drill.silent_after_us(at_us) <= DEATH_US
    assert drill.hear("end")["zero"] is True


def test_ctrl_c_is_not_for_the_guard(drill: Drill) -> None:
    drill.hear_strength(300)
    os.kill(drill.guard_pid, signal.SIGINT)
    drill.hear_strength(400)


@pytest.mark.hazard("H41")
def test_a_stop_from_another_shell_answers_when_zero_is_read_back(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    answer = ask(Room(os.getuid(), drill.session), "stop")
    assert answer["zero"] is True, answer
    answered_us = drill.now_us()
    assert drill.silent_after_us(at_us) <= min(DEATH_US, answered_us - at_us)
    assert drill.hear("end")["reason"] == "stopped by shell"


def test_a_status_from_another_shell_says_how_it_stands(drill: Drill) -> None:
    drill.hear_strength(300)
    answer = ask(Room(os.getuid(), drill.session), "status")
    assert (answer["state"], answer["use"], answer["pid"]) == ("LIVE", "human", drill.guard_pid)
    real_time = os.sched_getscheduler(drill.guard_pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
    assert answer["guard"] == ("real-time (SCHED_FIFO)" if real_time else "at normal priority")
    assert audit(drill.ledger).guard == answer["guard"]
    left_us = answer["left_us"]
    assert isinstance(left_us, int)
    assert 0 < left_us < 60_000_000


@pytest.mark.hazard("H07")
def test_the_cable_is_pulled(drill: Drill) -> None:
    drill.hear_strength(300)
    at_us = drill.now_us()
    drill.simulator.control({"do": "fault", "name": "unplug"})
    assert drill.silent_after_us(at_us) <= LEASE_US + SLACK_US
    drill.hear("state", state="UNCERTAIN")
    end = drill.hear("end")
    assert (end["zero"], end["exit"]) == (False, 6)


@pytest.mark.hazard("H13")
def test_a_deaf_device_is_uncertain_and_a_stop_from_a_shell_says_so(drill: Drill) -> None:
    drill.hear_strength(300)
    drill.simulator.control({"do": "fault", "name": "deaf"})
    answer = ask(Room(os.getuid(), drill.session), "stop")
    assert answer["zero"] is False, answer
    drill.hear("state", state="UNCERTAIN")


def _wait_gone(pid: int) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if not _runs(pid):
            return
        time.sleep(0.05)
    raise AssertionError("the guard still runs")


def _runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for whoever adopts orphans here does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False
