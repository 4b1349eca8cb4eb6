"""The runner of the proofs: what it calls held, what it keeps, and that a proof that fails is seen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from proof import __main__ as runner
from proof import keep, table
from proof.__main__ import main
from proof.row import Finding, Result, Row, Say, Size
from proof.rows import ROWS
from tests.house.tree import ROOT
from tools import render_safety

ROW = Row("some", "nothing breaks", "proof.nowhere:prove", at_least=10, within_s=60)
DAY = "2026-01-31"


def result(found: Finding, seconds: float = 1.0) -> Result:
    return Result(found, seconds, DAY)


@pytest.mark.parametrize(
    ("found", "seconds", "size", "word"),
    [
        (Finding(10, "tries"), 60, "full", "held"),
        (Finding(10, "tries"), 60.1, "full", "too slow"),
        (Finding(10, "tries"), 60.1, "bounded", "held"),
        (Finding(9, "tries"), 1, "full", "too few"),
        (Finding(9, "tries"), 1, "bounded", "held"),
        (Finding(0, "tries"), 1, "bounded", "NOTHING TRIED"),
        (Finding(10, "tries", failures=("it broke",)), 1, "full", "REFUTED"),
    ],
)
def test_a_claim_held_only_when_enough_was_tried_in_time_and_nothing_failed(
    found: Finding, seconds: float, size: str, word: str
) -> None:
    assert table.word(ROW, result(found, seconds), "full" if size == "full" else "bounded") == word


def test_what_refutes_a_claim_is_printed() -> None:
    assert "    ! it broke" in table.lines(ROW, result(Finding(1, "tries", failures=("it broke",))), "full")
    assert "    ! 10 must be tried" in table.lines(ROW, result(Finding(1, "tries")), "full")
    assert "    ! at most 60 s may be taken" in table.lines(ROW, result(Finding(10, "tries"), 61), "full")


@pytest.mark.parametrize(
    ("seconds", "size", "says"),
    [
        (10_800, "full", ("2 rows took 3 h 0 min 0 s together, at most 3 h 0 min 0 s", True)),
        (10_800.1, "full", ("2 rows took 3 h 0 min 1 s together, at most 3 h 0 min 0 s: TOO SLOW", False)),
        (61, "bounded", ("2 rows took 1 min 1 s together, at most 15 min 0 s", True)),
        (900.1, "bounded", ("2 rows took 15 min 1 s together, at most 15 min 0 s: TOO SLOW", False)),
    ],
)
def test_all_rows_together_have_a_limit(seconds: float, size: str, says: tuple[str, bool]) -> None:
    results = [result(Finding(1, "tries"), seconds - 5), result(Finding(1, "tries"), 5)]

    assert table.total(results, "full" if size == "full" else "bounded") == says


def test_the_model_has_10_minutes_and_every_other_row_25() -> None:
    assert {row.name: row.within_s for row in ROWS if row.within_s != 25 * 60} == {"model": 10 * 60}


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set up sources of one file, and a place for results."""
    monkeypatch.setattr(keep, "ROOT", tmp_path)
    monkeypatch.setattr(keep, "KEPT", tmp_path / ".proof")
    monkeypatch.setattr(keep, "SOURCES", ("data",))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.hex").write_text("00", "ascii")
    return tmp_path


def test_a_result_of_other_sources_does_not_count(sources: Path) -> None:
    found = result(Finding(7, "tries", {"max": "3 ms"}, (), {"page.md": "text"}), 1.5)
    keep.keep("some", "full", found, "of these")

    assert keep.kept("some", "full", "of these") == found
    assert keep.kept("some", "full", "of others") is None


def test_every_file_of_the_sources_is_in_their_name_but_what_python_and_editors_leave(sources: Path) -> None:
    before = keep.fingerprint()
    (sources / "data/a.pyc").write_text("1", "ascii")
    (sources / "data/.a.hex.swp").write_text("1", "ascii")
    assert keep.fingerprint() == before

    (sources / "data/a.hex").write_text("01", "ascii")
    assert keep.fingerprint() != before


@pytest.mark.parametrize(
    "name", ["proof/fuzz/corpus/text.hex", "docs/exit-codes.md", "docs/wire/ea1.md", "tests/wire/vectors/ea1.toml"]
)
def test_the_data_that_proofs_read_are_sources(name: str) -> None:
    assert ROOT / name in set(keep._files())


