"""Strength: integer uA of one (lead, kind)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Levels = Mapping[tuple[str, str], int]  # (lead, kind) -> uA


def zero_levels(leads: Iterable[str], kinds: Iterable[str]) -> dict[tuple[str, str], int]:
    """Give every (lead, kind) the level 0, with which every start begins."""
    kinds = tuple(kinds)
    return {(lead, kind): 0 for lead in leads for kind in kinds}
