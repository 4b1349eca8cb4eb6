"""Try one cell: play it, judge it, and weigh what a fault excuses."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from proof.keep import ROOT
from proof.matrix.cells import FELT_FIRST, Cell
from proof.matrix.evidence import LEASE_US, PULSE_US, Breach, Evidence, Late
from proof.matrix.excused import EXCUSED, NONE, Excused
from proof.matrix.judge import breaches, unfelt
from proof.matrix.outcome import first_said_us, outcome, to_zero_us


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a cell. breaches: in words, what refutes the claim; excused: rule to count.

    acted: whether the fault did anything; without it the cell shows nothing. stops: how many reached the device.
    """

    cell: Cell
    outcome: str
    breaches: tuple[str, ...]
    excused: dict[str, int] = field(default_factory=dict)
    zero_us: int | None = None
    acted: bool = True
    stops: int = 0


def try_cell(cell: Cell) -> Tried:
    """Play and judge one cell."""
    from proof.matrix.play import play  # lazy: the judge and its tests need no simulator

    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        return weigh(cell, play(cell, Path(folder)))


def weigh(cell: Cell, evidence: Evidence) -> Tried:
    """Judge what is known of a cell."""
    excuse = EXCUSED.get(cell.fault, NONE)
    found = list(breaches(evidence, exits(), late(cell, evidence, excuse)))
    if cell.phase in FELT_FIRST:
        found += unfelt(evidence, "AB", ("2", "100"))
    mine = [breach for breach in found if excuse.fits(breach, evidence.began_us, over_us(cell, evidence))]
    rest = [f"{cell}: {breach}" for breach in found if breach not in mine]
    rest += _unsaid(cell, evidence, mine, excuse)
    rest += _untripped(cell, evidence)
    counts = dict(Counter(str(breach.rule) for breach in mine))
    known = Tried(cell, outcome(evidence), tuple(rest), counts, to_zero_us(evidence))
    return replace(known, acted=evidence.acted, stops=len(evidence.stops))


def late(cell: Cell, evidence: Evidence, excuse: Excused) -> Late:
    """A late cut is excused while the fault acts: from its beginning until a lease after it is gone."""
    if evidence.began_us is None:
        return Late()
    end_us = over_us(cell, evidence)
    until_us = 1 << 62 if end_us is None else end_us + LEASE_US
    return Late(PULSE_US, excuse.late_us, evidence.began_us, until_us)


def over_us(cell: Cell, evidence: Evidence) -> int | None:
    """When the fault was taken away; None: it stayed, or never began."""
    if evidence.began_us is None or cell.ends_after_us is None:
        return None
    return evidence.began_us + cell.ends_after_us


def _unsaid(cell: Cell, evidence: Evidence, excused: Sequence[Breach], excuse: Excused) -> list[str]:
    """What a device did by itself must be noticed and said, as soon as its excuse promises."""
    if excuse.said_within_us is None:
        return []
    seen: Counter[tuple[str, str]] = Counter()
    # A contact test is in no count (4.8), and too weak and short to be judged by its measurements. What begins once the
    # session is over is seen by nobody.
    felt = (breach for breach in excused if not breach.of.endswith("contact") and breach.at_us < evidence.ended_us)
    for breach in sorted(felt, key=lambda breach: breach.at_us):
        seen[breach.rule, breach.of] += 1
        if seen[breach.rule, breach.of] == excuse.said_after:
            return _late(cell, evidence, breach, excuse)
    return []


def _late(cell: Cell, evidence: Evidence, breach: Breach, excuse: Excused) -> list[str]:
    until_us = breach.at_us + (excuse.said_within_us or 0)
    said_us = first_said_us(evidence.records, evidence.began_us or 0, excuse.tells)
    if said_us is not None and said_us <= until_us:
        return []
    return [f"{cell}: unsaid: by its fault the device broke {breach}; said at {said_us} us"]


def _untripped(cell: Cell, evidence: Evidence) -> list[str]:
    """A fault that the guard must find, if it stays for as long as that takes."""
    must, trips = TRIPS.get(cell.fault), [record for record in evidence.records if record.type == "trip"]
    if must is None or cell.ends_after_us is not None or cell.phase in _TOO_LATE:
        return []
    if any(record.body["fault"] == must for record in trips):
        return []
    return [f"{cell}: unsaid: its fault stays for 2 s or more, and no trip by {must}"]


TRIPS = {"rate-fast": "rate"}
_TOO_LATE = ("stop-confirm",)  # the session is over before 2 s have been played


def exits() -> frozenset[int]:
    """The exit codes that are documented."""
    rows = re.findall(r"^\| (\d) \|", (ROOT / "docs/exit-codes.md").read_text("utf-8"), re.MULTILINE)
    return frozenset(map(int, rows))
