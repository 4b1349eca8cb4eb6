"""What a proof is: a claim, and a function that tries to refute it and counts how often it tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Literal

Size = Literal["bounded", "full"]
"""bounded: the share that `make test` runs, tens of seconds at most. full: the whole proof, at most 25 minutes."""

AGAIN = "EASTIM_PROOF_AGAIN"
"""Set in the environment of a row that is asked to take nothing from an earlier run."""

Say = Callable[[str], None]
"""Tell the person who waits how far it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a proof found.

    count: how many were tried, each a `unit`. figures: what else was measured, name to text, in the order to print.
    failures: what refutes the claim, in words; empty means that it held. A proof that tried nothing has not held.
    artefacts: files that `--record` keeps, name below docs/proof/ to text. earlier_s: what an earlier run,
    that was broken off, took for what is counted here.
    """

    count: int
    unit: str
    figures: dict[str, str] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    artefacts: dict[str, str] = field(default_factory=dict)
    earlier_s: float = 0.0

    @property
    def ok(self) -> bool:
        return self.count > 0 and not self.failures


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one run of a row: what it found, how long it took, and on which day (UTC)."""

    found: Finding
    seconds: float
    date: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. where: `module:function` of the proof, imported only when it runs; part: its argument.

    at_least: the count that a full run must reach. in_test: whether `make test` runs its bounded share.
    within_s: what a full run may take on two cores.
    """

    name: str
    claim: str
    where: str
    at_least: int
    part: str = ""
    in_test: bool = True
    within_s: int = 1500

    @property
    def command(self) -> str:
        return f"python -m proof {self.name}"

    def run(self, size: Size, say: Say) -> Finding:
        """Try the claim; may take minutes."""
        module, _, function = self.where.partition(":")
        prove = getattr(import_module(module), function)
        found: Finding = prove(size, say, self.part) if self.part else prove(size, say)
        return found
