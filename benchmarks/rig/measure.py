"""Harm one session with current flowing and measure, at the load and on the wire, how long it takes to zero."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rig.bench import Bench
from benchmarks.rig.device import Edge
from benchmarks.rig.faults import Fault
from benchmarks.rig.order import LEASE_US, PERIOD_US
from benchmarks.rig.running import Running, Unsaid, Way

# From the level's coming into force to the harm: so that it meets every phase of a period and of a renewal.
PLAY_MIN_US, PLAY_MAX_US = 30_000, 280_000
TRIES = 10
QUIET_US = 50_000  # five periods without a pulse
WATCH_US = LEASE_US + 400_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What one harmed session gave, in us from the moment before the harm.

    wire_us: a stop was read by the device, None: none was. load_us: the last current flowed, 0: none flowed any more,
    None: it went on for as long as was looked (WATCH_US), and was ended then by ending the session.
    gone_us: the kernel had closed what a dying session held, None: it did not die. act_us: the harm itself took.
    guard_exit: the guard's code, None where there was none. ledger: its path.
    """

    wire_us: int | None
    load_us: int | None
    gone_us: int | None
    act_us: int
    guard_exit: int | None
    ledger: Path


def measure(bench: Bench, fault: Fault, way: Way, rng: random.Random) -> Sample:
    """Take one sample.

    A session that never came to play, or had ended, or played nothing right before the harm, is repeated and not
    counted as a sample. (A busy machine may keep it from its beats.) Raises Unsaid after `TRIES` of them in a row.
    """
    for _ in range(TRIES):
        with suppress(Unsaid):
            sample = _once(bench, fault, way, rng)
            if sample is not None:
                return sample
        bench.repeated += 1
    raise Unsaid(f"{fault.name}: {TRIES} sessions in a row had no current to lose")


def _once(bench: Bench, fault: Fault, way: Way, rng: random.Random) -> Sample | None:
    running = bench.begin(way, fault.before)
    try:
        _until(running.up_ns + rng.randrange(PLAY_MIN_US, PLAY_MAX_US) * 1000)
        before_ns, after_ns = fault.make(bench, running)
        at_us = bench.device.us(before_ns)
        wire_us, gone_ns = _follow(bench, running, at_us)
        if fault.device:
            bench.device.control("clear", name=fault.device)
        looked_us = bench.device.us(time.monotonic_ns())
    finally:
        code = running.close()
    edges = bench.device.edges(at_us - 2 * PERIOD_US)
    if bench.device.stopped_before or not any(t_us < at_us and ua for t_us, _, ua in edges):
        return None
    gone_us = None if gone_ns is None else bench.device.us(gone_ns) - at_us
    return Sample(
        wire_us, load_us(edges, at_us, looked_us), gone_us, (after_ns - before_ns) // 1000, code, running.ledger
    )


def _follow(bench: Bench, running: Running, at_us: int) -> tuple[int | None, int | None]:
    """Wait for the end of the session's lines, for a stop, and for silence; (wire_us, ns at which the lines ended)."""
    gone_ns = running.gone_ns(0.03)
    left_us = at_us + WATCH_US - bench.device.us(time.monotonic_ns())
    stop_us = bench.device.stop_us(at_us, max(0, left_us) / 1e6)
    if stop_us is not None and not bench.device.control("state")["device"]["faults"]:
        _until(time.monotonic_ns() + QUIET_US * 1000)
    else:
        _until(time.monotonic_ns() + max(0, at_us + WATCH_US - bench.device.us(time.monotonic_ns())) * 1000)
    return (None if stop_us is None else stop_us - at_us), gone_ns


def load_us(edges: list[Edge], since_us: int, looked_us: int) -> int | None:
    """The last edge after a moment, counted from it; 0 when there is none.

    None when current still flowed within the last two periods before `looked_us`, the end of the look, or after it.
    """
    after = [t_us for t_us, _, _ in edges if t_us >= since_us]
    if not after:
        return 0
    return None if after[-1] > looked_us - 2 * PERIOD_US else after[-1] - since_us


def _until(at_ns: int) -> None:
    time.sleep(max(0, at_ns - time.monotonic_ns()) / 1e9)
