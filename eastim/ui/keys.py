"""Keys: the terminal set and given back, bytes into keys."""

from __future__ import annotations

import atexit
import codecs
import os
import re
import select
import sys
from typing import Any

if sys.platform != "win32":
    import termios
    import tty

Attributes = list[Any]  # as termios gives and takes them

STOP_KEYS = frozenset(" \u30000s\x03\x1a")  # the ideographic space too
# What a terminal sends for arrows and function keys: one key, not the letters inside it.
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])")


class Keys:
    """Single keys from a file descriptor, without Enter; also from a pipe. Never blocks."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.closed = False
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._saved = _set_cbreak(fd)
        if self._saved is not None:
            atexit.register(self.restore)

    def take(self) -> str:
        """Give the keys pressed since, of one read: a flood must not hold the loop. Sets `closed` at EOF."""
        if self.closed or not select.select([self.fd], [], [], 0)[0]:
            return ""
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # the terminal is gone
            data = b""
        self.closed = not data
        return _SEQUENCE.sub("", self._decode(data))

    def restore(self) -> None:
        """Give the terminal back as it was; may be called twice."""
        if self._saved is None:
            return
        saved, self._saved = self._saved, None
        atexit.unregister(self.restore)
        try:
            termios.tcsetattr(self.fd, termios.TCSADRAIN, saved)
        except termios.error:  # the terminal is gone, and with it what was to be restored
            return


def _set_cbreak(fd: int) -> Attributes | None:
    """Keys at once and unechoed. None where there is no terminal.

    XON/XOFF goes off: a Ctrl-S pressed for s would freeze the output and with it this loop. Signal keys stay: Ctrl-C
    must work before anybody reads keys.
    """
    try:
        saved = termios.tcgetattr(fd)
        tty.setcbreak(fd, termios.TCSADRAIN)
        now = termios.tcgetattr(fd)
        now[0] &= ~termios.IXON
        termios.tcsetattr(fd, termios.TCSADRAIN, now)
    except termios.error:
        return None
    return saved
