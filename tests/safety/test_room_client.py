"""Who asks a guard: names, the kernel's table, how long is waited, and an answer that is none is no zero."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eastim.safety import room_client, room_table
from eastim.safety.room_client import ask, ask_all, find_rooms, peer_uid
from eastim.safety.room_table import Room, good_session

SESSION = f"client-{os.getpid()}"


def ours() -> Room:
    return Room(os.getuid(), SESSION)


def test_the_bounds_are_these() -> None:
    bounds = (room_client.MAX_LINE, room_client.WITHIN_S, room_client._AGAIN_S, room_table._LISTENING)
    assert bounds == (65_536, 2.0, 0.01, 0x10000)


def test_a_guards_name_is_its_users_and_its_sessions() -> None:
    assert (Room(1000, "s1").name, repr(Room(1000, "s1"))) == ("\0eastim/guard/1000/s1", "Room(1000, 's1')")


def test_two_rooms_are_one_when_user_and_session_are() -> None:
    assert (Room(1, "a") == Room(1, "a"), hash(Room(1, "a")) == hash(Room(1, "a"))) == (True, True)
    assert [Room(1, "a") == other for other in (Room(2, "a"), Room(1, "b"), "a")] == [False] * 3


def test_a_room_holds_nothing_else() -> None:
    with pytest.raises(AttributeError):
        Room(1, "a").zero = True  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("session", "good"),
    [
        ("a", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("", False),
        ("az09-", True),
        ("a_", False),
        ("a~", False),
        ("A", False),
    ],
)
def test_a_session_is_named_so(session: str, good: bool) -> None:
    assert good_session(session) is good


# --- the table --------------------------------------------------------------------------------------------------------

LINE = b"0: 00000002 00000000 00010000 0001 01 1 @eastim/guard/"


def found(folder: Path, monkeypatch: pytest.MonkeyPatch, euid: int, *names: bytes, line: bytes = LINE) -> list[Room]:
    (folder / "unix").write_bytes(b"".join(line + name + b"\n" for name in names))
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    return find_rooms(str(folder / "unix"))


def test_root_finds_everybodys_in_the_order_of_user_and_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (b"1001/a", b"1000/c", b"1000/b", b"1000/c", b"0/z")
    assert found(tmp_path, monkeypatch, 0, *names) == [
        Room(0, "z"),
        Room(1000, "b"),
        Room(1000, "c"),
        Room(1001, "a"),
    ]


@pytest.mark.parametrize(("euid", "sessions"), [(1000, ["b"]), (1001, ["a"]), (1, [])])
def test_another_finds_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, euid: int, sessions: list[str]) -> None:
    rooms = found(tmp_path, monkeypatch, euid, b"1001/a", b"1000/b", b"0/c")
    assert [room.session for room in rooms] == sessions


def test_a_name_that_is_no_text_hides_no_guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path, monkeypatch, 0, b"0/\xff\xfe", b"0/good", b"0/a b", b"x/a", b"0") == [Room(0, "good")]


@pytest.mark.parametrize(
    "line",
    [
        b"0: 00000002 00000000 00000000 0001 01 1 @eastim/guard/",  # does not listen
        b"0: 00000002 00000000 0000ffff 0001 01 1 @eastim/guard/",
        b"0: 00000002 00000000 00020000 0001 01 1 @eastim/guard/",
        b"0: 00000002 00000000 00010000 0001 01 1 eastim/guard/",  # a file
        b"0: 00000002 00000000 00010000 0001 01 1 @other/guard/",
        b"0: 00000002 00000000 00010000 0001 01 1 ",  # a file in the folder that its owner was in
        b"0: 00000002 00000000 00010000 0001 01 @eastim/guard/",  # a column too few
        b"0: 00000002 00000000 00010000 0001 01 1 1 @eastim/guard/",
    ],
)
def test_what_is_no_guard_that_listens_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    assert found(tmp_path, monkeypatch, 0, b"0/good", line=line) == []


@pytest.mark.parametrize("flags", [b"00010000", b"0001000f", b"00030000"])
def test_other_flags_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: bytes) -> None:
    line = LINE.replace(b"00010000", flags)
    assert found(tmp_path, monkeypatch, 0, b"0/good", line=line) == [Room(0, "good")]


# --- an answer --------------------------------------------------------------------------------------------------------


@pytest.fixture
def answered() -> Iterator[socket.socket]:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(ours().name)
    listener.listen(4)
    yield listener
    listener.close()


class Patience(socket.socket):
    """A socket that is not read for ever."""

    reads = 0

    def recv(self, most: int, flags: int = 0) -> bytes:
        self.reads += 1
        if self.reads > 100:
            raise RuntimeError("it reads for ever")
        return super().recv(most, flags)


def answer_to(said: bytes, ends: bool = True) -> dict[str, object]:
    """What `_answer` makes of these bytes, and of the end."""
    ours, theirs = socket.socketpair()
    theirs.sendall(said)
    if ends:
        theirs.close()
    found = room_client._answer(Patience(fileno=ours.detach()), time.monotonic() + 5 if ends else 0)
    theirs.close()
    return found


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b'{"zero": true}\n', {"zero": True}),
        (b"", {"zero": False, "error": "the guard hung up without an answer"}),
        (b'{"zero": true}', {"zero": False, "error": "the guard hung up without an answer"}),
        (b"[1]\n", {"zero": False, "error": "the guard's answer is no object"}),
        (b"{\n", None),
        (b"\xff\n", None),
        (b"x" * 65_536, None),
    ],
)
def test_what_is_no_answer_is_no_zero(said: bytes, answer: dict[str, object] | None) -> None:
    given = answer_to(said)
    assert given["zero"] is (answer == {"zero": True})
    assert given == answer if answer else str(given["error"]).startswith("the guard's answer can't be read: ")


def test_an_answer_in_pieces_is_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_client, "MAX_LINE", 4)
    ours, theirs = socket.socketpair()
    theirs.sendall(b"{}\n")
    assert room_client._answer(ours, 0) == {}
    theirs.close()


def test_of_an_answer_without_end_no_more_than_65536_bytes_are_waited_for() -> None:
    """The other end stays open: with one byte less there would be a wait, and another error."""
    assert "can't be read" in str(answer_to(b"x" * 65_536, ends=False)["error"])
    assert answer_to(b"x" * 65_535, ends=False)["error"] == "the guard did not answer in time"


def test_a_connection_that_is_reset_is_no_zero() -> None:
    ours, theirs = socket.socketpair()
    ours.send(b"unread")
    theirs.close()
    given = room_client._answer(ours, 0)
    assert given["zero"] is False
    assert str(given["error"]).startswith("the guard's answer can't be read: ")


def test_why_nobody_could_be_asked_is_said() -> None:
    assert room_client._answer("gone", 0) == {"zero": False, "error": "gone"}


def test_the_wait_goes_on_until_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    class Sock(socket.socket):
        def settimeout(self, value: float | None) -> None:
            waits.append(value)
            super().settimeout(0)

    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    for until_s in (101.5, 100.0, 90.0):
        with Sock(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            room_client._answer(sock, until_s)
    assert waits == [1.5, 0.001, 0.001]


class Trickle(socket.socket):
    """A guard that says one byte in half a second, without end; its waits are written down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.now, self.waits = 100.0, list[float | None]()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def settimeout(self, value: float | None) -> None:
        self.waits.append(value)

    def recv(self, _most: int, _flags: int = 0) -> bytes:
        if len(self.waits) > 10:
            raise RuntimeError("it reads for ever")
        self.now += 0.5
        return b" "


