"""The one comparison: what the device would put out after a frame, against what it would put out without it.

An upload in silence changes nothing, a trigger raises from nothing, a renewal equals, a stop lowers. What keeps or
lowers passes; what starts, raises or renews passes only as the order and the operator's ceilings have it. A refusal
says what, how much, the bound, and who set it; nothing is ever clamped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from eastim.profiles.profile import Profile
from eastim.safety.dose import check_dose, dose
from eastim.safety.interlock import State
from eastim.safety.judge_runs import SILENCE, Outline, Place, level_ua, outline, places, silent
from eastim.safety.limits import Limits
from eastim.safety.order import Order
from eastim.safety.readers.base import Locks, Output, Run


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is allowed at this moment.

    ceilings: uA by (lead, kind), 0 where it has none. holds: kinds that may sound outside their own sections.
    left_us: stimulation time left on the guard's clock. contacted: leads tested since arming.
    """

    order: Order
    profile: Profile
    ceilings: Mapping[tuple[str, str], int]
    state: State
    left_us: int
    holds: tuple[str, ...] = ()
    contacted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Admit, or refuse with the reason."""

    ok: bool
    reason: str = ""


ADMIT = Verdict(True)


def judge_locks(locks: Locks | None, order: Order) -> Verdict:
    """Judge the limits that the device will hold: a second wall is one only if it stands where the order says.

    Play time is locked in whole ms on some wires, so it may be rounded up by less than 1 ms.
    """
    if locks is None:
        return ADMIT
    for lead, ua in locks.max_ua:
        if ua > order.max_ua(lead):
            return Verdict(False, f"lead {lead} would be locked at {ua} uA, its order says {order.max_ua(lead)} uA")
    bound = order.limits.find("phase_charge_pc")
    if bound is not None and locks.phase_charge_pc > bound.value:
        most = f"{bound.value} pC, set by {bound.who}"
        return Verdict(False, f"a phase would be locked at {locks.phase_charge_pc} pC, at most {most}")
    if locks.play_us >= order.session_us + 1000:
        return Verdict(False, f"play time would be locked at {locks.play_us} us, the order says {order.session_us} us")
    return ADMIT


def judge(before: Output, after: Output, contact: Output, allowed: Allowed, now_us: int) -> Verdict:
    """Judge one frame. contact: the contact test that this frame buys; silence when it buys none.

    Both outputs are the device's, after its own rounding; so the comparison is exact.
    """
    reason = _contact_reason(contact, allowed, now_us) if contact.runs else ""
    if not reason and not keeps_or_lowers(before, after, now_us):
        reason = _rise_reason(before, after, allowed, now_us)
    return ADMIT if reason == "" else Verdict(False, reason)


def keeps_or_lowers(before: Output, after: Output, now_us: int) -> bool:
    """Whether `after` is equal to or lower than `before` everywhere: no new run, no more current, no later end."""
    if silent(after, now_us):
        return True
    # Of what was silent nothing is kept: it has no runs, or ended before anything that is not silent ends.
    if after.rest_ua != 0 or after.ends_us > before.ends_us or not aligned(before, after):
        return False
    known = {outline(run): run for run in before.runs}
    found = {outline(run) for run in after.runs}
    return len(found) == len(after.runs) and all(
        outline(run) in known and _within(run, known[outline(run)]) for run in after.runs
    )


def aligned(before: Output, after: Output) -> bool:
    """Whether both play the same blocks at the same times; a restart does not."""
    if before.block_us != after.block_us:
        return False
    return after.starts_us == before.starts_us or (
        after.block_us > 0 and (after.starts_us - before.starts_us) % after.block_us == 0
    )


def _within(run: Run, known: Run) -> bool:
    """Whether each phase has the sign of the known one and no more magnitude. Their outlines are equal."""
    return all(map(_is_lower, run.phases, known.phases))


def _is_lower(new: tuple[Fraction, Fraction], old: tuple[Fraction, Fraction]) -> bool:
    return 0 <= new[0] <= old[0] or old[0] <= new[0] <= 0


def _rise_reason(before: Output, after: Output, allowed: Allowed, now_us: int) -> str:
    """Why a start, a raise or a renewal is refused; "" when it passes."""
    rules: tuple[Callable[[], str], ...] = (
        lambda: _state_reason(allowed.state),
        lambda: _shape_reason(before, after, allowed),
        lambda: _start_reason(before, after, allowed, now_us),
        lambda: _level_reason(after, allowed),
        lambda: _time_reason(after, allowed, now_us),
        lambda: _dose_reason(before, after, allowed.order.limits),
    )
    return next((reason for reason in (rule() for rule in rules) if reason != ""), "")


def _state_reason(state: State) -> str:
    if state in (State.ARMED, State.LIVE):
        return ""
    return f"the session is {state.value}: output starts, rises or goes on only when ARMED or LIVE; the operator arms"


def _shape_reason(before: Output, after: Output, allowed: Allowed) -> str:
    """Every run is one of the order's trains at its place, and no kind takes a place twice.

    Two kinds in one section are alternatives: a device takes up a hold only with its next section.
    """
    program = allowed.order.program
    if after.rest_ua != 0:
        return f"{after.rest_ua} uA would rest between the pulses, must be 0 (no direct current)"
    if after.block_us != program.block_us:
        return f"the block is {after.block_us} us long; the order's is {program.block_us} us"
    taken: list[Outline] = []  # a few, which are told apart by lead and onset: sooner than their Fractions are hashed
    for run in after.runs:
        if not any(_may_sound(place, run, allowed, before) for place in places(run, program)):
            return f"lead {run.lead} at {run.onset_us} us: these pulses are not in the order ({_describe(run)})"
        # A kind has one outline in a section, so equal outlines are one kind in one place.
        if outline(run) in taken:
            return f"lead {run.lead} at {run.onset_us} us: two trains on one lead in one section"
        taken.append(outline(run))
    return ""


def _may_sound(place: Place, run: Run, allowed: Allowed, before: Output) -> bool:
    """A section's own kind may sound in it, a kind that the operator holds, and what sounds there already.

    The last because a device may act on a hold, or its release, only from the next section on.
    """
    if not any(ordered.lead == run.lead for ordered in allowed.order.leads):
        return False
    if place.kind == place.own or place.kind in allowed.holds:
        return True
    return any(outline(known) == outline(run) for known in before.runs)


def _describe(run: Run) -> str:
    phases = ", ".join(f"{current} uA {width} us" for current, width in run.phases)
    return f"{run.count} pulses, one every {run.period_us} us, of {phases}"


def _start_reason(before: Output, after: Output, allowed: Allowed, now_us: int) -> str:
    """A start begins at zero. A device fired slice by slice is silent between slices: there the ceilings bind alone."""
    if allowed.profile.strength != "live" and allowed.state is State.LIVE:
        return ""
    if not silent(before, now_us) and aligned(before, after):
        return ""
    for run in after.runs:
        if level_ua(run) > 0:
            return f"lead {run.lead}: a start at {level_ua(run)} uA; every start begins at 0 uA"
    return ""


def _level_reason(after: Output, allowed: Allowed) -> str:
    for run in after.runs:
        kinds = [place.kind for place in places(run, allowed.order.program)]
        ceiling_ua = max(allowed.ceilings.get((run.lead, kind), 0) for kind in kinds)
        if level_ua(run) > ceiling_ua:
            return (
                f"lead {run.lead}, {' or '.join(kinds)}: {level_ua(run)} uA is above the ceiling of {ceiling_ua} uA, "
                "which the operator set; only the operator raises it"
            )
    return ""


def _time_reason(after: Output, allowed: Allowed, now_us: int) -> str:
    """Nothing endless, and nothing past the session but the grace that the guard's own clock needs."""
    grace_us = allowed.order.limits.get("session_grace_us") or 0
    alone_us, left_us = after.ends_us - now_us, allowed.left_us + grace_us
    if alone_us > allowed.profile.autonomous_us:
        bound_us, who = allowed.profile.autonomous_us, f"profile {allowed.profile.name}"
        return f"the device would go on alone for {alone_us} us; the most is {bound_us} us, set by {who}"
    if alone_us > left_us:
        return f"the buy ends in {alone_us} us; {left_us} us are left of the ordered session"
    return ""


