"""The fast door's hands: what they count as sent, what they keep, and a device that has gone."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest

from eastim.errors import LedgerError, PortError
from eastim.ledger import Entry
from eastim.safety.door_fast import FastHands
from eastim.safety.inputs import Recorded
from eastim.safety.line import Message


class Port:
    """One end of a socket pair; it can be broken."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.broken = False

    def fileno(self) -> int:
        return self.ours.fileno()

    def write(self, data: bytes) -> None:
        if self.broken:
            raise PortError("gone")
        self.ours.sendall(data)


class Book:
    """A ledger that writes down what is asked of it."""

    def __init__(self) -> None:
        self.did: list[Any] = []
        self.fails = False

    def append(self, entries: tuple[Entry, ...]) -> None:
        if self.fails:
            raise LedgerError("the disk is full")
        self.did.append(entries)

    def sync(self) -> None:
        self.did.append("sync")


@pytest.fixture
def port() -> Iterator[Port]:
    port = Port()
    yield port
    port.ours.close()
    port.theirs.close()


@pytest.fixture
def book() -> Book:
    return Book()


class AtOnce:
    """A poll that never waits: who wants that is told so, and no test stands still."""

    def __init__(self, poll: Any) -> None:
        self._poll = poll
        self.register = poll.register

    def poll(self, within_ms: int) -> list[tuple[int, int]]:
        if within_ms != 0:
            raise RuntimeError(f"it waits for {within_ms} ms")
        return cast(list[tuple[int, int]], self._poll.poll(0))


@pytest.fixture
def hands(port: Port, book: Book, monkeypatch: pytest.MonkeyPatch) -> FastHands:
    real = select.poll
    monkeypatch.setattr(select, "poll", lambda: AtOnce(real()))
    return FastHands(port, cast(Any, book))  # type: ignore[arg-type]


def test_what_is_written_is_counted(hands: FastHands, port: Port) -> None:
    assert hands.sent == 0
    hands.write(b"abc")
    hands.write(b"de")
    assert (hands.sent, port.theirs.recv(10)) == (5, b"abcde")


def test_what_nobody_will_read_is_not_counted(hands: FastHands, port: Port) -> None:
    hands.write(b"abc")
    assert hands.hung_up() is False
    port.theirs.shutdown(socket.SHUT_WR)
    hands.write(b"de")
    assert (hands.hung_up(), hands.sent) == (True, 3)


def test_every_frame_of_a_cut_goes_out(hands: FastHands, port: Port) -> None:
    assert hands.cut((b"abc", b"de")) is True
    assert (hands.sent, port.theirs.recv(10)) == (5, b"abcde")


def test_a_cut_that_does_not_go_out_is_said(hands: FastHands, port: Port) -> None:
    port.broken = True
    assert hands.cut((b"abc",)) is False


def test_a_record_that_is_waited_for_is_synced_and_answered(hands: FastHands, book: Book) -> None:
    entry = Entry(3, 7, {"type": "raise"}, wait=True)
    assert hands.record(entry) == Recorded(3)
    assert book.did == [(entry,), "sync"]


def test_another_is_written_and_not_answered(hands: FastHands, book: Book) -> None:
    entry = Entry(3, 7, {"type": "frame"})
    assert hands.record(entry) is None
    assert book.did == [(entry,)]


@pytest.mark.hazard("H32")
@pytest.mark.parametrize("wait", [False, True])
def test_a_record_that_is_lost_is_said_waited_for_or_not(hands: FastHands, book: Book, wait: bool) -> None:
    book.fails = True
    assert hands.record(Entry(3, 7, {}, wait)) == Recorded(3, "the disk is full")


def test_each_line_is_told_its_own(hands: FastHands) -> None:
    hands.tell("player", "set", {"n": 1}, b"x")
    hands.tell("operator", "end", {}, b"")
    assert {name: list(told) for name, told in hands.told.items()} == {
        "player": [Message("set", {"n": 1}, b"x")],
        "operator": [Message("end", {}, b"")],
    }


def test_an_alarm_disturbs_nothing(hands: FastHands, book: Book) -> None:
    hands.alarm("take the leads off")
    assert (book.did, hands.sent) == ([], 0)
