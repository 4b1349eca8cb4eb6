"""A crowd at the stop socket: another user's connects, names that forge the kernel's table, and the stop by signal."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eastim.safety import room_client, room_signal
from eastim.safety.room import StopSocket
from eastim.safety.room_client import ask, ask_all, find_rooms
from eastim.safety.room_signal import stop_by_signal
from eastim.safety.room_table import Room
from eastim.ui import cli_rooms
from tests.safety.knocks import connect

SESSION = f"crowd-{os.getpid()}"
OURS = Room(os.getuid(), SESSION)
ALL = room_signal.processes  # before tests/conftest.py narrows it to our children


def taken(server: StopSocket) -> list[str]:
    """What is asked in this turn; hangs up on all of them."""
    requests = server.take()
    for asker, _ in requests:
        asker.close()
    return [do for _, do in requests]


# --- the guard's end --------------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[StopSocket]:
    server = StopSocket(SESSION)
    yield server
    server.close()


@pytest.fixture
def crowd(server: StopSocket) -> Iterator[list[socket.socket]]:
    knocking = [connect(SESSION, waits=False) for _ in range(100)]
    yield knocking
    for sock in knocking:
        sock.close()


def accepted(monkeypatch: pytest.MonkeyPatch, foreign: int) -> list[int]:
    """The users that are asked for, of whom the first so many are others."""
    seen: list[int] = []

    def peer_uid(_sock: socket.socket) -> int:
        seen.append(4321 if len(seen) < foreign else 0)
        return seen[-1]

    monkeypatch.setattr("eastim.safety.room.peer_uid", peer_uid)
    return seen


@pytest.mark.hazard("H42")
@pytest.mark.parametrize(
    ("foreign", "counts"),
    [
        (0, [16, 32, 48, 64, 80, 96, 100]),
        (100, [32, 64, 96, 100, 100, 100, 100]),
        (31, [47, 63, 79, 95, 100, 100, 100]),
    ],
)
def test_a_crowd_holds_the_guard_for_16_of_ours_and_32_others_a_turn(
    server: StopSocket,
    crowd: list[socket.socket],
    foreign: int,
    counts: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = accepted(monkeypatch, foreign)
    took = []
    for _ in range(7):
        server.take()
        took.append(len(seen))
    assert (len(crowd), took) == (100, counts)


@pytest.mark.parametrize(("foreign", "crowded"), [(100, True), (32, True), (31, False)])
def test_it_is_crowded_while_a_turn_takes_32_other_users(
    server: StopSocket, crowd: list[socket.socket], foreign: int, crowded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(monkeypatch, foreign)
    was = server.crowded
    server.take()
    assert (len(crowd), was, server.crowded) == (100, False, crowded)


def test_it_is_crowded_no_more_when_they_are_through(
    server: StopSocket, crowd: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = accepted(monkeypatch, 100)
    was = []
    for _ in range(4):
        server.take()
        was.append(server.crowded)
    assert (len(crowd), len(seen), was) == (100, 100, [True] * 3 + [False])


def test_who_said_a_stop_is_read_though_more_came_than_may_wait(server: StopSocket, crowd: list[socket.socket]) -> None:
    """Those let in later take the place of idle ones, never of one who was not read yet."""
    for sock in crowd[:20]:
        sock.send(b'{"do":"stop"}\n')
    assert taken(server) + taken(server) == ["stop"] * 20


# --- the kernel's table -----------------------------------------------------------------------------------------------

GOOD = b"0: 00000002 00000000 00010000 0001 01 7 @eastim/guard/0/good\n"


@pytest.mark.parametrize(
    "line",
    [
        b"a b c zz e f g @eastim/guard/0/x",
        b"a b c 0x010000 e f g @eastim/guard/0/x",
        b"a b c 0001_000 e f g @eastim/guard/0/x",
        b"a b c +0010000 e f g @eastim/guard/0/x",
        b"a b c 0001000g e f g @eastim/guard/0/x",
        b"a b c 10000 e f g @eastim/guard/0/x",
        b"a b c 000010000 e f g @eastim/guard/0/x",
        b"a b c \xc2\xb2\xc2\xb2\xc2\xb2\xc2\xb2 e f g @eastim/guard/0/x",
        b"a b c 00010000 e f g @eastim/guard/-0/x",
        b"a b c 00010000 e f g @eastim/guard/\xd9\xa1/x",
        b"",
        b"\0",
    ],
    ids=lambda line: line.hex()[8:28],
)
@pytest.mark.hazard("H13")
def test_a_line_that_can_t_be_read_hides_no_guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes) -> None:
    (tmp_path / "unix").write_bytes(line + b"\n" + GOOD + line)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert find_rooms(str(tmp_path / "unix")) == [Room(0, "good")]


@pytest.fixture
def forged() -> Iterator[Room]:
    """A name with line ends in it, in the kernel's own table: a guard that is none, and flags that are none."""
    ghost = Room(os.getuid(), f"{SESSION}-ghost")
    line = f"a b c 00010000 e f g @{ghost.name[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(f"\0x\na b c zz e f g @eastim/guard/0/x\n{line}".encode())
        sock.listen(1)
        yield ghost


@pytest.mark.hazard("H13")
def test_a_forged_guard_keeps_no_stop_from_a_real_one(server: StopSocket, forged: Room) -> None:
    rooms = [room for room in find_rooms() if room in (OURS, forged)]
    assert rooms == [OURS, forged]
    answers = ask_all(rooms, "stop", within_s=0.05)
    assert taken(server) == ["stop"]
    assert answers == [{"session": SESSION, "zero": False, "error": "the guard did not answer in time"}]


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("command", ["stop", "status"])
def test_a_forged_guard_is_no_session(
    forged: Room, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_rooms, "find_rooms", lambda: [room for room in find_rooms() if room == forged])
    assert (cli_rooms.stop([]) if command == "stop" else cli_rooms.status()) == 0
    assert capsys.readouterr().out == "No session is running.\n"


