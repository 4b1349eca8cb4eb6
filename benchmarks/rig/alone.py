"""The in-process alternative: one program that owns the port, with a keep-alive thread and `finally: stop`.

This is how published stimulator controllers are built. It speaks the same wire through the same driver and transport;
what it has not is a second process. A stop asked of it comes to a thread of its own.
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from contextlib import suppress

from benchmarks.rig.harm import HARMS
from benchmarks.rig.order import ORDER, PROFILE, driver
from eastim.drivers.base import Answered
from eastim.errors import PortError
from eastim.transports import Transport, open_transport

LEVEL_UA = 100
ANSWER_S = 2.0


class Alone:
    """One unguarded session, until it is told to stop or breaks."""

    def __init__(self, words: socket.socket, address: str) -> None:
        self._words = words
        self._port: Transport = open_transport(address, PROFILE.baud)
        self._driver = driver()
        self._over = False

    def run(self) -> None:
        try:
            self._start()
            threading.Thread(target=self._keep_alive, daemon=True).start()
            self._say({"up": time.monotonic_ns()})
            word = self._words.recv(64).decode()
            self._say({"did": time.monotonic_ns()})
            if word != "stop":
                HARMS[word]()
        finally:
            self._over = True
            self._port.cut(PROFILE.stop_frames)

    def _start(self) -> None:
        zero = {("A", "100"): 0}
        for part in (self._driver.hello(), self._driver.load(ORDER.program, zero), self._driver.contact()):
            for frame in part:
                self._ask(frame.data)
        self._slices = self._driver.slices(ORDER.program)
        self._renew()

    def _keep_alive(self) -> None:
        """Renew, until a device is silent or gone: the thread ends then, and nobody learns of it."""
        with suppress(TimeoutError, PortError):
            while not self._over:
                time.sleep(PROFILE.renew_us / 1e6)
                self._renew()

    def _renew(self) -> None:
        for frame in self._driver.fire(next(self._slices), {("A", "100"): LEVEL_UA}):
            self._ask(frame.data)

    def _ask(self, data: bytes) -> None:
        """Write one request and wait for its answer; raises TimeoutError."""
        if self._over:
            return
        self._port.write(data)
        until_s = time.monotonic() + ANSWER_S
        while time.monotonic() < until_s:
            select.select([self._port], [], [], 0.1)
            if any(isinstance(event, Answered) for event in self._driver.hear(self._port.read())):
                return
        raise TimeoutError("the device does not answer")

    def _say(self, words: dict[str, object]) -> None:
        self._words.sendall(json.dumps(words).encode() + b"\n")
