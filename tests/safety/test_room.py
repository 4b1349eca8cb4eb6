"""The stop-only socket: who finds it, what it takes, and that a stop is answered late but always."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from pytest_mock import MockerFixture

from eastim.errors import PortError
from eastim.safety import room
from eastim.safety.room import Asker, StopSocket
from eastim.safety.room_client import ask, ask_all, find_rooms
from eastim.safety.room_table import Room
from tests.safety.knocks import connect, listening

SESSION = f"test-{os.getpid()}"


@pytest.fixture
def server() -> Iterator[StopSocket]:
    with listening(SESSION) as server:
        yield server


def awaited(server: StopSocket) -> list[tuple[Asker, Literal["stop", "status"]]]:
    """What is asked within two seconds."""
    until_s = time.monotonic() + 2
    while time.monotonic() < until_s:
        if requests := server.take():
            return requests
    raise AssertionError("nobody asked")


def dos(server: StopSocket) -> list[str]:
    """What is asked now; hangs up on all of them."""
    requests = server.take()
    for asker, _ in requests:
        asker.close()
    return [do for _, do in requests]


def asked(do: str, within_s: float = 2.0) -> tuple[threading.Thread, list[dict[str, object]]]:
    answers: list[dict[str, object]] = []
    thread = threading.Thread(target=lambda: answers.append(ask(Room(os.getuid(), SESSION), do, within_s)))
    thread.start()
    return thread, answers


def test_a_running_guard_is_found_without_any_environment(server: StopSocket) -> None:
    code = "from eastim.safety.room_client import find_rooms; print(find_rooms())"
    run = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=True)
    assert f"Room({os.getuid()}, '{SESSION}')" in run.stdout


def test_a_guard_that_has_ended_is_not_found() -> None:
    StopSocket(SESSION).close()
    assert SESSION not in [found.session for found in find_rooms()]


def test_foreign_names_in_the_table_are_passed_over(tmp_path: Path, mocker: MockerFixture) -> None:
    mocker.patch("os.geteuid", return_value=1000)
    table = tmp_path / "unix"
    table.write_text(
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0: 00000002 00000000 00010000 0001 01 1 @eastim/guard/1000/good\n"
        "0: 00000003 00000000 00000000 0001 03 1 @eastim/guard/1000/connected\n"
        "0: 00000002 00000000 00010000 0001 01 1 @eastim/guard/1000/Bad!\n"
        "0: 00000002 00000000 00010000 0001 01 1 @eastim/guard/x/good\n"
        "0: 00000002 00000000 00010000 0001 01 1 @eastim/guard/1001/other-user\n"
        "0: 00000002 00000000 00010000 0001 01 1 /run/eastim/guard/1000/file\n"
        "0: 00000002 00000000 00010000 0001 01 1\n"
    )
    assert find_rooms(str(table)) == [Room(1000, "good")]


def test_a_stop_is_answered_only_when_the_guard_says_so(server: StopSocket) -> None:
    thread, answers = asked("stop")
    requests = awaited(server)
    ((asker, do),) = requests
    assert (do, answers) == ("stop", [])
    asker.answer({"zero": True})
    thread.join()
    assert answers == [{"session": SESSION, "zero": True}]


def test_no_answer_in_time_is_not_zero(server: StopSocket) -> None:
    answer = ask(Room(os.getuid(), SESSION), "stop", within_s=0.05)
    assert answer == {"session": SESSION, "zero": False, "error": "the guard did not answer in time"}


def test_a_guard_that_is_not_there_is_not_zero() -> None:
    answer = ask(Room(os.getuid(), SESSION), "stop")
    assert answer["zero"] is False
    assert "can't be reached" in str(answer["error"])


HANGS = Room(os.getuid(), f"{SESSION}-hangs")


def asked_both(within_s: float) -> tuple[threading.Thread, list[dict[str, object]]]:
    """Ask one that hangs, then ours."""
    answers: list[dict[str, object]] = []
    rooms = [HANGS, Room(os.getuid(), SESSION)]
    thread = threading.Thread(target=lambda: answers.extend(ask_all(rooms, "stop", within_s)))
    thread.start()
    return thread, answers


def test_a_guard_that_hangs_delays_no_other(server: StopSocket) -> None:
    hangs, began_s = StopSocket(HANGS.session), time.monotonic()
    thread, answers = asked_both(0.5)
    requests = awaited(server)
    took_s = time.monotonic() - began_s
    requests[0][0].answer({"zero": True})
    thread.join()
    hangs.close()
    assert took_s < 0.4
    assert answers == [
        {"session": HANGS.session, "zero": False, "error": "the guard did not answer in time"},
        {"session": SESSION, "zero": True},
    ]


@pytest.fixture
def crowd() -> Iterator[tuple[socket.socket, list[socket.socket]]]:
    """A listener whose queue is full, and those who stand in it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(HANGS.name)
    listener.listen(0)
    queue: list[socket.socket] = []
    with contextlib.suppress(BlockingIOError):
        while True:
            queue.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            queue[-1].setblocking(False)
            queue[-1].connect(HANGS.name)
    yield listener, queue[:-1]
    for sock in (listener, *queue):
        sock.close()


