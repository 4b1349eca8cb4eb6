"""The simulator as a real process, for tests: its wires and its control socket."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
