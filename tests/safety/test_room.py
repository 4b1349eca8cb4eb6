"""The stop-only socket: who finds it, what it takes, and that a stop is answered late but always."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from eastim.errors import PortError
from eastim.safety import room
from eastim.safety.room import StopSocket
from eastim.safety.room_client import Room, ask, ask_all, find_rooms

SESSION = f"test-{os.getpid()}"


@pytest.fixture
def server() -> Iterator[StopSocket]:
    server = StopSocket(SESSION)
    yield server
    server.close()


def connect() -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(Room(os.getuid(), SESSION).name)
    return sock


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
    while not (requests := server.take()):
        pass
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


def test_a_guard_that_hangs_delays_no_other(server: StopSocket) -> None:
    with_deaf = ask_all([Room(os.getuid(), "nobody"), Room(os.getuid(), SESSION)], "stop", within_s=0.05)
    assert dos(server) == ["stop"]
    assert [answer["zero"] for answer in with_deaf] == [False, False]


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
    with connect() as sock:
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
        idle.append(connect())
        server.take()
    with connect() as sock:
        sock.sendall(b'{"do":"stop"}\n')
        assert dos(server) == ["stop"]
    for other in idle:
        other.close()


def test_another_user_is_hung_up_on(server: StopSocket, mocker: MockerFixture) -> None:
    mocker.patch.object(room, "peer_uid", return_value=os.getuid() + 4321)
    with connect() as sock:
        sock.sendall(b'{"do":"stop"}\n')
        assert server.take() == []


def test_a_socket_of_another_user_is_not_believed(server: StopSocket, mocker: MockerFixture) -> None:
    mocker.patch("eastim.safety.room_client.peer_uid", return_value=os.getuid() + 4321)
    assert "belongs to another user" in str(ask(Room(os.getuid(), SESSION), "stop")["error"])


def test_one_session_has_one_guard(server: StopSocket) -> None:
    with pytest.raises(PortError, match="is running already"):
        StopSocket(SESSION)


@pytest.mark.parametrize("session", ["", "A", "a/b", "a" * 65, "a\0b", "ü"])
def test_a_session_id_is_a_plain_name(session: str) -> None:
    with pytest.raises(PortError, match="must be 1 to 64"):
        StopSocket(session)


def test_the_client_loads_nothing_of_the_house_but_itself() -> None:
    code = "import sys, eastim.safety.room_client as m; print([n for n in sys.modules if n.startswith('eastim')])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['eastim', 'eastim.safety', 'eastim.safety.room_client']"
