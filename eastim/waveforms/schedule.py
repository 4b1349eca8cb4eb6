"""Every pulse of a session, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eastim.pulses.levels import Levels
from eastim.pulses.program import Program, Section
from eastim.pulses.train import MICRO, PulseTrain


@dataclass(frozen=True, slots=True)
class LeadSchedule:
    """The pulses of one lead in order of onset, one row each; n is their number in the whole session.

    onset_us: int64[n], after the session's start. width_us: int64[n], of one phase. sign: int8[n], of the first phase.
    level_ua: int64[n]. kind: int16[n], index into the program's kinds. net_weight_us: int64[n], the charge of a pulse
    in pC per uA, summed over its phases. Arrays are read only.
    """

    onset_us: NDArray[np.int64]
    width_us: NDArray[np.int64]
    sign: NDArray[np.int8]
    level_ua: NDArray[np.int64]
    kind: NDArray[np.int16]
    net_weight_us: NDArray[np.int64]

    @property
    def net_charge_pc(self) -> int:
        """The charge of all pulses together, exact: 0 for balanced ones."""
        return int(np.sum(self.level_ua * self.net_weight_us))

    def counts(self, kinds: tuple[str, ...]) -> dict[str, int]:
        """Pulses by kind, those at level 0 included."""
        return {kind: int(np.count_nonzero(self.kind == i)) for i, kind in enumerate(kinds)}


def schedule(program: Program, levels: Levels) -> Mapping[str, LeadSchedule]:
    """Lay out every pulse of a program at constant levels; a (lead, kind) without level is at 0."""
    return {lead: _lead(program, lead, levels) for lead in program.leads}


def onsets_us(train: PulseTrain, count: int) -> NDArray[np.int64]:
    """Onsets of `count` pulses after the train's start, int64: round half up of k periods, by the integers of the rate.

    Exact while 2 * count * 10^6 * denominator stays below 2^63; beyond, Python's integers take over.
    """
    scale, num = 2 * MICRO * train.rate_hz.denominator, train.rate_hz.numerator
    if max(count, 1) * scale + num >= 2**63 or 2 * num >= 2**63:
        return np.fromiter((train.onset_us(k) for k in range(count)), np.int64, count)
    k = np.arange(count, dtype=np.int64)
    return (k * scale + num) // (2 * num)


def _lead(program: Program, lead: str, levels: Levels) -> LeadSchedule:
    blocks = np.arange(program.repeats, dtype=np.int64)[:, None] * program.block_us
    columns, start_us = [], 0
    for section in program.sections:
        if lead in section.leads:
            columns.append(_section(program, section, start_us, levels.get((lead, section.train.kind), 0)))
        start_us += section.duration_us
    onset, *rest = (np.concatenate(column) for column in zip(*columns, strict=True))
    # One block, laid once under the other: (repeats, pulses of a block), then row after row.
    onset = (blocks + onset[None, :]).ravel()
    arrays = [onset, *(np.tile(column, program.repeats) for column in rest)]
    for array in arrays:
        array.flags.writeable = False
    return LeadSchedule(*arrays)


def _section(program: Program, section: Section, start_us: int, level_ua: int) -> tuple[NDArray[np.generic], ...]:
    shape, n = section.train.shape, section.count
    return (
        onsets_us(section.train, n) + start_us,
        np.full(n, shape.width_us, np.int64),
        np.full(n, shape.sign, np.int8),
        np.full(n, level_ua, np.int64),
        np.full(n, program.kinds.index(section.train.kind), np.int16),
        np.full(n, shape.net_weight_us, np.int64),
    )