def test_recorded_figures_are_no_source() -> None:
    """Else recording a row would void every other."""
    assert not {ROOT / "docs/safety.md", keep.RECORDED} & set(keep._files())


def changes_its_sources(_size: Size, _say: Say) -> Finding:
    """A proof in whose time somebody saves a file."""
    (keep.ROOT / "data/a.hex").write_text("02", "ascii")
    return Finding(10, "tries")


def test_a_proof_whose_sources_change_while_it_runs_has_not_held(sources: Path) -> None:
    row = Row("some", "nothing breaks", "tests.proof.test_proof_runner:changes_its_sources", 1)
    of = keep.fingerprint()
    runner._prove(row, "full", of)

    kept = keep.kept("some", "full", of)
    assert kept is not None
    assert kept.found == Finding(10, "tries", failures=(runner.CHANGED,))
    assert keep.kept("some", "full", keep.fingerprint()) is None


def test_a_proof_whose_sources_changed_before_it_began_is_not_run(sources: Path) -> None:
    runner._prove(ROW, "full", "what the parent saw")

    kept = keep.kept("some", "full", "what the parent saw")
    assert kept is not None
    assert kept.found == Finding(0, "", failures=(runner.CHANGED,))


@pytest.fixture
def runs(sources: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Set up a run without processes; the names of the rows that were run anew."""
    names: list[str] = []

    def child(row: Row, _size: Size, _of: str) -> Result:
        names.append(row.name)
        return result(Finding(10, "tries"))

    monkeypatch.setattr(runner, "_child", child)
    monkeypatch.setattr(keep, "RECORDED", sources / "docs/figures.json")
    return names


@pytest.mark.parametrize(
    ("found", "again"), [(Finding(10, "tries"), []), (Finding(9, "tries"), ["some"]), (Finding(0, ""), ["some"])]
)
def test_only_what_has_held_is_not_run_again(found: Finding, again: list[str], runs: list[str]) -> None:
    keep.keep("some", "full", result(found), keep.fingerprint())

    assert runner._run((ROW,), "full", again=False, record=False) == 0
    assert runs == again


def test_a_run_that_takes_too_long_in_all_has_failed(runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table.TOTAL_S, "full", 0)

    assert runner._run((ROW,), "full", again=False, record=False) == 1


def test_a_figure_is_recorded_with_the_commit_of_its_sources(
    runs: list[str], sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "commit", lambda: "0123abc+")
    runner._run((ROW,), "full", again=False, record=True)

    figure = {"commit": "0123abc+", "date": DAY, "seconds": 1, "count": 10, "unit": "tries", "figures": {}}
    assert keep.recorded() == {"some": {"claim": ROW.claim, **figure, "failures": []}}


def test_nothing_is_recorded_of_sources_that_changed(
    runs: list[str], sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_child", lambda *_: result(changes_its_sources("full", print)))

    assert runner._run((ROW,), "full", again=False, record=True) == 1
    assert keep.recorded() == {}


def test_a_commit_is_marked_when_its_sources_were_changed(sources: Path) -> None:
    for words in (("init", "-q"), ("add", "data"), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=sources, check=True)
    clean = keep.commit()
    (sources / "unrelated").write_text("1", "ascii")
    assert keep.commit() == clean

    (sources / "data/new").write_text("1", "ascii")
    assert keep.commit() == f"{clean}+"


def test_sources_outside_of_git_have_no_commit(sources: Path) -> None:
    assert keep.commit() == "unknown"


def test_a_recorded_figure_says_of_which_sources_it_is_true(runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "commit", lambda: "0123abc")
    runner._run((ROW,), "full", again=False, record=True)
    other_claim = replace(ROW, claim="and more")
    monkeypatch.setattr(
        render_safety, "ROWS", (ROW, replace(ROW, name="other"), replace(ROW, at_least=11), other_claim)
    )
    held, other, few, more = render_safety.figure_rows()

    assert held[2:] == ("10 tries", "held", f"`0123abc`, {DAY}, in 1 s")
    assert other[2:] == ("-", "open: not recorded yet", "-")
    assert few[3] == "NOT HELD: too few"
    assert more[2:] == ("-", "open: what was recorded at `0123abc` was of another claim", "-")
    assert render_safety.together().startswith("2 of 4 rows are recorded; together they took 2 s")


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
        "print(m._child(Row('some', 'x', 'proof.nowhere:f', 1), 'bounded', 'x').found.failures[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "ended with 2 and left no result"
