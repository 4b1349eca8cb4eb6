"""How a guard is started: its command, its lines, and who waits for its end; nothing is started here."""

from __future__ import annotations

import gc
import os
import select
import socket
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, cast

import pytest
from pytest_mock import MockerFixture

from eastim.child import child_environment
from eastim.safety.door_start import GuardHandle, start_guard
from eastim.safety.line import Line, PlayerLine
from tests.safety.test_process_order import an_order


class Child:
    """A guard that ends when it is waited for long enough."""

    pid = 4321

    def __init__(self, ends: bool = True) -> None:
        self.ends, self.waits = ends, list[float]()

    def poll(self) -> int:
        return 5

    def wait(self, within_s: float) -> int:
        self.waits.append(within_s)
        if not self.ends:
            raise subprocess.TimeoutExpired("guard", within_s)
        return 4


class Started:
    """A start that is written down: the command, what came with it, and what lies in the operator's line."""

    def __init__(self, mocker: MockerFixture, folder: Path, child: Child | None = None) -> None:
        self.child = child or Child()
        self.held: list[bool] = []

        def popen(command: list[str], **more: Any) -> Child:
            self.command, self.more = command, more
            self.player, self.operator = (os.dup(fd) for fd in more.get("pass_fds", (2, 2)))
            return self.child

        mocker.patch.object(subprocess, "Popen", popen)
        mocker.patch.object(os, "getcwd", return_value="/some/where")
        self.handle: GuardHandle = start_guard(an_order(), "/dev/x", folder, "s1")


def ended(fd: int) -> bool:
    """Whether the other end is closed and all was read."""
    while select.select([fd], [], [], 0)[0]:
        if not os.read(fd, 100_000):
            return True
    return False


@pytest.fixture
def started(mocker: MockerFixture) -> Any:
    made = Started(mocker, Path("a.ledger"))
    yield made
    made.handle.close()
    os.close(made.player)
    os.close(made.operator)


class End:
    """An end of a line that can be closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


def test_hanging_up_closes_both_lines() -> None:
    player, operator = End(), End()
    GuardHandle(cast(Any, player), cast(Any, operator), cast(Any, Child())).close()
    assert (player.closed, operator.closed) == (True, True)


def starts(mocker: MockerFixture) -> bool:
    """Whether a start succeeds and gives a handle that can be closed."""
    try:
        made = Started(mocker, Path("a.ledger"))
    except IndexError:
        return False
    os.close(made.player)
    os.close(made.operator)
    if type(made.handle) is not GuardHandle:
        return False
    made.handle.close()
    return True


def test_a_start_gives_a_handle(mocker: MockerFixture) -> None:
    """What a failed start leaves open is collected here, and disturbs no other test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = starts(mocker)
        gc.collect()
    assert found


def test_the_guard_is_this_python_and_takes_nothing_from_the_working_folder(started: Started) -> None:
    player, operator = started.more["pass_fds"]
    assert started.command == [
        *(sys.executable, "-P", "-m", "eastim.safety.process"),
        *("--player-fd", str(player), "--operator-fd", str(operator)),
    ]


def test_the_guard_is_on_its_own(started: Started) -> None:
    del started.more["pass_fds"]
    assert started.more.pop("env")["PYTHONPATH"] == child_environment()["PYTHONPATH"]
    assert started.more == {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "cwd": "/",
        "start_new_session": True,
    }


def test_the_order_lies_in_the_operators_line_before_the_guard_is_there(started: Started) -> None:
    line = Line(socket.socket(fileno=os.dup(started.operator)))
    ((name, body, data),) = line.receive()
    line.close()
    assert (name, data) == ("order", b"")
    assert body == {
        "order": an_order().to_json(),
        "address": "/dev/x",
        "ledger": "/some/where/a.ledger",
        "session": "s1",
    }


def test_each_line_ends_at_its_own_end(started: Started) -> None:
    assert isinstance(started.handle.player, PlayerLine)
    started.handle.player.close()
    assert (ended(started.player), ended(started.operator)) == (True, False)
    started.handle.operator.close()
    assert ended(started.operator)


def test_the_handle_tells_of_the_child(started: Started) -> None:
    assert (started.handle.pid, started.handle.poll(), started.handle.wait(2.5)) == (4321, 5, 4)
    assert started.child.waits == [2.5]


def test_a_guard_that_still_runs_is_said(started: Started) -> None:
    started.child.ends = False
    assert started.handle.wait(2.5) is None


def test_its_end_is_waited_for_before_the_lines_are_hung_up(started: Started) -> None:
    closed: list[bool] = []
    started.child.wait = lambda _s: closed.append(started.handle.player.closed) or 0  # type: ignore[assignment,func-returns-value]
    with started.handle as handle:
        assert handle is started.handle
    assert closed == [False, True]
    assert (ended(started.player), ended(started.operator)) == (True, True)


def test_after_an_error_the_lines_are_hung_up_at_once(started: Started) -> None:
    with pytest.raises(KeyError), started.handle:
        raise KeyError
    assert started.child.waits == [6.0]
    assert ended(started.player)


def test_nobody_waits_for_ever(started: Started) -> None:
    started.child.ends = False
    with started.handle:
        pass
    assert started.child.waits == [6.0, 6.0]
