"""How many inputs each fuzz target gets in a whole run."""

from __future__ import annotations

EACH = 2_000_000
FEWER = {
    # The ledger's parser, twice: bytes of any kind, and made-up content in a chain that is whole.
    "ledger": 1_000_000,
    "books": 1_000_000,
    # No wires and no documents: short words, most of them of this machine's own making.
    **dict.fromkeys(("keys", "jsonl", "reply", "room", "table", "control", "simulator"), 500_000),
}


def whole(name: str) -> int:
    """Inputs of a target in a whole run."""
    return FEWER.get(name, EACH)
