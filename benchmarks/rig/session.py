"""A light session process, forked from the rig: guard, player and operator in the way of a real one.

It is there to be harmed. The guard that it starts is the product's own. A word on its line is done at once; what it
has to say (its guard's pid, that current flows, the moment of an act) goes back as JSON lines.
"""

from __future__ import annotations

import json
import os
import select
import socket
import threading
import time
from pathlib import Path

from benchmarks.rig.harm import HARMS
from benchmarks.rig.order import ORDER, driver
from eastim.clock import SystemClock
from eastim.player import Player, run_player
from eastim.pulses.levels import zero_levels
from eastim.safety.door_start import GuardHandle, start_guard
from eastim.safety.line import Line
from eastim.safety.operator import Operator

BEAT_S = 0.05
RAISE_S = 0.02


class Session:
    """One guarded session; `run` returns when the guard has said `end`."""

    def __init__(self, words: socket.socket, address: str, ledger: Path, name: str) -> None:
        self._words = words
        self._guard: GuardHandle = start_guard(ORDER, address, ledger, name)
        self._operator = Operator(self._guard.operator)
        self._live = self._up = self._over = False

    def run(self) -> None:
        self._say({"guard": self._guard.pid})
        player = Player(driver(), ORDER.program, zero_levels(("A",), ORDER.kinds))
        args = (self._guard.player, SystemClock(), player)
        threading.Thread(target=run_player, args=args, daemon=True).start()
        try:
            with self._guard:
                while not self._guard.operator.closed and not self._pass():
                    pass
        finally:
            self._say({"left": self._guard.poll()})

    def _pass(self) -> bool:
        """Hear the guard and the rig, raise once, beat; True when it is over."""
        lines = [self._guard.operator.fileno(), self._words.fileno()]
        ready = select.select(lines, [], [], BEAT_S if self._up else RAISE_S)[0]
        for name, body, _ in self._guard.operator.receive():
            self._hear(name, body)
        if self._live and not self._up:
            self._operator.raise_("A")
        if self._words.fileno() in ready:
            self._obey(self._words.recv(64).decode())
        self._operator.beat()
        return self._over

    def _hear(self, name: str, body: dict[str, object]) -> None:
        if name == "failed":
            raise RuntimeError(str(body["error"]))
        if (name, body.get("state")) == ("state", "SAFE") and not body.get("cause"):
            self._operator.arm()
        if name == "state":
            self._live = body["state"] == "LIVE"
        if name == "level" and body["ua"] and not self._up:
            self._up = True
            self._say({"up": time.monotonic_ns()})
        self._over = self._over or name == "end"

    def _obey(self, word: str) -> None:
        self._say({"did": time.monotonic_ns()})
        if word == "stop":
            self._operator.stop("rig")
        elif word in ("player-end", "operator-end"):
            _hang_up(self._guard.player if word == "player-end" else self._guard.operator)
        else:
            HARMS[word]()

    def _say(self, words: dict[str, object]) -> None:
        self._words.sendall(json.dumps(words).encode() + b"\n")


def _hang_up(line: Line) -> None:
    """End one line alone: what a thread does that dies and closes what it holds."""
    with socket.socket(fileno=os.dup(line.fileno())) as copy:
        copy.shutdown(socket.SHUT_RDWR)
