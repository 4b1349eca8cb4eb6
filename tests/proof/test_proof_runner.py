"""The runner of the proofs: what it calls held, what it keeps, and that a proof that fails is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proof import keep, table
from proof.__main__ import main
from proof.row import Finding, Row
from proof.rows import ROWS
from tests.house.tree import ROOT

ROW = Row("some", "nothing breaks", "proof.nowhere:prove", at_least=10)


@pytest.mark.parametrize(
    ("found", "size", "word"),
    [
        (Finding(10, "tries"), "full", "held"),
        (Finding(9, "tries"), "full", "too few"),
        (Finding(9, "tries"), "bounded", "held"),
        (Finding(0, "tries"), "bounded", "NOTHING TRIED"),
        (Finding(10, "tries", failures=("it broke",)), "full", "REFUTED"),
    ],
)
def test_a_claim_held_only_when_enough_was_tried_and_nothing_failed(found: Finding, size: str, word: str) -> None:
    assert table.result(ROW, found, "full" if size == "full" else "bounded") == word


def test_what_refutes_a_claim_is_printed() -> None:
    assert "    ! it broke" in table.lines(ROW, Finding(1, "tries", failures=("it broke",)), 1.0, "full")


def test_a_result_of_other_sources_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "KEPT", tmp_path)
    keep.keep("some", "full", Finding(7, "tries", {"max": "3 ms"}), 1.5)
    assert keep.kept("some", "full") == (Finding(7, "tries", {"max": "3 ms"}), 1.5)

    text = json.loads(keep.place("some", "full").read_text("utf-8"))
    keep.place("some", "full").write_text(json.dumps({**text, "of": "0" * 16}), "utf-8")
    assert keep.kept("some", "full") is None


def test_a_row_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nowhere"]) == 2
    assert "no proof nowhere" in capsys.readouterr().err


def test_every_row_has_a_name_of_its_own_and_a_module_that_exists() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert (ROOT / f"{row.where.partition(':')[0].replace('.', '/')}.py").exists() or (
            ROOT / row.where.partition(":")[0].replace(".", "/") / "__init__.py"
        ).exists()


def test_a_proof_that_dies_is_no_proof(tmp_path: Path) -> None:
    """In a process, as `make proof` runs it: a row whose module is missing leaves no result."""
    code = (
        "import sys, proof.__main__ as m; from proof.row import Row; from pathlib import Path;"
        "m.keep.KEPT = Path(sys.argv[1]);"
        "print(m._child(Row('some', 'x', 'proof.nowhere:f', 1), 'bounded')[0].failures[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "ended with 2 and left no result"
