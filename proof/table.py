"""The table that a run prints: claim, evidence, count, result."""

from __future__ import annotations

from collections.abc import Sequence

from proof.row import Result, Row, Size

# What all rows together may take, on two cores; and their share in `make test`, which has 30 minutes for everything.
TOTAL_S: dict[Size, int] = {"full": 3 * 3600, "bounded": 15 * 60}


def word(row: Row, result: Result, size: Size) -> str:
    """One word for what came out: too few tries in a full run are no proof, and one that takes too long is none."""
    found = result.found
    if not found.ok:
        return "REFUTED" if found.failures else "NOTHING TRIED"
    if size == "bounded":
        return "held"
    if found.count < row.at_least:
        return "too few"
    return "held" if result.seconds <= row.within_s else "too slow"


def lines(row: Row, result: Result, size: Size) -> list[str]:
    """What is printed of one row: the row, what was measured, what refutes it."""
    found = result.found
    said = word(row, result, size)
    return [
        f"{row.name:34} {found.count:>13,} {found.unit:22} {said:13} {result.seconds:7.1f} s",
        f"    {row.claim}",
        *(f"    {name}: {text}" for name, text in found.figures.items()),
        *([f"    ! {row.at_least:,} must be tried"] if said == "too few" else []),
        *([f"    ! at most {row.within_s:,} s may be taken"] if said == "too slow" else []),
        *(f"    ! {text}" for text in found.failures[:20]),
        *([f"    ! and {len(found.failures) - 20} more"] if len(found.failures) > 20 else []),
    ]


def head(size: Size) -> str:
    what = "the share that `make test` runs; `make proof` runs the whole" if size == "bounded" else "the whole proofs"
    return f"{'proof':34} {'count':>13} {'of':22} {'result':13} {'took':>9}\n({what})"


def total(results: Sequence[Result], size: Size) -> tuple[str, bool]:
    """How long all rows took together, those that were kept included; and whether that is short enough."""
    seconds = sum(result.seconds for result in results)
    soon = seconds <= TOTAL_S[size]
    bound = f"at most {span(TOTAL_S[size])}" + ("" if soon else ": TOO SLOW")
    return f"{len(results)} rows took {span(seconds)} together, {bound}", soon


def span(seconds: float) -> str:
    """`2 h 05 min 09 s`, without the hours and minutes when there are none; rounded up."""
    whole = -int(-seconds // 1)
    hours, minutes = whole // 3600, whole // 60 % 60
    parts = [f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (whole >= 60) + [f"{whole % 60} s"]
    return " ".join(parts)
