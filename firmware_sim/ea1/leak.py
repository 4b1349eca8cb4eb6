"""Fault `leak`: a resting current where there should be none, and the monitor that finds it (6.6)."""

from __future__ import annotations

from typing import Final

from firmware_sim.ea1.output import Stage
from firmware_sim.faults import LEAK_UA, Active

LATCHES_AFTER_US: Final = 5_000  # 6.6 (manual): more than 50 uA for 5 ms


class Leak:
    """Which leads leak, since when. (assumed) None flows while the stage plays; the load's model is left alone."""

    def __init__(self, stage: Stage, faults: Active) -> None:
        self._stage = stage
        self._faults = faults
        self._since: dict[str, int] = {}
        self._forgiven_us = 0

    @property
    def flows(self) -> bool:
        """Say whether anything leaks."""
        return bool(self._since)

    @property
    def latches_us(self) -> int:
        """Return when the monitor latches OUTPUT."""
        return max(min(self._since.values()), self._forgiven_us) + LATCHES_AFTER_US

    def forgive(self, now_us: int) -> None:
        """Begin the 5 ms anew, after CLEAR."""
        self._forgiven_us = now_us

    def watch(self, now_us: int, should_be_zero: bool) -> None:
        """Let the leak flow, or not."""
        if not self._since and not self._faults.on("leak"):
            return
        for lead in self._stage.leads:
            leaks = should_be_zero and self._faults.on("leak", lead.name)
            if leaks and lead.name not in self._since:
                self._since[lead.name] = now_us
                self._faults.acts("leak", lead.name)
                self._stage.scope.step(now_us, lead.name, LEAK_UA)
            elif not leaks and self._since.pop(lead.name, None) is not None:
                self._stage.scope.step(now_us, lead.name, 0)
