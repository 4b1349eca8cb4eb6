"""The table that a run prints: claim, evidence, count, result."""

from __future__ import annotations

from proof.row import Finding, Row, Size


def result(row: Row, found: Finding, size: Size) -> str:
    """One word for what came out: too few tries in a full run are no proof."""
    if not found.ok:
        return "REFUTED" if found.failures else "NOTHING TRIED"
    return "too few" if size == "full" and found.count < row.at_least else "held"


def lines(row: Row, found: Finding, seconds: float, size: Size) -> list[str]:
    """What is printed of one row: the row, what was measured, what refutes it."""
    word = result(row, found, size)
    return [
        f"{row.name:34} {found.count:>13,} {found.unit:22} {word:13} {seconds:7.1f} s",
        f"    {row.claim}",
        *(f"    {name}: {text}" for name, text in found.figures.items()),
        *(f"    ! {text}" for text in found.failures[:20]),
        *([f"    ! and {len(found.failures) - 20} more"] if len(found.failures) > 20 else []),
    ]


def head(size: Size) -> str:
    what = "the share that `make test` runs; `make proof` runs the whole" if size == "bounded" else "the whole proofs"
    return f"{'proof':34} {'count':>13} {'of':22} {'result':13} {'took':>9}\n({what})"
