"""The operator's acts that move the session: arm, pause, resume, clear. Each begins at zero or goes there.

An act that can't be done changes nothing and is answered with a notice that says why; none is ever queued.
"""

from __future__ import annotations

from eastim.safety.guard_state import BEAT_US, FOLLOW_US, NEVER, Watch
from eastim.safety.guard_turn import Turn
from eastim.safety.interlock import FAULTS, Event, State
from eastim.safety.judge_runs import silent


def arm(turn: Turn) -> None:
    """Take the operator's go: zero everywhere, nothing remembered of an earlier arming."""
    reason = _why_not_arm(turn)
    if reason:
        turn.notice(f"not armed: {reason}", "medium")
        return
    turn.record("arm")
    _begin_at_zero(turn)
    # Unlike a resume: the trip before it was acknowledged, and a device that was found anew counts its charge from 0.
    turn.set(marks=())
    if turn.guard.times.wall == NEVER:
        turn.times(wall=turn.now_us + turn.guard.given.limit("wall_us"))
    turn.move(Event.ARM)


def _why_not_arm(turn: Turn) -> str:
    if turn.state is not State.SAFE:
        return f"the session is {turn.state.value}; it is armed from SAFE"
    if not turn.guard.ledger_ok:
        return FAULTS["ledger"].says
    if turn.guard.left_us(turn.now_us) <= 0:
        return "the ordered time is used up"
    return _why_not_silent(turn, needs_ready=True)


def _why_not_silent(turn: Turn, needs_ready: bool) -> str:
    """Why the device does not count as silent and known right now; "" when it does."""
    status = turn.guard.status
    if status is None or turn.now_us >= turn.guard.times.fresh:
        return "the device has not reported within 300 ms, or does not agree; try again"
    if not status.quiet:
        return "the device does not report silence"
    empty = needs_ready and not status.ready
    return "the device does not hold the ordered program and its limits" if empty else ""


def _begin_at_zero(turn: Turn) -> None:
    """Every start, and every resume, begins at zero and with no hold."""
    guard = turn.guard
    turn.ceil(turn.zeros(), "zeroed")
    turn.set_hold(None)
    watches = tuple(Watch(fresh=watch.fresh) for watch in guard.watches)
    turn.set(pending=(), lately=None, target=(), contacted=(), watches=watches, said=())
    turn.times(follow=NEVER)


def pause(turn: Turn) -> None:
    """Zero at once; the player hushes within 250 ms; session time stands still."""
    if turn.state not in (State.ARMED, State.LIVE):
        turn.notice(f"not paused: the session is {turn.state.value}")
        return
    turn.record("pause")
    turn.must_follow()
    turn.ceil(turn.zeros(), "zeroed")
    turn.set_hold(None)
    turn.set(pending=(), target=turn.zeros())
    turn.move(Event.PAUSE)
    turn.delivered(turn.guard.status)
    turn.times(follow=turn.now_us + FOLLOW_US, pause=turn.now_us + turn.guard.given.limit("pause_us"))


def resume(turn: Turn) -> None:
    """Permit a new block, from zero."""
    if turn.state is not State.PAUSED:
        turn.notice(f"not resumed: the session is {turn.state.value}")
        return
    reason = _why_not_silent(turn, needs_ready=False)
    if not reason and not silent(turn.output, turn.now_us):
        reason = "the output has not ended yet; try again"
    if not reason and _waits_for_answer(turn):
        reason = "the device has not answered yet; try again"
    if reason:
        turn.notice(f"not resumed: {reason}", "medium")
        return
    turn.record("resume")
    _begin_at_zero(turn)
    turn.move(Event.RESUME)


def _waits_for_answer(turn: Turn) -> bool:
    """Whether a request or a contact test of before the pause is still open: the player's next would cross it."""
    reader, shadow = turn.guard.given.reader, turn.guard.shadow
    return bool(reader.contact(shadow).runs) or reader.settled(shadow) != shadow


def clear(turn: Turn) -> None:
    """Acknowledge a trip: only once silence was read back, and never for what can't be cleared."""
    trip = turn.guard.trip
    if turn.state is not State.TRIPPED or trip is None:
        turn.notice(f"nothing to clear: the session is {turn.state.value}")
        return
    reason = _why_not_silent(turn, needs_ready=False)
    if FAULTS[trip.fault].clears == "never":
        reason = "this can't be cleared in this session; end it"
    if reason:
        turn.notice(f"not cleared: {reason}", "medium")
        return
    turn.record("clear", fault=trip.fault)
    turn.set(trip=None)
    turn.move(Event.CLEAR)
    be_heard(turn)


def be_heard(turn: Turn) -> None:
    """From now on both lines must beat."""
    turn.times(player=turn.now_us + BEAT_US, operator=turn.now_us + BEAT_US)
