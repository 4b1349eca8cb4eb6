"""The dose table: what an order gives at each lead's highest strength, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10, pi, sqrt

from eastim.prescription.order import Needle, Prescription
from eastim.profiles.profile import load_profile
from eastim.safety.dose import LeadDose, dose, program_output
from eastim.safety.limits import Limits
from eastim.safety.order import LeadOrder, Order
from eastim.units import format_charge, format_current, format_rate, format_time

LOADS_OHM = ((500, "500 ohm"), (2_000, "2 kohm"), (10_000, "10 kohm"))
LABEL, CELL = 30, 26


def explain_text(prescription: Prescription) -> Iterator[str]:
    """Give the lines of the whole explanation."""
    order, mode = prescription.order, prescription.mode
    yield f"{mode.name}: {mode.title}; {format_time(order.session_us)}, use {order.use}"
    yield f"releases {mode.releases}"
    yield _needle(prescription.needle)
    for lead in order.leads:
        yield ""
        yield from _lead(order, lead, prescription.needle)


def _needle(needle: Needle) -> str:
    size = f"{needle.diameter_um / 1000:.2f} x {needle.length_um / 1000:g} mm"
    if needle.known:
        return f"needle {size} in tissue, as entered"
    return f"needle {size} in tissue, assumed: enter yours in a file, under [needle]"


def _lead(order: Order, lead: LeadOrder, needle: Needle) -> Iterator[str]:
    points = f" ({'-'.join(lead.points)})" if lead.points else ""
    yield f"lead {lead.lead}{points} at its highest strength, {format_current(lead.max_ua)}"
    header = "".join(f"{'kind ' + kind:<{CELL}}" for kind in order.kinds)
    yield f"{'':<{LABEL}}{header}limit"
    columns = [_column(order, lead, kind, needle) for kind in order.kinds]
    for label, limit in _limits(order):
        cells = "".join(f"{column[label]:<{CELL}}" for column in columns)
        yield f"{label:<{LABEL}}{cells}{limit}".rstrip()


def _column(order: Order, lead: LeadOrder, kind: str, needle: Needle) -> dict[str, str]:
    """One kind alone, at the lead's highest strength. r.m.s. and mean are of the worst second."""
    train = order.program.train(kind)
    given = dose(program_output(order.program, {(lead.lead, kind): lead.max_ua})).lead(lead.lead)
    area_cm2 = needle_area_cm2(needle)
    return {
        "rate": format_rate(train.rate_hz),
        "width of a phase": f"{train.shape.width_us} us",
        "peak current": format_current(given.peak_ua),
        **{f"voltage at {name}": _voltage(order, given.peak_ua, ohm) for ohm, name in LOADS_OHM},
        "charge of a phase": format_charge(given.phase_charge_pc),
        "net charge of a pulse": f"{lead.max_ua * train.shape.net_weight_us} pC",
        "r.m.s. current": format_current(given.rms_ua),
        "mean rectified current": format_current(given.mean_rectified_ua),
        "energy of a pulse, 500 ohm": f"{given.energy_nj / 1e6:.4g} mJ",
        "r.m.s. density": f"{given.rms_ua / 1000 / area_cm2:.2f} mA/cm2",
        "Shannon k": _shannon(given, area_cm2),
        "duty": f"{float(100 * train.shape.length_us / train.period_us):g} %",
    }


def _voltage(order: Order, peak_ua: int, ohm: int) -> str:
    """The voltage that the current needs, or what flows where the device's compliance ends it."""
    compliance_mv = load_profile(order.profile).compliance_mv
    needed_mv = peak_ua * ohm / 1000
    if needed_mv <= compliance_mv:
        return f"{needed_mv / 1000:g} V"
    return f"{compliance_mv / 1000:g} V, only {format_current(compliance_mv * 1000 // ohm)}"


