"""A trial for each place where a limit is looked at: make the quantity q, answer "" or what was said against it."""

from __future__ import annotations

from dataclasses import replace

from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.pulses.program import Program
from eastim.safety.dose import check_dose, dose
from eastim.safety.interlock import State
from eastim.safety.judge import Allowed, judge, judge_locks
from eastim.safety.judge_runs import SILENCE
from eastim.safety.limits import Limits
from eastim.safety.preflight import Report, preflight
from eastim.safety.readers.base import Locks, Output, Run
from tests.safety.boundaries.relaxed import HUGE, one_train, ordered, wide_profile
from tests.safety.fake_wire import F, contact

NOW = 10_000_000
BLOCK_US = 100_000_000


# --- preflight --------------------------------------------------------------------------------------------------------


def _checked(limits: Limits, program: Program, max_ua: int = 1, session_us: int = 1, compliance_mv: int = 1) -> Report:
    profile = wide_profile(electrode=limits.electrode, compliance_mv=compliance_mv)
    return preflight(ordered(limits, program, max_ua, session_us), profile)


def _sentences(limits: Limits, program: Program, **known: int) -> str:
    return " ".join(_checked(limits, program, **known).sentences)


def trained(limits: Limits, width_us: int = 100, rate: str = "100", max_ua: int = 1) -> str:
    """Preflight of one train at one highest strength."""
    return _sentences(limits, one_train(width_us, rate, 100, BLOCK_US * 1000), max_ua=max_ua)


def at_rate(limits: Limits, mhz: int) -> str:
    return trained(limits, width_us=1, rate=f"{mhz}/1000")


def at_width(limits: Limits, us: int) -> str:
    """The width of a phase, at one pulse in 100 s."""
    return trained(limits, width_us=us, rate="1/100")


def for_session(limits: Limits, us: int) -> str:
    return _sentences(limits, one_train(100, "100", 1, 10_000), session_us=us)


def on_device(limits: Limits, mv: int) -> str:
    return _sentences(limits, one_train(100, "100", 1, 10_000), compliance_mv=mv)


def noticed(limits: Limits, ua: int, width_us: int) -> str:
    """What preflight gives as notices: one pulse train of 100 Hz at this highest strength, needle unknown."""
    return " ".join(_checked(limits, one_train(width_us, "100", 100, BLOCK_US), max_ua=ua).notices)


def unsaid(limits: Limits, ua: int) -> str:
    """Whether an order that says no strength may go up to q. The prescription makes the limits itself."""
    (lead,) = read_prescription(Words("2/100", use=limits.use)).order.leads
    return "" if ua <= lead.max_ua else "highest strength unless the prescription says more"


# --- the judge, from a decoded output ---------------------------------------------------------------------------------


def _run(ua: int, width_us: int, period_us: int, count: int, minus_us: int | None = None) -> Run:
    phases = (F(ua), F(width_us)), (F(-ua), F(width_us if minus_us is None else minus_us))
    return Run("A", 0, phases, F(period_us), count)


def judged(limits: Limits, ua: int, width_us: int = 100, period_us: int = 10_000) -> str:
    """The judge on a renewal of one train; the ceilings allow everything."""
    program = one_train(width_us, f"1000000/{period_us}", 1000, BLOCK_US)
    after = Output((_run(ua, width_us, period_us, 1000),), NOW - 1, BLOCK_US, NOW + 2)
    allowed = Allowed(ordered(limits, program), wide_profile(), {("A", "x"): HUGE}, State.LIVE, HUGE)
    return judge(replace(after, ends_us=NOW + 1), after, SILENCE, allowed, NOW).reason


def judged_width(limits: Limits, us: int) -> str:
    return judged(limits, 1, width_us=us)


