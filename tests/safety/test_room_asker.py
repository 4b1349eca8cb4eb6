"""One who knocks at the stop-only socket: how much may be said, in how many pieces, and how many may wait."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest

from eastim.errors import PortError
from eastim.safety.room import Asker, StopSocket
from tests.safety.knocks import connect, listening

SESSION = f"asker-{os.getpid()}"


@pytest.fixture
def pair() -> Iterator[tuple[Asker, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    yield Asker(ours), theirs
    ours.close()
    theirs.close()


@pytest.fixture
def server() -> Iterator[StopSocket]:
    with listening(SESSION) as server:
        yield server


def hung_up(sock: socket.socket) -> bool:
    try:
        return sock.recv(100) == b""
    except ConnectionResetError:
        return True
    except BlockingIOError:
        return False


def test_nobody_who_asks_can_make_the_guard_wait(server: StopSocket) -> None:
    """Seen without a wait: one that waits would do so for ever."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert Asker(ours).open and not ours.getblocking()
    assert not server._sock.getblocking()


def test_a_request_may_come_in_pieces(pair: tuple[Asker, socket.socket]) -> None:
    asker, theirs = pair
    theirs.send(b'{"do":')
    assert (asker.take(), asker.open, hung_up(theirs)) == (None, True, False)
    theirs.send(b'"stop"}\n{"do":"status"}\n')
    assert (asker.take(), asker.open) == ("stop", True)


def test_a_status_is_no_stop(pair: tuple[Asker, socket.socket]) -> None:
    asker, theirs = pair
    theirs.send(b'{"do":"status"}\n')
    assert (asker.take(), asker.open) == ("status", True)


def test_who_says_nothing_yet_is_waited_for(pair: tuple[Asker, socket.socket]) -> None:
    assert (pair[0].take(), pair[0].open) == (None, True)


@pytest.mark.parametrize("said", [b'{"do":"arm"}\n', b"5\n", b"{}\n", b"\xff\n", b"[" * 1000 + b"\n"])
def test_what_is_neither_is_answered_and_hung_up_on(pair: tuple[Asker, socket.socket], said: bytes) -> None:
    asker, theirs = pair
    theirs.send(said)
    assert (asker.take(), asker.open) == (None, False)
    assert theirs.recv(100) == b'{"error": "only stop and status can be asked here"}\n'
    assert hung_up(theirs)


def test_a_request_of_1024_bytes_without_an_end_is_none(pair: tuple[Asker, socket.socket]) -> None:
    asker, theirs = pair
    theirs.send(b"x" * 1023)
    assert (asker.take(), asker.open) == (None, True)
    theirs.send(b"x")
    assert (asker.take(), asker.open) == (None, False)


def test_who_hangs_up_is_hung_up_on(pair: tuple[Asker, socket.socket]) -> None:
    asker, theirs = pair
    theirs.send(b"x")
    theirs.shutdown(socket.SHUT_WR)
    asker.take()
    assert (asker.take(), asker.open, asker.fileno(), hung_up(theirs)) == (None, False, -1, True)


class Broken:
    """A connection that was reset."""

    closed = False

    def setblocking(self, _flag: bool) -> None: ...

    def recv(self, _most: int) -> bytes:
        raise ConnectionResetError

    def send(self, _data: bytes) -> int:
        raise BrokenPipeError

    def close(self) -> None:
        self.closed = True


def test_a_connection_that_is_reset_is_closed() -> None:
    sock = Broken()
    asker = Asker(cast(Any, sock))
    assert (asker.take(), asker.open, sock.closed) == (None, False, True)


def test_an_answer_that_nobody_takes_is_no_error() -> None:
    sock = Broken()
    asker = Asker(cast(Any, sock))
    asker.answer({"zero": True})
    assert (asker.open, sock.closed) == (False, True)


def test_a_knock_and_a_word_wake_the_loop(server: StopSocket) -> None:
    """Whoever polls these numbers hears of both."""
    assert select.select(server.filenos(), [], [], 0)[0] == []
    with connect(SESSION, waits=False) as sock:
        assert select.select(server.filenos(), [], [], 0)[0] == [server.filenos()[0]]
        assert server.take() == []
        knocked = server.filenos()
        assert len(knocked) == 2
        sock.send(b'{"do":"stop"}\n')
        assert select.select(knocked, [], [], 0)[0] == [knocked[1]]
        ((asker, do),) = server.take()
        assert (do, len(server.filenos())) == ("stop", 1)
        asker.close()


def test_who_was_hung_up_on_is_not_polled_any_more(server: StopSocket) -> None:
    with connect(SESSION, waits=False) as sock:
        sock.send(b"nonsense\n")
        assert (server.take(), len(server.filenos())) == ([], 1)


def test_sixteen_may_wait_and_the_seventeenth_takes_the_place_of_the_first(server: StopSocket) -> None:
    waiting = [connect(SESSION, waits=False) for _ in range(16)]
    server.take()
    assert ([hung_up(sock) for sock in waiting], len(server.filenos())) == ([False] * 16, 17)
    waiting.append(connect(SESSION, waits=False))
    server.take()
    assert [hung_up(sock) for sock in waiting] == [True, *[False] * 16]
    for sock in waiting:
        sock.close()


def test_at_the_end_all_are_hung_up_on_and_the_name_is_free() -> None:
    server = StopSocket(SESSION)
    with connect(SESSION, waits=False) as sock:
        server.take()
        server.close()
        assert hung_up(sock)
    StopSocket(SESSION).close()


def test_a_name_that_is_taken_leaves_no_socket_open(server: StopSocket) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(PortError, match=f"session {SESSION} is running already"):
        StopSocket(SESSION)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("who", ["root", "us", "another"])
def test_root_and_we_may_stop(server: StopSocket, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = {"root": 0, "us": 1000, "another": 1001}[who]
    with connect(SESSION, waits=False) as sock:
        sock.send(b'{"do":"stop"}\n')
        monkeypatch.setattr("eastim.safety.room.peer_uid", lambda _: uid)
        monkeypatch.setattr(os, "getuid", lambda: 1000)
        taken = server.take()
        for asker, _ in taken:
            asker.close()
        assert [do for _, do in taken] == ([] if who == "another" else ["stop"])
        assert hung_up(sock)


def test_after_another_user_the_next_is_still_let_in(server: StopSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    uids = iter([os.getuid() + 4321, os.getuid()])
    monkeypatch.setattr("eastim.safety.room.peer_uid", lambda _: next(uids))
    with connect(SESSION, waits=False), connect(SESSION, waits=False):
        server.take()
        assert len(server.filenos()) == 2
