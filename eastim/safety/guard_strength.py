"""Strength, and what is held. One act of raising is one step; lowering works at once and in every state.

An act that can't be done changes nothing and is answered with a notice that says why; none is ever queued.
"""

from __future__ import annotations

from eastim.safety.dose import check_dose, dose, program_output
from eastim.safety.guard_faults import fault, forget
from eastim.safety.guard_state import FRESH_US, LATE_US, RECORD_US, Pending
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Hold, Lower, Raise, Recorded
from eastim.safety.interlock import FAULTS, State
from eastim.safety.judge_runs import section_at, sounding
from eastim.safety.limits import min_gap_us, step_for
from eastim.safety.readers.base import Count

# --- hold -------------------------------------------------------------------------------------------------------------


def hold(turn: Turn, what: Hold) -> None:
    """Keep one kind sounding, or release it. A hold whose dose at these strengths is outside the limits is refused."""
    if what.kind == turn.guard.hold:
        return
    if turn.state not in (State.ARMED, State.LIVE):
        turn.notice(f"not held: the session is {turn.state.value}")
        return
    if what.kind is not None and what.kind not in turn.guard.given.order.kinds:
        turn.notice(f"no kind {what.kind[:64]!r} in this order; there are {', '.join(turn.guard.given.order.kinds)}")
        return
    breach = _dose_breach(turn, turn.guard.ceilings, what.kind)
    if breach:
        turn.notice(f"not held: {breach}", "medium")
        return
    turn.record("hold", kind=what.kind)
    turn.must_follow()
    turn.set_hold(what.kind)
    turn.watch_hold()


def _dose_breach(turn: Turn, ceilings: tuple[int, ...], kind: str | None) -> str:
    """The first limit that these strengths would pass, judged as the judge will, so that no accepted act trips."""
    order = turn.guard.given.order
    levels = {key: ceilings[i] for i, key in enumerate(turn.guard.given.keys)}
    breaches = check_dose(dose(program_output(order.program, levels, kind), (turn.output,)), order.limits)
    return str(breaches[0]) if breaches else ""


# --- lower ------------------------------------------------------------------------------------------------------------


def lower(turn: Turn, what: Lower) -> None:
    """Take one step off one kind of a lead, or off all. Never refused for a known lead."""
    guard = turn.guard
    chosen = [i for i, (lead, kind) in enumerate(guard.given.keys) if lead == what.lead and what.kind in (None, kind)]
    if not chosen:
        turn.notice(f"nothing lowered: no lead {what.lead[:64]!r} with such a kind in this order")
        return
    forget(turn, chosen)
    limits, ceilings = guard.given.order.limits, list(guard.ceilings)
    for i in chosen:
        ceilings[i] = max(0, ceilings[i] - step_for(limits, ceilings[i]))
    lowered = tuple(ceilings)
    turn.record("lower", lead=what.lead, kind=what.kind, to_ua=turn.by_lead(lowered, chosen))
    turn.lower_to(lowered, "lower")


# --- raise ------------------------------------------------------------------------------------------------------------


def raise_(turn: Turn, what: Raise) -> None:
    """Accept one step of what is sounding, or say why not. It comes into force when its record is durable."""
    kind, reason = _sounding(turn, what)
    if kind is not None:
        index = turn.guard.given.keys.index((what.lead, kind))
        to_ua, reason = _next_level(turn, index)
        reason = reason or _why_not_raise(turn, index, to_ua)
    if reason:
        turn.notice(f"not raised: {reason}")
        return
    from_ua = turn.guard.ceilings[index]
    n = turn.record("raise", True, lead=what.lead, kind=kind, from_ua=from_ua, to_ua=to_ua)
    turn.set(pending=(*turn.guard.pending, Pending(n, index, to_ua, turn.now_us + RECORD_US, turn.guard.hold)))


def _sounding(turn: Turn, what: Raise) -> tuple[str, None] | tuple[None, str]:
    """The kind to raise, or why there is none."""
    given = turn.guard.given
    if turn.state is not State.LIVE:
        return None, f"the session is {turn.state.value}; strength rises only when LIVE"
    if what.lead not in given.leads:
        return None, f"no lead {what.lead[:64]!r} in this order; there are {', '.join(given.leads)}"
    if what.kind is not None and what.kind not in given.order.kinds:
        return None, f"no kind {what.kind[:64]!r} in this order; there are {', '.join(given.order.kinds)}"
    now = _sounding_now(turn, what.lead)
    if now is None:
        return None, f"nothing is sounding on lead {what.lead}; try again"
    held = turn.guard.hold
    wanted = what.kind or held or now
    if wanted != now:
        how = "it is held from the next section on" if wanted == held else f"hold {wanted} to raise it"
        return None, f"{wanted} is not sounding on lead {what.lead}, {now} is; {how}"
    if held not in (None, now):
        return None, f"{held} is held, but {now} is still sounding on lead {what.lead}; raise {held} when it does"
    return now, None


