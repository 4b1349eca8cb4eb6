"""The rig's device: `python -m benchmarks.rig.device_process FOLDER`. firmware_sim itself, that also stamps stops.

The simulator runs in real time on a real pty. It is told nothing that it would not know alone; it only says on stdout,
one JSON object a line, where the zero of its clock lies on CLOCK_MONOTONIC, and when it has read a stop.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from firmware_sim.clock import Clock
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import Active
from firmware_sim.load import parse_loads
from firmware_sim.scope import Scope
from firmware_sim.serve import Server
from firmware_sim.simulation import Simulation

STOP = b"\x00\x18\x00"


class StopWatch:
    """Find the stop (clause 2.6) in a stream of bytes, however it is cut."""

    def __init__(self) -> None:
        self._tail = b""

    def seen(self, data: bytes) -> bool:
        """Whether a stop ends in these bytes."""
        stream = self._tail + data
        self._tail = stream[-(len(STOP) - 1) :]
        return STOP in stream


class Stamped(Simulation):
    """The simulation, that says the moment at which it reads a stop."""

    def __init__(self, device: Ea1Device) -> None:
        super().__init__(device)
        self._watch = StopWatch()

    def receive(self, data: bytes) -> None:
        at_ns = time.monotonic_ns()
        super().receive(data)
        if self._watch.seen(data):
            say({"stop_ns": at_ns})


def main(folder: Path) -> int:
    """Serve until stdin closes."""
    device = Ea1Device(parse_loads("needle"), faults=Active(0), scope=Scope())
    zero_ns = time.monotonic_ns()
    # Its first look at this clock is its zero: at most the time of one call lies between the two.
    clock = Clock(1.0, lambda: (time.monotonic_ns() - zero_ns) / 1e9)
    server = Server(Stamped(device), clock)
    try:
        with server.signals():
            server.open(str(folder / "ea1"), 0, str(folder / "control"))
            server.until_stdin_closes()
            say({"ready": True, "zero_ns": zero_ns, "tcp": server.tcp.port if server.tcp else None})
            server.run()
    finally:
        server.close()
    return 0


def say(words: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
