"""Every limit where it is looked at: the last quantity admitted and the first refused, with all others relaxed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from eastim.errors import LimitError
from eastim.safety.limits import Bound, Limits, envelope, limits_from_json
from tests.house.tree import ROOT
from tests.safety.boundaries import guard_trials, limit_trials
from tests.safety.boundaries.limit_table import ALL, ROWS, Row
from tests.safety.boundaries.relaxed import COLUMNS, WIDE, relaxed

CELLS = [pytest.param(row, column, id=f"{row.name}-{row.who}-{column}") for row in ROWS for column in row.cells]
# Where a use has no such limit, something else may still bound the quantity: last and first of that.
FREE = {
    ("default_max_ua", "bench"): (20_000, 20_001),  # the profile's 20 mA
    ("step_ua", "bench"): (1000, 1001),  # a raise is a step even then: the largest of IEC 60601-2-10
    ("step_above_ua", "human_pad"): (200, 201),  # two steps of the 100 uA that are kept
    ("step_above_ua", "animal"): (200, 201),
    ("step_above_ua", "bench"): (200, 201),
}
# No profile has pads, of whose area nobody has said; without a number of pulses a drift is taken from the first one.
NO_SUCH_PLACE = {
    ("density_notice_ua_per_cm2", "human_pad"), ("default_max_ua", "human_pad"), ("imbalance_pulses", "bench"),
}  # fmt: skip
ABSENT = [
    pytest.param(row, column, id=f"{row.name}-{row.who}-{column}")
    for row in ROWS
    for column in ALL
    if column not in row.cells and (row.name, column) not in NO_SUCH_PLACE
]
# The first is looked at with two others, below; the second nowhere.
SEEN_ELSEWHERE = {("step_above_from_ua", "human_needle"), ("density_notice_ua_per_cm2", "human_pad")}


def table() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((ROOT / Path("eastim/safety/limits.toml")).read_text("utf-8"))["bound"]
    return found


def kept(row: Row, column: str) -> Limits:
    return relaxed(column, **{row.name: row.cells[column][0], **row.kept})


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("row", "column"), CELLS)
def test_the_last_is_admitted(row: Row, column: str) -> None:
    assert row.trial(kept(row, column), row.cells[column][1]) == ""


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("row", "column"), CELLS)
def test_the_first_beyond_is_refused_by_this_limit(row: Row, column: str) -> None:
    assert row.said in row.trial(kept(row, column), row.cells[column][2])


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_the_value_is_that_of_the_envelope(row: Row, column: str) -> None:
    assert envelope(*COLUMNS[column]).get(row.name) == row.cells[column][0]


@pytest.mark.parametrize(("row", "column"), ABSENT)
def test_where_a_use_has_no_such_limit_it_refuses_nothing(row: Row, column: str) -> None:
    beyond = max(first for _, _, first in row.cells.values())
    last, first = FREE.get((row.name, column), (beyond, None))
    limits = relaxed(column, **row.kept)

    assert row.trial(limits, last) == ""
    assert first is None or row.trial(limits, first) != ""


def test_every_limit_of_every_use_has_a_boundary_here() -> None:
    ordered = {(row["name"], column) for row in table() for column in ALL if column in row}
    here = {(row.name, column) for row in ROWS for column in row.cells}

    assert ordered == here | SEEN_ELSEWHERE
    assert not here & SEEN_ELSEWHERE


@pytest.mark.parametrize(("level_ua", "refused"), [(1000, False), (1001, True)])
def test_the_large_step_holds_above_its_level_and_not_at_it(level_ua: int, refused: bool) -> None:
    """From 0 to q in one raise; the next is of q again at 1000 uA, and of 200 uA at 1001."""
    limits = relaxed("human_needle", step_ua=level_ua, step_above_ua=200, step_above_from_ua=1000)

    assert ("above the ceiling of 1201 uA" in guard_trials.full_step_at(limits, level_ua)) is refused


def test_of_pads_no_density_is_computed() -> None:
    assert limit_trials.notice_of_density(relaxed("human_pad", density_notice_ua_per_cm2=2000), 1_000_000) == ""


# --- no layer goes beyond ---------------------------------------------------------------------------------------------

BOUNDS = [
    (row["name"], column, row[column], row["tighter"]) for row in table() for column in ALL if column in row
]  # The tighter way is checked against what the trials show, below.
BEYOND = {"lower": (1,), "higher": (-1,), "same": (1, -1)}


def built(name: str, column: str, value: int) -> Limits:
    """Limits as wide as the envelope in all but one."""
    use, electrode = COLUMNS[column]
    bounds = (bound for bound in envelope(use, electrode).bounds if bound.name != name)
    return Limits(use, electrode, (*bounds, Bound(name, value, "hand", "test")))


@pytest.mark.hazard("H31")
@pytest.mark.parametrize(("name", "column", "value", "tighter"), BOUNDS)
def test_no_limits_are_built_beyond_the_envelope_by_any_way(name: str, column: str, value: int, tighter: str) -> None:
    for by in BEYOND[tighter]:
        raw = envelope(*COLUMNS[column]).to_json()
        raw["bounds"] = [[n, v + by if n == name else v, who, source] for n, v, who, source in raw["bounds"]]
        with pytest.raises(LimitError):
            built(name, column, value + by)
        with pytest.raises(LimitError):
            envelope(*COLUMNS[column]).tighten(name, value + by, "layer", "test")
        with pytest.raises(LimitError):
            limits_from_json(raw)


@pytest.mark.hazard("H31")
@pytest.mark.parametrize(("name", "column", "value", "tighter"), BOUNDS)
def test_limits_at_the_envelope_and_one_tighter_are_built(name: str, column: str, value: int, tighter: str) -> None:
    within = {"lower": (0, -1), "higher": (0, 1), "same": (0,)}[tighter]
    for by in within:
        assert built(name, column, value + by).get(name) == value + by
        assert envelope(*COLUMNS[column]).tighten(name, value + by, "layer", "test").get(name) == value + by


def test_the_way_that_is_tighter_is_known_here_too() -> None:
    """`higher` is where the trials refuse from below, `same` the two windows; all else is tighter when lower."""
    named = {row["name"]: row["tighter"] for row in table()}

    assert {name for name, tighter in named.items() if tighter == "same"} == {"window_us", "net_dc_us"}
    assert {name for name, tighter in named.items() if tighter != "lower"} == set(WIDE)
