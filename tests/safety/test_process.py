"""The guard process as a process: what it refuses to begin, and what it says then. Nothing here reaches a device."""

from __future__ import annotations

import gc
import json
import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_mock import MockerFixture

from eastim.errors import Exit
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety import process
from eastim.safety.door_start import GuardHandle, start_guard
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.room import StopSocket

LOW = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000, 6, ("A",))
ORDER = Order(
    Program("2", (LOW,), 2), (LeadOrder("A", (), 2000),), envelope("bench", "needle"), "bench", 6_000_000, "ea1"
)
SESSION = f"process-{os.getpid()}"


def answer(guard: GuardHandle) -> dict[str, Any]:
    """The first thing that the guard says to the operator."""
    until = time.monotonic() + 10
    while time.monotonic() < until and not guard.operator.closed:
        select.select([guard.operator], [], [], 1)
        for name, body, _ in guard.operator.receive():
            return {"name": name, **body}
    raise AssertionError("the guard said nothing")


def failed(guard: GuardHandle) -> tuple[str, int]:
    with guard:
        body = answer(guard)
        assert body["name"] == "failed"
        assert guard.wait(5) == body["exit"]
        return body["error"], body["exit"]


def test_an_absent_port_is_said_and_the_exit_code_is_no_device(tmp_path: Path) -> None:
    error, code = failed(start_guard(ORDER, "/dev/nowhere", tmp_path / "a", SESSION))
    assert (code, "no port at /dev/nowhere" in error) == (3, True)


@pytest.mark.hazard("H01")
def test_the_guard_is_a_process_in_a_session_of_its_own(tmp_path: Path) -> None:
    """What is sent to our process group (a closed terminal, Ctrl-C) does not reach it."""
    with start_guard(ORDER, "/dev/nowhere", tmp_path / "a", SESSION) as guard:
        assert guard.pid != os.getpid()
        assert os.getsid(guard.pid) == guard.pid


@pytest.mark.hazard("H24")
@pytest.mark.hazard("H23")
def test_a_busy_port_is_said(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    import fcntl

    fcntl.flock(slave, fcntl.LOCK_EX)
    error, code = failed(start_guard(ORDER, os.ttyname(slave), tmp_path / "a", SESSION))
    assert (code, "held by another program" in error) == (3, True)
    os.close(master)
    os.close(slave)


def test_a_ledger_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    error, code = failed(start_guard(ORDER, "/dev/nowhere", tmp_path / "a", SESSION))
    assert (code, "File exists" in error) == (7, True)
    assert (tmp_path / "a").read_text() == "old"


def test_a_session_that_runs_already_is_said(tmp_path: Path) -> None:
    running = StopSocket(SESSION)
    error, code = failed(start_guard(ORDER, "/dev/nowhere", tmp_path / "a", SESSION))
    assert (code, "is running already" in error) == (3, True)
    running.close()


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (replace(ORDER, leads=()), "no lead is ordered"),
        (replace(ORDER, leads=(LeadOrder("Z", (), 2000),)), "profile ea1 has none"),
        (replace(ORDER, leads=(LeadOrder("B", (), 2000),)), "the program plays on it, and it is not ordered"),
        (replace(ORDER, leads=(LeadOrder("A", (), 2_000_000),)), "profile ea1 goes to 20000 uA"),
        (replace(ORDER, leads=(LeadOrder("A", (), True),)), "max_ua of lead A is True"),
        (replace(ORDER, use="human"), "the limits are those of bench"),
        (replace(ORDER, session_us=-1), "session_us is -1"),
        (replace(ORDER, session_us=9 * 3_600_000_000), "session_us is bounded by 28800000000"),
        (replace(ORDER, profile="../../x"), "no device profile"),
    ],
)
@pytest.mark.hazard("H31")
def test_the_guard_takes_no_word_for_an_order_that_does_not_fit(tmp_path: Path, order: Order, says: str) -> None:
    error, code = failed(start_guard(order, "/dev/nowhere", tmp_path / "a", SESSION))
    assert (code, says in error) == (2, True), error
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"limits": []},
        {"session_us": None},
        {"program": {"name": "x", "repeats": 0, "sections": []}},
        {"leads": [{"lead": "A"}]},
    ],
    ids=["no limits", "no time", "no program", "half a lead"],
)
@pytest.mark.hazard("H31")
def test_an_order_that_can_not_be_read_starts_nothing(
    tmp_path: Path, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = json.dumps({**json.loads(ORDER.to_json()), **change})
    monkeypatch.setattr(Order, "to_json", lambda _: raw)
    _, code = failed(start_guard(ORDER, "/dev/nowhere", tmp_path / "a", SESSION))
    assert code == 2


def test_a_session_that_dies_before_its_order_leaves_no_guard() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "eastim.safety.process", "--player-fd", "0", "--operator-fd", "0"],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.wait(10) != 0


def test_no_third_process_holds_an_end_of_a_line(tmp_path: Path) -> None:
    """A child started while a guard runs must not keep a dead session's lines open."""
    guard = start_guard(ORDER, "/dev/nowhere", tmp_path / "a", SESSION)
    with subprocess.Popen(["sleep", "5"], close_fds=False) as other:
        held = {os.readlink(fd) for fd in Path(f"/proc/{other.pid}/fd").iterdir()}
        other.kill()
    lines = {os.readlink(f"/proc/self/fd/{line.fileno()}") for line in (guard.player, guard.operator)}
    assert not held & lines
    failed(guard)


def test_the_guard_lives_in_a_session_of_its_own(tmp_path: Path, mocker: MockerFixture) -> None:
    popen = mocker.spy(subprocess, "Popen")
    failed(start_guard(ORDER, "/dev/nowhere", tmp_path / "a", SESSION))
    assert popen.call_args.kwargs["start_new_session"] is True


class Watching:
    """A loop that looks at the collector while it runs."""

    exit_code = Exit.DONE

    def __init__(self) -> None:
        self.seen: list[tuple[bool, bool]] = []

    def run(self) -> None:
        self.seen.append((gc.isenabled(), gc.get_freeze_count() > 1000))

    def leave(self) -> bool:
        return True


@pytest.mark.hazard("H42")
def test_nothing_is_collected_while_the_guard_runs() -> None:
    watching = Watching()
    gc.unfreeze()  # whatever was frozen before
    try:
        code = process._guard(cast(Any, watching))
    finally:
        gc.unfreeze()
        gc.enable()
    assert (code, watching.seen) == (0, [(False, True)])
