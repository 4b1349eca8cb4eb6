"""Time to zero, measured: each class of fault is made while current flows, and the scope at the load says how long.

Everything is real but the device: the product's guard in its own process, a player, an operator, a pty; the device is
the simulator in real time, whose clock is CLOCK_MONOTONIC with another zero. Beside it, in the same run, the same
harm is done to a program that owns the port itself (benchmarks.rig.alone).

Times in ms are judged in a full run only; a bounded one judges what ended the current, and prints the times.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

from benchmarks.figures import Times, histogram
from benchmarks.rig.bench import Bench
from benchmarks.rig.faults import FAULTS, Fault
from benchmarks.rig.measure import Sample, measure
from benchmarks.rig.running import Way
from proof.row import Finding, Say, Size
from proof.zero_judge import books, limits, needless, own_us, time_limits

SEED = 20_260_101
MANY = 100  # stops of which a histogram is told, too


@dataclass(frozen=True, slots=True)
class Class:
    """How often a fault is made: guarded and alone, in full and bounded. way: which guarded session it is.

    no_alone: why this fault has no like in one process.
    """

    fault: str
    full: int
    bounded: int
    alone: int = 0
    way: Way = "guard"
    no_alone: str = ""

    def count(self, way: Way, size: Size) -> int:
        if way != "alone":
            return self.full if size == "full" else self.bounded
        return self.alone if size == "full" else min(1, self.alone)


_NO_SOCKET = "it has no socket at which another terminal could stop it"
_NO_LINES = "it has no lines that could end: player and operator are itself"
_NO_GUARD = "it has no guard to lose"
PARTS: dict[str, tuple[Class, ...]] = {
    "sigkill": (Class("sigkill", 1000, 12, 20),),
    "process": (Class("sigkill", 30, 1, 3, way="run"), Class("sigkill, 4.5 M objects", 20, 1, 3)),
    "frozen": (Class("sigstop", 50, 3, 5),),
    "exit": (Class("exception", 20, 2, 5), Class("exit", 20, 2, 5), Class("abort", 20, 2, 5)),
    "stop": (Class("stop line", 30, 3, 5), Class("eastim stop", 20, 2, no_alone=_NO_SOCKET)),
    "lines": (
        Class("player's line", 20, 2, no_alone=_NO_LINES),
        Class("operator's line", 20, 2, no_alone=_NO_LINES),
    ),
    "busy": (Class("python loop", 20, 2, 5), Class("c call", 20, 2, 5)),
    "device": (
        Class("device silent", 15, 2, 5),
        Class("device deaf", 15, 2, 5),
        Class("cable pulled", 15, 1, 5),
    ),
    "guard": (
        Class("guard killed", 20, 2, no_alone=_NO_GUARD),
        Class("guard frozen", 20, 2, no_alone=_NO_GUARD),
        Class("both killed", 20, 2, 5),
    ),
}


def prove(size: Size, say: Say, part: str) -> Finding:
    """Make every fault of a part, as often as its table says."""
    figures: dict[str, str] = {}
    failures: list[str] = []
    tried = 0
    load_before = os.getloadavg()[0]
    with Bench() as bench:
        low_us, high_us = bench.device.clock_error_us()
        for each in PARTS[part]:
            tried += each.count("guard", size)
            failures += _one(bench, each, size, say, figures)
        figures["not counted, as no current flowed right before"] = str(bench.repeated)
        failures += needless(bench.repeated, tried, size)
    if not low_us <= 0 <= high_us:
        failures.append(f"the device's clock lies {low_us} to {high_us} us from where it was taken to be")
    figures["clock"] = f"the device's lies {low_us} to {high_us} us from ours, by question and answer; taken as 0"
    figures["load average"] = f"{load_before:.2f} before, {os.getloadavg()[0]:.2f} after, on {os.cpu_count()} cores"
    return Finding(tried, "faults at the load", figures, tuple(failures))


def _one(bench: Bench, each: Class, size: Size, say: Say, figures: dict[str, str]) -> list[str]:
    """Take all samples of a class, the in-process ones spread among the guarded, and sum up."""
    fault, rng = FAULTS[each.fault], random.Random(f"{SEED} {each.fault}")
    samples: dict[Way, list[Sample]] = {"guard": [], "alone": []}
    failures: list[str] = []
    name = f"{fault.name} of eastim run" if each.way == "run" else fault.name
    guarded, alone = each.count("guard", size), each.count("alone", size)
    for done in range(1, guarded + 1):
        sample = measure(bench, fault, each.way, rng)
        samples["guard"].append(sample)
        failures += [f"{name}, {done}: {text}" for text in (*limits(fault, sample), *books(fault, sample))]
        sample.ledger.unlink()
        if len(samples["alone"]) * guarded < alone * done:
            samples["alone"].append(measure(bench, fault, "alone", rng))
        say(f"{name} {done} of {guarded}")
    if size == "full":
        failures += time_limits(fault, samples["guard"])
    figures.update({f"{name}, {what}": text for what, text in told(fault, samples["guard"]).items()})
    if samples["alone"]:
        figures[f"{name}, in one process"] = told_alone(samples["alone"])
    elif each.no_alone:
        figures[f"{name}, in one process"] = each.no_alone
    return failures


def told(fault: Fault, samples: list[Sample]) -> dict[str, str]:
    """What is printed of the guarded samples. The kernel's part is an upper bound: we, too, may have seen it late."""
    wire, load = _known([s.wire_us for s in samples]), _known([s.load_us for s in samples])
    own = [own_us(s) for s in samples if s.wire_us is not None]
    died = [min(s.gone_us, s.wire_us) for s in samples if s.gone_us is not None and s.wire_us is not None]
    return {
        **({"to the stop on the wire": str(Times.of(wire))} if wire else {"stops on the wire": "none"}),
        **({"of them": histogram(wire)} if len(wire) >= MANY else {}),
        **({"of it the kernel's end of the process, at most": str(Times.of(died))} if fault.dies and died else {}),
        **({"of it the guard's own, at least": str(Times.of(own))} if fault.dies and died else {}),
        **({"to zero at the load": str(Times.of(load))} if load else {}),
    }


def told_alone(samples: list[Sample]) -> str:
    """What is printed of the in-process alternative. A stop that never came can't be summed up as a time."""
    stops, ends = _known([s.wire_us for s in samples]), _known([s.load_us for s in samples])
    wire = f"{len(stops)} of {len(samples)} said stop" + (f", {Times.of(stops)}" if stops else "")
    load = f"at zero {Times.of(ends)}" if ends else "never at zero"
    still = len(samples) - len(ends)
    rest = f"; {still} went on for as long as was looked" if still else ""
    lease = "" if stops or not ends else "; what ended was ended by the device's lease: a device without one goes on"
    return f"{wire}; {load}{rest}{lease}"


def _known(values: list[int | None]) -> list[int]:
    return [value for value in values if value is not None]
