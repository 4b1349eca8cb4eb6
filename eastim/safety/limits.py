"""The limits of a session: the compiled-in envelope, and layers that may only tighten it (H31).

Every bound carries who set it and its source. A `Limits` wider than the envelope cannot be built: not by a layer, not
by an order that comes over the operator's line, not by hand.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

from eastim.errors import LimitError

Use = Literal["human", "animal", "bench"]
Electrode = Literal["needle", "pad"]
Tighter = Literal["lower", "higher", "same"]

# Where a use has no limit on the step (bench), one raise is still one step: the largest of IEC 60601-2-10.
FREE_STEP_UA = 1000


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit: its value, the layer that set it (`who`), and where the number comes from (`source`)."""

    name: str
    value: int
    who: str
    source: str

    def __post_init__(self) -> None:
        if self.name not in _table():
            raise LimitError(f"no limit is named {self.name[:64]!r}; there are {', '.join(_table())}")
        # A bool is an int to Python, and a float would bring NaN in (H29).
        # A slope of 0 would mean "never": lower the peak for that.
        least = 1 if self.name == "slope_ua_per_s" else 0
        if type(self.value) is not int or self.value < least:
            raise LimitError(f"{self.name} is {self.value!r}, must be a whole number of {least} or more")
        if type(self.who) is not str or type(self.source) is not str or not self.who or not self.source:
            raise LimitError(f"{self.name} says neither who set it nor its source; give both")
        if not (self.who + self.source).isprintable():  # they stand in every message about it (H36)
            raise LimitError(
                f"{self.name}, set by {self.who!r:.64}: {self.source!r:.64} do not print; say it in plain text"
            )

    def __str__(self) -> str:
        return f"{self.name} {self.value}, set by {self.who}: {self.source}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds for one use and electrode; raises LimitError when one is missing or wider than the envelope."""

    use: Use
    electrode: Electrode
    bounds: tuple[Bound, ...]
    by_name: Mapping[str, Bound] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {bound.name: bound for bound in self.bounds})
        names = [bound.name for bound in self.bounds]
        if len(set(names)) != len(names):
            raise LimitError("a limit is given twice; give each once")
        for outer in _envelope_bounds(self.use, self.electrode):
            if outer.name not in names:
                raise LimitError(f"the limit {outer.name} is missing; the envelope has {outer.value}")
            _require_no_wider(self.bound(outer.name), outer)

    def get(self, name: str) -> int | None:
        """The value of a bound; None where this use has no such limit. Raises LimitError for an unknown name."""
        bound = self.find(name)
        return None if bound is None else bound.value

    def find(self, name: str) -> Bound | None:
        """The bound of that name; None where this use has no such limit. Raises LimitError for an unknown name."""
        if name not in _table():
            # A misspelt name must not read as "no limit".
            raise LimitError(f"no limit is named {name[:64]!r}; there are {', '.join(_table())}")
        return self.by_name.get(name)

    def bound(self, name: str) -> Bound:
        """The bound of that name; raises LimitError where this use has no such limit."""
        found = self.find(name)
        if found is None:
            raise LimitError(f"use {self.use} has no limit {name}; ask `find` where there may be none")
        return found

    def tighten(self, name: str, value: int, who: str, source: str) -> Limits:
        """Set a stricter (or equal) value in the name of a layer; raises LimitError when it is looser."""
        new, old = Bound(name, value, who, source), self.find(name)
        if old is None:
            return Limits(self.use, self.electrode, (*self.bounds, new))
        _require_no_wider(new, old)
        if value == old.value:
            return self  # who set it first keeps the credit
        return Limits(self.use, self.electrode, tuple(new if bound is old else bound for bound in self.bounds))

    def to_json(self) -> dict[str, Any]:
        rows = [[bound.name, bound.value, bound.who, bound.source] for bound in self.bounds]
        return {"use": self.use, "electrode": self.electrode, "bounds": rows}


