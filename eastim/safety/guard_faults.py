"""What a fault does: what its row of `interlock.FAULTS` says, and nothing else. Who sees one says only its name.

Every function here works in every state. A cut never waits for the ledger, the lines or the player.
"""

from __future__ import annotations

from collections.abc import Callable

from eastim.errors import Exit
from eastim.safety.guard_state import CUT_US, GIVE_UP_US, NEVER, Over, Trip
from eastim.safety.guard_turn import Turn
from eastim.safety.interlock import FAULTS, Action, Event, FaultRow, State


def fault(turn: Turn, name: str, text: str = "", lead: str | None = None) -> str:
    """Act on a fault by its row. text: what was seen; lead: of which lead, where it is one lead's.

    The answer says why no raise is taken now; "" for what is only noted.
    """
    row = FAULTS[name]
    _DOES[row.action](turn, row, text, lead)
    return "" if row.action == "note" else row.says


def _said(row: FaultRow, text: str) -> str:
    return f"{row.says}: {text}" if text else row.says


def _of_lead(lead: str | None, says: str) -> str:
    return f"lead {lead}: {says}" if lead is not None else says


def _bracketed(row: FaultRow, text: str) -> str:
    return f"{row.says} ({text})" if text else row.says


# --- cut --------------------------------------------------------------------------------------------------------------


def _cut(turn: Turn, row: FaultRow, text: str, lead: str | None) -> None:
    """Cut. The first cause is kept; a later one is recorded only."""
    turn.cut()
    says = _said(row, _of_lead(lead, text))
    turn.record("trip", fault=row.name, text=says, first=turn.guard.trip is None)
    if turn.guard.trip is None:
        turn.set(trip=Trip(row.name, says))
        turn.tell("operator", "trip", cause=row.name, text=says, clears=row.clears)
    if row.clears == "never" or turn.state is State.OFF:
        # Before the device was found there is no session to go back to.
        be_over(turn, "tripped", Exit.TRIPPED)
    fall_silent(turn, Event.FAULT)


def be_over(turn: Turn, reason: str, exit_: Exit) -> None:
    """Let nothing follow but the end. The first reason is kept."""
    if turn.guard.over is None:
        turn.set(over=Over(reason, exit_))


def fall_silent(turn: Turn, event: Event) -> None:
    """Take every permission back and start to wait for silence; again when already waiting, without more patience."""
    waited = turn.state in (State.STOPPING, State.UNCERTAIN)
    turn.ceil(turn.zeros(), "zeroed")
    turn.set_hold(None)
    turn.set(pending=(), lately=None, target=(), contacted=())
    turn.move(event)
    if not waited:
        turn.delivered(turn.guard.status)
        turn.set(cuts=1)
        turn.times(cut=turn.now_us + CUT_US)
    elif turn.state is State.UNCERTAIN and turn.guard.times.give_up == NEVER:
        # Whatever cuts in UNCERTAIN ends the session, too: a stop, or a fault that never clears.
        turn.times(give_up=turn.now_us + GIVE_UP_US)


# --- lower, hold, note ------------------------------------------------------------------------------------------------


def _lower(turn: Turn, row: FaultRow, text: str, lead: str | None) -> None:
    """Take the lead to zero, or all of them; from there the operator raises again, unless the fault never clears.

    One that passes by itself is seen at every report: of a lead at zero it says nothing.
    """
    guard = turn.guard
    chosen = [i for i, key in enumerate(guard.given.keys) if lead in (None, key[0])]
    ceilings = tuple(0 if i in chosen else ua for i, ua in enumerate(guard.ceilings))
    if not forget(turn, chosen) and ceilings == guard.ceilings and row.clears == "itself":
        return
    turn.record("lower", lead=lead, kind=None, fault=row.name, text=text, to_ua=turn.by_lead(ceilings, chosen))
    turn.lower_to(ceilings, "zeroed")
    where = "every lead is" if lead is None else "it is"
    if row.clears == "never":
        turn.notice(_of_lead(lead, f"{_bracketed(row, text)}; {where} at zero and can't be raised; stop"), "high")
    else:
        turn.notice(_of_lead(lead, f"{_bracketed(row, text)}; {where} at zero, raise again"), "medium")


def forget(turn: Turn, indices: list[int]) -> bool:
    """Undo raises that have not come into force yet; whether there were any."""
    kept = tuple(pending for pending in turn.guard.pending if pending.index not in indices)
    found = kept != turn.guard.pending
    turn.set(pending=kept)
    return found


def _hold(_turn: Turn, _row: FaultRow, _text: str, _lead: str | None) -> None:
    """Take no raise: what there is stays, and who asked for more is told (`fault` answers why)."""


def _note(turn: Turn, row: FaultRow, text: str, lead: str | None) -> None:
    """Say a fault of one lead once in an arming, and record it; one of no lead once for each first word of its text."""
    key = f"{row.name} {lead or text.partition(' ')[0]}"
    if key in turn.guard.said:
        return
    turn.set(said=tuple(sorted((*turn.guard.said, key))))
    turn.record("notice", fault=row.name, lead=lead, text=text)
    turn.notice(_of_lead(lead, _bracketed(row, text)), "medium")


_DOES: dict[Action, Callable[[Turn, FaultRow, str, str | None], None]] = {
    "note": _note,
    "hold": _hold,
    "lower": _lower,
    "cut": _cut,
}
