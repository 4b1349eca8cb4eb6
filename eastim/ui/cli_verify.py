"""`eastim verify`: what a ledger is worth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eastim.errors import Exit, LedgerError
from eastim.safety.audit import Audit, audit
from eastim.text import safe_text
from eastim.ui.summary import COLUMNS
from eastim.units import format_time

MAX_PROBLEMS = 10
MAX_LINE = 1000


def verified(path: Path) -> int:
    """Print what a ledger proves; only one that is whole and closed is good. Raises LedgerError for what is none."""
    found = audit(path)
    for line in proven(found, path):
        print(line)
    return int(Exit.DONE if found.ok and not found.verification.ended_open else Exit.BAD_LEDGER)


def proven(found: Audit, path: Path) -> list[str]:
    """Say what the ledger at `path` was found to prove, line by line. Raises LedgerError for what is none."""
    if found.verification.foreign:
        raise LedgerError(f"{safe_text(path, 300)}: this is no ledger; give the path that the session's end named")
    # A ledger is a document of anybody's: use, profile and leads are its words, too.
    return [safe_text(line, MAX_LINE) for line in _lines(found)]


def _lines(found: Audit) -> Iterator[str]:
    read = found.verification
    yield f"{read}." if read.ok else f"{read.records} records, and the chain is not whole: {read.problems[0]}."
    if found.order is not None:
        name = safe_text(found.order.program.name)
        yield f"Order: {name} for {format_time(found.ordered_us)}, use {found.order.use}, device {found.order.profile}."
        yield f"Delivered: {format_time(found.delivered_us)} ({safe_text(found.reason) or 'no closing record'})."
        yield COLUMNS
        for row in found.deliveries:
            yield f"{row.lead:<6}{safe_text(row.kind):<8}{row.ordered:>9}{row.delivered:>11}{row.felt:>8}"
        if found.held or found.paused:
            yield "A kind was held, or the session paused or armed again: counts by kind may differ from the order."
    yield f"{found.raises} raises recorded, {found.steps_up} steps up on the wire."
    yield from (f"PROBLEM: {safe_text(problem, 300)}" for problem in found.problems[:MAX_PROBLEMS])
    if len(found.problems) > MAX_PROBLEMS:
        yield f"PROBLEM: and {len(found.problems) - MAX_PROBLEMS} more."
    if found.ok and found.verification.ended_open:
        yield "Ended open: there is no closing record, so what came last may be missing; nothing else was changed."
