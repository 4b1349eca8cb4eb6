"""Run sessions one after another on one device.

The rig adopts orphans (PR_SET_CHILD_SUBREAPER), so that the guard of a killed session is reaped here and can't be left
behind.
"""

from __future__ import annotations

import ctypes
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from benchmarks.rig.device import Device
from benchmarks.rig.real import RealRunning
from benchmarks.rig.running import Running, Way

_SUBREAPER = 36  # prctl(2), PR_SET_CHILD_SUBREAPER
SILENT_S = 3.0


class Bench:
    """A device and all sessions on it. repeated: sessions that were not counted, as they had no current to lose."""

    def __init__(self) -> None:
        adopt()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._folder = tempfile.TemporaryDirectory(prefix="eastim-bench-")
        self.device = Device()
        self._count = 0
        self.repeated = 0

    def begin(self, way: Way = "guard", before: Callable[[], None] = lambda: None) -> Running:
        """Bring a session up. before: what the session process does first (fills its memory, say)."""
        self._count += 1
        name = f"rig-{os.getpid()}-{self._count}"
        self._await_silence()
        self.device.forget_stops()
        if way == "run":
            return RealRunning(self.device.pty, Path(self._folder.name) / name)
        return Running(self.device, way, Path(self._folder.name), name, before)

    def _await_silence(self) -> None:
        """A device that still plays (an unguarded session's lease runs on) takes no new session."""
        until_s = time.monotonic() + SILENT_S
        while self.device.control("state")["state"] == "PLAYING":
            if time.monotonic() > until_s:
                raise RuntimeError(f"the device still plays {SILENT_S:.0f} s after its last session")
            time.sleep(0.02)

    def close(self) -> None:
        self.device.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def adopt() -> None:
    """Become the parent of the guards of killed sessions."""
    ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)
