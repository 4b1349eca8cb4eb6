"""However a session of `eastim run` ends, the current at the load ends with it; judged by the simulator's edge log.

Bounds: the guard's stop within 20 ms (p99; 100 ms at the most) of the session's death, 300 ms of its silence; without
the guard the device's lease of 500 ms and a pulse. To these comes what a busy machine of two cores needs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.drills.bench import ENV, Bench, Session, bench, session
from tests.drills.terminal import terminal

pytestmark = pytest.mark.drill

DEATH_US = 100_000
SILENCE_US = 300_000 + DEATH_US
# A PLAY that is read between our look at the clock and the kill begins its lease a little later.
LEASE_US = 500_000 + 5_000 + 50_000


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as device:
        yield device


@pytest.fixture
def treatment(device: Bench) -> Iterator[Session]:
    """A session of 100 Hz on lead A that has reached 0.2 mA."""
    where = ("--device", "ea1", "--port", str(device.pty), "--record", str(device.folder))
    with session("100", "--minutes", "1", "--lead", "A:1mA", *where) as treatment:
        treatment.wait("state", state="SAFE")
        treatment.say("arm")
        for ua in (100, 200):
            treatment.wait("section")
            treatment.say("raise", lead="A", kind=None)
            treatment.wait("level", lead="A", ua=ua)
            time.sleep(0.3)
        treatment.record = device.folder
        yield treatment


def _kill(treatment: Session) -> None:
    treatment.process.kill()


def _freeze(treatment: Session) -> None:
    treatment.process.send_signal(signal.SIGSTOP)


def _interrupt(treatment: Session) -> None:
    os.killpg(treatment.process.pid, signal.SIGINT)


def _hang_up(treatment: Session) -> None:
    treatment.process.send_signal(signal.SIGHUP)


def _terminate(treatment: Session) -> None:
    treatment.process.send_signal(signal.SIGTERM)


def _close_stdin(treatment: Session) -> None:
    if treatment.process.stdin:
        treatment.process.stdin.close()


def _stop_from_a_shell(treatment: Session) -> None:
    # No environment at all: a stop must find every guard without being told where (PATH and HOME included).
    words = [sys.executable, "-m", "eastim", "stop", "--session", _name(treatment)]
    subprocess.run(words, env={"PYTHONPATH": ENV["PYTHONPATH"]}, check=True)


def _name(treatment: Session) -> str:
    """Its session: a drill must not end the other sessions of this machine."""
    return next(treatment.record.glob("*.ledger.jsonl")).name.partition(".")[0]


ENDS: list[tuple[Callable[[Session], None], int]] = [
    (_kill, DEATH_US),
    (_freeze, SILENCE_US),
    (_interrupt, DEATH_US),
    (_hang_up, DEATH_US),
    (_terminate, DEATH_US),
    (_close_stdin, DEATH_US),
    # Counted from before the command: starting Python is most of it.
    (_stop_from_a_shell, 1_000_000),
]


@pytest.mark.parametrize(("end", "bound_us"), ENDS, ids=[end.__name__.strip("_") for end, _ in ENDS])
def test_the_current_ends(device: Bench, treatment: Session, end: Callable[[Session], None], bound_us: int) -> None:
    at_us = device.now_us()
    end(treatment)
    assert device.last_current_us(at_us) <= bound_us


def test_nothing_is_said_to_the_device_after_the_session_is_killed_but_the_stop(
    device: Bench, treatment: Session
) -> None:
    before = device.control("state")["rx"]
    treatment.process.kill()
    device.last_current_us(device.now_us())
    after = device.control("state")["rx"]
    time.sleep(1)
    assert device.control("state")["rx"] == after
    # What was in flight is at most one PLAY (46 bytes on the line); the stop is 3 bytes, at most three times.
    assert after - before <= 46 + 3 * 3


def test_session_and_guard_killed_together_leave_the_lease(device: Bench, treatment: Session) -> None:
    guard = _guard_of(treatment)
    at_us = device.now_us()
    os.kill(guard, signal.SIGKILL)
    treatment.process.kill()
    assert device.last_current_us(at_us) <= LEASE_US
    assert device.control("state")["state"] == "FAULT"


@pytest.mark.hazard("H42")
def test_the_guard_killed_alone_is_said_and_leaves_the_lease(device: Bench, treatment: Session) -> None:
    at_us = device.now_us()
    os.kill(_guard_of(treatment), signal.SIGKILL)
    end = treatment.wait("end")
    assert "take the leads off" in end["error"]
    assert treatment.leave() == 6
    assert device.last_current_us(at_us) <= LEASE_US


@pytest.mark.hazard("H42")
def test_a_guard_frozen_for_a_second_is_said_and_cuts_as_soon_as_it_wakes(device: Bench, treatment: Session) -> None:
    at_us = device.now_us()
    os.kill(_guard_of(treatment), signal.SIGSTOP)
    says = "the guard has not answered for half a second: take the leads off"
    treatment.wait("notice", within_s=3, priority="high", text=says)
    time.sleep(0.5)
    os.kill(_guard_of(treatment), signal.SIGCONT)
    treatment.wait("trip", within_s=1)
    end = treatment.wait("end", within_s=3)
    assert (end["zero"], treatment.leave()) == (True, 5)
    assert device.last_current_us(at_us) <= LEASE_US


@pytest.mark.hazard("H42")
def test_a_guard_frozen_for_good_is_said_and_given_up_with_exit_6(device: Bench, treatment: Session) -> None:
    guard, at_us = _guard_of(treatment), device.now_us()
    os.kill(guard, signal.SIGSTOP)
    try:
        end = treatment.wait("end", within_s=15)
        assert (end["reason"], "take the leads off" in end["error"]) == ("guard frozen", True)
        assert treatment.leave() == 6
        assert device.last_current_us(at_us) <= LEASE_US
    finally:
        os.kill(guard, signal.SIGCONT)


def test_a_pulled_pty_is_uncertain_and_the_lease_ends_the_current(device: Bench, treatment: Session) -> None:
    at_us = device.control("fault", name="unplug")["t_us"]
    treatment.wait("state", state="UNCERTAIN")
    treatment.wait("notice", priority="high", text="the output is not confirmed off: take the leads off")
    treatment.say("stop")
    assert treatment.leave(30) == 6
    assert device.last_current_us(at_us) <= LEASE_US


LAST_ACTS = {
    "closed": "",
    "ctrl-c": "\x03",
    "space": " ",
    "ideographic space": "\u3000",
    "s": "s",
    "zero": "0",
    "ctrl-z": "\x1a",
}


@pytest.mark.parametrize("act", LAST_ACTS)
def test_a_closed_terminal_and_a_key_end_the_current(device: Bench, act: str) -> None:
    """Run the plain screen in a terminal of its own, raise by key, then end it."""
    with terminal(device) as screen:
        time.sleep(0.2)
        screen.press("+")
        screen.read_until("0.1 mA, raised")
        time.sleep(0.2)
        at_us = device.now_us()
        if act == "closed":
            screen.close()
        else:
            screen.press(LAST_ACTS[act])
            screen.read_until("Output zero confirmed")
        assert screen.process.wait(10) == 4
        assert device.last_current_us(at_us) <= DEATH_US


def _guard_of(treatment: Session) -> int:
    """The guard's process, found as the session's child that runs eastim.safety.process."""
    children = Path(f"/proc/{treatment.process.pid}/task/{treatment.process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if b"eastim.safety.process" in Path(f"/proc/{pid}/cmdline").read_bytes())
