"""P11: the door's stop to bytes at the far end, against a raw send of the same bytes on the same transport."""

from __future__ import annotations

import os
import select
import socket
import time
import tty
from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.figures import Line, median, ratio_line
from benchmarks.rig.order import PROFILE
from eastim.transports import Transport, open_transport

ROUNDS, SENDS = 5, 2_000


def run(rounds: int = ROUNDS) -> list[Line]:
    """Measure on a pty and on TCP; a few seconds."""
    return [_compare("pty", _pty, rounds), _compare("socket", _tcp, rounds)]


def _compare(name: str, make: Callable[[ExitStack], tuple[Transport, int]], rounds: int) -> Line:
    """Interleave the two; the middle of the rounds' medians."""
    cuts, raws = [], []
    data = b"".join(PROFILE.stop_frames)
    with ExitStack() as opened:
        port, far = make(opened)
        opened.callback(port.close)
        poll = select.poll()
        poll.register(far, select.POLLIN)
        for _ in range(rounds):
            pairs = [
                (
                    _timed(lambda: port.cut(PROFILE.stop_frames), poll, far),
                    _timed(lambda: os.write(port.fileno(), data), poll, far),
                )
                for _ in range(SENDS)
            ]
            cuts.append(median([cut for cut, _ in pairs]))
            raws.append(median([raw for _, raw in pairs]))
    return ratio_line(f"stop on a {name} against a raw send", median(cuts), median(raws), at_most="1.3", unit="ns")


def _timed(send: Callable[[], object], poll: select.poll, far: int) -> int:
    before_ns = time.perf_counter_ns()
    send()
    poll.poll()
    os.read(far, 64)
    return time.perf_counter_ns() - before_ns


def _pty(opened: ExitStack) -> tuple[Transport, int]:
    far, near = os.openpty()
    for fd in (far, near):
        opened.callback(os.close, fd)
    tty.setraw(near)
    return open_transport(os.ttyname(near), PROFILE.baud), far


def _tcp(opened: ExitStack) -> tuple[Transport, int]:
    listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = open_transport(f"socket://127.0.0.1:{listener.getsockname()[1]}", PROFILE.baud)
    far = opened.enter_context(listener.accept()[0])
    return port, far.fileno()
