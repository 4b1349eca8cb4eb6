"""Ports that are no stimulator, as real processes: a sentence, exit code 3, and nothing that goes on."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.drill, pytest.mark.hazard("H08")]


@pytest.fixture
def port() -> Iterator[tuple[int, str]]:
    """A pty on which nobody answers."""
    leader, follower = pty.openpty()
    yield leader, os.ttyname(follower)
    os.close(leader)
    os.close(follower)


def run(record: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run a json session whose stdin stays open; give its exit code and its end event."""
    read_fd, write_fd = os.pipe()
    try:
        argv = [sys.executable, "-m", "eastim", "run", "2/100", "--minutes", "0.2", "--ui", "json", *words]
        done = subprocess.run(
            [*argv, "--record", str(record)], stdin=read_fd, capture_output=True, timeout=40, check=False, text=True
        )
    finally:
        os.close(read_fd)
        os.close(write_fd)
    assert "Traceback" not in done.stderr
    end: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert end["event"] == "end"
    return done.returncode, end


def test_a_port_where_nobody_answers(port: tuple[int, str], tmp_path: Path) -> None:
    code, end = run(tmp_path, "--device", "ea1", "--port", port[1])

    assert code == 3, end
    assert "no answer" in end["error"]


def test_a_port_where_something_else_speaks(port: tuple[int, str], tmp_path: Path) -> None:
    os.write(port[0], b"AT\r\r\nOK\r\n\x00\x00ERROR\r\n" * 4)

    code, end = run(tmp_path, "--device", "ea1", "--port", port[1])

    assert code == 3, end
    assert end["error"].startswith("never started")


@pytest.mark.hazard("H23")
def test_a_port_that_another_program_holds(port: tuple[int, str], tmp_path: Path) -> None:
    held = os.open(port[1], os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(held, fcntl.LOCK_EX)

    code, end = run(tmp_path, "--device", "ea1", "--port", port[1])

    os.close(held)
    assert code == 3, end
    assert "is held by another program" in end["error"]


def test_another_serial_number(tmp_path: Path) -> None:
    code, end = run(tmp_path, "--device", "sim", "--serial", "EA1-999999")

    assert code == 3, end
    assert "the device is EA1-000001, not EA1-999999 as ordered" in end["error"]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/dev/no-such-port", "no port at"),
        ("/dev/null", "is not a serial port"),
        ("socket://127.0.0.1:1", "nobody listens"),
        ("socket://192.0.2.1:5000", "is not on this machine"),
        ("COM3", "is no port"),
    ],
)
def test_addresses_that_are_no_port(address: str, says: str, tmp_path: Path) -> None:
    code, end = run(tmp_path, "--device", "ea1", "--port", address)

    assert code == 3, end
    assert says in end["error"]
