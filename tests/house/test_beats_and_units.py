"""Who sends a beat, who runs beside the loops, and that a quantity is a whole number with its unit in the name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import sources, syntax

# The two loops, each at the end of its pass; --fast has one loop for both, and a simulator instead of a person.
BEATS = {"eastim/player/loop.py", "eastim/treatment/live.py", "eastim/treatment/fast.py"}
# The ledger's writer, and the player's loop itself.
THREADS = {"eastim/ledger.py", "eastim/treatment/live.py"}
BESIDE = {"Thread", "Timer", "setitimer", "ThreadPoolExecutor", "create_task"}

EXACT = ("eastim/pulses", "eastim/safety", "eastim/drivers", "eastim/player", "eastim/profiles")
UNIT = re.compile(r"(^|_)(ua|us|ms|pc|mv|ohm|ppm|na|nj)$")
BARE = re.compile(r"(^|_)(current|peak|width|gap|duration|period|charge|voltage|impedance|lease|session)$")
NUMBER = {"int", "int | None", "Fraction"}


def calls(tree: ast.AST, names: set[str]) -> list[str]:
    """Everything called by one of these names, however it was reached, its own attribute by text included."""
    found = [ast.unparse(node.func).split(".")[-1] for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [name for name in found if name in names]


def names_with(tree: ast.AST, word: str) -> list[ast.Attribute]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == word]


def annotated(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every annotated field and argument: its name and its type as written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, ast.unparse(node.annotation)
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, ast.unparse(node.annotation)


@pytest.mark.hazard("H03")
def test_a_beat_is_named_once_in_each_loop_and_nowhere_else() -> None:
    """Named, not only called: a timer is given it uncalled. The two lines define it."""
    named = {str(name): len(names_with(syntax(name), "beat")) for name in sources("eastim")}

    assert {name: count for name, count in named.items() if count} == dict.fromkeys(BEATS, 1)


@pytest.mark.hazard("H03")
def test_nothing_runs_beside_the_loops_but_the_ledger_s_writer() -> None:
    found = {str(name): calls(syntax(name), BESIDE) for name in sources("eastim")}

    assert {name: made for name, made in found.items() if made} == {name: ["Thread"] for name in THREADS}


@pytest.mark.hazard("H19")
def test_what_carries_a_unit_is_a_whole_number_or_a_fraction() -> None:
    found = [(str(name), word, kind) for name in sources(*EXACT) for word, kind in annotated(syntax(name))]

    assert [row for row in found if UNIT.search(row[1]) and "float" in row[2]] == []
    assert sum(UNIT.search(word) is not None for _, word, _ in found) > 100


@pytest.mark.hazard("H19")
def test_a_quantity_has_its_unit_in_its_name() -> None:
    found = [(str(name), word, kind) for name in sources(*EXACT) for word, kind in annotated(syntax(name))]

    # Times holds moments, all in us, as its docstring says.
    bare = [row for row in found if BARE.search(row[1]) and row[2] in NUMBER]
    assert bare == [("eastim/safety/guard_state.py", "session", "int")]


@pytest.mark.parametrize(
    ("line", "bad"), [("max_ua: float", True), ("max_ua: int", False), ("peak: int", True), ("peak_ua: int", False)]
)
def test_a_float_and_a_bare_quantity_are_seen(line: str, bad: bool) -> None:
    ((word, kind),) = annotated(ast.parse(line))

    assert ((UNIT.search(word) is not None and "float" in kind) or BARE.search(word) is not None) is bad
