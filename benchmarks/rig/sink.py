"""The far end of a TCP port, in the benchmark itself: tells when a stop has come, by the kernel's stamp.

The kernel stamps each packet as it arrives, so that it does not count how late we are woken to read it.
"""

from __future__ import annotations

import select
import socket
import struct
import time

from benchmarks.rig.device_process import StopWatch

WITHIN_MS = 20_000
_STAMPED = 35  # socket(7), SO_TIMESTAMPNS: a struct timespec of CLOCK_REALTIME comes with what is read
_STAMP = struct.Struct("qq")


class Sink:
    """Listens on loopback for one host at a time; it answers nothing."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self._host: socket.socket | None = None
        self._watch = StopWatch()
        self.address = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"

    def accept(self) -> None:
        """Wait for the host."""
        self._host, _ = self._listener.accept()
        self._host.setsockopt(socket.SOL_SOCKET, _STAMPED, 1)

    def stop_ns(self) -> int:
        """Wait for a stop and give the moment at which it came; raises RuntimeError after 20 s."""
        if self._host is None:
            raise RuntimeError("no host has opened the port")
        poll = select.poll()
        poll.register(self._host, select.POLLIN)
        while poll.poll(WITHIN_MS):
            data, stamps, _, _ = self._host.recvmsg(4096, 64)
            if self._watch.seen(data):
                return _monotonic_ns(stamps)
            if not data:
                break
        raise RuntimeError("no stop came")

    def close(self) -> None:
        if self._host is not None:
            self._host.close()
        self._listener.close()


def _monotonic_ns(stamps: list[tuple[int, int, bytes]]) -> int:
    """Take the kernel's stamp, of the wall clock, over to CLOCK_MONOTONIC by looking at both now."""
    now_ns, wall_ns = time.monotonic_ns(), time.clock_gettime_ns(time.CLOCK_REALTIME)
    for _, kind, data in stamps:
        if kind == _STAMPED:
            seconds, ns = _STAMP.unpack(data[: _STAMP.size])
            at_ns: int = seconds * 1_000_000_000 + ns
            return now_ns - (wall_ns - at_ns)
    raise RuntimeError("the kernel does not stamp what comes over TCP")
