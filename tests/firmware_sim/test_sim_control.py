"""The control socket of the real program: advance, faults, loads, scope, and what it refuses."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware_sim.host import ARM, FRAMES, PLAY, frame, onsets, play
from tests.firmware_sim.process import Program, opened, running


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


def test_a_lead_that_does_not_print_is_quoted(shared: Program) -> None:
    """A terminal may get the sentence as it is."""
    answer = shared.do("load", lead="\x1b[2J", load="600")

    assert answer["error"] == r"no lead '\x1b[2J'; the leads are A, B, C, D"


def test_time_passes_by_a_minute_at_most(tmp_path: Path) -> None:
    """Of a silent device nothing else ends it: a slip of the pen would keep the simulator for days."""
    with running(tmp_path, "--tcp", "0", "--speed", "0", "--fault", "silent") as sim:
        assert [sim.do("advance", to_us=2**53)["t_us"] for _ in range(2)] == [60_000_000, 120_000_000]


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
