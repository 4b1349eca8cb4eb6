"""The pulses that the device counts, against the time they take: too high a rate shows in nothing else (H27)."""

from __future__ import annotations

from eastim.pulses.program import Program
from eastim.safety.guard_faults import fault
from eastim.safety.guard_state import CLOCK_LATE_US, CLOCK_LEAST_US, CLOCK_PPM, Given, RateMark, rolled
from eastim.safety.guard_turn import Turn
from eastim.safety.interlock import State
from eastim.safety.readers.base import Status
from eastim.safety.remembered import Remembered

_PERIODS: Remembered[dict[str, int]] = Remembered()
_FULL: Remembered[dict[str, int]] = Remembered()


def rate(turn: Turn, status: Status) -> None:
    """Compare, as `guard_clock` does, over the last 5 to 10 s of a stretch of playing. Too few pulses harm nobody.

    A pulse takes its kind's period. What the marks cut through, and a start, may add one period of every kind.
    """
    if turn.state is not State.LIVE:
        turn.set(rates=())
        return
    given, marks = turn.guard.given, turn.guard.rates
    now = RateMark(turn.now_us, _taken_us(given, status))
    turn.set(rates=rolled(marks, now))
    if marks and now.at_us - marks[0].at_us >= CLOCK_LEAST_US:
        _judge(turn, marks[0], now)


def _judge(turn: Turn, was: RateMark, now: RateMark) -> None:
    program, passed_us = turn.guard.given.order.program, now.at_us - was.at_us
    once_us = sum(_periods_us(program).values())
    for i, lead in enumerate(turn.guard.given.leads):
        taken_us, full_ppm = now.taken_us[i] - was.taken_us[i], _full_ppm(program)[lead] + CLOCK_PPM
        if taken_us > passed_us * full_ppm // 1_000_000 + CLOCK_LATE_US + once_us:
            fault(turn, "rate", f"pulses that take {taken_us} us in {passed_us} us", lead)


def _taken_us(given: Given, status: Status) -> tuple[int, ...]:
    """By ordered lead, the time that its pulses take so far."""
    periods_us, taken_us = _periods_us(given.order.program), dict.fromkeys(given.leads, 0)
    for count in status.counts:
        if count.lead in taken_us:
            taken_us[count.lead] += count.pulses * periods_us.get(count.kind, 0)
    return tuple(taken_us.values())


def _periods_us(program: Program) -> dict[str, int]:
    """The period of each kind, rounded down."""
    return _PERIODS.of((program,), lambda: {kind: int(program.train(kind).period_us) for kind in program.kinds})


def _full_ppm(program: Program) -> dict[str, int]:
    """By lead, how much of a block its pulses take; the whole of it at least, for a kind that is held fills it.

    A section may hold one more pulse than it has whole periods (build_program), so it may be more. Rounded up.
    """

    def of(lead: str) -> int:
        own = (section for section in program.sections if lead in section.leads)
        taken_us = sum(section.count * section.train.period_us for section in own)
        return max(1_000_000, -int(-taken_us * 1_000_000 // program.block_us))

    return _FULL.of((program,), lambda: {lead: of(lead) for lead in program.leads})
