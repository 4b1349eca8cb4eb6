"""The guard starts without numpy, pydantic or waveforms; import-linter does not follow package files, so look."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"numpy", "pydantic", "pydantic_core", "typer", "rich"}
LOOK = """
import json, sys
import eastim.safety.process
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Modules that a fresh interpreter holds once the guard process is imported whole."""
    run = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=30)
    return set(json.loads(run.stdout))


@pytest.mark.hazard("H45")
def test_the_guard_loads_nothing_heavy(loaded: set[str]) -> None:
    assert {name.split(".")[0] for name in loaded} & HEAVY == set()


def test_the_guard_loads_no_room_above_safety(loaded: set[str]) -> None:
    above = ("eastim.waveforms", "eastim.drivers", "eastim.player", "eastim.treatment", "eastim.ui", "eastim.plan")

    assert {name for name in loaded if name.startswith(above)} == set()


def test_the_guard_loads_its_own_judge(loaded: set[str]) -> None:
    """Else the two tests above could pass by looking at nothing."""
    assert {"eastim.safety.guard", "eastim.safety.judge", "eastim.transports"} <= loaded
