"""Stalls of 10 ms to 5 s in a real session: `eastim run` is frozen for so long, and goes on (H04).

The device times the pulses, so none may be late or bunched whatever the host does; a stall that is too long is a stop,
which nothing of what the session still wanted undoes when it wakes.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.figures import ms
from benchmarks.rig.bench import Bench
from benchmarks.rig.device import Edge
from benchmarks.rig.measure import PLAY_MAX_US, PLAY_MIN_US, TRIES
from benchmarks.rig.order import LEASE_US, PERIOD_US, PULSE_US
from benchmarks.rig.running import Unsaid
from proof.row import Finding, Say, Size
from proof.zero_judge import needless

LEVEL_UA = 100
AFTER_US = 2_000_000  # how long is looked on after the session has woken
SHORTEST_SEEN_US = 150_000  # the last beat came up to 100 ms before: a stall of less is no silence of 300 ms
LONGEST_UNSEEN_US = 400_000  # the silence of 300 ms after which the guard cuts, and what a busy machine needs
FULL_MS, BOUNDED_MS = (10, *range(20, 501, 20), *range(600, 1001, 100), *(2000,) * 3, *(5000,) * 2), (100, 500)


@dataclass(frozen=True, slots=True)
class Stall:
    """One stall: its length, and what was seen; us on the device's clock. stop_us: of the first stop, None: none."""

    length_us: int
    at_us: int
    stop_us: int | None
    looked_us: int
    edges: list[Edge]


def prove(size: Size, say: Say) -> Finding:
    """Freeze one session for each length."""
    lengths = tuple(FULL_MS) if size == "full" else BOUNDED_MS
    rng, stalls = random.Random(4), []
    with Bench() as bench:
        for length_ms in lengths:
            say(f"{length_ms} ms")
            stalls.append(_stalled(bench, length_ms * 1000, rng))
        repeated = bench.repeated
    failures = [f"a stall of {ms(stall.length_us)} ms: {text}" for stall in stalls for text in wrong(stall)]
    failures += needless(repeated, len(stalls), size)
    failures += [f"a stall of {ms(us)} ms alone was stopped" for us in too_soon(stalls)] if size == "full" else []
    went_on = [stall.length_us for stall in stalls if stall.stop_us is None]
    stopped = [stall.length_us for stall in stalls if stall.stop_us is not None]
    figures = {
        "went on, without a pulse moved": f"{len(went_on)}, up to {ms(max(went_on, default=0))} ms",
        f"stopped, and stayed so for {ms(AFTER_US)} ms": f"{len(stopped)}, from {ms(min(stopped, default=0))} ms on",
        "not counted, as no current flowed right before": str(repeated),
        "load average": f"{os.getloadavg()[0]:.2f} on {os.cpu_count()} cores",
    }
    return Finding(len(stalls), "stalls of eastim run", figures, tuple(failures))


def _stalled(bench: Bench, length_us: int, rng: random.Random) -> Stall:
    """Take one; a session that did not play right before is repeated. Raises Unsaid after ten of them in a row."""
    for _ in range(TRIES):
        with suppress(Unsaid):
            stall = _once(bench, length_us, rng)
            before = [t_us for t_us, _, ua in stall.edges if t_us < stall.at_us and ua]
            if before and not bench.device.stopped_before:
                return stall
        bench.repeated += 1
    raise Unsaid(f"{TRIES} sessions in a row had no current to lose")


def _once(bench: Bench, length_us: int, rng: random.Random) -> Stall:
    running = bench.begin("run")
    try:
        time.sleep(rng.randrange(PLAY_MIN_US, PLAY_MAX_US) / 1e6)
        at_us = bench.device.us(time.monotonic_ns())
        os.kill(running.pid, signal.SIGSTOP)
        time.sleep(length_us / 1e6)
        os.kill(running.pid, signal.SIGCONT)
        time.sleep(AFTER_US / 1e6)
        looked_us = bench.device.us(time.monotonic_ns())
        stop_us = bench.device.stop_us(at_us, 0)
        edges = [edge for edge in bench.device.edges(at_us - 2 * PERIOD_US) if edge[0] <= looked_us]
    finally:
        running.close()
    return Stall(length_us, at_us, stop_us, looked_us, edges)


def too_soon(stalls: list[Stall]) -> list[int]:
    """The lengths of the stalls that were stopped though they are too short for a silence; us.

    Judged in a full run alone, which has its machine to itself: elsewhere a session may be kept from its beats longer.
    """
    return [stall.length_us for stall in stalls if stall.stop_us is not None and stall.length_us < SHORTEST_SEEN_US]


def wrong(stall: Stall) -> Iterator[str]:
    """Judge one stall; yields what is wrong."""
    onsets = [t_us for t_us, _, ua in stall.edges if ua > 0]
    gaps = {b - a for a, b in itertools.pairwise(onsets)} - {PERIOD_US}
    if gaps:
        yield f"pulses stand {sorted(gaps)[:5]} us apart, must be {PERIOD_US} us"
    others = {abs(ua) for _, _, ua in stall.edges} - {0, LEVEL_UA}
    if others:
        yield f"{sorted(others)[:5]} uA were at the load, raised were {LEVEL_UA} uA"
    yield from _ended(stall)


def _ended(stall: Stall) -> Iterator[str]:
    last_us = stall.edges[-1][0]
    if stall.stop_us is None:
        if stall.length_us >= LONGEST_UNSEEN_US:
            yield "no stop came"
        if last_us < stall.looked_us - 2 * PERIOD_US:
            yield f"the current ended {ms(last_us - stall.at_us)} ms after its begin, without a stop"
    elif last_us > stall.stop_us + PULSE_US:
        yield f"current flowed {ms(last_us - stall.stop_us)} ms past the stop"
    elif stall.stop_us - stall.at_us >= LEASE_US:
        yield f"the stop came after {ms(stall.stop_us - stall.at_us)} ms, when the lease had ended the current"
