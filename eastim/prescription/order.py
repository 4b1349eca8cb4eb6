"""From MODE|FILE and the command line's words to the `Order` that the guard is told; all mistakes at once.

Prescription sits above safety and tightens its limits; it never widens one. Nothing here knows a single pulse.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from eastim.errors import OrderError, Problem
from eastim.prescription.draft import Draft, Words
from eastim.prescription.model import USES, PrescriptionModel, validate
from eastim.profiles.profile import Profile
from eastim.pulses.modes import Mode, load_mode
from eastim.safety.limits import Limits, Use, envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.preflight import UNKNOWN_NEEDLE, Needle, preflight
from eastim.units import format_current, format_time, round_down

THIN_NEEDLE_UM = 200


@dataclass(frozen=True, slots=True)
class Prescription:
    """An order that has no mistakes, and what belongs to it for people.

    needle_said: it was entered; else it is the thinnest that is usual. remarks: what was rounded or assumed. notices:
    where the highest strength passes a bound that is no stop.
    """

    order: Order
    mode: Mode
    needle: Needle
    needle_said: bool
    notes: str
    remarks: tuple[str, ...]
    notices: tuple[str, ...]


def read_prescription(words: Words) -> Prescription:
    """Read and check everything; raises OrderError with every mistake found."""
    draft = Draft(words)
    said_use = draft.raw.get("use", "human")
    # With a use that there is not, the rest is read as for a person: the strictest.
    use = cast(Use, said_use) if said_use in USES else "human"
    limits = _limits(use, draft.profile)
    model, mistakes = validate(draft.raw, limits)
    draft.problems += [Problem(draft.place(path), what, way_out) for path, what, way_out in mistakes]
    draft.check_leads()
    draft.check_use(use)
    prescription = None if model is None else _prescribe(model, draft, limits)
    if draft.problems or prescription is None:
        raise OrderError(tuple(draft.problems))
    return prescription


def _prescribe(model: PrescriptionModel, draft: Draft, limits: Limits) -> Prescription | None:
    mode = load_mode(model.mode)
    remarks: list[str] = []
    session_us = _session_us(model, mode, draft, remarks)
    if draft.problems:
        return None
    leads = tuple(_lead(name, model, limits, draft.profile, remarks) for name in sorted(model.leads))
    needle = _needle(model, remarks)
    program = mode.program(tuple(lead.lead for lead in leads), session_us)
    limits = _tighten(limits, "session_us", session_us, "the prescription", "ordered minutes")
    limits = _tighten(limits, "peak_ua", max(lead.max_ua for lead in leads), "the prescription", "highest strength")
    order = Order(program, leads, limits, model.use, session_us, draft.profile.name, model.serial)
    report = preflight(order, draft.profile, needle=needle)
    draft.problems += report.problems
    for breach in report.breaches:
        draft.wrong(f"lead {breach.lead}", str(breach), "give a lower highest strength")
    said = model.needle is not None
    return Prescription(order, mode, needle, said, model.notes, tuple(remarks), report.notices)


def _session_us(model: PrescriptionModel, mode: Mode, draft: Draft, remarks: list[str]) -> int:
    """The ordered time in whole blocks, rounded down and said so."""
    asked_us = int(model.minutes * 60_000_000)
    session_us = mode.whole_blocks(asked_us) * mode.block_us
    block = format_time(mode.block_us)
    if session_us == 0:
        least = float(Fraction(mode.block_us, 60_000_000))
        what = f"{format_time(asked_us)} is less than one block of mode {mode.name} ({block})"
        draft.wrong(draft.place(("minutes",)), what, f"give at least {least} minutes")
    elif session_us != model.minutes * 60_000_000:
        remarks.append(f"{format_time(asked_us)} is rounded down to {format_time(session_us)}: whole blocks of {block}")
    if "minutes" not in draft.raw:
        remarks.append(f"no minutes were given: {format_time(session_us)}")
    return session_us


def _lead(name: str, model: PrescriptionModel, limits: Limits, profile: Profile, remarks: list[str]) -> LeadOrder:
    lead, peak_ua = model.leads[name], limits.bound("peak_ua").value
    usual_ua = min(limits.get("default_max_ua") or peak_ua, peak_ua)
    asked_ua = usual_ua if lead.highest is None else lead.highest
    max_ua = round_down(asked_ua, profile.level_step_ua)
    if lead.highest is None:
        remarks.append(f"lead {name}: no highest strength was given: {format_current(max_ua)}")
    elif max_ua != asked_ua:
        steps = f"steps of {format_current(profile.level_step_ua)}"
        remarks.append(f"lead {name}: {format_current(asked_ua)} is rounded down to {format_current(max_ua)} ({steps})")
    return LeadOrder(name, lead.points, max_ua)


def _needle(model: PrescriptionModel, remarks: list[str]) -> Needle:
    if model.needle is None:
        return UNKNOWN_NEEDLE
    if model.needle.diameter_mm < THIN_NEEDLE_UM:
        remarks.append("the needle is thinner than 0.20 mm, which guidelines advise against for electroacupuncture")
    return Needle(model.needle.diameter_mm, model.needle.length_mm)


def _limits(use: Use, profile: Profile) -> Limits:
    """The envelope of the use, tightened by what the device can do."""
    limits, who = envelope(use, profile.electrode), f"device profile {profile.name}"
    limits = _tighten(limits, "peak_ua", profile.max_ua, who, profile.citation)
    return _tighten(limits, "compliance_mv", profile.compliance_mv, who, profile.citation)


def _tighten(limits: Limits, name: str, value: int, who: str, source: str) -> Limits:
    """Tighten where the value is stricter; where the limit already is, it stays."""
    held = limits.get(name)
    return limits if held is not None and held <= value else limits.tighten(name, value, who, source)
