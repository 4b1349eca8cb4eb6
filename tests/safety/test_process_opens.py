"""What the guard process opens, gives back when one thing fails, and says at its end; in process."""

from __future__ import annotations

import gc
import json
import os
import pty
import socket
import threading
import tty
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from eastim.errors import AskedError, Exit, PortError
from eastim.ledger import LedgerWriter
from eastim.safety import process
from eastim.safety.door import drop_ledger, open_port
from eastim.safety.inputs import LineName
from eastim.safety.line import Line
from eastim.safety.room import StopSocket
from eastim.safety.room_table import Room
from tests.safety.test_process_order import an_order
from tests.safety.throat import Throat, line_of

SESSION = f"opens-{os.getpid()}"


class Ends:
    """A device that says nothing, and both lines."""

    def __init__(self) -> None:
        self.device, slave = pty.openpty()
        tty.setraw(slave)
        self.address = os.ttyname(slave)
        os.close(slave)
        self.signals, self.signal = os.pipe()
        (ours, self.player), (theirs, self.operator) = socket.socketpair(), socket.socketpair()
        self.lines: dict[LineName, Line] = {"player": Line(ours), "operator": Line(theirs)}

    def close(self) -> None:
        for fd in (self.device, self.signals, self.signal):
            os.close(fd)
        open_ends: list[Line | socket.socket] = [*self.lines.values(), self.player, self.operator]
        for end in open_ends:
            end.close()


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    monkeypatch.setattr(process, "take_priority", lambda: "at normal priority")
    ends = Ends()
    yield ends
    ends.close()


def opened(ends: Ends, ledger: Path, address: str = "", device: str | None = None) -> Any:
    task = process.Task(replace(an_order(), device=device), address or ends.address, ledger, SESSION)
    with ExitStack() as stack:
        loop = process._open(task, [], ends.lines, ends.signals, stack)
        stack.pop_all()
    return loop


def all_given_back(ends: Ends) -> bool:
    """The session's name can be taken again, the port opened, and no ledger is being written."""
    StopSocket(SESSION).close()
    open_port(ends.address, 460_800).close()
    return "ledger" not in [thread.name for thread in threading.enumerate()]


def test_without_a_port_nothing_stays_open_and_no_empty_ledger_is_left(
    ends: Ends, tmp_path: Path, mocker: MockerFixture
) -> None:
    close = mocker.spy(LedgerWriter, "close")
    with pytest.raises(PortError, match="no port at /dev/nowhere"):
        opened(ends, tmp_path / "a", "/dev/nowhere")
    assert list(tmp_path.iterdir()) == []
    assert [call.args[1:] for call in close.call_args_list] == [(1.0,)]
    assert all_given_back(ends)