def judged_time(limits: Limits, late_us: int) -> str:
    """A buy that ends so long after the ordered session."""
    after = Output((_run(1, 100, 10_000, 1000),), NOW - 1, BLOCK_US, NOW + late_us)
    program = one_train(100, "100", 1000, BLOCK_US)
    profile = wide_profile(autonomous_us=HUGE)
    allowed = Allowed(ordered(limits, program), profile, {("A", "x"): HUGE}, State.LIVE, left_us=0)
    return judge(replace(after, ends_us=NOW + 1), after, SILENCE, allowed, NOW).reason


def locked(limits: Limits, phase_pc: int) -> str:
    program = one_train(100, "100", 1, 10_000)
    return judge_locks(Locks((), phase_pc, 1), ordered(limits, program)).reason


def _tested(limits: Limits, pulses: int = 1, ua: int = 1, width_us: int = 1) -> str:
    """A contact test of lead A."""
    program = one_train(100, "100", 1, 10_000)
    allowed = Allowed(ordered(limits, program), wide_profile(), {}, State.ARMED, HUGE)
    return judge(SILENCE, SILENCE, contact(["A"], pulses, ua, width_us, NOW), allowed, NOW).reason


def tested_ua(limits: Limits, ua: int) -> str:
    return _tested(limits, ua=ua)


def tested_us(limits: Limits, us: int) -> str:
    return _tested(limits, width_us=us)


def tested_pulses(limits: Limits, pulses: int) -> str:
    return _tested(limits, pulses=pulses)


# --- the dose alone ---------------------------------------------------------------------------------------------------


def dosed(limits: Limits, run: Run) -> str:
    found = check_dose(dose(Output((run,), 0, BLOCK_US, BLOCK_US)), limits)
    return " ".join(map(str, found))


def unbalanced(limits: Limits, us: int) -> str:
    """One pulse in 100 s whose second phase is so much shorter."""
    return dosed(limits, _run(1, 100, BLOCK_US, 1, minus_us=100 - us))


def two_pulses(limits: Limits, apart_us: int) -> str:
    """Two pulses of 1 uC, rectified: 1 uA in a second if they are not in one window."""
    return dosed(limits, _run(1000, 500, apart_us, 2))


def net_of_two(_limits: Limits, apart_us: int) -> str:
    """Two pulses of 10 uC net: 1 uA in ten seconds if they are not in one window."""
    two = Output((_run(100_000, 200, apart_us, 2, minus_us=100),), 0, BLOCK_US, BLOCK_US)
    net_na = dose(two).lead("A").net_dc_na
    return "" if net_na == 1000 else f"net direct current of {net_na} nA"


def preflight_peak(limits: Limits, ua: int) -> str:
    return trained(limits, max_ua=ua)


def preflight_charge(limits: Limits, ua: int) -> str:
    return trained(limits, width_us=1, max_ua=ua)


def preflight_rms(limits: Limits, ua: int) -> str:
    """A quarter of the time: the r.m.s. is half the level."""
    return trained(limits, width_us=1250, max_ua=ua)


def preflight_mean(limits: Limits, ua: int) -> str:
    """A tenth of the time."""
    return trained(limits, width_us=500, max_ua=ua)


def preflight_energy(limits: Limits, ua: int) -> str:
    """600 us of current: L^2 * 600 us * 500 ohm."""
    return trained(limits, width_us=300, max_ua=ua)


def preflight_duty(limits: Limits, us: int) -> str:
    return trained(limits, width_us=us)


def judge_charge(limits: Limits, ua: int) -> str:
    return judged(limits, ua, width_us=1)


def judge_rms(limits: Limits, ua: int) -> str:
    return judged(limits, ua, width_us=1250)


def judge_mean(limits: Limits, ua: int) -> str:
    return judged(limits, ua, width_us=500)


def judge_energy(limits: Limits, ua: int) -> str:
    return judged(limits, ua, width_us=300)


def notice_of_charge(limits: Limits, ua: int) -> str:
    """Phases of 1 us: as many pC as uA."""
    return noticed(limits, ua, width_us=1)


def notice_of_density(limits: Limits, ua: int) -> str:
    """A quarter of the time: the r.m.s. is half the level."""
    return noticed(limits, ua, width_us=1250)
