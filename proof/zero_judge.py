"""What must be true of one harmed session, and of a whole class. Pure, so that tests can show that it can fail."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Times, ms
from benchmarks.rig.faults import Fault
from benchmarks.rig.measure import Sample
from benchmarks.rig.order import LEASE_US, PULSE_US
from eastim.safety.audit import audit
from proof.row import Size

# The p50, p99 and worst time to the stop on the wire that a guard may take, counted from when it can know of a fault:
# the p50 from when the kernel has closed what a dead session held, the others from the fault itself (decision 0020).
P50_US, P99_US, MAX_US = 2_000, 20_000, 100_000
# A PLAY on its way at the moment of the harm is read a little later, and its lease begins then; and a pulse is ended.
LEASE_SLACK_US = 20_000 + 5_000
# A PLAY came at most 200 ms before the harm, so its lease of 500 ms is not over for 300 ms; less what delays may take.
LEAST_LEFT_US = 100_000
# `eastim stop` counts from before Python is started.
SHELL_US = 1_000_000
# What ended the current is judged in every run, also on a busy machine: a lease runs on the device's own clock.
BUSY_US = 100_000


def limits(fault: Fault, sample: Sample) -> Iterator[str]:
    """Judge who ended the current, whatever the time; yields what is wrong."""
    if sample.load_us is None:
        yield "the current went on"
    elif fault.ends == "lease":
        if sample.load_us < LEAST_LEFT_US:
            yield f"the current ended after {ms(sample.load_us)} ms: something ended it sooner than the lease"
        if sample.load_us > LEASE_US + BUSY_US:
            yield f"the current went on for {ms(sample.load_us)} ms, past the lease of {ms(LEASE_US)} ms"
    elif sample.wire_us is None:
        yield f"no stop was on the wire, and the current went on for {ms(sample.load_us)} ms"
    else:
        yield from _stopped(fault, sample.wire_us, sample.load_us)


def _stopped(fault: Fault, wire_us: int, load_us: int) -> Iterator[str]:
    if load_us > wire_us + PULSE_US:
        yield f"current flowed {ms(load_us - wire_us)} ms past the stop, a pulse has {ms(PULSE_US)} ms"
    if wire_us >= LEASE_US and fault.name != "eastim stop":
        yield f"the stop came after {ms(wire_us)} ms: the lease of {ms(LEASE_US)} ms ended the current, not the guard"


def books(fault: Fault, sample: Sample) -> Iterator[str]:
    """Judge the guard's exit code and its ledger."""
    found = audit(sample.ledger)
    if found.problems:
        yield f"the ledger has problems: {found.problems[:3]}"
    if fault.reason and found.reason != fault.reason:
        yield f"the ledger gives the reason {found.reason!r}, must be {fault.reason!r}"
    if fault.exit is not None and sample.guard_exit != fault.exit:
        yield f"the guard left with {sample.guard_exit}, must be {fault.exit}"


def needless(repeated: int, counted: int, size: Size) -> Iterator[str]:
    """Bound the sessions that ended or tripped before their harm, and were repeated: each may be a needless stop.

    In a full run, which has its machine to itself: one in a hundred, as few as the p99 looks at, and three. Else: as
    many as were counted, and three.
    """
    most = (counted // 100 if size == "full" else counted) + 3
    if repeated > most:
        yield f"{repeated} sessions had no current to lose before their harm, at most {most} beside {counted}"


def time_limits(fault: Fault, samples: list[Sample]) -> Iterator[str]:
    """Judge the times of a whole class; yields what is over its bound."""
    if fault.ends == "lease":
        worst = max(sample.load_us or 0 for sample in samples)
        if worst > LEASE_US + LEASE_SLACK_US:
            yield f"{fault.name}: at the load {ms(worst)} ms, at most {ms(LEASE_US + LEASE_SLACK_US)} ms"
        return
    times = Times.of([sample.wire_us for sample in samples if sample.wire_us is not None] or [MAX_US * 100])
    own = Times.of([own_us(sample) for sample in samples if sample.wire_us is not None] or [MAX_US * 100])
    for name, found_us, bound_us in (
        ("the guard's own p50", own.p50_us, P50_US if fault.name == "sigkill" else None),
        ("p99", times.p99_us, None if fault.name == "eastim stop" else fault.after_us + P99_US),
        ("max", times.max_us, SHELL_US if fault.name == "eastim stop" else fault.after_us + MAX_US),
    ):
        if bound_us is not None and found_us > bound_us:
            yield f"{fault.name}: {name} to the stop on the wire {ms(found_us)} ms, at most {ms(bound_us)} ms"


def own_us(sample: Sample) -> int:
    """From when the kernel had closed what a dead session held, as we saw it, to the stop on the wire; 0 at the least.

    Of a session that did not die: from the fault.
    """
    return max(0, (sample.wire_us or 0) - (sample.gone_us or 0))
