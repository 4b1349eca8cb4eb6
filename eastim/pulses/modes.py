"""Modes: named ways of pulsing, as data (modes.toml). Standard library only."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from eastim.errors import AskedError
from eastim.pulses.program import Program, build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain


@dataclass(frozen=True, slots=True)
class Mode:
    """A named way of pulsing.

    parts: (train, duration in us), one after another on the same leads; together they are the block. sources: what was
    read, and where. assumed: what was not.
    """

    name: str
    title: str
    releases: str
    sources: tuple[str, ...]
    assumed: tuple[str, ...]
    parts: tuple[tuple[PulseTrain, int], ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError(f"mode {self.name} has no part")
        if not self.sources and not self.assumed:
            raise ValueError(f"mode {self.name} says neither source nor assumption")

    @property
    def block_us(self) -> int:
        return sum(duration_us for _, duration_us in self.parts)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(train.kind for train, _ in self.parts))

    def whole_blocks(self, session_us: int) -> int:
        """Count the whole blocks in a time; 0 when it is shorter than one."""
        return session_us // self.block_us

    def program(self, leads: tuple[str, ...], session_us: int) -> Program:
        """Fill a time with whole blocks; compare the result's `session_us`, which may be less than a block shorter.

        Raises ValueError when not one block fits.
        """
        repeats = self.whole_blocks(session_us)
        if repeats < 1:
            raise ValueError(f"{session_us} us hold no whole block of mode {self.name} ({self.block_us} us)")
        return build_program(self.name, self.parts, leads, repeats)


@cache
def _modes() -> dict[str, Mode]:
    raw = tomllib.loads((files("eastim.pulses") / "modes.toml").read_text("utf-8"))
    modes = [_mode(dict(entry)) for entry in raw["mode"]]
    return {mode.name: mode for mode in modes}


def _mode(entry: dict[str, Any]) -> Mode:
    parts = tuple(_part(**part) for part in entry.pop("part"))
    sources, assumed = tuple(entry.pop("sources")), tuple(entry.pop("assumed"))
    return Mode(parts=parts, sources=sources, assumed=assumed, **entry)  # a misspelt key is an unknown argument


def _part(kind: str, rate_hz: str, width_us: int, duration_us: int) -> tuple[PulseTrain, int]:
    return PulseTrain(kind, PulseShape(width_us), Fraction(rate_hz)), duration_us


def mode_names() -> tuple[str, ...]:
    """The names of all modes, in the file's order."""
    return tuple(_modes())


def load_mode(name: str) -> Mode:
    """Give a mode by name; raises AskedError with the known names."""
    if name not in _modes():
        raise AskedError(f"no mode {name[:40]!r}; there are {', '.join(_modes())}")
    return _modes()[name]
