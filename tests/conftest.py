"""What every test runs under: generated examples are the same on every run, unless a longer proof is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("fast", derandomize=True, deadline=None, max_examples=60, database=None)
settings.register_profile(
    "proof",
    deadline=None,
    max_examples=5000,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def children() -> list[int]:
    """The processes that this one has started, and theirs."""
    found, row = [], [os.getpid()]
    while row:
        pid = row.pop()
        try:
            lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
        except OSError:
            continue  # it has ended meanwhile
        row += (new := [int(word) for words in lists for word in words.split()])
        found += new
    return found


@pytest.fixture(autouse=True)
def _only_children_are_signalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test or a mutant makes of the stop by signal, it reaches nothing that the test did not start."""
    # By its name: what this file imported would be there before a mutant could take its place (proof/mutation/worker).
    monkeypatch.setattr("eastim.safety.room_signal.processes", children)
