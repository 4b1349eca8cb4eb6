"""What the tests of the front ends share: happenings, and a stdin to write to."""

from __future__ import annotations

import os
from typing import Any

from eastim.front import Happened


def state(name: str, use: str = "human", cause: str = "") -> Happened:
    return Happened("state", 0, {"state": name, "use": use, "cause": cause})


def section(kind: str, at_us: int = 0) -> Happened:
    return Happened("section", at_us, {"section": 0, "kind": kind})


def status(left_us: int, at_us: int = 0) -> Happened:
    measured = {"A": {"kind": "2", "plus_ua": 500, "minus_ua": 490}}
    levels = {"A": {"2": 500, "100": 300}}
    body: dict[str, Any] = {"played_us": 12_000_000 - left_us, "left_us": left_us, "kind": "2", "levels": levels}
    return Happened("status", at_us, {**body, "measured": measured})


class Typed:
    """A pipe as stdin."""

    def __init__(self) -> None:
        self.fd, self._write = os.pipe()

    def type(self, text: str) -> None:
        os.write(self._write, text.encode())

    def hang_up(self) -> None:
        if self._write >= 0:
            os.close(self._write)
            self._write = -1

    def close(self) -> None:
        self.hang_up()
        os.close(self.fd)
