"""What the device says: who it is, whether it agrees, whether it is silent, what it measured."""

from __future__ import annotations

from typing import Any

from eastim.errors import Exit
from eastim.safety.guard_clock import clock
from eastim.safety.guard_faults import fault
from eastim.safety.guard_frames import CLOSED, settle
from eastim.safety.guard_measured import PERMITTED, measured
from eastim.safety.guard_operator import be_heard
from eastim.safety.guard_rate import rate
from eastim.safety.guard_state import DELIVERED_US, DOUBT_US, FOLLOW_US, FRESH_US, NEVER
from eastim.safety.guard_stop import complete, confirm, stop
from eastim.safety.guard_turn import Turn, totals
from eastim.safety.inputs import Heard
from eastim.safety.interlock import Event, State
from eastim.safety.judge_runs import silent
from eastim.safety.readers.base import Status


def heard(turn: Turn, what: Heard) -> None:
    """Read bytes with the guard's own reader, and pass them on raw for the driver's pacing."""
    was_silent = _expects_silence(turn)
    reader = turn.guard.given.reader
    shadow, statuses = reader.heard(turn.guard.shadow, what.data, turn.now_us)
    turn.set(shadow=shadow)
    turn.tell("player", "heard", what.data)
    for status in statuses:
        # A report may stand before the answer that ended the output, in the same bytes: both sides must be silent.
        if not turn.guard.finished:
            _status(turn, status, was_silent and _expects_silence(turn))
    settle(turn)


def _expects_silence(turn: Turn) -> bool:
    """Whether the device should be at zero by all that was said to it.

    An output that ended by itself is given 250 ms: the two clocks differ, and a report may have been on its way. One
    that was hushed is given as long (guard_frames.settle).
    """
    contact = turn.guard.given.reader.contact(turn.guard.shadow)
    waits = turn.guard.times.follow != NEVER
    return not waits and not contact.runs and silent(turn.output, turn.now_us - FOLLOW_US)


def _status(turn: Turn, status: Status, expects_silence: bool) -> None:
    if turn.state is State.OFF:
        _find(turn, status)
        return
    if not _is_ours(turn, status):
        return
    was = turn.guard.status
    if was is not None and status.boot != was.boot:
        # A reset device counts from 0: it proves silence, but what was delivered is as last heard before the reset. It
        # may be another, at the same port without a hang-up, while the first plays on (H08): it proves nothing before
        # all that was ever bought has run out by itself.
        if turn.now_us >= turn.guard.times.bought:
            confirm(turn, status)
        return
    turn.set(status=status)
    if status.agrees:
        turn.times(fresh=turn.now_us + FRESH_US)
    if turn.state in (State.STOPPING, State.UNCERTAIN):
        confirm(turn, status)
    else:
        _checked(turn, status, was, expects_silence)
    if not turn.guard.finished:
        _say(turn, status, was)


def _checked(turn: Turn, status: Status, was: Status | None, expects_silence: bool) -> None:
    """Look for the end, for faults and for current, in this order, until one of them ends the output.

    An end that disagrees is none: it is left to the trip for a device that goes on disagreeing.
    """
    if status.ended and status.quiet and status.agrees and turn.state in (State.LIVE, State.PAUSED):
        complete(turn, status)
        return
    known = was.faults if was is not None else ()
    news = [new for new in status.faults if new not in known]
    if news:
        fault(turn, "device-fault", "; ".join(news))
    elif not status.quiet and (expects_silence or turn.state in (State.SAFE, *CLOSED)):
        fault(turn, "current", f"the device is not quiet ({status.source})")
    else:
        clock(turn, status)
        rate(turn, status)
        measured(turn, status)
        _doubt(turn, status)


def _doubt(turn: Turn, status: Status) -> None:
    """Say that a report disagrees; the second one within 10 s trips, whatever is agreed with in between.

    What may be late or lost on its way is in the shadow already, so what disagrees is no delay: one may be a slip of
    the guard's own picture, two are not.
    """
    if status.agrees or turn.state not in PERMITTED:
        return
    if turn.now_us < turn.guard.times.doubt:
        fault(turn, "disagrees", status.disagreement)
        return
    fault(turn, "disagrees-notice", status.disagreement)
    turn.times(doubt=turn.now_us + DOUBT_US)


# --- who it is --------------------------------------------------------------------------------------------------------


def _find(turn: Turn, status: Status) -> None:
    """Take the device as found once it is the ordered one, silent, loaded, and agrees."""
    wanted = turn.guard.given.order.device
    if not status.device:
        return
    if wanted is not None and status.device != wanted:
        whose = f"the device is {status.device}, not {wanted} as ordered"
        stop(turn, f"never started: {whose}; plug in that one, or order this one", Exit.NO_DEVICE)
        return
    turn.set(status=status)
    if not status.quiet:
        reason = (
            "never started: the device was putting out current and is being stopped; once it is silent, start again"
        )
        stop(turn, reason, Exit.NO_DEVICE)
    elif status.agrees and status.ready:
        turn.times(fresh=turn.now_us + FRESH_US)
        turn.move(Event.FOUND)
        turn.record("found", device=status.device, boot=status.boot)
        be_heard(turn)
        _say(turn, status, None)


def _is_ours(turn: Turn, status: Status) -> bool:
    """Whether this is the device that was found, not reset since. What another device says proves nothing."""
    known = turn.guard.status
    if known is None or turn.state in (State.STOPPING, State.UNCERTAIN):
        return known is None or status.device in ("", known.device)
    if status.device not in ("", known.device):
        fault(turn, "other-device", f"{status.device} instead of {known.device}")
        return False
    if status.boot != known.boot:
        fault(turn, "reset", f"boot id {status.boot:08x} instead of {known.boot:08x}")
        return False
    return True


# --- what is said of it -----------------------------------------------------------------------------------------------


def _say(turn: Turn, status: Status, was: Status | None) -> None:
    """Tell the operator the status, and the section when another one sounds."""
    before = (was.section, was.hold) if was is not None else (None, None)
    if (status.section, status.hold) != before and status.section is not None:
        turn.tell("operator", "section", section=status.section, kind=_kind(turn, status))
        if status.section == 0 and turn.now_us - turn.guard.delivered_us >= DELIVERED_US:
            turn.delivered(status)
    turn.tell("operator", "status", **_body(turn, status))


def _kind(turn: Turn, status: Status) -> str | None:
    sections = turn.guard.given.order.program.sections
    if status.section is None or not 0 <= status.section < len(sections):
        return None
    return status.hold or sections[status.section].train.kind


def _body(turn: Turn, status: Status) -> dict[str, Any]:
    """A status as the operator is told it: ordered leads only."""
    leads = turn.guard.given.leads
    levels: dict[str, dict[str, int]] = {}
    for count in (count for count in status.counts if count.lead in leads):
        levels.setdefault(count.lead, {})[count.kind] = count.level_ua
    names = ("kind", "plus_ua", "minus_ua", "z_ohm", "residual_mv", "open", "short", "parked")
    readings = {now.lead: {name: getattr(now, name) for name in names} for now in status.measured if now.lead in leads}
    counts = totals(status, leads)
    del counts["elapsed_us"]
    return {
        "played_us": status.played_us,
        "left_us": max(0, turn.guard.given.order.session_us - status.played_us),
        "section": status.section,
        "kind": _kind(turn, status),
        "source": status.source,
        "levels": levels,
        "measured": readings,
        **counts,
    }
