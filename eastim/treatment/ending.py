"""The `end` of a session: that of one which the guard itself did not end, and the last word of one that it did."""

from __future__ import annotations

from typing import Any

from eastim.errors import Exit

NEVER_STARTED = "never started"


def unguarded_end(
    error: str, exit_: Exit, *, reason: str = NEVER_STARTED, elapsed_us: int = 0, ledger: str | None = None
) -> dict[str, Any]:
    """Give the body of that `end`, with every field of the guard's own; nobody has measured, so it counts nothing.

    ledger: its path, or None where none was begun.
    """
    counts: dict[str, dict[str, int]] = {"pulses": {}, "pulses_felt": {}, "net_charge_pc": {}, "peak_ua": {}}
    zero = exit_ is not Exit.UNCERTAIN
    end = {"reason": reason, "zero": zero, "exit": int(exit_), "cause": error, "elapsed_us": elapsed_us, **counts}
    return {**end, "ledger": ledger, "error": error}


def with_last_word(end: dict[str, Any], code: int | None) -> dict[str, Any]:
    """Give the end as the guard's exit code has it: it says `end` first, and only then closes its ledger."""
    return {**end, "exit": code} if code == Exit.BAD_LEDGER and end["exit"] in (Exit.DONE, Exit.STOPPED) else end
