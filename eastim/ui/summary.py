"""The end of a session: what was ordered against what was delivered, lead by lead and kind by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eastim.errors import LedgerError
from eastim.safety.audit import Audit, audit
from eastim.safety.order import Order
from eastim.text import safe_text
from eastim.ui.sentences import ended, never_started
from eastim.units import format_current, format_time

COLUMNS = f"{'lead':<6}{'kind':<8}{'ordered':>9}{'delivered':>11}{'felt':>8}"


def summary(order: Order, end: Mapping[str, Any], ledger: Path | None) -> list[str]:
    """Give the lines of a session's summary. end: the body of its `end` event."""
    lines = [ended(end)]
    if not never_started(end):
        elapsed = f"{format_time(int(end.get('elapsed_us', 0)))} of {format_time(order.session_us)} ordered"
        lines += [f"Stimulated {elapsed}.", "", COLUMNS, *_rows(order, end), "", *_leads(order, end)]
    if ledger is not None:
        lines += ["", *check_ledger(ledger)]
    return lines


def ordered_pulses(order: Order) -> dict[tuple[str, str], int]:
    """Count the pulses of the whole order by (lead, kind)."""
    counts: dict[tuple[str, str], int] = {}
    for section in order.program.sections:
        for lead in section.leads:
            key = (lead, section.train.kind)
            counts[key] = counts.get(key, 0) + section.count * order.program.repeats
    return dict(sorted(counts.items(), key=lambda item: item[0][0]))


def _rows(order: Order, end: Mapping[str, Any]) -> Iterator[str]:
    for (lead, kind), ordered in ordered_pulses(order).items():
        pulses = end.get("pulses", {}).get(lead, {}).get(kind, 0)
        felt = end.get("pulses_felt", {}).get(lead, {}).get(kind, 0)
        yield f"{lead:<6}{kind:<8}{ordered:>9}{pulses:>11}{felt:>8}"


def _leads(order: Order, end: Mapping[str, Any]) -> Iterator[str]:
    for lead in order.program.leads:
        peak = format_current(int(end.get("peak_ua", {}).get(lead, 0)))
        charge_pc = int(end.get("net_charge_pc", {}).get(lead, 0))
        allowed = format_current(order.max_ua(lead))
        yield f"Lead {lead}: peak measured {peak} of {allowed} allowed; net charge measured {charge_pc} pC."


def check_ledger(path: Path) -> list[str]:
    """Verify a ledger and say it; a ledger that can't be read is said, too."""
    try:
        return checked(audit(path), path)
    except LedgerError as error:
        return [f"LEDGER: {error}"]


def checked(found: Audit, path: Path) -> list[str]:
    """Say what was found of the ledger at `path`."""
    raises = f"{found.raises} raises recorded, {found.steps_up} steps up on the wire"
    lines = [f"Guard ran {found.guard}.", f"Ledger: {path}"] if found.guard else [f"Ledger: {path}"]
    if found.ok:
        return [f"Ledger verified: {found.verification}; {raises}.", *lines]
    return ["LEDGER NOT GOOD:", *(f"  {safe_text(problem, 200)}" for problem in found.problems), *lines]
