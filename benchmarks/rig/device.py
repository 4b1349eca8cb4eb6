"""The rig's hold on its device: start it, speak its control socket, read its stamps. All moments on CLOCK_MONOTONIC."""

from __future__ import annotations

import json
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from eastim.child import child_environment

READY_S = 15.0
ANSWER_S = 10.0

Edge = tuple[int, str, int]
"""us on the device's clock, lead, uA from then on."""


class JsonLines:
    """JSON objects, one a line, from a file descriptor, with a bound on the wait."""

    def __init__(self, fd: int) -> None:
        self._fd, self._rest, self._lines = fd, b"", list[dict[str, Any]]()
        self.ended_ns: int | None = None

    def next(self, within_s: float) -> dict[str, Any] | None:
        """Give the next object; None when none comes in that time, or the writer is gone."""
        until_s = time.monotonic() + within_s
        while not self._lines and self._fill(until_s):
            pass
        return self._lines.pop(0) if self._lines else None

    def end_ns(self, within_s: float) -> int | None:
        """Wait for the writer's end, and give the moment; None when it doesn't come in that time."""
        until_s = time.monotonic() + within_s
        while self._fill(until_s):
            pass
        return self.ended_ns

    def _fill(self, until_s: float) -> bool:
        """Read once; False when nothing came in time, or nothing will."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        if self.ended_ns is not None or not poll.poll(max(0.0, until_s - time.monotonic()) * 1000):
            return False
        try:
            more = os.read(self._fd, 65_536)
        except ConnectionResetError:
            # A peer that dies with something unread resets the line; that is an end, too.
            more = b""
        if not more:
            self.ended_ns = time.monotonic_ns()
        *whole, self._rest = (self._rest + more).split(b"\n")
        self._lines += [json.loads(line) for line in whole]
        return bool(more)

    def drop(self) -> None:
        """Forget what has come so far."""
        while self.next(0) is not None:
            pass


class Device:
    """One simulated ea1 with its scope; a context manager by `close`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="eastim-rig-")
        folder = Path(self._folder.name)
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "benchmarks.rig.device_process", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
            start_new_session=True,
        )
        if self._child.stdout is None:
            raise RuntimeError("the device has no stdout")
        self.stopped_before = False
        self._stamps = JsonLines(self._child.stdout.fileno())
        ready = self._stamps.next(READY_S)
        if ready is None:
            self.close()
            raise RuntimeError("the device did not come up")
        self._zero_ns, self._port = int(ready["zero_ns"]), int(ready["tcp"])
        self.pty = str(folder / "ea1")
        self._control = socket.socket(socket.AF_UNIX)
        self._control.settimeout(ANSWER_S)
        self._control.connect(str(folder / "control"))
        self._answers = JsonLines(self._control.fileno())

    @property
    def tcp(self) -> str:
        return f"socket://127.0.0.1:{self._port}"

    def us(self, at_ns: int) -> int:
        """A moment of CLOCK_MONOTONIC on the device's clock, rounded down."""
        return (at_ns - self._zero_ns) // 1000

    def control(self, do: str, **fields: Any) -> dict[str, Any]:
        """Ask one thing; raises RuntimeError on a refusal or no answer."""
        self._control.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
        answer = self._answers.next(ANSWER_S)
        if answer is None or not answer["ok"]:
            raise RuntimeError(f"the device refused {do}: {answer}")
        return answer

    def edges(self, since_us: int) -> list[Edge]:
        """All changes of current since a moment."""
        found: list[Edge] = []
        more, at_us = True, max(0, since_us)
        while more:
            page = self.control("scope", since_us=at_us)
            found += [(t_us, lead, ua) for t_us, lead, ua in page["edges"]]
            more = page["more"]
            at_us = found[-1][0] + 1 if found else at_us
        return found

    def clock_error_us(self, looks: int = 20) -> tuple[int, int]:
        """How far the device's clock lies from where `us` has it: (at least, at most), from questions and answers.

        The answer was made between our two looks at the clock, so the true difference lies inside; so must 0. One that
        lost its processor between its look at the clock and the answer tells an older time, which bounds nothing from
        above: so of those bounds the middle one counts.
        """
        lows, highs = [], []
        for _ in range(looks):
            before = time.monotonic_ns()
            t_us = int(self.control("state")["t_us"])
            after = time.monotonic_ns()
            lows.append(t_us - self.us(after) - 1)
            highs.append(t_us - self.us(before) + 1)
        return max(lows), statistics.median_high(highs)

    def stop_us(self, since_us: int, within_s: float) -> int | None:
        """When the first stop after a moment was read, on the device's clock; None when none is in that time.

        `stopped_before` is set where one had come earlier.
        """
        until_s = time.monotonic() + within_s
        while (stamp := self._stamps.next(max(0.0, until_s - time.monotonic()))) is not None:
            at_us = self.us(int(stamp["stop_ns"]))
            if at_us >= since_us:
                return at_us
            self.stopped_before = True
        return None

    def forget_stops(self) -> None:
        """Begin anew: no stop so far counts for what comes."""
        self._stamps.drop()
        self.stopped_before = False

    def close(self) -> None:
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            self._child.wait(3)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()
        if hasattr(self, "_control"):
            self._control.close()
        self._folder.cleanup()
