"""The player's frames: decode with the reader, judge, write or refuse."""

from __future__ import annotations

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.safety.changed import replace
from eastim.safety.guard_faults import fault
from eastim.safety.guard_state import FOLLOW_US, NEVER
from eastim.safety.guard_turn import Turn
from eastim.safety.holds import differs
from eastim.safety.inputs import Asked, Write
from eastim.safety.interlock import Event, State
from eastim.safety.judge import ADMIT, Allowed, Verdict, judge, judge_locks
from eastim.safety.judge_runs import SILENCE, excess, silent
from eastim.safety.readers.base import Output

CLOSED = (State.STOPPING, State.TRIPPED, State.UNCERTAIN)


def asked(turn: Turn, what: Asked) -> None:
    """Judge one frame whole. What is refused is not written, is recorded, told, and trips.

    Dropped without a trip is only what was already on its way (H48): anything after a stop or trip, and what would have
    passed until at most 250 ms ago. It is refused and told all the same.
    """
    if turn.state in CLOSED:
        _refuse(turn, what.frame, f"the session is {turn.state.value}: the wire is the guard's")
        return
    guard = turn.guard
    try:
        shadow = guard.given.reader.sent(guard.shadow, what.frame, turn.now_us)
    except Refused as refused:
        _refuse(turn, what.frame, str(refused))
        fault(turn, "refused", str(refused))
        return
    # What the frame asks for. What may still be in force if it is lost was admitted before, and is `before`.
    settled = guard.given.reader.settled(shadow)
    after: Output = guard.given.reader.output(settled)
    contact = _new_contact(turn, shadow)
    verdict = judge_locks(guard.given.reader.locks(shadow), guard.given.order)
    if verdict.ok:
        verdict = _judge_hold(turn, settled)
    if not verdict.ok:
        _refuse(turn, what.frame, verdict.reason)
        fault(turn, "refused", verdict.reason)
        return
    verdict = judge(_before(turn), after, contact, allowed_now(turn), turn.now_us)
    if verdict.ok:
        _write(turn, what.frame, shadow, contact, after)
        return
    _refuse(turn, what.frame, verdict.reason)
    if not _was_on_its_way(turn, after, contact):
        fault(turn, "refused", verdict.reason)


def _judge_hold(turn: Turn, settled: object) -> Verdict:
    """Refuse a frame that asks for another hold than the operator's, unless it may have crossed it (250 ms).

    What sounds already excuses none: it would be asked for anew for ever.
    """
    guard = turn.guard
    if turn.state is not State.LIVE or guard.times.hold != NEVER:
        return ADMIT
    asked_for: Output = guard.given.reader.asked(settled)
    wrong = differs(asked_for, guard.given.order.program, guard.hold)
    if not wrong or silent(asked_for, turn.now_us):
        return ADMIT
    return Verdict(False, f"it asks for another hold than the operator's, {guard.hold or 'none'}: {wrong}")


def _before(turn: Turn) -> Output:
    """What comes out without the frame: the most that may be, but silence when a hush is on its way.

    So what is asked after a hush is a start, and begins at zero, though the hush is not answered yet.
    """
    reader = turn.guard.given.reader
    asked_for: Output = reader.output(reader.settled(turn.guard.shadow))
    return asked_for if silent(asked_for, turn.now_us) else turn.output


def allowed_now(turn: Turn) -> Allowed:
    """What is allowed at this moment."""
    guard = turn.guard
    holds = () if guard.hold is None else (guard.hold,)
    left_us = guard.left_us(turn.now_us)
    return Allowed(guard.given.order, guard.given.profile, guard.levels, guard.state, left_us, holds, guard.contacted)


def _new_contact(turn: Turn, shadow: object) -> Output:
    """The contact test that the frame buys; the same one, not yet known to have ended, is asked for again only."""
    reader = turn.guard.given.reader
    now: Output = reader.contact(shadow)
    return SILENCE if now.runs == reader.contact(turn.guard.shadow).runs else now


def _was_on_its_way(turn: Turn, after: Output, contact: Output) -> bool:
    """Whether the frame crossed something on its way: the last lower, hold or pause, or the output's own end."""
    return any(
        judge(before, after, contact, allowed, turn.now_us).ok
        for before in (_before(turn), _still_playing(turn))
        for allowed in (allowed_now(turn), _allowed_lately(turn))
        if allowed is not None
    )


def _allowed_lately(turn: Turn) -> Allowed | None:
    """What was allowed before the last lower, hold or pause, while that is at most 250 ms ago."""
    guard, lately = turn.guard, turn.guard.lately
    if lately is None or turn.now_us >= lately.until_us:
        return None
    ceilings = {key: lately.ceilings[i] for i, key in enumerate(guard.given.keys)}
    return replace(allowed_now(turn), ceilings=ceilings, holds=lately.holds, state=lately.state)


def _still_playing(turn: Turn) -> Output:
    """The output as if it had not ended yet, when that is at most 250 ms ago: a renewal that comes too late is lost.

    It happens at the end of every session, where the device's clock is a little ahead; and a lapsed lease is the
    device's own fault to report.
    """
    output, now_us = _before(turn), turn.now_us
    if output.ends_us <= now_us < output.ends_us + FOLLOW_US:
        return replace(output, ends_us=now_us + 1)
    return output


def _write(turn: Turn, frame: Frame, shadow: object, contact: Output, after: Output) -> None:
    turn.effects.append(Write(frame))
    turn.record("frame", hex=frame.data.hex())
    tested = {*turn.guard.contacted, *(run.lead for run in contact.runs)}
    turn.set(shadow=shadow, contacted=tuple(lead for lead in turn.guard.given.leads if lead in tested))
    # Kept apart from the shadow, which a stop or a hush shortens: another device may answer those (guard_status).
    turn.times(bought=max(turn.guard.times.bought, turn.output.ends_us, contact.ends_us))
    if turn.state is State.ARMED and not silent(after, turn.now_us):
        _start(turn)
    settle(turn)


def _start(turn: Turn) -> None:
    """Session time begins with the first buy of output, which is at zero."""
    turn.move(Event.START)
    given = turn.guard.given
    turn.set(live_since_us=turn.now_us, delivered_us=turn.now_us)
    turn.times(session=turn.now_us + turn.guard.left_us(turn.now_us) + given.limit("session_grace_us"))
    if turn.guard.hold is not None:
        turn.watch_hold()  # what was held before the start was waited for by nobody


def settle(turn: Turn) -> None:
    """End the wait for a lower that was followed; a later lower gets its own time."""
    guard, now_us = turn.guard, turn.now_us
    if guard.times.follow == NEVER:
        return
    if turn.state is State.PAUSED:
        _settle_pause(turn)
        return
    if not excess(turn.output, guard.given.order.program, guard.levels, now_us):
        turn.times(follow=NEVER)
        turn.set(target=())


def _settle_pause(turn: Turn) -> None:
    """Wait 250 ms more once the hush is answered: the pulse in hand is finished, and a report may tell of it.

    An empty target marks this second wait; at its end (guard_time) nothing is above it.
    """
    if turn.guard.target and silent(turn.output, turn.now_us):
        turn.set(target=())
        turn.times(follow=turn.now_us + FOLLOW_US)


def _refuse(turn: Turn, frame: Frame, reason: str) -> None:
    turn.record("refused", hex=frame.data[:1024].hex(), reason=reason)
    turn.tell("player", "refused", reason=reason)
