"""P10: a stop while the session's process is busy, by the guard and by a thread of the process itself."""

from __future__ import annotations

from benchmarks.figures import Line, Times, median, ms, ratio_line
from benchmarks.stops import Stops, time_stops

KINDS = ("idle", "python loop", "c call")
# How many times the guard's time a thread of the busy process takes, at least. In a Python loop CPython hands the
# interpreter lock over 5 ms after a thread has asked for it (sys.getswitchinterval), and no later: that is some 25x
# the guard's 0.2 ms, so the 50x that a C call must reach can't be asked of it.
WORSE = {"python loop": "10", "c call": "50"}
ROUNDS, WINDOW_S = 5, 1.0


def run() -> list[Line]:
    """Measure; about 40 s."""
    return lines(time_stops(KINDS, ROUNDS, WINDOW_S))


def lines(found: Stops) -> list[Line]:
    """Compare what was measured. The tail is a safety figure: printed here, gated by `python -m proof zero`."""
    idle_us, told = median(found.us["idle", "guard"]), []
    for kind, worse in WORSE.items():
        guard_us, thread_us = median(found.us[kind, "guard"]), median(found.us[kind, "thread"])
        told.append(ratio_line(f"{kind}: guard against its idle", guard_us, idle_us, at_most="2"))
        told.append(ratio_line(f"{kind}: a thread against the guard", thread_us, guard_us, at_least=worse))
    for (kind, who), values in found.us.items():
        told.append(tail(f"{kind}: {who}", values, found.fifo if who == "guard" and kind in WORSE else None))
    return told


def tail(name: str, values: list[int], fifo: bool | None) -> Line:
    """Print the tail. fifo: whether the guard runs in SCHED_FIFO; None: no goal, as it is no guard, or idle."""
    times = Times.of(values)
    goal = "" if fifo is None else f"p99.9 <= {'1 ms (SCHED_FIFO)' if fifo else '15 ms'}"
    return Line(
        name,
        f"p50 {ms(times.p50_us)}, p99.9 {ms(times.p999_us)}, max {ms(times.max_us)} ms, n = {times.count}",
        goal,
        None,
    )