def _sounding_now(turn: Turn, lead: str) -> str | None:
    """The kind that sounds on a lead. A device may act on a hold with its next section: in this one its word counts."""
    program, status = turn.guard.given.order.program, turn.guard.status
    section = section_at(turn.output, program, turn.now_us)
    if section is None:
        return None
    kind = sounding(turn.output, program, lead, section)
    if kind is None or status is None or status.section != section:
        return kind
    told = status.hold or program.sections[section].train.kind
    # A device may report a hold that this lead does not have, or nobody ordered: then nothing can be said to sound.
    return told if (lead, told) in turn.guard.given.keys else None


def _next_level(turn: Turn, index: int) -> tuple[int, str]:
    """The level one step up, whole device steps, the last step shorter where the lead's highest strength is nearer."""
    given, from_ua = turn.guard.given, turn.guard.ceilings[index]
    lead = given.keys[index][0]
    highest_ua = min(given.order.max_ua(lead), given.limit("peak_ua"), given.profile.max_ua)
    to_ua = min(from_ua + step_for(given.order.limits, from_ua), highest_ua)
    to_ua -= to_ua % given.profile.level_step_ua
    return to_ua, "" if to_ua > from_ua else f"lead {lead} is at its highest strength, {highest_ua} uA"


def _why_not_raise(turn: Turn, index: int, to_ua: int) -> str:
    guard = turn.guard
    lead, kind = guard.given.keys[index]
    if not guard.ledger_ok:
        return FAULTS["ledger"].says
    if any(guard.given.keys[pending.index][0] == lead for pending in guard.pending):
        return "the last raise is still being recorded"
    if turn.now_us < guard.raise_us[guard.given.leads.index(lead)]:
        return "too fast; wait for the last step to be felt"
    if turn.now_us >= guard.times.fresh - FRESH_US + LATE_US:
        return fault(turn, "late")
    if not _is_felt(turn, index):
        return f"no whole pulse of {kind} at {guard.ceilings[index]} uA has sounded on lead {lead} yet"
    ceilings = (*guard.ceilings[:index], to_ua, *guard.ceilings[index + 1 :])
    holds = {None, guard.hold}
    return next((breach for held in holds if (breach := _dose_breach(turn, ceilings, held))), "")


def _is_felt(turn: Turn, index: int) -> bool:
    """Whether the device has played a whole pulse at this ceiling. At zero there is nothing to feel."""
    lead, kind = turn.guard.given.keys[index]
    ceiling_ua, status = turn.guard.ceilings[index], turn.guard.status
    if status is None or any(measured.lead == lead and measured.parked for measured in status.measured):
        return False
    found = next((count for count in status.counts if (count.lead, count.kind) == (lead, kind)), None)
    return ceiling_ua == 0 or (found is not None and _sounded_at(found, ceiling_ua))


def _sounded_at(count: Count, ceiling_ua: int) -> bool:
    return count.level_ua == ceiling_ua and count.sounded


def recorded(turn: Turn, what: Recorded) -> None:
    """Let a raise come into force; or take everything down when the ledger fails (H32)."""
    if what.error:
        _ledger_failed(turn, what.error)
    else:
        _on_record(turn, what.n)


def _on_record(turn: Turn, n: int) -> None:
    """A record is on the disk: where it is a raise's, that comes into force, if what held still holds."""
    pending = next((pending for pending in turn.guard.pending if pending.n == n), None)
    if pending is None or turn.state is not State.LIVE:
        return
    forget(turn, [pending.index])
    reason = _why_void(turn, pending)
    if reason:
        turn.record("void", n=pending.n, reason=reason)
        turn.notice(f"not raised: {reason}")
        return
    given, ceilings = turn.guard.given, turn.guard.ceilings
    gap_us = min_gap_us(given.order.limits, pending.to_ua - ceilings[pending.index])
    lead = given.leads.index(given.keys[pending.index][0])
    raise_us = turn.guard.raise_us
    turn.ceil((*ceilings[: pending.index], pending.to_ua, *ceilings[pending.index + 1 :]), "raise")
    later = (*raise_us[:lead], turn.now_us + gap_us, *raise_us[lead + 1 :])
    turn.set(raise_us=later)


def _why_void(turn: Turn, pending: Pending) -> str:
    """Why a raise that was accepted doesn't come into force after all: what held when it was made must still hold."""
    lead, kind = turn.guard.given.keys[pending.index]
    if turn.now_us >= pending.until_us:
        return f"its record took longer than {RECORD_US // 1000} ms; press again"
    if turn.guard.hold != pending.hold:
        return "what is held has changed; press again"
    if _sounding_now(turn, lead) != kind:
        return f"{kind} is not sounding on lead {lead} any more; press again when it is"
    return _why_not_raise(turn, pending.index, pending.to_ua)


def _ledger_failed(turn: Turn, error: str) -> None:
    if not turn.guard.ledger_ok:
        return
    turn.set(ledger_ok=False)
    fault(turn, "ledger", error)
