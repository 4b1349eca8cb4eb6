"""After a lower the audit asks for a raise again; and a raise pays for one step up, the one that it allowed."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from eastim.safety.audit import audit
from eastim.safety.inputs import Lower, Record
from eastim.safety.interlock import State
from tests.safety.fake_wire import Stand
from tests.safety.stories import at_400, live
from tests.safety.test_audit import OPEN, RAISES, audited, play

FIRST = RAISES[0]  # 0 to 100 uA
SECOND = {**FIRST, "from_ua": 100, "to_ua": 200}
VOID = {"type": "void", "n": 2, "reason": "x"}  # of the record number 2


def lower(ua: int, kind: str = "2") -> dict[str, Any]:
    return {"type": "lower", "lead": "A", "kind": kind, "to_ua": {"A": {kind: ua}}}


def problems(folder: Path, *bodies: dict[str, Any]) -> tuple[str, ...]:
    return audited(folder, OPEN, *bodies).problems


def above(record: int, ua: int, most_ua: int) -> str:
    return f"record {record}: {ua} uA on lead A, kind 2, raised at most to {most_ua} uA"


def steps(up: int, raises: int) -> str:
    return f"lead A, kind 2: {up} steps up on the wire, but {raises} raises"


@pytest.mark.hazard("H26")
def test_what_was_lowered_before_the_wire_rose_does_not_rise(tmp_path: Path) -> None:
    said = problems(tmp_path, FIRST, play(10, 0), SECOND, lower(100), play(20, 0, 7))

    assert said == (above(6, 200, 100), steps(2, 1))


@pytest.mark.hazard("H15")
def test_what_an_open_lead_took_to_zero_does_not_rise(tmp_path: Path) -> None:
    opened = {**lower(0), "kind": None, "fault": "open", "text": "x"}
    said = problems(tmp_path, FIRST, play(10, 0), SECOND, opened, play(20, 0, 7))

    assert said == (above(6, 200, 0), steps(2, 1))


def test_a_raise_that_was_lowered_pays_for_no_later_step(tmp_path: Path) -> None:
    """Two raises and two steps up; the second is up to where it was, which nobody raised since."""
    said = problems(tmp_path, FIRST, play(10, 0), SECOND, lower(100), play(0, 0, 7), play(10, 0, 8))

    assert said == (steps(2, 1),)


def test_a_second_raise_before_the_wire_rose_pays_for_one_step(tmp_path: Path) -> None:
    said = problems(tmp_path, FIRST, SECOND, play(20, 0), play(10, 0, 7), play(20, 0, 8))

    assert said == (steps(2, 1),)


def test_a_raise_after_a_lower_pays(tmp_path: Path) -> None:
    again = (FIRST, play(10, 0), SECOND, play(20, 0, 7), lower(100), play(10, 0, 8), SECOND, play(20, 0, 9))
    result = audited(tmp_path, OPEN, *again)

    assert (result.problems, result.raises, result.steps_up) == ((), 3, 3)


def test_a_lower_of_one_kind_takes_nothing_from_another(tmp_path: Path) -> None:
    assert problems(tmp_path, FIRST, lower(0, "100"), play(10, 0)) == ()


def test_a_lower_does_not_raise(tmp_path: Path) -> None:
    assert problems(tmp_path, FIRST, lower(500), play(20, 0)) == (above(4, 200, 100), steps(1, 0))


def test_what_was_lowered_may_go_on_until_the_player_follows(tmp_path: Path) -> None:
    """The last frames of a session buy no more time, so the guard lets them pass although they do not lower."""
    assert problems(tmp_path, FIRST, play(10, 0), lower(0), play(10, 0, 7), play(0, 0, 8)) == ()


@pytest.mark.parametrize(("before", "raises"), [((), 0), ((FIRST,), 1)])
def test_a_void_raise_leaves_what_was_unused_before_it(
    tmp_path: Path, before: tuple[dict[str, Any], ...], raises: int
) -> None:
    """The void one has the number 2, so something without a meaning stands before it where no raise does."""
    first = before or ({"type": "arm"},)

    assert problems(tmp_path, *first, FIRST, VOID, play(10, 0)) == (() if raises else (above(5, 100, 0), steps(1, 0)))


@pytest.mark.parametrize(
    "body",
    [{}, {"to_ua": None}, {"to_ua": {"A": 5}}, {"to_ua": {"A": {"2": "x"}}}],
)
def test_a_lower_that_does_not_say_to_what_is_a_problem(tmp_path: Path, body: dict[str, Any]) -> None:
    said = problems(tmp_path, {"type": "lower", "lead": "A", "kind": None, **body})

    assert len(said) == 1 and said[0].startswith("record 2: can't be read: ")


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("body", [lower(777_777), {**FIRST, "to_ua": 777_777}], ids=["lower", "raise"])
def test_a_number_beyond_all_numbers_is_a_problem_and_no_error(tmp_path: Path, body: dict[str, Any]) -> None:
    audited(tmp_path, OPEN, body)
    path = tmp_path / "a.ledger"
    first, last = path.read_bytes().splitlines(keepends=True)
    forged = last.partition(b',"sha"')[0].replace(b":777777", b":1e9999")
    sha = sha256(forged + b"}").hexdigest().encode()
    path.write_bytes(first + forged + b',"sha":"' + sha + b'"}\n')

    assert [said[:38] for said in audit(path).problems] == ["record 2: can't be read: OverflowError"]


# --- what the guard writes --------------------------------------------------------------------------------------------


def lowered(stand: Stand) -> list[dict[str, Any]]:
    return [record.body["to_ua"] for record in stand.of(Record) if record.body["type"] == "lower"]


@pytest.mark.parametrize(("kind", "to_ua"), [("2", {"A": {"2": 300}}), (None, {"A": {"2": 300, "100": 0}})])
def test_the_record_of_a_lower_says_to_what(kind: str | None, to_ua: dict[str, dict[str, int]]) -> None:
    stand = at_400()
    stand.feed(Lower("A", kind))

    assert lowered(stand) == [to_ua]


def test_the_record_of_a_fault_that_lowers_says_so_of_its_lead_alone() -> None:
    stand = live()
    stand.measure(open=True, z_ohm=None)

    assert lowered(stand) == [{"A": {"2": 0, "100": 0}}]
    assert stand.guard.state is State.LIVE
