"""The map of which test runs which line: what would hide a test from it, and how the parts of it make one."""

from __future__ import annotations

import sys
import types
from functools import cache

import pytest

from proof.mutation.cover import Caches, _joined


def test_what_a_package_remembers_is_forgotten_before_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a line that is run once for all tests would count for the first alone."""
    calls: list[str] = []

    def remembered() -> None:
        calls.append("remembered")

    caches, one = Caches("somebody"), types.ModuleType("somebody.one")
    vars(one)["remembered"] = cache(remembered)
    monkeypatch.setitem(sys.modules, "somebody.one", one)
    for _ in range(2):
        caches.clear()
        vars(one)["remembered"]()
        vars(one)["remembered"]()

    assert calls == ["remembered"] * 2


def test_the_maps_of_several_processes_make_one() -> None:
    one = {"seconds": {"a": 0.1, "b": 0.2}, "lines": {"f.py": {"1": [2], "5": [0, 1]}}, "failing": []}
    other = {"seconds": {"c": 0.3}, "lines": {"f.py": {"1": [1], "5": [0]}, "g.py": {"7": [0]}}, "failing": ["d"]}

    assert _joined([one, other]) == {
        "seconds": {"a": 0.1, "b": 0.2, "c": 0.3},
        "lines": {"f.py": {"1": [3], "5": [0, 1, 2]}, "g.py": {"7": [2]}},
        "failing": ["d"],
    }
