"""How late a stop may be beside a busy session (P10), on the wire (P11), and how long the guard pauses (P18)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from benchmarks import stop
from benchmarks.busy import KINDS, WORSE
from benchmarks.figures import Line, Times, median, ms
from benchmarks.pauses import KIND, PAUSE_US
from benchmarks.stops import Stops, time_stops
from proof.row import Finding, Say, Size

TAIL_US, TAIL_FIFO_US, PAUSE_MOST_US = 15_000, 1_000, 10_000
MOST_OF_IDLE = 2  # how many times its idle p50 a guard's p50 may be beside a busy session


def tail(size: Size, say: Say) -> Finding:
    """Ask for stops while the session is busy; the in-process alternative beside it."""
    say("stops beside a busy session")
    found = time_stops(KINDS, 12 if size == "full" else 1, 1.0 if size == "full" else 0.3)
    return _finding(size, found, (*unseen(found), *tail_failures(found)))


def pauses(size: Size, say: Say) -> Finding:
    """Ask for stops while the session's collector goes through 4.5 million objects."""
    say("stops beside a collector")
    rounds, window_s = (4, 5.0) if size == "full" else (1, 1.0)

    def measured() -> Stops:
        return time_stops((KIND,), rounds, window_s, PAUSE_US)

    return _finding(size, *paused(measured, say))


def paused(measured: Callable[[], Stops], say: Say) -> tuple[Stops, tuple[str, ...]]:
    """Measure, and once more where an answer was too late: a pause of its own comes again, a machine's need not.

    What was too late the first time is a failure if something is the second time; else it is printed. A collector that
    ran is a failure in either.
    """
    found = measured()
    late = pause_failures(found)
    if not late:
        return found, ()
    say("stops beside a collector, again")
    again = measured()
    ran, later = collector_failures(found.health), pause_failures(again)
    again.remarks = () if later else (*late, "measured again")
    return again, (*ran, *late, *later) if later else ran


def send(size: Size, say: Say) -> Finding:
    """Send stops through the door's own transport, and the same bytes raw, in turn."""
    say("stops on a pty and on TCP")
    rounds = stop.ROUNDS if size == "full" else 1
    return sent(stop.run(rounds), rounds * stop.SENDS)


def sent(lines: list[Line], sends: int) -> Finding:
    """Sum up; each transport has its goal. sends: of one of them."""
    failures = tuple(f"{line.name}: {line.measured}, must be {line.goal}" for line in lines if line.ok is not True)
    return Finding(sends * len(lines), "stops sent", {line.name: line.measured for line in lines}, failures)


def unseen(found: Stops) -> tuple[str, ...]:
    """Say beside which busy session no stop was measured at all."""
    return tuple(f"{kind}: no stop of the guard was seen" for kind in WORSE if not found.us.get((kind, "guard")))


def tail_failures(found: Stops) -> tuple[str, ...]:
    """Judge the tail beside a busy session; the bound depends on whether this machine permits SCHED_FIFO (P10).

    That the session did calculate is seen by how late a thread of its own is. Beside an idle one the cores sleep, and
    a virtual machine's may take milliseconds to wake: that is printed, and no goal.
    """
    bound_us = TAIL_FIFO_US if found.fifo else TAIL_US
    guards = {kind: values for (kind, who), values in found.us.items() if who == "guard" and kind in WORSE}
    tails = {kind: Times.of(values).p999_us for kind, values in guards.items()}
    late = [
        f"{kind}: p99.9 of the guard {ms(us)} ms, at most {ms(bound_us)} ms"
        for kind, us in tails.items()
        if us > bound_us
    ]
    idle = [
        f"{kind}: a thread of the session is less than {times} times as late as the guard: it was not busy"
        for kind, times in WORSE.items()
        if (kind, "thread") in found.us
        and median(found.us[kind, "thread"]) < int(times) * median(found.us[kind, "guard"])
    ]
    return (*late, *idle, *_slower(found))


def _slower(found: Stops) -> Iterator[str]:
    """Say beside which busy session the half of the stops takes too much longer than beside an idle one."""
    if not (idle_us := found.us.get(("idle", "guard"))):
        yield "idle: no stop of the guard was seen, so no busy one can be held against it"
    else:
        for kind in WORSE:
            busy_us = found.us.get((kind, "guard"))
            if busy_us and median(busy_us) > MOST_OF_IDLE * median(idle_us):
                p50 = f"p50 of the guard {ms(median(busy_us))} ms, {ms(median(idle_us))} ms beside an idle session"
                yield f"{kind}: {p50}, at most {MOST_OF_IDLE} times as long"


def pause_failures(found: Stops) -> tuple[str, ...]:
    """Judge the worst answer, which no pause of the guard is longer than by more than the time between two stops."""
    worst_us = max(found.us[KIND, "guard"])
    if worst_us > PAUSE_MOST_US:
        return (f"the guard's worst answer took {ms(worst_us)} ms, at most {ms(PAUSE_MOST_US)} ms",)
    return ()


def collector_failures(health: dict[str, int]) -> tuple[str, ...]:
    """Judge the guard's collector by its own count; in every run."""
    failures = []
    if not health["ticks"]:
        failures.append("the guard never ticked, so its collector was never looked at")
    if health["collections"] or health["enabled"]:
        failures.append(f"the guard's collector ran: {health['collections']} times, enabled: {bool(health['enabled'])}")
    if not health["frozen"]:
        failures.append("nothing is frozen in the guard's collector")
    return tuple(failures)


def _finding(size: Size, found: Stops, timed: tuple[str, ...]) -> Finding:
    """Sum up. A time in ms refutes in a full run only: a bounded one may share its machine."""
    guarded = sum(len(values) for (_, who), values in found.us.items() if who == "guard")
    figures = {f"{kind}, {who}": _told(values) for (kind, who), values in found.us.items()}
    figures |= {f"{kind}, guard, at work itself": _told(found.worked_us[kind, "guard"]) for kind in _kinds(found)}
    figures |= {f"not found twice ({number})": text for number, text in enumerate(found.remarks, 1)}
    figures["scheduling of the guard"] = "SCHED_FIFO" if found.fifo else "as any process (SCHED_FIFO is not permitted)"
    figures["collector"] = f"{found.health['collections']} collections, {found.health['frozen']} objects frozen"
    figures["load average"] = f"{os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"
    failures = (*collector_failures(found.health), *(timed if size == "full" else ()))
    return Finding(guarded, "stops by the guard", figures, failures)


def _kinds(found: Stops) -> list[str]:
    return [kind for kind, who in found.us if who == "guard"]


def _told(values: list[int]) -> str:
    times = Times.of(values)
    return f"p50 {ms(times.p50_us)}, p99.9 {ms(times.p999_us)}, max {ms(times.max_us)} ms (n = {times.count:,})"