def test_one_guard_that_is_asked_alone_and_is_not_there_is_no_zero() -> None:
    assert ask(OURS, "stop") == {
        "session": SESSION,
        "zero": False,
        "error": "the guard can't be reached: nobody listens there",
    }


@pytest.mark.hazard("H13")
def test_one_that_can_t_even_be_asked_is_no_zero_and_no_error_of_ours() -> None:
    """A name that no socket can have: its user is a number of a hundred digits."""
    far = Room(10**99, "a")
    assert ask_all([far], "stop") == [
        {"session": "a", "zero": False, "error": "the guard can't be reached: AF_UNIX path too long"}
    ]


def test_an_answer_nested_without_end_is_no_zero() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"[" * 60_000 + b"\n")
    theirs.close()
    answer = room_client._answer(ours, 0)
    assert answer["zero"] is False
    assert str(answer["error"]).startswith("the guard's answer can't be read: ")


# --- the stop by signal -----------------------------------------------------------------------------------------------

# Says when it listens; ends by SIGTERM, with 7, or after ten seconds.
LISTENS = """
import signal, socket, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
sock.bind(bytes.fromhex(sys.argv[1]))
sock.listen(0)
print("listens", flush=True)
time.sleep(10)
"""
GUARD = ("-m", "eastim.safety.process")


@contextlib.contextmanager
def listening(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens in our room, with these words on its command line."""
    command = [sys.executable, "-S", "-E", "-c", LISTENS, OURS.name.encode().hex(), *words, "end"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"listens\n"
        try:
            yield child
        finally:
            child.kill()  # else a test that fails waits for its end


def full() -> list[socket.socket]:
    """Connections that fill its queue."""
    queue = []
    with contextlib.suppress(BlockingIOError):
        while True:
            queue.append(connect(SESSION, waits=False))
    return queue


def said(child: subprocess.Popen[bytes], within_s: float = 3) -> int | None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        return child.wait(within_s)
    return None


@pytest.mark.hazard("H13")
def test_a_guard_whose_queue_is_full_is_stopped_by_signal() -> None:
    with listening(*GUARD) as child:
        queue = full()
        answers = ask_all([OURS], "stop", within_s=4)
        code = said(child)
        for sock in queue:
            sock.close()
    assert (code, answers) == (7, [{"session": SESSION, "zero": False, "error": room_client.ENDED}])


@pytest.mark.hazard("H13")
def test_a_guard_that_does_not_answer_a_stop_is_sent_a_signal() -> None:
    with listening(*GUARD) as child:
        (answer,) = ask_all([OURS], "stop", within_s=0.05)
        code = said(child)
    error = "the guard did not answer in time; its process was sent SIGTERM, which is a stop, too"
    assert (code, answer) == (7, {"session": SESSION, "zero": False, "error": error})


def test_a_status_is_never_a_signal() -> None:
    with listening(*GUARD) as child:
        (hung,) = ask_all([OURS], "status", within_s=0.05)
        queue = full()
        (busy,) = ask_all([OURS], "status", within_s=0.05)
        code = said(child, 0.2)
        for sock in queue:
            sock.close()
    assert (code, hung["error"]) == (None, "the guard did not answer in time")
    assert str(busy["error"]).startswith("the guard can't be reached: its queue is full")


@pytest.mark.parametrize("words", [(), ("eastim.safety.process",), ("-m", "eastim.safety.processes")])
def test_what_does_not_call_itself_a_guard_is_sent_nothing(words: tuple[str, ...]) -> None:
    with listening(*words) as child:
        found = stop_by_signal(OURS)
        code = said(child, 0.2)
    assert (found, code) == (False, None)


def test_a_guard_of_another_room_is_sent_nothing(tmp_path: Path) -> None:
    with listening(*GUARD) as child:
        found = stop_by_signal(Room(os.getuid(), f"{SESSION}-other"))
        code = said(child, 0.2)
    assert (found, code) == (False, None)


def test_a_guard_is_found_though_a_forged_line_gives_it_another_number(tmp_path: Path) -> None:
    name = f"@{OURS.name[1:]}\n"
    with listening(*GUARD) as child:
        true = [line for line in Path("/proc/net/unix").read_text(errors="replace").splitlines() if SESSION in line]
        forged = f"a b c 00010000 e f 1 {name}"
        (tmp_path / "unix").write_text(forged + "\n".join(true) + "\n" + forged)
        found = stop_by_signal(OURS, str(tmp_path / "unix"))
        code = said(child)
    assert (found, code) == (True, 7)


def test_every_process_is_looked_at() -> None:
    assert {1, os.getpid(), os.getppid()} <= set(ALL())


def test_where_nothing_can_be_listed_there_is_no_signal(tmp_path: Path) -> None:
    assert stop_by_signal(OURS, str(tmp_path / "none")) is False


def test_a_process_that_is_gone_meanwhile_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    assert (room_signal._stop(gone.pid, {"socket:[1]"}), room_signal._is_guard(gone.pid)) == (False, False)

    def ends(_fd: int, _signal: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(signal, "pidfd_send_signal", ends)
    before = len(os.listdir("/proc/self/fd"))
    with listening(*GUARD):
        assert stop_by_signal(OURS) is False
    assert len(os.listdir("/proc/self/fd")) == before
