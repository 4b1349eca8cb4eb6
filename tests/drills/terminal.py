"""`eastim run` in a terminal of its own, with somebody at its keys: for drills."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

from tests.drills.bench import ENV, Bench

IN_ITS_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "eastim", *sys.argv[1:]])
"""


class Terminal:
    """The keyboard and the screen of one session."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process, self._master = process, master
        self.seen = b""

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read_until(self, text: str, within_s: float = 20) -> None:
        """Wait until the screen has shown a text."""
        until = time.monotonic() + within_s
        while text.encode() not in self.seen:
            if not select.select([self._master], [], [], max(0.0, until - time.monotonic()))[0]:
                raise AssertionError(f"the screen never showed {text!r}, but {self.seen[-600:]!r}")
            self.seen += os.read(self._master, 65_536)

    def close(self) -> None:
        if self._master >= 0:
            os.close(self._master)
        self._master = -1


@contextlib.contextmanager
def terminal(device: Bench) -> Iterator[Terminal]:
    """Begin a session of 100 Hz on lead A at zero; it sounds when this is entered."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    where = ("--device", "ea1", "--port", str(device.pty), "--record", str(device.folder))
    order = ("run", "100", "--minutes", "1", "--lead", "A:1mA", "--ui", "plain")
    words = (sys.executable, "-c", IN_ITS_TERMINAL, *order, *where)
    process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=ENV)
    os.close(slave)
    screen = Terminal(process, master)
    try:
        screen.read_until("Press Enter")
        screen.press("\n")
        screen.read_until("100 Hz sounds")
        yield screen
    finally:
        process.kill()
        process.wait()
        screen.close()
