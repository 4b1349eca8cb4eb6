"""A rig for drills: a simulator in real time on a real pty, a session process to be harmed, and the scope as judge."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eastim.simulator import Simulator

SESSION_PY = Path(__file__).parent / "session.py"


class Drill:
    """One session under way, felt at 300 uA or more on lead A at 100 Hz; times in us on the device's clock."""

    def __init__(self, folder: Path) -> None:
        self.simulator = Simulator(speed=1)
        self.session = f"drill-{os.getpid()}-{time.monotonic_ns() % 1_000_000}"
        self.ledger = folder / "a.ledger"
        self.words: list[dict[str, Any]] = []
        self._rest = b""
        self.child = subprocess.Popen(
            [sys.executable, str(SESSION_PY), self.simulator.address, str(self.ledger), self.session],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SESSION_PY.parents[2])},
        )
        self.guard_pid = int(self.hear("guard")["pid"])

    def hear(self, name: str, within_s: float = 15, **fields: Any) -> dict[str, Any]:
        """Wait for a message of the guard with these fields; earlier ones count, too."""
        until = time.monotonic() + within_s
        while True:
            for words in self.words:
                if words["name"] == name and fields.items() <= words.items():
                    return words
            if time.monotonic() > until or not self._read(until - time.monotonic()):
                raise AssertionError(f"no {name} {fields}; heard {self.words[-5:]}")

    def hear_strength(self, ua: int) -> None:
        """Wait until the guard allows this strength, and the device plays it."""
        self.hear("level", ua=ua, within_s=20)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            if any(edge[2] == ua for edge in self.edges(self.now_us() - 100_000)):
                return
            time.sleep(0.02)
        raise AssertionError(f"{ua} uA never reached the load")

    def say(self, word: str) -> None:
        if self.child.stdin is not None:
            self.child.stdin.write(word.encode() + b"\n")
            self.child.stdin.flush()

    def now_us(self) -> int:
        return int(self.simulator.control({"do": "state"})["t_us"])

    def edges(self, since_us: int) -> list[tuple[int, str, int]]:
        """Edges of the current at the loads since a moment: (us, lead, uA)."""
        page = self.simulator.control({"do": "scope", "since_us": max(0, since_us)})["edges"]
        return [(edge["t_us"], edge["lead"], edge["ua"]) if type(edge) is dict else tuple(edge) for edge in page]

    def silent_after_us(self, since_us: int, quiet_s: float = 0.5) -> int:
        """How long after that moment the last current flowed, once nothing has flowed for `quiet_s`."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            edges = self.edges(since_us)
            last_us = edges[-1][0] if edges else since_us
            if self.now_us() - last_us > quiet_s * 1e6:
                assert not edges or edges[-1][2] == 0
                return last_us - since_us
            time.sleep(0.05)
        raise AssertionError("the output did not end")

    def close(self) -> None:
        self._end_guard()
        self.child.kill()
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self.simulator.close()

    def _end_guard(self) -> None:
        """A drill may have frozen it, and a frozen guard would stay for ever."""
        with contextlib.suppress(OSError):
            if b"eastim.safety.process" in Path(f"/proc/{self.guard_pid}/cmdline").read_bytes():
                os.kill(self.guard_pid, signal.SIGKILL)

    def _read(self, within_s: float) -> bool:
        out = self.child.stdout
        if out is None or not select.select([out], [], [], max(0.0, within_s))[0]:
            return False
        more = os.read(out.fileno(), 65_536)
        *lines, self._rest = (self._rest + more).split(b"\n")
        self.words += [json.loads(line) for line in lines]
        return bool(more)


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Drill]:
    drill = Drill(tmp_path)
    yield drill
    drill.close()
