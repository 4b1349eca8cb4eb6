"""A pytest plugin for one knock-out: run the tests that carry one hazard's mark, and say which of them failed.

Started with `-p proof.knockout.select`; EASTIM_HAZARD names the hazard, EASTIM_FAILED the file for what failed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from proof.realtime import is_real


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what is marked with the hazard: in virtual time first, then in real time, then tests of proofs, then drills.

    What fails in virtual time is sure at once; a catch in real time has to come twice.
    """
    hazard = os.environ["EASTIM_HAZARD"]
    kept = [item for item in items if any(hazard in mark.args for mark in item.iter_markers("hazard"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = sorted(kept, key=_slowness)


def _slowness(item: pytest.Item) -> tuple[bool, bool, bool]:
    return item.get_closest_marker("drill") is not None, "tests/proof" in item.nodeid, is_real(str(item.path))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test whose own claim failed. An error of its fixture, or a crash, is none."""
    if report.when == "call" and report.failed:
        with Path(os.environ["EASTIM_FAILED"]).open("a", encoding="utf-8") as file:
            file.write(report.nodeid + "\n")
