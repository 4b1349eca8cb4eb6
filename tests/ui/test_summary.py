"""The end of a session in lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eastim.ledger import Entry, LedgerFile
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.safety.order import Order
from eastim.ui.cli import main
from eastim.ui.summary import ordered_pulses, summary

END: dict[str, Any] = {
    "reason": "completed",
    "zero": True,
    "elapsed_us": 12_000_000,
    "pulses": {"A": {"2": 12, "100": 600}},
    "pulses_felt": {"A": {"2": 10, "100": 569}},
    "net_charge_pc": {"A": 0},
    "peak_ua": {"A": 400},
}


def write(path: Path) -> None:
    """A whole ledger of two records."""
    file = LedgerFile(path)
    file.append([Entry(1, 1, {"type": "open"}), Entry(2, 2, {"type": "close", "reason": "completed"})])
    file.close()


@pytest.fixture(scope="module")
def order() -> Order:
    return read_prescription(Words("2/100", "0.2", ("A:2mA",))).order


def test_ordered_pulses_of_two_blocks(order: Order) -> None:
    assert ordered_pulses(order) == {("A", "2"): 12, ("A", "100"): 600}


def test_ordered_stands_beside_delivered(order: Order) -> None:
    assert summary(order, END, None) == [
        "Output zero confirmed. The session ended: completed.",
        "Stimulated 12 s of 12 s ordered.",
        "",
        "lead  kind      ordered  delivered    felt",
        "A     2              12         12      10",
        "A     100           600        600     569",
        "",
        "Lead A: peak measured 0.4 mA of 2 mA allowed; net charge measured 0 pC.",
    ]


@pytest.mark.parametrize(
    "end",
    [
        {"reason": "never started", "error": "no port at /dev/x", "zero": True},
        {"reason": "never started: the device is X, not Y as ordered", "error": None, "zero": True},
    ],
)
def test_what_never_started_has_no_table(order: Order, end: dict[str, Any]) -> None:
    assert len(summary(order, end, None)) == 1


@pytest.mark.hazard("H41")
def test_zero_not_confirmed_comes_first(order: Order) -> None:
    said = summary(order, {**END, "zero": False, "reason": "tripped: no silence"}, None)

    assert said[0].startswith("ZERO IS NOT CONFIRMED: TAKE THE LEADS OFF.")


def test_a_ledger_that_can_not_be_read_is_said(order: Order, tmp_path: Path) -> None:
    said = summary(order, END, tmp_path / "none")

    assert said[-1].startswith("LEDGER: ") and "can't be read" in said[-1]


@pytest.mark.hazard("H33")
@pytest.mark.parametrize("text", ["root:x:0:0\n" * 50, "no newline", "{}\n"])
def test_verify_of_what_is_no_ledger_is_one_sentence(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_text(text)

    assert main(["verify", str(tmp_path / "x")]) == 7
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "this is no ledger" in said.err


@pytest.mark.hazard("H33")
@pytest.mark.parametrize("keep", [1, 40])
def test_verify_of_a_torn_first_record_is_open_and_no_foreign_file(
    keep: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "a")
    (tmp_path / "b").write_bytes((tmp_path / "a").read_bytes()[:keep])

    assert main(["verify", str(tmp_path / "b")]) == 7
    assert "the last line is torn" in capsys.readouterr().out


@pytest.mark.hazard("H33")
def test_verify_shows_ten_problems_and_counts_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "a")
    (tmp_path / "b").write_bytes((tmp_path / "a").read_bytes() + b"{}\n" * 20)

    assert main(["verify", str(tmp_path / "b")]) == 7
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("PROBLEM: ")]
    assert len(said) == 11 and said[-1].endswith(" more.")


@pytest.mark.hazard("H33")
def test_verify_of_an_empty_file_is_bad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").touch()

    assert main(["verify", str(tmp_path / "empty")]) == 7
    assert "PROBLEM: record 1: the ledger is empty" in capsys.readouterr().out
