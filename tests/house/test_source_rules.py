"""What no linter setting says: sizes, clocks, words, and what a committed file never names."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.house.bans import imported, whole
from tests.house.tree import PRODUCT, committed, sources, syntax, text

LINES = 350
LABELS = {"eastim/ledger.py", "eastim/treatment/places.py"}  # a record's time of day, a ledger's name
_MODULES = ("time", "datetime.datetime", "datetime.date")
_READS = ("time", "time_ns", "ctime", "localtime", "gmtime", "strftime", "now", "utcnow", "today", "CLOCK_REALTIME")
WALL_CLOCK = {f"{module}.{name}" for module in _MODULES for name in _READS}


def function_lengths() -> list[int]:
    """Lines of each function's body, its docstring left out."""
    lengths = []
    for name in sources(*PRODUCT):
        for node in ast.walk(syntax(name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lengths.append((node.end_lineno or 0) - body[0].lineno + 1 if body else 0)
    return lengths


def wall_clock_calls(tree: ast.Module) -> list[str]:
    """Where the wall clock is named, however it was imported."""
    known = dict(imported(tree))
    names = (whole(node, known) for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute))
    return [name for name in names if name in WALL_CLOCK]


def test_no_file_outgrows_its_room() -> None:
    lines = {
        str(name): text(name).count("\n")
        for name in sources("eastim", "firmware_sim", "tests", "tools", "proof", "benchmarks")
    }

    assert {name: count for name, count in lines.items() if count > LINES} == {}


def test_functions_stay_short() -> None:
    lengths = function_lengths()

    assert median(lengths) <= 8
    assert quantiles(lengths, n=10)[-1] <= 30


@pytest.mark.hazard("H06")
def test_no_decision_reads_the_wall_clock() -> None:
    calls = {str(name): wall_clock_calls(syntax(name)) for name in sources("eastim")}

    assert {name for name, found in calls.items() if found} == LABELS


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    "line",
    [
        "import time\ntime.time()",
        "import time as t\nt.time_ns()",
        "import datetime as d\nd.datetime.now(d.UTC)",
        "from datetime import datetime as d\nd.now()",
        "from time import time_ns\ntime_ns()",
        "from time import clock_gettime, CLOCK_REALTIME as c\nclock_gettime(c)",
        "import time as t\nt.clock_gettime_ns(t.CLOCK_REALTIME)",
    ],
)
def test_a_read_of_the_wall_clock_is_seen(line: str) -> None:
    assert wall_clock_calls(ast.parse(line)) != []


def sleeps(tree: ast.Module) -> list[str]:
    """Every call of a sleep, however it was imported."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [name for name in map(ast.unparse, calls) if name.split(".")[-1] == "sleep"]


def test_no_test_sleeps_except_in_drills() -> None:
    found = {str(name): sleeps(syntax(name)) for name in sources("tests") if Path("tests/drills") not in name.parents}

    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize("line", ["import time\ntime.sleep(1)", "from time import sleep\nsleep(1)"])
def test_a_sleep_is_seen(line: str) -> None:
    assert sleeps(ast.parse(line)) != []


def names_of_ours(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def test_no_name_of_ours_is_protocol() -> None:
    """The word means a clinical order, a wire and a network's rules at once; the house has a word for each."""
    names = {f"{file}: {name}" for file in sources(*PRODUCT) for name in names_of_ours(syntax(file))}

    assert {name for name in names if "protocol" in name.lower()} == set()


# Where somebody's machine shows through. The patterns do not match their own text.
PRIVATE = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|root|home|Users)/[\w.]"),
    "a folder beside the tree": re.compile(r"(?<![\w-])share[d]/"),
    "a package index": re.compile(r"--(?:extra-)?index-ur[l]|pypi\.or[g]|pythonhosted\.or[g]|file:/[/]"),
}


@pytest.mark.parametrize("what", PRIVATE)
def test_no_committed_file_names(what: str) -> None:
    hits = [
        f"{name}: {match.group()}"
        for name in committed()
        if name.suffix in {".py", ".md", ".toml", ".txt", ".json", ".yml", ""}
        for match in PRIVATE[what].finditer(readable(name))
    ]

    assert hits == []


def readable(name: Path) -> str:
    try:
        return text(name)
    except UnicodeDecodeError:
        return ""
