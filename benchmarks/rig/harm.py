"""What a session may be told to do to itself; each says its moment first, on CLOCK_MONOTONIC."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

# Three to four hundred ms on the machine that this was written on; the digits that Python turns into text are not
# bounded here, as in any program that calculates.
_POWER = 7**300_000


class Broken(Exception):
    """The exception that nobody catches."""


def c_call() -> None:
    """Stay in one long C call that keeps the interpreter lock: no thread of this process runs meanwhile (H04)."""
    sys.set_int_max_str_digits(0)
    str(_POWER)


def python_loop(go_on: Callable[[], bool] = lambda: True) -> None:
    """Calculate in Python alone; other threads get the interpreter lock every 5 ms."""
    while go_on():
        sum(range(1000))


def forever(act: Callable[[], None]) -> None:
    while True:
        act()


def broken() -> None:
    raise Broken("as asked")


def leave() -> None:
    sys.exit(0)


def abort() -> None:
    os.abort()


HARMS: dict[str, Callable[[], None]] = {
    "exception": broken,
    "exit": leave,
    "abort": abort,
    "python-loop": python_loop,
    "c-call": lambda: forever(c_call),
    "sleep": lambda: time.sleep(60),
}
