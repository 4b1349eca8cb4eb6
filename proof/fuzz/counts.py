"""How many inputs each fuzz target gets in a whole run."""

from __future__ import annotations

EACH = 2_000_000
FEWER = {
    # A ledger's content, made up in a chain that is whole; its bytes get two million of their own.
    "books": 1_000_000,
    # Short words of whoever sits at this machine: keys, and commands to the simulator. Slow, for each input plays on.
    "keys": 500_000,
    "control": 500_000,
}


def whole(name: str) -> int:
    """Inputs of a target in a whole run."""
    return FEWER.get(name, EACH)
