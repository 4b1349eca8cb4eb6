"""What the device measures, against the limits: size, contact, balance, direct current, residual voltage.

A reading is of the lead's last felt pulse; `fresh` counts that kind's felt pulses, so one pulse is never judged twice.
Trends are taken within one kind, over its own pulses: another kind in between (the 100 Hz of 2/100) forgets nothing.
"""

from __future__ import annotations

from eastim.safety.changed import replace
from eastim.safety.guard_current import current
from eastim.safety.guard_faults import fault
from eastim.safety.guard_state import Mark, Watch, rolled
from eastim.safety.guard_turn import Turn
from eastim.safety.interlock import State
from eastim.safety.readers.base import Measured, Status

PERMITTED = (State.ARMED, State.LIVE, State.PAUSED)


def measured(turn: Turn, status: Status) -> None:
    """Judge every reading of a status while output is or was just permitted."""
    for reading in status.measured:
        if turn.state in PERMITTED and reading.lead in turn.guard.given.leads:
            _reading(turn, status, reading)
    if turn.state in PERMITTED:
        _net_dc(turn, status)


def _reading(turn: Turn, status: Status, now: Measured) -> None:
    if now.parked:
        fault(turn, "parked", "no current reaches it at this strength", now.lead)
    if now.kind is None:
        _contact(turn, now)
        return
    index = turn.guard.given.keys.index((now.lead, now.kind))
    was = turn.guard.watches[index]
    if now.fresh != was.fresh:
        watch = current(turn, status, now, was)
        watch = _residual(turn, now, _balance(turn, now, _contact_of(turn, now, watch)))
        watches = turn.guard.watches
        turn.set(watches=(*watches[:index], replace(watch, fresh=now.fresh), *watches[index + 1 :]))


# --- contact ----------------------------------------------------------------------------------------------------------


def _contact(turn: Turn, now: Measured) -> None:
    """The contact test's own reading: worth a notice; there is no strength to take away yet."""
    if now.open or _is_high(turn, now.z_ohm):
        fault(turn, "contact", f"open, {_ohm(now.z_ohm)}", now.lead)
    elif now.short or _is_low(turn, now.z_ohm):
        fault(turn, "contact", f"short, {_ohm(now.z_ohm)}", now.lead)


def _contact_of(turn: Turn, now: Measured, watch: Watch) -> Watch:
    """Open and short: compliance or a short at once, a high impedance on the second pulse."""
    z_ohm, start_ohm, high = now.z_ohm, watch.start_ohm, _is_high(turn, now.z_ohm)
    if now.open or (high and watch.opens >= 1):
        fault(turn, "open", "compliance reached" if z_ohm is None else f"{z_ohm} ohm", now.lead)
    elif now.short or _is_low(turn, z_ohm) or _has_fallen(turn, z_ohm, start_ohm):
        at_start = "" if start_ohm is None else f", {start_ohm} at the start"
        fault(turn, "short", f"{_ohm(z_ohm)}{at_start}", now.lead)
    elif z_ohm and not high and start_ohm is None:
        start_ohm = z_ohm
    elif _has_changed(turn, z_ohm, start_ohm):
        fault(turn, "impedance-notice", f"{z_ohm} ohm, {start_ohm} at the start", now.lead)
    return replace(watch, opens=1 if high else 0, start_ohm=start_ohm)


def _ohm(z_ohm: int | None) -> str:
    return "no impedance measured" if z_ohm is None else f"{z_ohm} ohm"


def _is_high(turn: Turn, z_ohm: int | None) -> bool:
    return z_ohm is not None and z_ohm > turn.guard.given.limit("open_ohm")


def _is_low(turn: Turn, z_ohm: int | None) -> bool:
    """Whether this is the impedance of a short; 0 is none that can be measured."""
    least = turn.guard.given.order.limits.get("short_ohm")
    return least is not None and z_ohm is not None and 0 < z_ohm < least


