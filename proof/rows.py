"""The table of proofs, in the order in which they run. Adding a proof is adding a row."""

from __future__ import annotations

from proof.row import Row

ROWS: tuple[Row, ...] = ()


def named(names: list[str]) -> tuple[Row, ...]:
    """Pick rows by name, or by the part before a colon (`mutation` is every `mutation:...`); all when none is given.

    Raises ValueError for a name that is no row.
    """
    if not names:
        return ROWS
    unknown = [name for name in names if not any(_is(row, name) for row in ROWS)]
    if unknown:
        raise ValueError(f"no proof {', '.join(unknown)}; there are {', '.join(row.name for row in ROWS)}")
    return tuple(row for row in ROWS if any(_is(row, name) for name in names))


def _is(row: Row, name: str) -> bool:
    return row.name == name or row.name.partition(":")[0] == name