def needle_area_cm2(needle: Needle) -> float:
    """The side of the needle in tissue, its tip left out (a smaller area is the stricter)."""
    return pi * (needle.diameter_um / 10_000) * (needle.length_um / 10_000)


def shannon_k(phase_charge_pc: int, area_cm2: float) -> float:
    """Give k = log10(Q * Q/A), Q in uC a phase, A in cm2 (Shannon 1992); raises ValueError at no charge."""
    charge_uc = phase_charge_pc / 1e6
    return log10(charge_uc * charge_uc / area_cm2)


def _shannon(given: LeadDose, area_cm2: float) -> str:
    return f"{shannon_k(given.phase_charge_pc, area_cm2):.2f}" if given.phase_charge_pc else "-"


def notices(prescription: Prescription) -> Iterator[str]:
    """Say where a graded notice begins: Shannon's k with the needle, and r.m.s. density. Neither is a stop."""
    order, area_cm2 = prescription.order, needle_area_cm2(prescription.needle)
    for lead in order.leads:
        for kind in order.kinds:
            given = dose(program_output(order.program, {(lead.lead, kind): lead.max_ua})).lead(lead.lead)
            yield from _notice(f"lead {lead.lead}, kind {kind}", given, area_cm2, order.limits)


def _notice(where: str, given: LeadDose, area_cm2: float, limits: Limits) -> Iterator[str]:
    k, density = limits.find("shannon_k_milli"), limits.find("density_notice_ua_per_cm2")
    if k is not None and given.phase_charge_pc and shannon_k(given.phase_charge_pc, area_cm2) >= k.value / 1000:
        from_ua = int(sqrt(area_cm2 * 10 ** (k.value / 1000)) * 1e6 / (given.phase_charge_pc / given.peak_ua))
        yield f"{where}: Shannon k reaches {k.value / 1000:g} at {from_ua / 1000:.1f} mA ({k.source})"
    if density is not None and given.rms_ua > density.value * area_cm2:
        from_ua = int(density.value * area_cm2 * given.peak_ua / given.rms_ua)
        yield f"{where}: {density.value / 1000:g} mA/cm2 r.m.s. is passed at {from_ua / 1000:.1f} mA ({density.source})"


def _limits(order: Order) -> Iterator[tuple[str, str]]:
    """The rows of the table, each with the bound that holds and who set it."""
    limits = order.limits

    def bound(name: str, scale: int, unit: str) -> str:
        found = limits.find(name)
        return "" if found is None else f"{found.value / scale:g}{unit} ({found.who})"

    compliance = f"{load_profile(order.profile).compliance_mv / 1000:g} V compliance (device)"
    yield "rate", _between(limits, "rate_mhz", 1000, "Hz")
    yield "width of a phase", _between(limits, "width_us", 1, "us")
    yield "peak current", bound("peak_ua", 1000, " mA")
    yield from ((f"voltage at {name}", compliance) for _, name in LOADS_OHM)
    yield "charge of a phase", bound("phase_charge_pc", 10**6, " uC")
    yield "net charge of a pulse", "0 pC"
    yield "r.m.s. current", bound("rms_ua", 1000, " mA")
    yield "mean rectified current", bound("mean_rectified_ua", 1000, " mA")
    yield "energy of a pulse, 500 ohm", bound("energy_nj", 10**6, " mJ")
    yield "r.m.s. density", _notice_from(bound("density_notice_ua_per_cm2", 1000, " mA/cm2"))
    yield "Shannon k", _notice_from(bound("shannon_k_milli", 1000, ""))
    yield "duty", bound("duty_ppm", 10_000, " %")


def _between(limits: Limits, name: str, scale: int, unit: str) -> str:
    low, high = limits.find(f"min_{name}"), limits.find(f"max_{name}")
    if low is None or high is None:
        return ""
    return f"{low.value / scale:g} to {high.value / scale:g} {unit} ({high.who})"


def _notice_from(text: str) -> str:
    return f"notice from {text}" if text else ""
