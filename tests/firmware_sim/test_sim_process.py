"""The real program over a real pty and a real TCP socket: time, hosts that come and go, signals, refusals."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import tty
from pathlib import Path

import pytest

from firmware_sim.__main__ import main
from tests.firmware_sim.host import FRAMES, STOP, messages, status
from tests.firmware_sim.process import ROOT, opened, read, running


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
        (["--tcp", "0", "--serial", "EA1_000001"], "serial"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_2(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["ea1", *arguments])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert says in said.err and said.err.count("\n") == 1


def test_tcp_listens_on_loopback_only(tmp_path: Path) -> None:
    with running(tmp_path, "--tcp", "0", "--speed", "0") as sim:
        table = (
            Path(f"/proc/{sim.process.pid}/net/tcp").read_text() + Path(f"/proc/{sim.process.pid}/net/tcp6").read_text()
        )
        mine = [line.split()[1] for line in table.splitlines() if line.split()[1].endswith(f":{sim.ready['tcp']:04X}")]

        assert set(mine) == {f"0100007F:{sim.ready['tcp']:04X}"}


def test_a_second_simulator_leaves_the_link_of_the_first_alone(tmp_path: Path) -> None:
    with running(tmp_path, "--pty", str(tmp_path / "pty"), "--speed", "0") as sim:
        target = os.readlink(sim.link)
        second = subprocess.run(
            [sys.executable, "-m", "firmware_sim", "ea1", "--pty", str(sim.link)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert second.returncode == 2
        assert "leads to a live pty" in second.stderr
        assert os.readlink(sim.link) == target
