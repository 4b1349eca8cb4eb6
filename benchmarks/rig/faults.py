"""The fault classes of "time to zero": how each is made, and who has to end the current.

A fault is made at a moment, which is taken before the act: whatever the act itself takes counts as ours.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.rig.bench import Bench
from benchmarks.rig.hosts import fill
from benchmarks.rig.running import Running
from eastim.child import child_environment

Made = tuple[int, int]
"""ns of CLOCK_MONOTONIC: before the act, and after it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One class.

    ends: who ends the current: the guard's stop, or the device's own lease. after_us: how long the guard waits on
    purpose before it takes it for a fault (a line's silence, a status's age); 0: it is seen at once.
    device: the simulator's fault that is on meanwhile, "" for none. reason, exit: what the guard's books say at the
    end; "" and None where the guard is dead too. dies: the session's process ends by it at once.
    before: what the session's process does first.
    """

    name: str
    make: Callable[[Bench, Running], Made]
    ends: Literal["guard", "lease"]
    after_us: int = 0
    device: str = ""
    reason: str = ""
    exit: int | None = None
    dies: bool = False
    before: Callable[[], None] = lambda: None


def _signal(number: signal.Signals, whom: Literal["session", "guard", "both"]) -> Callable[[Bench, Running], Made]:
    def make(_bench: Bench, running: Running) -> Made:
        guards = [] if running.guard is None else [running.guard]
        pids = {"session": [running.pid], "guard": guards, "both": [*guards, running.pid]}[whom]
        before_ns = time.monotonic_ns()
        for pid in pids:
            os.kill(pid, number)
        return before_ns, time.monotonic_ns()

    return make


def _word(word: str) -> Callable[[Bench, Running], Made]:
    """Have the session do it; it takes the moment itself, right before."""

    def make(_bench: Bench, running: Running) -> Made:
        did_ns = running.say(word)
        return did_ns, did_ns

    return make


def _device(name: str) -> Callable[[Bench, Running], Made]:
    def make(bench: Bench, _running: Running) -> Made:
        before_ns = time.monotonic_ns()
        bench.device.control("fault", name=name)
        return before_ns, time.monotonic_ns()

    return make


def _deaf(bench: Bench, running: Running) -> Made:
    bench.device.control("fault", name="deaf")
    return _word("stop")(bench, running)


def _shell(_bench: Bench, running: Running) -> Made:
    """`eastim stop`, as typed in another terminal; starting Python is most of it."""
    before_ns = time.monotonic_ns()
    subprocess.run(
        [sys.executable, "-m", "eastim", "stop", "--session", running.name],
        env=child_environment(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return before_ns, time.monotonic_ns()


GONE, TRIPPED, STOPPED = "session process gone", 5, 4
BEAT_US, FRESH_US = 300_000, 300_000

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("sigkill", _signal(signal.SIGKILL, "session"), "guard", reason=GONE, exit=STOPPED, dies=True),
        # The kernel frees a dead process's memory before it closes its lines, so a big one is noticed later: by the
        # end of its lines or by its silence, whichever comes first.
        Fault("sigkill, 4.5 M objects", _signal(signal.SIGKILL, "session"), "guard", BEAT_US, dies=True, before=fill),
        Fault("sigstop", _signal(signal.SIGSTOP, "session"), "guard", BEAT_US),
        Fault("exception", _word("exception"), "guard", reason=GONE, exit=STOPPED),
        Fault("exit", _word("exit"), "guard", reason=GONE, exit=STOPPED),
        Fault("abort", _word("abort"), "guard", reason=GONE, exit=STOPPED, dies=True),
        Fault("stop line", _word("stop"), "guard", reason="stopped by rig", exit=STOPPED),
        Fault("eastim stop", _shell, "guard", reason="stopped by shell", exit=STOPPED),
        Fault("player's line", _word("player-end"), "guard", reason=GONE, exit=STOPPED),
        Fault("operator's line", _word("operator-end"), "guard", reason=GONE, exit=STOPPED),
        Fault("python loop", _word("python-loop"), "guard", BEAT_US),
        Fault("c call", _word("c-call"), "guard", BEAT_US),
        Fault("device silent", _device("silent"), "guard", FRESH_US, device="silent"),
        Fault("device deaf", _deaf, "lease", device="deaf"),
        Fault("cable pulled", _device("unplug"), "lease", device="unplug"),
        Fault("guard killed", _signal(signal.SIGKILL, "guard"), "lease"),
        Fault("guard frozen", _signal(signal.SIGSTOP, "guard"), "lease"),
        Fault("both killed", _signal(signal.SIGKILL, "both"), "lease"),
    )
}
