"""A bench that shares no code with the product: simulator and `eastim run` as processes, edges from a file."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


class Bench:
    """A simulated ea1 in real time on a real pty, with its scope in a file."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder, self.pty, self.edges_file = folder, folder / "ea1", folder / "edges.jsonl"
        self.device = subprocess.Popen(
            [
                *(sys.executable, "-m", "firmware_sim", "ea1", "--pty", str(self.pty)),
                *("--edges", str(self.edges_file), "--control", str(folder / "control"), *more),
            ],
            stdout=subprocess.PIPE,
            env=ENV,
        )
        line = self.device.stdout.readline() if self.device.stdout else b""
        self.ready: dict[str, Any] = json.loads(line)

    def control(self, do: str, **fields: Any) -> dict[str, Any]:
        """Say one thing to the simulator's control socket."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.folder / "control"))
            line.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
            answer: dict[str, Any] = json.loads(line.makefile("rb").readline())
        return answer

    def now_us(self) -> int:
        return int(self.control("state")["t_us"])

    def last_current_us(self, since_us: int) -> int:
        """How long after a moment the last current flowed; raises when some still flows, or none did just before."""
        edges = self.settled_edges()
        if not any(since_us - 100_000 <= t_us <= since_us for t_us, _, _ in edges):
            raise AssertionError(f"nothing flowed in the 100 ms before {since_us} us, so nothing could end")
        if edges and edges[-1][2] != 0:
            raise AssertionError(f"current is left at {edges[-1]}")
        return max([t_us for t_us, _, _ in edges if t_us >= since_us], default=since_us) - since_us

    def edges(self) -> list[tuple[int, str, int]]:
        """All edges written so far: (us, lead, uA)."""
        lines = self.edges_file.read_text().split("\n")[:-1]
        return [(edge["t_us"], edge["lead"], edge["ua"]) for edge in map(json.loads, lines)]

    def settled_edges(self, quiet_s: float = 1.0) -> list[tuple[int, str, int]]:
        """The edges once none has come for `quiet_s` (edges are flushed every 100 ms)."""
        seen = -1
        while seen != (seen := self.edges_file.stat().st_size):
            time.sleep(quiet_s)
        return self.edges()

    def close(self) -> None:
        self.device.terminate()
        self.device.wait(5)
        if self.device.stdout:
            self.device.stdout.close()


class Session:
    """`eastim run ... --ui json` as a process: commands in, events out."""

    def __init__(self, *words: str, start_new_session: bool = True) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "eastim", "run", *words, "--ui", "json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENV,
            start_new_session=start_new_session,
        )
        self.events: list[dict[str, Any]] = []
        self.record = Path()  # the folder of its ledger, where the test wants it
        self._rest = b""

    def say(self, do: str, **fields: Any) -> None:
        if self.process.stdin is None:
            raise ValueError("stdin is closed")
        self.process.stdin.write(json.dumps({"do": do, **fields}).encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, event: str, within_s: float = 20, **fields: Any) -> dict[str, Any]:
        """The first event of this name with these fields, past or to come."""
        until = time.monotonic() + within_s
        while True:
            for seen in self.events:
                if seen["event"] == event and fields.items() <= seen.items():
                    return seen
            left_s = until - time.monotonic()
            if left_s < 0 or not self._read(left_s):
                raise AssertionError(f"no {event} {fields}; the last events: {self.events[-6:]}")

    def leave(self, within_s: float = 15) -> int:
        """Read to the end and give the exit code."""
        while self._read(within_s):
            pass
        return self.process.wait(within_s)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def _read(self, within_s: float) -> bool:
        out = self.process.stdout
        if out is None or not select.select([out], [], [], within_s)[0]:
            return False
        more = os.read(out.fileno(), 65_536)
        *lines, self._rest = (self._rest + more).split(b"\n")
        self.events += [json.loads(line) for line in lines]
        return bool(more)


@contextlib.contextmanager
def bench(folder: Path, *more: str) -> Iterator[Bench]:
    made = Bench(folder, *more)
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def session(*words: str, start_new_session: bool = True) -> Iterator[Session]:
    made = Session(*words, start_new_session=start_new_session)
    try:
        yield made
    finally:
        made.close()


def pulses(edges: list[tuple[int, str, int]], lead: str) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    """Cut a lead's edges into pulses: (onset, ((uA, us), ...)); a pulse ends with the edge back to 0."""
    found: list[tuple[int, tuple[tuple[int, int], ...]]] = []
    parts: list[tuple[int, int]] = []
    for t_us, name, ua in edges:
        if name == lead:
            parts.append((t_us, ua))
            if ua == 0:
                phases = tuple((level, b[0] - at) for (at, level), b in itertools.pairwise(parts))
                found.append((parts[0][0], phases))
                parts = []
    if parts:
        raise AssertionError(f"lead {lead} is left at {parts[-1][1]} uA")
    return found


def charge_pc(phases: tuple[tuple[int, int], ...]) -> int:
    return sum(ua * us for ua, us in phases)


def fields(event: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(event[name] for name in names)
