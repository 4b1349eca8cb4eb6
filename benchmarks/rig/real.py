"""A session of the product's own program: `eastim run --ui json`, brought to play by its commands."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.rig.device import JsonLines
from benchmarks.rig.running import UP_S, Running, Unsaid
from eastim.child import child_environment


class RealRunning(Running):
    """As `Running`, but a real one; it can be killed and frozen, and obeys no words."""

    def __init__(self, address: str, folder: Path) -> None:
        folder.mkdir()
        where = ("--device", "ea1", "--port", address, "--record", str(folder), "--ui", "json")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "eastim", "run", "100", "--minutes", "1", "--lead", "A:1mA", *where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
            start_new_session=True,
        )
        if self._process.stdout is None:
            raise RuntimeError("eastim run has no stdout")
        self.pid, self.guard = self._process.pid, None
        self._words = JsonLines(self._process.stdout.fileno())
        try:
            self._play()
        except Unsaid:
            self.close()
            raise
        self.up_ns = time.monotonic_ns()
        self.ledger = next(folder.glob("*.ledger.jsonl"))
        self.name = self.ledger.name.partition(".")[0]

    def _play(self) -> None:
        self._await(event="state", state="SAFE")
        self.guard = _guard_of(self.pid)
        self._command(b'{"do": "arm"}\n')
        self._await(event="section")
        self._command(b'{"do": "raise", "lead": "A", "kind": null}\n')
        self._await(event="level", lead="A", ua=100)

    def _command(self, line: bytes) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _await(self, **fields: Any) -> None:
        until_s = time.monotonic() + UP_S
        while (words := self._words.next(max(0.0, until_s - time.monotonic()))) is not None:
            if fields.items() <= words.items():
                return
        raise Unsaid(f"eastim run never said {fields}")

    def close(self) -> int | None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        return None if self.guard is None else self._guards_code(self.guard)


def _guard_of(pid: int) -> int:
    """The session's child that is a guard."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    for child in map(int, children):
        if b"eastim.safety.process" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    raise Unsaid(f"process {pid} has no guard among its children {children}; os.getpid() is {os.getpid()}")
