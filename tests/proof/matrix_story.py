"""A cell of the matrix as a story: its ledger, its pulses, and what the judge says of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eastim.ledger_verify import LedgerRecord
from proof.asked import Act
from proof.matrix.cells import Cell
from proof.matrix.evidence import Edge, Evidence
from proof.matrix.judge import breaches
from proof.matrix.tried import exits

CELL = Cell("silent", "raising", "pty", 0)
RAISED = (Act(1_000_000, "A", None),)
STOPPED = {"exit": 4, "zero": True, "reason": "stopped by operator"}
Row = tuple[int, str, dict[str, Any]]

# Armed at 0.1 s, live at 0.3 s, lead A raised to 0.1 mA at 1 s, stopped at 2 s.
STORY: tuple[Row, ...] = (
    (0, "open", {}),
    (100_000, "arm", {}),
    (100_000, "state", {"state": "ARMED"}),
    (300_000, "state", {"state": "LIVE"}),
    (1_000_000, "raise", {"lead": "A", "kind": "2", "from_ua": 0, "to_ua": 100}),
    (2_000_000, "stop", {"reason": "stopped by operator"}),
    (2_000_000, "state", {"state": "STOPPING"}),
    (2_010_000, "close", STOPPED),
)


def records(*rows: Row) -> tuple[LedgerRecord, ...]:
    return tuple(
        LedgerRecord(at, at, t_us, "", type_, body) for at, (t_us, type_, body) in enumerate(sorted(rows, key=_at), 1)
    )


def _at(row: Row) -> int:
    return row[0]


def pulse(at_us: int, ua: int, lead: str = "A", width_us: int = 600) -> tuple[Edge, ...]:
    return (at_us, lead, ua), (at_us + width_us, lead, -ua), (at_us + 2 * width_us, lead, 0)


def told(*edges: Edge, story: tuple[Row, ...] = STORY, **changes: Any) -> list[str]:
    """What the judge says of these edges; the fault began at 1.5 s, the end was at 2.01 s."""
    return [str(breach) for breach in breaches(replace(evidence(*edges, story=story), **changes), exits())]


def evidence(*edges: Edge, story: tuple[Row, ...] = STORY) -> Evidence:
    known = (tuple(sorted(edges)), records(*story), (), STOPPED, "", 1_500_000, None, 2_010_000)
    return Evidence(*known, raises=RAISED)
