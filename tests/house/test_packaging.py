"""What is installed is what is declared: dependencies, pins, package data, the entry point."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import import_module
from typing import Any

import pytest

import eastim
from tests.house.tree import PRODUCT, ROOT, committed, sources, syntax, text

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
IMPORTED_AS = {"pyserial": "serial", "pyvisa-py": "pyvisa_py"}
COME_WITH_ANOTHER = {"pydantic_core"}  # pydantic pins its own core
BESIDE = {"tests", "tools", "proof", "benchmarks"}  # of the tree, and of no wheel
PIN = re.compile(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*")


def bare(requirement: str) -> str:
    return re.split(r"[<>=!~\[ ]", requirement)[0].lower()


def imports(tree: ast.Module) -> set[str]:
    """Top-level names that a file imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def foreign_imports(*folders: str) -> set[str]:
    """Top-level names imported that are neither ours nor the standard library's."""
    names = {name for file in sources(*folders) for name in imports(syntax(file))}
    return names - set(sys.stdlib_module_names) - set(PRODUCT) - BESIDE


def imported_names(requirements: list[str]) -> set[str]:
    return {IMPORTED_AS.get(bare(line), bare(line)) for line in requirements}


@pytest.mark.hazard("H45")
def test_eastim_declares_nothing_that_it_does_not_import() -> None:
    assert imported_names(PROJECT["dependencies"]) - foreign_imports("eastim") == set()


def test_eastim_imports_nothing_that_it_does_not_declare() -> None:
    declared = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["visa"]

    assert foreign_imports("eastim") - imported_names(declared) - COME_WITH_ANOTHER == set()


@pytest.mark.hazard("H44")
def test_the_simulator_stands_on_the_standard_library_alone() -> None:
    """Nothing that the product uses can make both wrong in the same way."""
    assert foreign_imports("firmware_sim") - {"pytest"} == set()


def test_the_product_imports_nothing_that_is_not_installed_with_it() -> None:
    found = {str(file): imports(syntax(file)) & BESIDE for file in sources(*PRODUCT)}

    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "line", ["import proof", "from tests.safety import stories", "def f():\n    import benchmarks.rig"]
)
def test_an_import_of_what_stands_beside_is_seen(line: str) -> None:
    assert imports(ast.parse(line)) & BESIDE != set()


def pins() -> list[str]:
    return [line for line in text_of("constraints.txt").splitlines() if line and not line.startswith("#")]


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.hazard("H45")
def test_constraints_hold_exact_versions_and_nothing_else() -> None:
    assert [line for line in pins() if not PIN.fullmatch(line)] == []


@pytest.mark.hazard("H45")
def test_every_requirement_is_pinned() -> None:
    extras = [line for group in PROJECT["optional-dependencies"].values() for line in group]
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in pins()}

    assert {bare(line) for line in PROJECT["dependencies"] + extras} - pinned == set()


def test_the_entry_point_is_there() -> None:
    module, name = PROJECT["scripts"]["eastim"].split(":")

    assert callable(getattr(import_module(module), name))


def test_the_version_is_one_literal() -> None:
    """Hatchling reads it from there; there is no second place."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", eastim.__version__)
    assert PROJECT["dynamic"] == ["version"]


def test_both_packages_are_typed() -> None:
    assert (ROOT / "eastim/py.typed").is_file()
    assert (ROOT / "firmware_sim/py.typed").is_file()


def test_no_package_folder_hides_its_data_from_the_wheel() -> None:
    """Hatchling ships every file of a package that git does not ignore; each folder of sources is a package."""
    folders = {name.parent for name in sources("eastim", "firmware_sim")}

    assert {str(folder) for folder in folders if folder / "__init__.py" not in committed()} == set()


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert "## [Unreleased]" in text(next(name for name in committed() if name.name == "CHANGELOG.md"))
