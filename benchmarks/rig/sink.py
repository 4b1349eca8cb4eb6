"""The far end of a TCP port, in the benchmark itself: stamps when a stop has come."""

from __future__ import annotations

import select
import socket
import time

from benchmarks.rig.device_process import StopWatch

WITHIN_MS = 20_000


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
        self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def stop_ns(self) -> int:
        """Wait for a stop and give the moment at which it was read; raises RuntimeError after 20 s."""
        if self._host is None:
            raise RuntimeError("no host has opened the port")
        poll = select.poll()
        poll.register(self._host, select.POLLIN)
        while poll.poll(WITHIN_MS):
            data = self._host.recv(4096)
            at_ns = time.monotonic_ns()
            if self._watch.seen(data):
                return at_ns
            if not data:
                break
        raise RuntimeError("no stop came")

    def close(self) -> None:
        if self._host is not None:
            self._host.close()
        self._listener.close()