def limits_from_json(raw: Any) -> Limits:
    """Rebuild limits from plain JSON values; raises LimitError on what is none, or is wider than the envelope."""
    try:
        rows = [(str(name), value, who, source) for name, value, who, source in raw["bounds"]]
        use, electrode = str(raw["use"]), str(raw["electrode"])
    except (TypeError, KeyError, ValueError) as error:
        raise LimitError(f"these are no limits: {error!r}; send what to_json gave") from error
    # Whether the words are known, the constructor checks.
    return Limits(cast(Use, use), cast(Electrode, electrode), tuple(Bound(*row) for row in rows))


def envelope(use: Use, electrode: Electrode) -> Limits:
    """The compiled-in bounds of a use and electrode (docs/safety.md); nothing may be wider."""
    return Limits(use, electrode, _envelope_bounds(use, electrode))


def is_within(value: int | Fraction, bound: Bound) -> bool:
    """Tell whether a value keeps a bound; equal is within."""
    return value >= bound.value if _table()[bound.name].tighter == "higher" else value <= bound.value


def step_for(limits: Limits, level_ua: int) -> int:
    """The size in uA of the next raise of a level (and of a lower from it)."""
    above, start = limits.get("step_above_ua"), limits.get("step_above_from_ua")
    if above is not None and start is not None and level_ua > start:
        return above
    step = limits.get("step_ua")
    return FREE_STEP_UA if step is None else step


def min_gap_us(limits: Limits, step_ua: int) -> int:
    """The time in us that must pass after a raise of `step_ua` before the next, by the slope; rounded up."""
    slope = limits.get("slope_ua_per_s")
    return 0 if slope is None else -(-step_ua * 1_000_000 // slope)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of limits.toml; values by column."""

    name: str
    says: str
    tighter: Tighter
    values: dict[str, int]
    source: str

    def __post_init__(self) -> None:
        if self.tighter not in get_args(Tighter) or not self.says or not self.source:
            raise ValueError(f"limits.toml: {self.name} needs says, source and tighter of {get_args(Tighter)}")
        if not self.values or any(type(value) is not int or value < 0 for value in self.values.values()):
            raise ValueError(f"limits.toml: {self.name} has {self.values}, must be whole numbers of 0 or more")


_COLUMNS = ("human_needle", "human_pad", "animal", "bench")


@cache
def _table() -> dict[str, _Row]:
    raw = tomllib.loads((files("eastim.safety") / "limits.toml").read_text("utf-8"))
    rows = [_row(dict(entry)) for entry in raw["bound"]]
    if len({row.name for row in rows}) != len(rows):
        raise ValueError("limits.toml: a bound is given twice")
    return {row.name: row for row in rows}


def _row(entry: dict[str, Any]) -> _Row:
    values = {column: entry.pop(column) for column in _COLUMNS if column in entry}
    return _Row(values=values, **entry)  # a misspelt column is an unknown argument: TypeError


def says(name: str) -> str:
    """What a limit bounds, in words, for messages."""
    return _table()[name].says


@cache
def _envelope_bounds(use: Use, electrode: Electrode) -> tuple[Bound, ...]:
    if use not in get_args(Use) or electrode not in get_args(Electrode):
        known = f"{get_args(Use)} and {get_args(Electrode)}"
        raise LimitError(f"use {use!r} with electrode {electrode!r}; there are {known}")
    column = f"human_{electrode}" if use == "human" else use
    return tuple(
        Bound(row.name, row.values[column], "eastim", row.source) for row in _table().values() if column in row.values
    )


def _require_no_wider(new: Bound, old: Bound) -> None:
    tighter = _table()[new.name].tighter
    if tighter == "same" and new.value != old.value:
        raise LimitError(f"{new.name} is a definition ({old.value}, {old.source}); {new.who} can't change it")
    if not is_within(new.value, old):
        raise LimitError(
            f"{new.who} asks {new.name} {new.value}, but {old.who} set {old.value} ({old.source}); "
            f"limits may only be tightened: give {old.value} or {'more' if tighter == 'higher' else 'less'}"
        )
