"""The knock-outs are current, and a control that no test holds up is caught as such."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import Mock

import pytest

from proof.knockout import run, select, table
from proof.knockout.table import ROOT, Knockout, controls, knockouts


@pytest.mark.parametrize("one", knockouts(), ids=lambda one: one.name)
def test_a_knockout_changes_what_stands_once(one: Knockout) -> None:
    assert (ROOT / one.file).read_text("utf-8").count(one.find) == 1
    assert one.find != one.put


@pytest.mark.parametrize("one", knockouts(), ids=lambda one: one.name)
def test_a_knockout_switches_off_a_control_of_its_hazard(one: Knockout) -> None:
    assert one.control in controls()[one.hazard]


def test_every_control_can_be_switched_off() -> None:
    assert run.unproven() == []


def test_a_control_that_nothing_switches_off_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "controls", lambda: {**controls(), "H46": ("a checklist",)})
    assert run.unproven() == [("H46", "a checklist")]


def test_a_change_that_switches_nothing_off_is_not_caught() -> None:
    """Else the proof would call a control held up by a test that fails for another reason."""
    nothing = Knockout("H40", "x", "eastim/text.py", "MAX_CHARS = 72", "MAX_CHARS = 72  # the same")
    assert run.knock(nothing) == []


def test_a_control_switched_off_is_caught_by_a_test_of_its_hazard() -> None:
    off = Knockout("H40", "x", "eastim/prescription/model.py", 'extra="forbid"', 'extra="ignore"')
    assert run.knock(off) == ["tests/test_prescription.py::test_an_order_takes_no_calibration"]


def test_a_tree_that_can_t_be_run_is_no_catch() -> None:
    broken = Knockout("H40", "x", "eastim/text.py", "MAX_CHARS = 72", "MAX_CHARS = = 72")
    assert run.knock(broken) == []


SEEN = ["tests/drills/test_x.py::test_y[a b]"]


@pytest.mark.parametrize(
    ("answers", "caught"),
    [([SEEN, [], SEEN], SEEN), ([SEEN, [], []], []), ([SEEN, SEEN], []), ([[]], [])],
    ids=["twice", "once", "with the control on, too", "never"],
)
def test_what_a_test_in_real_time_catches_it_catches_twice_and_only_with_the_control_off(
    monkeypatch: pytest.MonkeyPatch, answers: list[list[str]], caught: list[str]
) -> None:
    asked: list[tuple[bool, tuple[str, ...]]] = []

    def failed(_hazard: str, one: Knockout | None, tests: Sequence[str]) -> list[str]:
        asked.append((one is None, tuple(tests)))
        return answers[len(asked) - 1]

    monkeypatch.setattr(run, "_failed", failed)
    assert run.knock(Knockout("H02", "x", "eastim/text.py", "", "")) == caught
    assert asked[1:] == [(True, tuple(SEEN)), (False, tuple(SEEN))][: len(answers) - 1]


@pytest.mark.parametrize(
    ("test", "real"),
    [
        ("tests/drills/test_edges.py::test_x", True),
        ("tests/proof/test_zero.py::test_x", True),
        ("tests/safety/test_door_loop.py::test_x", True),
        ("tests/claims/test_rogue_driver.py::test_x", True),
        ("tests/safety/test_judge.py::test_x", False),
    ],
)
def test_which_tests_may_fail_by_chance(test: str, real: bool) -> None:
    assert run._may_fail_by_chance([test]) is real


def test_without_a_knockout_all_tests_of_a_hazard_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["tests/drills/test_x.py::test_y"], ["tests/test_z.py::test_w"]]
    asked: list[tuple[str, bool, tuple[str, ...]]] = []

    def failed(hazard: str, one: Knockout | None, tests: Sequence[str]) -> list[str]:
        asked.append((hazard, one is None, tuple(tests)))
        return answers.pop(0)

    monkeypatch.setattr(run, "_failed", failed)
    assert run._baseline("H02") == ["tests/test_z.py::test_w"]
    assert asked == [("H02", True, table.tests_of("H02"))] * 2


def item(name: str, *hazards: str, file: str = "tests/test_units.py", drill: bool = False) -> Mock:
    one = Mock(nodeid=f"{file}::{name}", path=ROOT / file)
    one.iter_markers.return_value = [Mock(args=hazards)] if hazards else []
    one.get_closest_marker.return_value = True if drill else None
    return one


@pytest.mark.parametrize(("hazard", "kept"), [("H01", ["a"]), ("H02", ["a", "b"]), ("H03", [])])
def test_a_hazard_s_own_tests_are_run(hazard: str, kept: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASTIM_HAZARD", hazard)
    items: list[pytest.Item] = [item("a", "H01", "H02"), item("b", "H02"), item("c")]
    select.pytest_collection_modifyitems(Mock(), items)

    assert [one.nodeid.partition("::")[2] for one in items] == kept


def test_what_is_sure_at_once_is_run_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASTIM_HAZARD", "H01")
    real, proof = "tests/safety/test_door_loop.py", "tests/proof/test_bits.py"
    items: list[pytest.Item] = [
        item("a", "H01", drill=True),
        item("b", "H01", file=proof),
        item("c", "H01", file=real),
        item("d", "H01"),
    ]
    select.pytest_collection_modifyitems(Mock(), items)

    assert [one.nodeid.partition("::")[2] for one in items] == ["d", "c", "b", "a"]
