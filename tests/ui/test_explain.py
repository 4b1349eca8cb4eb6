"""The dose table, against arithmetic by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.ui.explain import explain_text


def table(*leads: str) -> dict[str, list[str]]:
    """The rows of the first lead's table: label -> cells."""
    lines = list(explain_text(read_prescription(Words("2/100", leads=leads or ("A:2mA",)))))
    start = next(i for i, line in enumerate(lines) if line.startswith(" " * 30 + "kind"))
    return {
        line[:30].strip(): [line[30:56].strip(), line[56:82].strip(), line[82:]] for line in lines[start + 1 :] if line
    }


@pytest.mark.parametrize(
    ("label", "cells"),
    [
        ("rate", ["2 Hz", "100 Hz"]),
        ("width of a phase", ["600 us", "200 us"]),
        ("peak current", ["2 mA", "2 mA"]),
        ("voltage at 500 ohm", ["1 V", "1 V"]),
        ("voltage at 2 kohm", ["4 V", "4 V"]),
        ("voltage at 10 kohm", ["20 V", "20 V"]),
        ("charge of a phase", ["1.2 uC", "0.4 uC"]),  # 2 mA x 600 us, 2 mA x 200 us
        ("net charge of a pulse", ["0 pC", "0 pC"]),
        ("r.m.s. current", ["0.098 mA", "0.4 mA"]),  # 2 x sqrt(2 x 1200e-6) = 0.09798, up; 2 x sqrt(100 x 400e-6)
        ("mean rectified current", ["0.005 mA", "0.08 mA"]),  # 2 x 2 x 1200e-6 = 0.0048, up; 2 x 100 x 400e-6
        ("energy of a pulse, 500 ohm", ["0.0024 mJ", "0.0008 mJ"]),  # (2 mA)^2 x 500 ohm x 1.2 ms
        ("duty", ["0.24 %", "4 %"]),  # 1200 us of 500 ms; 400 us of 10 ms
    ],
)
def test_the_rows_of_two_milliampere(label: str, cells: list[str]) -> None:
    found = table()[label][:2]

    assert found == cells


def test_each_limit_says_who_set_it() -> None:
    rows = table()

    assert rows["peak current"][2] == "2 mA (the prescription)"
    assert rows["charge of a phase"][2] == "6 uC (eastim)"
    assert rows["Shannon k"][2] == "notice from 1.85 (eastim)"


def test_above_the_compliance_it_says_what_flows() -> None:
    """10 mA through 10 kohm would take 100 V; 30 V drive 3 mA."""
    assert table("A:10mA")["voltage at 10 kohm"][0] == "30 V, only 3 mA"


def test_the_needle_of_the_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "rx.toml"
    path.write_text('mode = "2/100"\n[needle]\ndiameter_mm = 0.25\nlength_mm = 15\n[leads.A]\nhighest = "5 mA"\n')

    said = "\n".join(explain_text(read_prescription(Words(str(path)))))

    assert "a needle of 0.25 x 15 mm in tissue, as entered" in said
    assert "1.88" in said and "0.93" in said


def test_what_passes_a_graded_bound_is_noticed() -> None:
    """0.20 x 10 mm (0.0628 cm2) at 5 mA: 3 uC a phase at 0.6 ms is above 2.1 uC.

    The worst second has 99 pulses of 400 us and, over the block's end, one of 1200 us: 5 x sqrt(0.0408) = 1.01 mA
    r.m.s., 16.1 mA/cm2, above 2.
    """
    said = "\n".join(read_prescription(Words("2/100", leads=("A:5mA",))).notices)

    assert "Shannon k" in said and "16.1 mA/cm2" in said


def test_below_every_notice_nothing_is_said() -> None:
    assert read_prescription(Words("2", leads=("A:0.5mA",))).notices == ()


def test_a_bench_has_no_limits_and_says_none() -> None:
    said = "\n".join(explain_text(read_prescription(Words("2", use="bench", leads=("A:20mA",)))))

    assert "20 mA" in said and "notice from" not in said
