"""The device's clock against the guard's own: rates, widths and the lease are true only as far as that clock is."""

from __future__ import annotations

from eastim.safety.guard_faults import fault
from eastim.safety.guard_state import CLOCK_LATE_US, CLOCK_LEAST_US, CLOCK_PPM, ClockMark, rolled
from eastim.safety.guard_turn import Turn
from eastim.safety.interlock import State
from eastim.safety.readers.base import Status

# Where a report that is 300 ms late trips by itself. In SAFE a line may stand still for longer and harm nobody.
JUDGED = (State.ARMED, State.LIVE, State.PAUSED)


def clock(turn: Turn, status: Status) -> None:
    """Compare how far both clocks came in the last 5 to 10 s (at first in what has passed, once that is 2 s).

    Taken anew from time to time, for a clock may go wrong in a session, and a long good past would hide it. A report
    that is late makes the device's clock seem slow, one that the next ones are compared with makes it seem fast.
    """
    if status.clock_us is None or turn.state not in JUDGED:
        turn.set(clocks=())
        return
    now, marks = ClockMark(turn.now_us, status.clock_us), turn.guard.clocks
    turn.set(clocks=rolled(marks, now))
    if marks:
        _judge(turn, marks[0], now)


def _judge(turn: Turn, was: ClockMark, now: ClockMark) -> None:
    passed_us, counted_us = now.at_us - was.at_us, now.device_us - was.device_us
    allowed_us = passed_us * CLOCK_PPM // 1_000_000 + CLOCK_LATE_US
    if passed_us >= CLOCK_LEAST_US and abs(counted_us - passed_us) > allowed_us:
        fault(turn, "clock", f"it counted {counted_us} us in {passed_us} us")