def _dose_reason(before: Output, after: Output, limits: Limits) -> str:
    """The worst windows, those that begin before the frame and end after it too."""
    breaches = check_dose(dose(after, (before,)), limits)
    return str(breaches[0]) if breaches else ""


def _contact_reason(contact: Output, allowed: Allowed, now_us: int) -> str:
    """The contact test: only when armed, each ordered lead once, and tiny."""
    if allowed.state is not State.ARMED:
        return f"the session is {allowed.state.value}: a contact test is made only when ARMED, before the first buy"
    if contact.rest_ua != 0 or contact.ends_us - now_us > allowed.profile.autonomous_us:
        return "a contact test ends by itself and rests at 0 uA"
    leads = [run.lead for run in contact.runs]
    for run in contact.runs:
        reason = _contact_run_reason(run, allowed)
        if not reason and leads.count(run.lead) > 1:
            reason = "tested twice in one contact test"
        if reason != "":
            return f"contact test of lead {run.lead}: {reason}"
    return ""


def _contact_run_reason(run: Run, allowed: Allowed) -> str:
    limits = allowed.order.limits
    if not any(ordered.lead == run.lead for ordered in allowed.order.leads):
        return "the lead is not in the order"
    if run.lead in allowed.contacted:
        return "it was tested already since arming"
    if sum(current * width for current, width in run.phases) != 0:
        return "its pulse is not balanced"
    values: tuple[tuple[str, int | Fraction, str], ...] = (
        ("contact_ua", level_ua(run), "uA"),
        *(("contact_width_us", width, "us") for _, width in run.phases),
        ("contact_pulses", run.count, "pulses"),
    )
    for name, value, unit in values:
        most = limits.get(name)
        if most is not None and value > most:
            return f"{value} {unit}, at most {most}, set by {limits.bound(name).who}"
    return ""


__all__ = ["ADMIT", "SILENCE", "Allowed", "Verdict", "aligned", "judge", "keeps_or_lowers"]
