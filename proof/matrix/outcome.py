"""What became of a cell: its word, when a fault was told, how long the current went on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from eastim.ledger_verify import LedgerRecord
from proof.matrix.evidence import Evidence, pulses

AFTER_US = 3_000_000  # how long the scope looks on after the end; the device may go on by itself for 2.005 s


def outcome(evidence: Evidence) -> str:
    """The cell's word: the worst that was said."""
    exit_, trips = evidence.end.get("exit"), [record for record in evidence.records if record.type == "trip"]
    held = [record.body["fault"] for record in evidence.records if record.type == "lower" and "fault" in record.body]
    cause = f": {trips[0].body['fault']}" if trips else ""
    if exit_ == 6:
        return f"uncertain{cause}"
    if exit_ == 3:
        return "no device"
    if trips:
        return f"tripped{cause}"
    if held:
        return f"held: {held[0]}"
    return {0: "done", 4: "stopped", 2: "refused", 7: "bad ledger"}.get(int(exit_ or 0), "crashed")


def first_said_us(records: Sequence[LedgerRecord], since_us: int, tells: Collection[str]) -> int | None:
    """When one of these words was first recorded: something that tells the operator of a fault."""
    return next((record.t_us for record in records if record.t_us >= since_us and said(record) in tells), None)


def said(record: LedgerRecord) -> str:
    """What a record tells the operator: the name of a fault of the interlock, or that the device is not silent.

    CUT_AGAIN: the device had not fallen silent after the cut before. Of a session that never began: why not.
    """
    body = record.body
    if record.type in ("trip", "notice", "lower"):
        return str(body.get("fault", ""))
    if record.type == "stop":
        return str(body.get("reason")).partition(";")[0]
    if record.type == "cut":
        return CUT_AGAIN
    return "take the leads off" if body.get("state") == "UNCERTAIN" else ""


CUT_AGAIN = "cut again"


def to_zero_us(evidence: Evidence) -> int | None:
    """How long after the first trip or stop the last current of what was on then flowed; None without one."""
    ends = [record.t_us for record in evidence.records if record.type in ("trip", "stop")]
    starts = [record.t_us for record in evidence.records if record.type == "arm" and ends and record.t_us > ends[0]]
    if not ends:
        return None
    until_us = min([*starts, evidence.ended_us + AFTER_US])
    after = [p.ends_us for p in pulses(evidence.edges, until_us) if p.at_us < until_us]
    return max(0, *(at_us - ends[0] for at_us in after)) if after else 0
