"""Who owns the port: two processes that open it at the same moment, and two whole sessions started at once (H23)."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from proof.row import Finding, Say, Size
from tests.drills.bench import Bench, Session, bench, session

# Two controllers that stand ready: each opens the port at its moment, says whether it got it and from when to when that
# took, and keeps it until told. What takes the port (flock, or the name of a TCP port) comes after a pause, where one
# is asked for: so the two opens overlap on one core, too, and meet right there.
_RACER = """
import fcntl, socket, sys, time
from eastim.errors import PortError
from eastim.safety.door import open_port
def late(take):
    def taken(*what):
        if pause_us:
            time.sleep(pause_us / 1e6)
        return take(*what)
    return taken
fcntl.flock, socket.socket.bind = late(fcntl.flock), late(socket.socket.bind)
for line in sys.stdin:
    name, at_ns, pause_us = line.split()
    at_ns, pause_us = int(at_ns), int(pause_us)
    while time.monotonic_ns() < at_ns:
        pass
    port, began_ns = None, time.monotonic_ns()
    try:
        port = open_port(name, 460_800)
        said = "mine"
    except PortError as error:
        said = "busy" if "held by another program" in str(error) else str(error).replace(" ", "_")
    print(said, began_ns, time.monotonic_ns(), flush=True)
    if port is not None:
        sys.stdin.readline()
        port.close()
        print("free", flush=True)
"""
_READY_US = 1_000
# What the one is ahead of the other, in turn, and how long each pauses right before it takes the port.
_AHEAD_US = (0, 50, -50)
_PAUSES_US = ((0, 0), (200, 200), (1000, 0), (0, 0), (0, 1000), (100, 300))
_MOST_TRIES = 6  # for each race that is wanted: opens that did not overlap were no race
_PAIRS = {"bounded": 1, "full": 20}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a racer said: `mine`, `busy`, or an error; and when its open began and ended."""

    said: str
    began_ns: int
    ended_ns: int


class Racer:
    """A process that stands ready to open a port."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", _RACER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def go(self, name: str, at_us: int, pause_us: int) -> None:
        self._tell(f"{name} {at_us * 1000} {pause_us}\n".encode())

    def hear(self) -> Opened:
        said, began_ns, ended_ns = self._line().split()
        return Opened(said, int(began_ns), int(ended_ns))

    def free(self) -> None:
        """Have it close the port."""
        self._tell(b"\n")
        self._line()

    def close(self) -> None:
        self._child.communicate()

    def _tell(self, line: bytes) -> None:
        if self._child.stdin is not None:
            self._child.stdin.write(line)

    def _line(self) -> str:
        return self._child.stdout.readline().decode().strip() if self._child.stdout is not None else ""


def prove(size: Size, say: Say) -> Finding:
    """Let two processes open one port at the same moment, again and again; exactly one may get it."""
    wanted, failures = 1000 if size == "full" else 60, list[str]()
    figures: dict[str, str] = {}
    counted = 0
    with _pty() as tty, _tcp() as (tcp, drain):
        for way, name in (("a pty", tty), ("a TCP port", tcp)):
            races, wrong, figures[f"at {way}"] = _races(name, wanted // 2, drain, say)
            counted += races
            failures += [f"{way}, {text}" for text in wrong]
    pairs = _PAIRS[size]
    failures += _pairs(pairs, say)
    figures["and pairs of `eastim run` started at once"] = str(pairs)
    return Finding(counted, "races", figures, tuple(failures))


def _races(name: str, wanted: int, drain: Callable[[], None], say: Say) -> tuple[int, list[str], str]:
    """Race for one port until so many opens have overlapped: how many did, what was wrong, and what is told of it."""
    racers, draw = (Racer(), Racer()), random.Random(23)
    failures: list[str] = []
    won, counted, at_once, tries = [0, 0], 0, 0, 0
    while counted < wanted and tries < _MOST_TRIES * wanted:
        pauses_us = _PAUSES_US[tries % len(_PAUSES_US)]
        both = _race(racers, name, draw.choice(_AHEAD_US), pauses_us)
        drain()
        tries += 1
        if sorted(one.said for one in both) != ["busy", "mine"]:
            failures.append(f"race {tries}: {[one.said for one in both]}")
        for i, one in enumerate(both):
            won[i] += one.said == "mine"
        counted += overlap(*both)
        at_once += overlap(*both) and not any(pauses_us)
        say(f"{counted} of {wanted}")
    for racer in racers:
        racer.close()
    if counted < wanted:
        failures.append(f"in {tries} tries only {counted} of {wanted} races had opens that overlapped")
    more = (
        f"{counted} races, {at_once} of them without a pause; in all {tries} tries won by either {won[0]} and {won[1]}"
    )
    return counted, failures, more


def _race(racers: tuple[Racer, Racer], name: str, ahead_us: int, pauses_us: tuple[int, int]) -> tuple[Opened, Opened]:
    """One race; the port is free again afterwards."""
    at_us = time.monotonic_ns() // 1000 + _READY_US
    late_us = (max(-ahead_us, 0), max(ahead_us, 0))
    for racer, late, pause in zip(racers, late_us, pauses_us, strict=True):
        racer.go(name, at_us + late, pause)
    first, second = racers[0].hear(), racers[1].hear()
    for racer, one in zip(racers, (first, second), strict=True):
        if one.said == "mine":
            racer.free()
    return first, second


def overlap(one: Opened, other: Opened) -> bool:
    """Whether there was a moment at which both were opening."""
    return one.began_ns < other.ended_ns and other.began_ns < one.ended_ns


@contextlib.contextmanager
def _pty() -> Iterator[str]:
    master, slave = pty.openpty()
    try:
        yield os.ttyname(slave)
    finally:
        os.close(master)
        os.close(slave)


@contextlib.contextmanager
def _tcp() -> Iterator[tuple[str, Callable[[], None]]]:
    """Listen as a device does; its address, and what takes the calls that have come."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        listener.setblocking(False)

        def drain() -> None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()

        yield f"socket://127.0.0.1:{listener.getsockname()[1]}", drain


def _pairs(count: int, say: Say) -> list[str]:
    """Start two whole sessions on one pty at once, so often; what was wrong."""
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="race-") as name, bench(Path(name)) as device:
        for turn in range(1, count + 1):
            say(f"pair {turn} of {count}")
            failures += [f"pair {turn} of eastim run: {text}" for text in pair(device, Path(name) / str(turn))]
    return failures


def pair(device: Bench, folder: Path) -> Iterator[str]:
    """Start two sessions at once: one arms and plays, the other says who holds the port and leaves with 3."""
    words = ("100", "--minutes", "1", "--lead", "A:1mA", "--device", "ea1", "--port", str(device.pty), "--record")
    with session(*words, str(folder / "a")) as one, session(*words, str(folder / "b")) as other:
        on = [each for each in (one, other) if _goes_on(each)]
        for each in on:
            each.say("stop")
        codes = sorted(each.leave() for each in (one, other))
        if len(on) != 1 or codes != [3, 4]:
            yield f"{len(on)} went on, exit codes {codes}"
        for each in (one, other):
            if each not in on and "held by another program" not in str(each.events[-1].get("cause")):
                yield f"nobody was said to hold the port: {each.events[-1]}"


def _goes_on(one: Session) -> bool:
    """Whether a session has found the device, arms it, and plays."""
    try:
        one.wait("state", state="SAFE")
        one.say("arm")
        one.wait("section")
    except (AssertionError, BrokenPipeError):
        return False
    return True
