"""The dose table: what an order gives at each lead's highest strength, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterator

from eastim.prescription.order import Prescription
from eastim.profiles.profile import load_profile
from eastim.safety.dose import dose, program_output
from eastim.safety.limits import Limits
from eastim.safety.order import LeadOrder, Order
from eastim.safety.preflight import Needle, shannon_k_milli
from eastim.units import format_charge, format_current, format_rate, format_time

LOADS_OHM = ((500, "500 ohm"), (2_000, "2 kohm"), (10_000, "10 kohm"))
LABEL, CELL = 30, 26


def explain_text(prescription: Prescription) -> Iterator[str]:
    """Give the lines of the whole explanation."""
    order, mode = prescription.order, prescription.mode
    yield f"{mode.name}: {mode.title}; {format_time(order.session_us)}, use {order.use}"
    yield f"releases {mode.releases}"
    yield _needle(prescription)
    for lead in order.leads:
        yield ""
        yield from _lead(order, lead, prescription.needle)


def _needle(prescription: Prescription) -> str:
    if prescription.needle_said:
        return f"{prescription.needle} in tissue, as entered"
    return f"{prescription.needle} in tissue, assumed: enter yours in a file, under [needle]"


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
        "r.m.s. density": f"{given.rms_ua / 1000 / needle.area_cm2:.2f} mA/cm2",
        "Shannon k": f"{shannon_k_milli(given.phase_charge_pc, needle) / 1000:.2f}",
        "duty": f"{float(100 * train.shape.length_us / train.period_us):g} %",
    }


def _voltage(order: Order, peak_ua: int, ohm: int) -> str:
    """The voltage that the current needs, or what flows where the device's compliance ends it."""
    compliance_mv = load_profile(order.profile).compliance_mv
    needed_mv = peak_ua * ohm / 1000
    if needed_mv <= compliance_mv:
        return f"{needed_mv / 1000:g} V"
    return f"{compliance_mv / 1000:g} V, only {format_current(compliance_mv * 1000 // ohm)}"


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
