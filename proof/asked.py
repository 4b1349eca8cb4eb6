"""The operator's raises as they are said: each raise on record must have one of its own.

The ledger is the guard's own word. A guard that raised by itself would record it as well, so a judge counts the acts
where they are said, and takes a record for allowed only when an act stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """One raise that the operator said, before any guard heard of it. kind: None for what is sounding."""

    at_us: int
    lead: str
    kind: str | None


class Asked:
    """The acts that no record stands for yet. within_us: how long after its act a record may come; 0: in its very us.

    An act that was refused must not allow a raise later on, so an act is good for this long and no longer.
    """

    def __init__(self, within_us: int = 0) -> None:
        self._within_us = within_us
        self._open: list[Act] = []

    def say(self, at_us: int, lead: str, kind: str | None) -> None:
        """Take one act of the operator, in order of time."""
        self._open.append(Act(at_us, lead, kind))

    def take(self, at_us: int, lead: str, kind: str) -> bool:
        """Whether an act stands for a record of this moment; it is used up by that."""
        self._open = [act for act in self._open if at_us <= act.at_us + self._within_us]
        for act in self._open:
            if act.at_us <= at_us and act.lead == lead and act.kind in (None, kind):
                self._open.remove(act)
                return True
        return False


def steps_ua(raises: int) -> int:
    """The highest strength that so many raises can reach from zero: 0.1 mA each up to 1 mA, 0.2 mA beyond."""
    return 100 * raises if raises <= 10 else 1000 + 200 * (raises - 10)
