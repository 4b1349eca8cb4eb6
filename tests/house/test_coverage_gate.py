"""The gate on coverage: what it lets pass and what not, on made-up figures."""

from __future__ import annotations

from typing import Any

import pytest

from tools import coverage_gate


def file(
    covered: int, of: int, lines: tuple[int, ...] = (), branches: tuple[tuple[int, int], ...] = ()
) -> dict[str, Any]:
    summary = {"covered_lines": covered, "num_statements": of, "covered_branches": 0, "num_branches": 0}
    return {"summary": summary, "missing_lines": list(lines), "missing_branches": [list(pair) for pair in branches]}


@pytest.mark.parametrize("name", ["eastim/safety/judge.py", "eastim/safety/readers/ea1.py", "eastim/ledger_verify.py"])
def test_one_line_or_branch_of_safety_is_too_much(name: str) -> None:
    files = {name: file(99, 100, lines=(7,), branches=((8, -1), (9, 12)))}

    assert coverage_gate.judge(files) == [
        f"{name}:7 was never run", f"{name}:8 never went to the end", f"{name}:9 never went to 12",
    ]  # fmt: skip


def test_a_package_needs_95_percent() -> None:
    files = {"eastim/ui/a.py": file(94, 100, lines=(1,)), "eastim/plan.py": file(95, 100, lines=(1,))}

    assert coverage_gate.judge(files) == ["eastim/ui: 94.0 %, must be 95.0 %"]


def test_nothing_measured_is_nothing_covered() -> None:
    assert coverage_gate.judge({}) == ["no file was measured"]