def test_a_full_queue_is_tried_again(crowd: tuple[socket.socket, list[socket.socket]]) -> None:
    listener, queue = crowd
    answers: list[dict[str, object]] = []
    thread = threading.Thread(target=lambda: answers.append(ask(HANGS, "stop", within_s=4)))
    thread.start()
    for _ in queue:
        listener.accept()[0].close()
    asker, _ = listener.accept()
    assert asker.recv(100) == b'{"do": "stop"}\n'
    asker.sendall(b'{"zero": true}\n')
    thread.join()
    asker.close()
    assert answers == [{"session": HANGS.session, "zero": True}]


def test_a_queue_that_stays_full_is_no_zero_and_delays_no_other(
    server: StopSocket, crowd: tuple[socket.socket, list[socket.socket]]
) -> None:
    thread, answers = asked_both(0.5)
    requests = awaited(server)
    requests[0][0].answer({"zero": True})
    thread.join()
    assert [answer["zero"] for answer in answers] == [False, True]
    assert "its queue is full" in str(answers[0]["error"])


@pytest.mark.parametrize(
    "said",
    [
        b'{"do":"raise","lead":"A"}\n',
        b'{"do":"arm"}\n',
        b"stop\n",
        b"[]\n",
        b"\xff\xfe\n",
        b'{"do":["stop"]}\n',
        b"[" * 1000 + b"\n",
        b"x" * 2000,
    ],
)
def test_nothing_but_stop_and_status_is_taken(server: StopSocket, said: bytes) -> None:
    with connect(SESSION) as sock:
        sock.sendall(said)
        assert server.take() == []
        sock.settimeout(2)
        try:
            answer = sock.recv(1000)
        except ConnectionResetError:
            answer = b""
        assert answer in (b"", b'{"error": "only stop and status can be asked here"}\n')


def test_idle_connections_keep_no_stop_out(server: StopSocket) -> None:
    idle = []
    for _ in range(60):
        idle.append(connect(SESSION))
        server.take()
    with connect(SESSION) as sock:
        sock.sendall(b'{"do":"stop"}\n')
        assert dos(server) == ["stop"]
    for other in idle:
        other.close()


def test_another_user_is_hung_up_on(server: StopSocket, mocker: MockerFixture) -> None:
    mocker.patch.object(room, "peer_uid", return_value=os.getuid() + 4321)
    with connect(SESSION) as sock:
        sock.sendall(b'{"do":"stop"}\n')
        assert server.take() == []


def test_a_socket_of_another_user_is_not_believed(server: StopSocket, mocker: MockerFixture) -> None:
    mocker.patch("eastim.safety.room_client.peer_uid", return_value=os.getuid() + 4321)
    assert "belongs to another user" in str(ask(Room(os.getuid(), SESSION), "stop")["error"])
    assert ask_all([Room(os.getuid(), SESSION)], "stop") == []
    assert server.take() == []


def test_a_name_that_another_user_holds_keeps_nobody_from_stopping(server: StopSocket, mocker: MockerFixture) -> None:
    foreign = StopSocket(HANGS.session)
    mocker.patch("eastim.safety.room_client.peer_uid", side_effect=[os.getuid() + 4321, os.getuid()])
    thread, answers = asked_both(2.0)
    requests = awaited(server)
    requests[0][0].answer({"zero": True})
    thread.join()
    foreign.close()
    assert answers == [{"session": SESSION, "zero": True}]


def test_one_session_has_one_guard(server: StopSocket) -> None:
    with pytest.raises(PortError, match="is running already"):
        StopSocket(SESSION)


@pytest.mark.parametrize("session", ["", "A", "a/b", "a" * 65, "a\0b", "ü"])
def test_a_session_id_is_a_plain_name(session: str) -> None:
    with pytest.raises(PortError, match="must be 1 to 64"):
        StopSocket(session)


def test_the_client_loads_nothing_of_the_house_but_itself_and_the_names() -> None:
    code = "import sys, eastim.safety.room_client as m; print(sorted(n for n in sys.modules if n.startswith('eastim')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['eastim', 'eastim.safety', 'eastim.safety.room_client', 'eastim.safety.room_table']"
