"""The guard process's hands: the cut, the lines and the desk; and stderr, which must hold nobody up."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from eastim.safety.door_desk import Desk
from eastim.safety.door_loop import ProcessHands, say
from tests.safety.test_door_loop import STOP, Rig

OUT = select.POLLOUT


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_the_hands_say_whether_the_cut_went_out(rig: Rig) -> None:
    hands = ProcessHands(rig.port, rig.lines, rig.ledger, Desk("s", "d"))
    assert hands.cut((STOP,)) is True
    assert rig.wire() == STOP


def test_only_what_is_said_to_the_operator_is_the_desks(rig: Rig, mocker: MockerFixture) -> None:
    desk = mocker.Mock()
    hands = ProcessHands(rig.port, rig.lines, rig.ledger, desk)
    hands.tell("player", "set", {"n": 1}, b"")
    hands.tell("operator", "state", {"state": "SAFE"}, b"")
    assert desk.see.call_args_list == [mocker.call("state", {"state": "SAFE"})]
    assert b'{"n":1,"name":"set"}' in rig.player.recv(1000)


def test_an_alarm_is_said_on_stderr(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    ProcessHands(rig.port, rig.lines, rig.ledger, Desk("s", "d")).alarm("take the leads off")
    assert capfd.readouterr().err == "eastim guard: take the leads off\n"


@pytest.mark.parametrize(
    ("text", "said"), [("a" * 511 + "bc", "a" * 511 + "b"), ("a\n", "a\n"), ("\ud800", "?")]
)  # fmt: skip
def test_512_bytes_are_said_at_most(text: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    say(text)
    assert capfd.readouterr().err == said


class Stderr:
    """A poll of stderr that finds this, and what is written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, found: list[tuple[int, int]], fails: bool = False) -> None:
        self.calls: list[tuple[object, ...]] = []
        self._found, self._fails = found, fails
        monkeypatch.setattr(select, "poll", lambda: self)
        monkeypatch.setattr(os, "write", self.write)

    def register(self, fd: int, mask: int) -> None:
        self.calls.append(("register", fd, mask))

    def poll(self, within_ms: int) -> list[tuple[int, int]]:
        self.calls.append(("poll", within_ms))
        return self._found

    def write(self, fd: int, data: bytes) -> int:
        self.calls.append(("write", fd, data))
        if self._fails:
            raise BrokenPipeError
        return len(data)


ASKED = [("register", 2, OUT), ("poll", 0)]


@pytest.mark.parametrize("found", [[], [(2, select.POLLERR)], [(2, select.POLLNVAL)]])
def test_a_stderr_that_takes_nothing_is_not_waited_for(
    found: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = Stderr(monkeypatch, found)
    say("x")
    monkeypatch.undo()
    assert stderr.calls == ASKED


@pytest.mark.parametrize("fails", [False, True])
def test_a_stderr_that_breaks_is_no_error(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = Stderr(monkeypatch, [(2, OUT)], fails)
    say("x")
    monkeypatch.undo()
    assert stderr.calls == [*ASKED, ("write", 2, b"x")]
