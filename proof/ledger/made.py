"""Ledgers to be harmed: records like those of a session, and a size in bytes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from eastim.ledger import Entry, LedgerFile


def bodies(seed: int) -> list[dict[str, Any]]:
    """Bodies of one pass through what a session writes, with numbers that a seed draws."""
    draw = random.Random(seed)
    ua = 100 * draw.randrange(20)
    return [
        {"type": "frame", "hex": draw.randbytes(24).hex()},
        {"type": "raise", "lead": draw.choice("ABCD"), "kind": "2", "from_ua": ua, "to_ua": ua + 100},
        {"type": "delivered", "pulses": {"A:2": draw.randrange(1800)}, "net_charge_pc": {"A": 0}},
        {"type": "lower", "lead": None, "kind": None, "fault": "ledger", "text": 'quotes " and µA \\ and \n'},
    ]  # fmt: skip


def entries(count: int, seed: int = 1) -> list[Entry]:
    """Give `count` records, from open to close; raises of the middle wait for the disk."""
    middle = [body for turn in range(count) for body in bodies(seed * 1_000_003 + turn)][: count - 2]
    chosen = [{"type": "open", "order": "0" * 64}, *middle, {"type": "close", "reason": "completed"}]
    return [Entry(n, 100_000 * n, body, body["type"] == "raise") for n, body in enumerate(chosen, start=1)]


def ledger_of(path: Path, at_least_bytes: int) -> list[bytes]:
    """Write a whole ledger of at least so many bytes; gives its lines."""
    count = 8
    while True:
        path.unlink(missing_ok=True)
        file = LedgerFile(path)
        file.append(entries(count))
        file.close()
        if path.stat().st_size >= at_least_bytes:
            return path.read_bytes().splitlines(keepends=True)
        count += 8
