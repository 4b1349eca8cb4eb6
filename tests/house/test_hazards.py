"""tests/hazards.toml and the tests that carry @pytest.mark.hazard name one another, both ways."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT, sources, syntax

KEYS = {"id", "cause", "effect", "control", "layer", "tests", "open"}
LAYERS = {"order", "plan", "interlock", "judge", "read-back", "guard", "device", "ledger", "front end", "project"}


@cache
def hazards() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((ROOT / "tests/hazards.toml").read_text("utf-8"))["hazard"])


def marks(tree: ast.Module) -> set[str]:
    """Hazard ids marked anywhere in a file: on a test, a class, or as pytestmark."""
    return {
        arg.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.hazard"
        for arg in node.args
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    }


@cache
def marked() -> dict[str, set[str]]:
    """Hazard id -> the test files that carry its mark."""
    found: dict[str, set[str]] = {}
    for name in sources("tests"):
        for hazard in marks(syntax(name)):
            found.setdefault(hazard, set()).add(str(name))
    return found


def test_the_rows_are_numbered_without_a_hole() -> None:
    assert [row["id"] for row in hazards()] == [f"H{number:02}" for number in range(1, 49)]


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row["id"])
def test_a_row_is_whole(row: dict[str, Any]) -> None:
    assert set(row) <= KEYS
    assert all(row[key] for key in ("cause", "effect"))
    assert set(row["layer"].split(", ")) <= LAYERS


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row["id"])
def test_a_row_names_a_control_or_says_that_nothing_holds_it_yet(row: dict[str, Any]) -> None:
    assert bool(row["control"]) != row.get("open", "").startswith("nothing holds it yet: ")


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row["id"])
def test_a_row_is_proven_or_says_what_is_open(row: dict[str, Any]) -> None:
    assert row["tests"] or row.get("open")


# What is open is said as it is: what is not built, and what it waits for.
DEFERS = re.compile(
    r"safety-proof|proof work|waveform work|this work|\b(later|soon|todo|tbd)\b|\bcomes? with\b", re.IGNORECASE
)


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row["id"])
def test_what_is_open_is_not_put_off_to_work_that_is_done(row: dict[str, Any]) -> None:
    assert DEFERS.findall(row.get("open", "")) == []


@pytest.mark.parametrize(
    "text",
    ["a matrix of versions comes with the safety-proof work", "sweeps come with the waveform work", "they come later"],
)
def test_a_text_that_puts_off_is_seen(text: str) -> None:
    assert DEFERS.search(text)


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row["id"])
def test_the_tests_of_a_row_are_those_that_carry_its_mark(row: dict[str, Any]) -> None:
    assert set(row["tests"]) == marked().get(row["id"], set())


def test_every_mark_has_a_row() -> None:
    assert set(marked()) <= {row["id"] for row in hazards()}


def test_a_mark_is_found_on_a_test_and_on_a_file() -> None:
    source = 'pytestmark = pytest.mark.hazard("H01")\n@pytest.mark.hazard("H02")\ndef test_it(): ...\n'

    assert marks(ast.parse(source)) == {"H01", "H02"}


def test_an_unmarked_file_carries_none() -> None:
    assert marks(ast.parse((Path(__file__).parent / "tree.py").read_text("utf-8"))) == set()
