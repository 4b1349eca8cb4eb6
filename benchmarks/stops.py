"""Time stops asked of two hosts, a guarded one and one with a stop thread, while they are busy: P10 and P18.

A stop is asked over a Unix socket, as `eastim stop` does, and stamped when it has come over TCP (a pty's data passes a
slow kernel worker). Only one of the two is busy at a time: there may be only two cores. Rounds are interleaved.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rig.bench import adopt
from benchmarks.rig.hosts import Host, guarded, threaded
from benchmarks.rig.sink import Sink
from eastim.safety.room_table import Room

WHO = ("guard", "thread")


@dataclass(slots=True)
class Stops:
    """Latencies in us by (what the host does, who says the stop), and what the guard's collector did.

    worked_us: in the order of `us`, how long the process that says the stop was at work itself meanwhile.
    remarks: what else is to be told.
    """

    us: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    worked_us: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    health: dict[str, int] = field(default_factory=dict)
    fifo: bool = False
    remarks: tuple[str, ...] = ()


class Asked:
    """Whoever serves a stop socket. Each stop is asked on a connection of its own, made before the clock runs."""

    def __init__(self, session: str) -> None:
        self._room = Room(os.getuid(), session)
        self._next = self._connected()

    def __call__(self) -> int:
        line = self._next
        before_ns = time.monotonic_ns()
        line.sendall(b'{"do": "stop"}\n')
        return before_ns

    def ready(self) -> None:
        """Make the next connection, and let the guard take it."""
        self._next.close()
        self._next = self._connected()

    @property
    def pid(self) -> int:
        """The process that serves, by the kernel's word."""
        return int(struct.unpack("3i", self._next.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])

    def close(self) -> None:
        self._next.close()

    def _connected(self) -> socket.socket:
        until_s = time.monotonic() + 15
        while True:
            line = socket.socket(socket.AF_UNIX)
            try:
                line.connect(self._room.name)
            except ConnectionRefusedError:
                line.close()
                if time.monotonic() > until_s:
                    raise
                time.sleep(0.02)
            else:
                return line


class _Two:
    """The two hosts, their ports' far ends, and the lines on which stops are asked."""

    def __init__(self, folder: Path) -> None:
        adopt()
        self._report, report_end = os.pipe()
        names = [f"{who}-{os.getpid()}" for who in WHO]
        self._sinks = [Sink(), Sink()]
        addresses = [sink.address for sink in self._sinks]
        self._hosts = [
            Host(guarded(addresses[0], folder / "a.ledger", names[0], report_end)),
            Host(threaded(addresses[1], names[1])),
        ]
        os.close(report_end)
        for sink in self._sinks:
            sink.accept()
        self._asks = [Asked(name) for name in names]

    def each(self) -> Iterator[tuple[str, Host, Asked, Sink]]:
        return zip(WHO, self._hosts, self._asks, self._sinks, strict=True)

    @property
    def fifo(self) -> bool:
        """Whether the guard runs in SCHED_FIFO. It asks for that a moment after its socket is there: look late."""
        return is_fifo(self._asks[0].pid)

    def close(self) -> dict[str, int]:
        """End both, the guard by the end of its lines, and give its report."""
        for host in self._hosts:
            host.close()
        health: dict[str, int] = json.loads(os.read(self._report, 4096))
        os.waitpid(self._asks[0].pid, 0)
        for ask, sink in zip(self._asks, self._sinks, strict=True):
            ask.close()
            sink.close()
        os.close(self._report)
        return health


def time_stops(kinds: tuple[str, ...], rounds: int, window_s: float, pause_us: int = 3_000) -> Stops:
    """Take samples for `rounds` x `window_s` of each kind and each host; kinds: of benchmarks.rig.hosts.BUSY."""
    found, rng = Stops(), random.Random(10)
    with tempfile.TemporaryDirectory(prefix="eastim-stops-") as folder:
        two = _Two(Path(folder))
        try:
            for kind in kinds * rounds:
                for who, host, ask, sink in two.each():
                    window = _window(host, ask, sink, kind, window_s, pause_us, rng)
                    found.us.setdefault((kind, who), []).extend(us for us, _ in window)
                    found.worked_us.setdefault((kind, who), []).extend(us for _, us in window)
        finally:
            found.fifo = two.fifo
            found.health = two.close()
    return found


def is_fifo(pid: int) -> bool:
    """Whether a process runs in the class SCHED_FIFO."""
    return os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO


def work_ns(pid: int) -> int:
    """How long all threads of a process have been on a core so far, by the kernel (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def _window(
    host: Host, ask: Asked, sink: Sink, kind: str, window_s: float, pause_us: int, rng: random.Random
) -> list[tuple[int, int]]:
    """Ask for stops for as long as the host is busy: how long each took, and how long of it its server was at work."""
    host.be(kind, window_s)
    end_s, latencies, server = time.monotonic() + window_s - 0.02, [], ask.pid
    while True:
        ask.ready()
        time.sleep(rng.randrange(500, 2 * pause_us) / 1e6)
        if time.monotonic() > end_s:
            break
        worked_ns, before_ns = work_ns(server), ask()
        late_ns = sink.stop_ns() - before_ns
        latencies.append((late_ns // 1000, (work_ns(server) - worked_ns) // 1000))
    host.settle()
    return latencies