def test_when_the_guard_can_not_begin_the_port_is_given_back_and_the_ledger_stays(
    ends: Ends, tmp_path: Path, mocker: MockerFixture
) -> None:
    mocker.patch.object(process, "open_guard", side_effect=AskedError("no"))
    with pytest.raises(AskedError):
        opened(ends, tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert all_given_back(ends)


def test_a_ledger_that_can_not_be_taken_back_hides_no_other_error(tmp_path: Path) -> None:
    drop_ledger(tmp_path / "never made")


@pytest.mark.parametrize(("device", "named"), [(None, "ea1"), ("EA1-000009", "EA1-000009")])
def test_who_asks_is_told_which_device_and_how_the_guard_runs(
    ends: Ends, tmp_path: Path, device: str | None, named: str
) -> None:
    loop = opened(ends, tmp_path / "a", device=device)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.connect(Room(os.getuid(), SESSION).name)
        sock.sendall(b'{"do":"status"}\n')
        loop.turn()
        sock.settimeout(2)
        answer = json.loads(sock.recv(10_000))
    loop.leave()
    assert (answer["session"], answer["device"], answer["guard"]) == (SESSION, named, "at normal priority")


# --- what is said of a failure ----------------------------------------------------------------------------------------

FAILED = b'{"error":"no port","exit":3,"name":"failed"}'


class Selects:
    """`select` that lets the throat take more."""

    def __init__(self, throat: Throat) -> None:
        self.throat, self.calls = throat, list[tuple[Any, ...]]()

    def select(self, *asked: Any) -> None:
        self.calls.append(asked)
        self.throat.takes = [1000]


@pytest.mark.parametrize("takes", [[1000], []])
def test_a_failure_is_said_to_the_operator_and_waited_for_a_second_at_most(
    takes: list[int], mocker: MockerFixture
) -> None:
    throat = Throat(*takes)
    selects = Selects(throat)
    mocker.patch.object(process, "select", selects)
    operator = line_of(throat)
    assert process._fail(operator, "no port", Exit.NO_DEVICE) == 3
    assert throat.taken[8:] == FAILED
    assert selects.calls == ([] if takes else [([], [operator], [], 1.0)])


# --- from the first word to the last ----------------------------------------------------------------------------------


@pytest.fixture
def begun(mocker: MockerFixture) -> Throat:
    throat = Throat(1000)
    lines = {"player": line_of(Throat()), "operator": line_of(throat)}
    mocker.patch.object(process, "_lines", return_value=lines)
    mocker.patch.object(process, "_catch_signals", return_value=0)
    mocker.patch.object(process, "_task", return_value=("task", ["early"]))
    return throat


def test_what_fails_is_the_exit_code(begun: Throat, mocker: MockerFixture) -> None:
    mocker.patch.object(process, "_open", side_effect=PortError("no port"))
    assert (process.main([]), begun.taken[8:]) == (3, FAILED)


@pytest.mark.usefixtures("begun")
def test_what_is_open_stays_open_while_the_guard_runs(mocker: MockerFixture) -> None:
    closed: list[str] = []

    def opens(_task: Any, _early: Any, _lines: Any, _signals: int, stack: ExitStack) -> str:
        stack.callback(closed.append, "closed")
        return "loop"

    mocker.patch.object(process, "_open", opens)
    guard = mocker.patch.object(process, "_guard", side_effect=lambda loop: 5 if (loop, closed) == ("loop", []) else 1)
    assert (process.main([]), guard.call_count) == (5, 1)


class Ending:
    """A loop that ends in its own way."""

    def __init__(self, code: Exit = Exit.DONE, whole: bool = True, fails: bool = False) -> None:
        self.exit_code, self.whole, self.fails = code, whole, fails
        self.did: list[str] = []

    def run(self) -> None:
        self.did.append("run")
        if self.fails:
            raise KeyError("a bug")

    def leave(self) -> bool:
        self.did.append("leave")
        return self.whole


def guarded(ending: Any) -> int:
    try:
        return process._guard(ending)
    finally:
        gc.unfreeze()
        gc.enable()


@pytest.mark.parametrize("code", list(Exit))
def test_with_a_whole_ledger_the_guards_own_code_is_given(code: Exit) -> None:
    ending = Ending(code)
    assert (guarded(ending), ending.did) == (int(code), ["run", "leave"])


@pytest.mark.parametrize(
    ("code", "given"), [(Exit.DONE, 7), (Exit.STOPPED, 7), (Exit.TRIPPED, 5), (Exit.UNCERTAIN, 6), (Exit.BUG, 1)]
)
def test_a_ledger_that_is_not_whole_is_said_and_is_no_success(
    code: Exit, given: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert guarded(Ending(code, whole=False)) == given
    assert capfd.readouterr().err == "eastim guard: the ledger is not whole on disk\n"


def test_a_bug_of_the_guards_is_said_whole_and_is_exit_code_1(capfd: pytest.CaptureFixture[str]) -> None:
    assert guarded(Ending(fails=True)) == 1
    said = capfd.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.endswith("\nKeyError: 'a bug'\n")


class Node:
    """In a circle with itself."""

    def __init__(self) -> None:
        self.me = self


def test_the_garbage_of_the_start_is_gone_when_the_guard_runs() -> None:
    gc.disable()
    seen: list[object] = []
    node = weakref.ref(Node())
    ending = Ending()
    ending.run = lambda: seen.append(node())  # type: ignore[method-assign]
    guarded(ending)
    assert seen == [None]