@pytest.mark.parametrize(("until_s", "waits"), [(101.0, [1.0, 0.5]), (101.25, [1.25, 0.75, 0.25]), (90.0, [0.001])])
def test_an_answer_that_trickles_is_not_waited_for_beyond_the_moment(
    monkeypatch: pytest.MonkeyPatch, until_s: float, waits: list[float]
) -> None:
    trickle = Trickle(monkeypatch)
    answer = room_client._answer(trickle, until_s)
    assert (answer["error"], trickle.waits) == ("the guard did not answer in time", waits)


class Busy:
    """A guard whose queue is full for the first so many times; and the time, which goes on by sleep alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.now, self.said, self.until, self.left = 100.0, list[str](), list[float](), times
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(room_client, "_say", self.say)
        monkeypatch.setattr(room_client, "_answer", self.answer)

    def sleep(self, s: float) -> None:
        if len(self.said) > 1000:
            raise RuntimeError("it asks for ever")
        self.now += 0.25

    def say(self, room: Room, do: str) -> str:
        self.said.append(f"{room.session} {do}")
        if room.session == "free":
            return "sock"
        self.left -= 1
        return room_client._BUSY if self.left >= 0 else "sock"

    def answer(self, sock: str, until_s: float) -> dict[str, object]:
        self.until.append(until_s)
        return {"zero": sock == "sock"}


def test_a_full_queue_is_asked_again_for_half_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(monkeypatch, 99)
    answers = ask_all([Room(1, "full"), Room(1, "free")], "stop", 2.0)
    assert answers == [{"session": "full", "zero": False}, {"session": "free", "zero": True}]
    assert busy.said == ["full stop", "free stop", *["full stop"] * 4]
    assert busy.until == [102.0, 102.0]


def test_nobody_is_asked_twice_without_need(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(monkeypatch, 0)
    assert ask_all([Room(1, "free"), Room(1, "too")], "status") == [
        {"session": "free", "zero": True},
        {"session": "too", "zero": True},
    ]
    assert busy.said == ["free status", "too status"]
    assert (busy.until, busy.now) == ([102.0, 102.0], 100.0)


def test_a_queue_that_has_room_again_is_asked_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(monkeypatch, 2)
    assert ask(Room(1, "full"), "stop") == {"session": "full", "zero": True}
    assert (busy.said, busy.until) == (["full stop"] * 3, [102.0])


@pytest.mark.parametrize(("answer", "signals"), [({"zero": True}, 0), ({"zero": False}, 0), ({"error": "late"}, 1)])
def test_only_a_stop_without_an_answer_is_a_signal_too(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, object], signals: int
) -> None:
    sent: list[Room] = []
    monkeypatch.setattr(room_client, "_say", lambda _room, _do: "sock")
    monkeypatch.setattr(room_client, "_answer", lambda _sock, _until_s: dict(answer))
    monkeypatch.setattr(room_client, "_signal", sent.append)
    assert ask(Room(1, "s"), "stop") == {"session": "s", **answer}
    assert sent == [Room(1, "s")] * signals


def test_nobody_answers_for_another_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom root asks may be anybody's program, and would name somebody else's session as stopped."""
    monkeypatch.setattr(room_client, "_say", lambda _room, _do: "sock")
    monkeypatch.setattr(room_client, "_answer", lambda _sock, _until_s: {"session": "another", "zero": True})
    assert ask(Room(1, "s"), "stop") == {"session": "s", "zero": True}


def test_one_whom_another_user_holds_is_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_client, "_say", lambda _room, _do: room_client.FOREIGN)
    assert ask(Room(1, "s"), "stop") == {
        "session": "s",
        "zero": False,
        "error": "the socket belongs to another user",
    }


@pytest.mark.parametrize(("uid", "believed"), [(0, True), (1000, True), (1, False), (1001, False)])
def test_the_user_of_the_name_and_root_are_believed(
    answered: socket.socket, monkeypatch: pytest.MonkeyPatch, uid: int, believed: bool
) -> None:
    room = Room(1000, SESSION)
    monkeypatch.setattr(Room, "name", ours().name)
    monkeypatch.setattr(room_client, "peer_uid", lambda _: uid)
    sock = room_client._say(room, "stop")
    other, _ = answered.accept()
    assert other.recv(100) == (b'{"do": "stop"}\n' if believed else b"")
    other.close()
    if isinstance(sock, socket.socket):
        sock.close()
    assert (sock == room_client.FOREIGN) is not believed


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    ours, theirs = socket.socketpair()
    pid, uid, _ = struct.unpack("3i", ours.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    assert (pid, uid, peer_uid(ours)) == (os.getpid(), os.getuid(), os.getuid())
    ours.close()
    theirs.close()
