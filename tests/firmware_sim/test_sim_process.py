"""The real program over a real pty, a real TCP socket and its control socket."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.__main__ import main
from tests.firmware_sim.host import ARM, FRAMES, PLAY, STOP, frame, messages, onsets, play, status

ROOT = Path(__file__).parents[2]


class Program:
    """One simulator process and its control socket."""

    def __init__(self, where: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> None:
        self.link, self.socket = where / "pty", where / "control"
        command = [sys.executable, "-m", "firmware_sim", "ea1", "--control", str(self.socket), *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect(str(self.socket))
        self.lines = self.control.makefile("rb")

    def do(self, do: str, **more: object) -> dict[str, Any]:
        self.control.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        assert isinstance(answer, dict)
        return answer

    def close(self) -> int:
        self.lines.close()
        self.control.close()
        self.process.terminate()
        code = self.process.wait(5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


@contextlib.contextmanager
def running(where: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> Iterator[Program]:
    program = Program(where, *arguments, stdin=stdin)
    try:
        yield program
    finally:
        program.close()


@contextlib.contextmanager
def opened(link: Path) -> Iterator[int]:
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    try:
        yield fd
    finally:
        os.close(fd)


def read(fd: int, length: int) -> bytes:
    """Read exactly so many bytes, within 2 s."""
    got = b""
    end_s = time.monotonic() + 2
    while len(got) < length and select.select([fd], [], [], max(0.0, end_s - time.monotonic()))[0]:
        got += os.read(fd, length - len(got))
    assert len(got) == length
    return got


def test_a_pty_carries_a_session_in_real_time(tmp_path: Path) -> None:
    edges = tmp_path / "edges"
    with running(
        tmp_path, "--pty", str(tmp_path / "pty"), "--load", "600", "--edges", str(edges), "--seed", "1"
    ) as sim:
        assert sim.ready == {
            "ready": True,
            "wire": "ea1",
            "pty": str(sim.link),
            "tcp": None,
            "control": str(sim.socket),
        }
        with opened(sim.link) as fd:
            os.write(fd, FRAMES["hello"])
            heard = b""
            while b"\x04\x01\x81" not in heard or heard.count(b"\0") < 4:
                heard += os.read(fd, 4096)
            said = messages(heard[: heard.rindex(b"\0") + 1])
            assert [s.number for s in said if s.type == 0xC0] == [1, 2, 3]
            clocks = [status(s.body).clock_us for s in said if s.type == 0xC0]
            assert clocks == [100_000, 200_000, 300_000]
    assert edges.read_text() == ""
    assert not os.path.lexists(sim.link) and not sim.socket.exists()
    assert sim.process.returncode == 0


def test_tcp_carries_a_stop_and_answers_at_once(tmp_path: Path) -> None:
    with (
        running(tmp_path, "--tcp", "0", "--speed", "0") as sim,
        socket.create_connection(("127.0.0.1", sim.ready["tcp"])) as wire,
    ):
        wire.settimeout(2)
        wire.sendall(STOP)
        data = wire.recv(4096)

        (said,) = messages(data)
        assert (status(said.body).cause, status(said.body).clock_us) == (2, 0)
        with socket.create_connection(("127.0.0.1", sim.ready["tcp"])) as second:
            second.settimeout(2)
            assert second.recv(10) == b""  # one host at a time


def test_a_pty_may_be_closed_and_opened_again_and_keeps_nothing_for_the_next(tmp_path: Path) -> None:
    with running(tmp_path, "--pty", str(tmp_path / "pty"), "--speed", "0") as sim:
        with opened(sim.link):
            assert sim.do("advance", to_us=1_000_000)["tx"] == 154
        # Nobody is there: the device says its word of 200 ms, and it is lost.
        assert sim.do("advance", to_us=1_000_000) == {"ok": True, "t_us": 200_000, "tx": 154, "rx": 0}
        with opened(sim.link) as fd:
            os.write(fd, FRAMES["hello"])
            answer = sim.do("advance", to_us=5_000_000, after_rx=16)
            assert answer == {"ok": True, "t_us": 200_000, "tx": 208, "rx": 16}
            assert messages(read(fd, 54))[0].type == 0x81


def test_a_pty_is_raw_also_for_a_host_that_does_not_ask(tmp_path: Path) -> None:
    with running(tmp_path, "--pty", str(tmp_path / "pty"), "--speed", "0") as sim:
        for _ in range(2):
            with opened(sim.link) as fd:
                os.write(fd, b"\x03\x04\r\n\x11\x13\x00")
                assert sim.do("advance", to_us=0, after_rx=7 if _ == 0 else 14)["ok"]
                assert select.select([fd], [], [], 0)[0] == []  # no echo
                tty.setraw(fd)
        assert sim.do("state")["device"]["bad"] == 2


def test_advance_stops_at_the_first_word_and_moves_no_time_when_there_is_an_answer(tmp_path: Path) -> None:
    with (
        running(tmp_path, "--tcp", "0", "--speed", "0") as sim,
        socket.create_connection(("127.0.0.1", sim.ready["tcp"])) as wire,
    ):
        assert sim.do("advance", to_us=99_999) == {"ok": True, "t_us": 99_999, "tx": 0, "rx": 0}
        assert sim.do("advance", to_us=1_000_000)["t_us"] == 100_000
        assert sim.do("advance", to_us=50_000)["t_us"] == 100_000
        wire.sendall(FRAMES["hello"])
        assert sim.do("advance", to_us=1_000_000, after_rx=16) == {"ok": True, "t_us": 100_000, "tx": 208, "rx": 16}
        assert sim.do("advance", to_us=1_000_000, after_rx=16) == {"ok": True, "t_us": 200_000, "tx": 362, "rx": 16}
        wire.sendall(FRAMES["limits"])
        assert sim.do("state")["state"] == "IDLE"
        assert sim.do("advance", to_us=1_000_000, after_rx=16 + len(FRAMES["limits"]))["t_us"] == 200_000


def test_the_control_socket_plays_faults_loads_and_break(tmp_path: Path) -> None:
    with running(tmp_path, "--tcp", "0", "--speed", "0", "--load", "A=600,B=open") as sim:
        assert oct(sim.socket.stat().st_mode & 0o777) == "0o600"
        assert sim.do("fault", name="deaf") == {"ok": True, "t_us": 0, "faults": {"deaf": ""}}
        assert sim.do("fault", name="open", lead="C")["faults"] == {"deaf": "", "open": "C"}
        assert sim.do("clear", name="deaf")["faults"] == {"open": "C"}
        assert sim.do("load", lead="A", load="needle") == {"ok": True, "t_us": 0}
        device = sim.do("state")["device"]
        assert {name: lead["load"] for name, lead in device["leads"].items()} == {
            "A": "needle",
            "B": "open",
            "C": "open",
            "D": "needle",
        }
        before = device["epoch"]
        assert sim.do("break") == {"ok": True, "t_us": 0}
        assert sim.do("state")["device"]["epoch"] != before
        assert sim.do("scope", since_us=0) == {"ok": True, "t_us": 0, "edges": [], "more": False}
        assert sim.do("quit") == {"ok": True, "t_us": 0}
        assert sim.process.wait(5) == 0


@pytest.mark.parametrize(
    "line",
    [
        b"{}", b"[]", b"1", b"nonsense", b"\xff", b'{"do": "fly"}', b'{"do": ["advance"]}', b'{"do": "advance"}',
        b'{"do": "advance", "to_us": -1}',
        b'{"do": "advance", "to_us": true}', b'{"do": "fault"}', b'{"do": "fault", "name": "x"}',
        b'{"do": "fault", "name": "deaf", "lead": "A"}',
        b'{"do": "load", "lead": "E", "load": "600"}', b'{"do": "load", "lead": "A", "load": "x"}',
        b'{"do": "scope", "since_us": "0"}',
        b"[" * 5000,
    ],
)  # fmt: skip
def test_a_bad_command_is_refused_with_a_sentence(shared: Program, line: bytes) -> None:
    shared.control.sendall(line + b"\n")

    answer = json.loads(shared.lines.readline())

    assert (answer["ok"], answer["t_us"]) == (False, 0) and len(answer["error"]) > 5


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("shared"), "--tcp", "0", "--speed", "0") as sim:
        yield sim


def test_advance_in_real_time_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, "--tcp", "0") as sim:
        answer = sim.do("advance", to_us=1)

        assert not answer["ok"] and "--speed 0" in answer["error"]


def test_unplug_hangs_the_pty_up_and_clear_brings_it_back(tmp_path: Path) -> None:
    with running(tmp_path, "--pty", str(tmp_path / "pty"), "--speed", "0") as sim:
        with opened(sim.link) as fd:
            sim.do("fault", name="unplug")
            assert not os.path.lexists(sim.link)
            with pytest.raises(OSError, match="Input/output error"):
                os.write(fd, b"\0")
        sim.do("clear", name="unplug")
        with opened(sim.link) as fd:
            os.write(fd, FRAMES["hello"])
            assert sim.do("advance", to_us=0, after_rx=16)["tx"] == 54


def test_edges_reach_the_file_in_order_and_the_scope_pages_them(tmp_path: Path) -> None:
    edges = tmp_path / "edges"
    arguments = ("--tcp", "0", "--speed", "0", "--load", "600", "--edges", str(edges))
    with running(tmp_path, *arguments) as sim, socket.create_connection(("127.0.0.1", sim.ready["tcp"])) as wire:
        sent = 0
        for name in ("hello", "limits", "program"):
            wire.sendall(FRAMES[name])
            sent += len(FRAMES[name])
            sim.do("advance", to_us=0, after_rx=sent)
        epoch = sim.do("state")["device"]["epoch"]
        for data in (frame(ARM, 4, struct.pack("<I", epoch) + bytes.fromhex("fcbf325b3aee6212")),
                     frame(PLAY, 5, play(1, (10, 10, 0, 0), (5, 5, 0, 0), lease_ms=2000, epoch=epoch))):  # fmt: skip
            wire.sendall(data)
            sent += len(data)
            sim.do("advance", to_us=0, after_rx=sent)
        while sim.do("state")["device"]["clock_us"] < 600_000:
            sim.do("advance", to_us=600_000)
        scope = sim.do("scope", since_us=501_000)
        assert scope["edges"] == [
            [501_000, "A", 100], [501_000, "B", 100], [501_600, "A", -100], [501_600, "B", -100],
            [502_200, "A", 0], [502_200, "B", 0],
        ]  # fmt: skip
    lines = [json.loads(line) for line in edges.read_text().splitlines()]
    assert onsets([(edge["t_us"], edge["ua"]) for edge in lines if edge["lead"] == "A"]) == [1000, 501_000]
    assert [edge["t_us"] for edge in lines] == sorted(edge["t_us"] for edge in lines)


def test_it_ends_when_its_parents_stdin_closes(tmp_path: Path) -> None:
    with running(tmp_path, "--tcp", "0", "--until-stdin-closes", stdin=subprocess.PIPE) as sim:
        assert sim.process.stdin is not None
        sim.process.stdin.close()

        assert sim.process.wait(5) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, "--pty", str(tmp_path / "pty")) as sim:
        sim.process.send_signal(number)

        assert sim.process.wait(5) == 0
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--pty LINK"),
        (["--tcp", "0", "--load", "x"], "load 'x'"),
        (["--tcp", "0", "--fault", "x"], "no fault 'x'"),
        (["--tcp", "0", "--speed", "-1"], "speed"),
        (["--tcp", "0", "--speed", "nan"], "speed"),
        (["--tcp", "70000"], "port"),
        (["--pty", "/"], "exists"),
        (["--pty", "/nowhere/pty"], "/nowhere/pty"),
        (["--tcp", "0", "--edges", "/nowhere/edges"], "/nowhere/edges"),
        (["--tcp", "0", "--serial", "1234567890123"], "serial"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["ea1", *arguments])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert says in said.err and said.err.count("\n") == 1
