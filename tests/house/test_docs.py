"""The documents quote what exists: files, tests, make targets, exit codes, clauses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from eastim.errors import Exit
from eastim.ui.cli import main
from tests.house.tree import ROOT, committed, text
from tools import render_safety

DOCS = [name for name in committed() if name.suffix == ".md"]
QUOTED_PATH = re.compile(r"`((?:eastim|firmware_sim|tests|tools|proof|benchmarks|docs|\.ci)/[\w./-]*)(?:::(\w+))?`")
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


@pytest.mark.parametrize("doc", DOCS, ids=str)
def test_a_document_quotes_files_that_exist(doc: Path) -> None:
    quoted = {match.group(1) for match in QUOTED_PATH.finditer(text(doc))}

    assert {path for path in quoted if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("doc", DOCS, ids=str)
def test_a_document_links_to_files_that_exist(doc: Path) -> None:
    links = {match.group(1) for match in LINK.finditer(text(doc))}

    assert {link for link in links if not (ROOT / doc.parent / link).exists()} == set()


@pytest.mark.parametrize("doc", DOCS, ids=str)
def test_a_document_names_tests_that_exist(doc: Path) -> None:
    named = {(match.group(1), match.group(2)) for match in QUOTED_PATH.finditer(text(doc)) if match.group(2)}

    assert {pair for pair in named if f"def {pair[1]}(" not in text(Path(pair[0]))} == set()


@pytest.mark.parametrize("doc", DOCS, ids=str)
def test_a_document_orders_only_targets_that_make_knows(doc: Path) -> None:
    targets = set(TARGET.findall(text(Path("Makefile"))))

    assert set(re.findall(r"(?:`|^|\$ )make ([a-z][a-z-]*)", text(doc), re.MULTILINE)) <= targets


def test_the_architecture_shows_the_layers_of_the_contract() -> None:
    """A package that is not there yet stands in parentheses in the contract."""
    contracts = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    page = text(Path("docs/architecture.md")).partition("## Layers")[2].split("```")[1]
    drawn = [re.split(r" {2,}", line)[0] for line in page.strip().splitlines()]

    assert drawn == [layer.replace("(", "").replace(")", "") for layer in layers]


def test_the_readme_says_in_its_second_line_what_eastim_is_not() -> None:
    lines = [line for line in text(Path("README.md")).splitlines() if line and not line.startswith("#")]

    assert "not a medical device" in lines[1]


def test_the_exit_codes_are_documented_one_by_one() -> None:
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", text(Path("docs/exit-codes.md")), re.MULTILINE)

    assert [(int(number), name) for number, name in rows] == [(code.value, code.name) for code in Exit]


def test_decisions_are_numbered_without_a_hole() -> None:
    numbers = [name.name[:4] for name in DOCS if name.parent == Path("docs/decisions")]

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("doc", [name for name in DOCS if name.parent == Path("docs/decisions")], ids=str)
def test_a_decision_has_its_four_parts(doc: Path) -> None:
    parts = re.findall(r"^\*\*(\w+)\*\*", text(doc), re.MULTILINE)

    assert parts == ["Status", "Context", "Decision", "Consequences"]


def test_the_safety_page_is_current() -> None:
    """Render it again with `make safety-doc`."""
    assert text(Path("docs/safety.md")) == render_safety.render()


@pytest.mark.parametrize("claim", render_safety.claims(), ids=lambda claim: claim["says"][:40])
def test_a_claim_names_tests_that_exist(claim: render_safety.Claim) -> None:
    missing = [name for name in claim["tests"] if not exists(name)]

    assert claim["tests"] != []
    assert missing == []


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    return (ROOT / file).is_file() and (not name or f"def {name}(" in text(Path(file)))


def test_every_claim_of_the_readme_is_one_of_the_safety_page() -> None:
    promises = re.findall(r"^\| (.+?) \| `tests/", text(Path("README.md")), re.MULTILINE)

    assert promises != []
    assert set(promises) <= {claim["says"] for claim in render_safety.claims()}


def test_every_command_of_the_readme_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    named = set(re.findall(r"^    \.venv/bin/eastim (\w+)", text(Path("README.md")), re.MULTILINE))
    main(["--help"])
    told = capsys.readouterr().out

    assert len(named) > 3
    assert {name for name in named if not re.search(rf"\b{name}\b", told)} == set()
