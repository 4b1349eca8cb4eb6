"""P12: the session's process killed or frozen; safety figures in ms, gated by `python -m proof zero`."""

from __future__ import annotations

import random

from benchmarks.figures import Line, Times
from benchmarks.rig.bench import Bench
from benchmarks.rig.faults import FAULTS
from benchmarks.rig.measure import measure

GOALS = {"sigkill": "p50 <= 2, p99 <= 20, max <= 100 ms", "sigstop": "<= 3 heartbeats of 100 ms"}
SAMPLES = {"sigkill": 100, "sigstop": 20}
ALONE = 5


def run() -> list[Line]:
    """Measure; about 90 s."""
    rng, told = random.Random(12), []
    with Bench() as bench:
        for name, goal in GOALS.items():
            guarded = [measure(bench, FAULTS[name], "guard", rng) for _ in range(SAMPLES[name])]
            alone = [measure(bench, FAULTS[name], "alone", rng) for _ in range(ALONE)]
            wire = [sample.wire_us for sample in guarded if sample.wire_us is not None]
            load = [sample.load_us for sample in guarded if sample.load_us is not None]
            told.append(Line(f"{name}: stop on the wire", str(Times.of(wire)), goal, None))
            told.append(Line(f"{name}: zero at the load", str(Times.of(load)), "", None))
            told.append(
                Line(
                    f"{name}: every stop was the guard's",
                    f"{len(wire)} of {len(guarded)}",
                    "all",
                    len(wire) == len(guarded),
                )
            )
            said = sum(sample.wire_us is not None for sample in alone)
            told.append(
                Line(
                    f"{name}: one process alone",
                    f"{said} of {len(alone)} said stop; the lease ended the rest",
                    "",
                    None,
                )
            )
    return told