def _has_fallen(turn: Turn, z_ohm: int | None, start_ohm: int | None) -> bool:
    percent = turn.guard.given.order.limits.get("short_percent_of_start")
    if not z_ohm or start_ohm is None or percent is None:
        return False
    return z_ohm * 100 < start_ohm * percent


def _has_changed(turn: Turn, z_ohm: int | None, start_ohm: int | None) -> bool:
    """Whether it has halved or doubled. A device that plays twice what it measures shows nothing else (H14)."""
    if not z_ohm or start_ohm is None or turn.guard.given.order.limits.get("short_ohm") is None:
        return False
    return z_ohm * 2 <= start_ohm or z_ohm >= start_ohm * 2


# --- balance ----------------------------------------------------------------------------------------------------------


def _balance(turn: Turn, now: Measured, watch: Watch) -> Watch:
    """Compare the phases, which are of equal width. Readings are whole uA, so a difference of 1 uA may be rounding."""
    if now.plus_ua is None or now.minus_ua is None:
        return watch
    given = turn.guard.given
    larger = max(now.plus_ua, now.minus_ua)
    beyond = (abs(now.plus_ua - now.minus_ua) - 1) * 1_000_000
    if beyond > larger * given.limit("imbalance_notice_ppm"):
        fault(turn, "imbalance-notice", f"{now.plus_ua} uA and {now.minus_ua} uA", now.lead)
    if beyond <= larger * given.limit("imbalance_stop_ppm"):
        return replace(watch, bad_from=None)
    bad_from = now.fresh if watch.bad_from is None else watch.bad_from
    if now.fresh - bad_from + 1 >= given.limit("imbalance_pulses"):
        fault(turn, "imbalance", f"{now.plus_ua} uA and {now.minus_ua} uA", now.lead)
    return replace(watch, bad_from=bad_from)


def _residual(turn: Turn, now: Measured, watch: Watch) -> Watch:
    """Compare the electrode's voltage before the pulse with that of up to ten pulses before."""
    if now.residual_mv is None:
        return watch
    given, base = turn.guard.given, watch.base
    if base is None:
        return replace(watch, base=(now.fresh, now.residual_mv))
    drift_mv = abs(now.residual_mv - base[1])
    if drift_mv > given.limit("residual_stop_mv"):
        fault(turn, "residual", f"{drift_mv} mV", now.lead)
    elif drift_mv > given.limit("residual_notice_mv"):
        fault(turn, "residual-notice", f"{drift_mv} mV", now.lead)
    rolls = now.fresh - base[0] >= given.limit("imbalance_pulses")
    return replace(watch, base=(now.fresh, now.residual_mv)) if rolls else watch


# --- direct current ---------------------------------------------------------------------------------------------------


def _net_dc(turn: Turn, status: Status) -> None:
    """Compare the net charge with that of 5 to 10 s before: more than the limit would pass in 10 s is too much.

    Only output time counts: what passed before a pause is not undone by it.
    """
    given, now_us = turn.guard.given, turn.guard.played_us(turn.now_us)
    by_lead = {reading.lead: reading.net_pc for reading in status.measured}
    if not by_lead:
        return
    net = tuple(by_lead.get(lead, 0) for lead in given.leads)
    now = Mark(now_us, net)
    marks = turn.guard.marks or (now,)
    for lead, was_pc, now_pc in zip(given.leads, marks[0].net_pc, net, strict=True):
        _lead_dc(turn, lead, now_pc - was_pc, now_us - marks[0].at_us)
    turn.set(marks=rolled(marks, now))


def _lead_dc(turn: Turn, lead: str, net_pc: int, in_us: int) -> None:
    """On a phantom it is worth a notice; anywhere else it ends the output."""
    given, text = turn.guard.given, f"{net_pc} pC in {in_us} us"
    window_us = given.limit("net_dc_us")
    if abs(net_pc) > given.limit("net_dc_ua") * window_us:
        fault(turn, "net-dc", text, lead)
    elif abs(net_pc) > given.limit("net_dc_notice_ua") * window_us:
        fault(turn, "net-dc-notice", text, lead)
