"""What the audit keeps while the records pass: each type of record, and what a ledger that lies can't do."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cobs import cobs

from eastim.pulses.program import Program
from eastim.safety.audit import Delivery, audit
from eastim.safety.order import LeadOrder
from tests.safety.test_audit import CLOSE, COUNTS, HIGH, HUSH, LOW, OPEN, ORDER, RAISES, audited, play

ARM = {"type": "arm"}
SHORT = {**CLOSE, "pulses": {"A": {"2": 11, "100": 600}}}


def test_a_ledger_without_an_order_says_nothing_of_one(tmp_path: Path) -> None:
    found = audited(tmp_path, ARM)
    assert (found.order, found.ordered_us, found.delivered_us, found.deliveries) == (None, 0, 0, ())
    assert (found.reason, found.guard, found.raises, found.steps_up) == ("", "", 0, 0)
    assert (found.held, found.paused) == (False, False)


def test_an_order_of_which_nothing_was_played(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN)
    assert (found.ok, found.ordered_us, found.delivered_us) == (True, 12_000_000, 0)
    assert found.deliveries == (Delivery("A", "2", 12, 0, 0), Delivery("A", "100", 600, 0, 0))


def test_a_problem_is_not_ok(tmp_path: Path) -> None:
    assert audited(tmp_path, OPEN, {"type": "frame"}).ok is False


def test_the_same_kind_in_two_sections_is_ordered_twice(tmp_path: Path) -> None:
    order = replace(
        ORDER,
        program=Program("2/100/2", (LOW, HIGH, LOW), 2),
        leads=(LeadOrder("A", (), 2000),),
        session_us=18_000_000,
    )
    body = {"type": "open", "order": json.loads(order.to_json()), "sha256": order.sha256}
    assert audited(tmp_path, body).deliveries == (Delivery("A", "2", 24, 0, 0), Delivery("A", "100", 600, 0, 0))


@pytest.mark.parametrize("silence", ["stop", "trip", "cut", "pause"])
def test_what_silences_ends_what_was_raised_and_what_was_set(tmp_path: Path, silence: str) -> None:
    found = audited(tmp_path, OPEN, RAISES[0], play(10, 0), {"type": silence}, RAISES[0], play(10, 0, 7))
    assert (found.problems, found.raises, found.steps_up) == ((), 2, 2)


@pytest.mark.parametrize("silence", ["stop", "trip", "cut", "pause"])
def test_a_raise_that_the_wire_had_not_followed_is_ended_by_silence(tmp_path: Path, silence: str) -> None:
    found = audited(tmp_path, OPEN, RAISES[0], {"type": silence}, play(10, 0))
    assert found.problems == (
        "record 4: 100 uA on lead A, kind 2, raised at most to 0 uA",
        "lead A, kind 2: 1 steps up on the wire, but 0 raises",
    )


@pytest.mark.parametrize("other", ["arm", "note", "hold"])
def test_what_does_not_silence_ends_nothing(tmp_path: Path, other: str) -> None:
    found = audited(tmp_path, OPEN, RAISES[0], play(10, 0), {"type": other}, play(10, 0, 7))
    assert (found.problems, found.steps_up) == ((), 1)


def test_a_void_gives_back_what_was_allowed_before(tmp_path: Path) -> None:
    more = {**RAISES[0], "from_ua": 100, "to_ua": 200}
    found = audited(tmp_path, OPEN, RAISES[0], play(10, 0), more, {"type": "void", "n": 3}, more, play(20, 0, 7))
    assert (found.problems, found.raises, found.steps_up) == ((), 2, 2)


def test_a_first_raise_that_is_void_allows_nothing(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, RAISES[0], {"type": "void", "n": 1}, play(1, 0))
    assert found.problems == (
        "record 4: 10 uA on lead A, kind 2, raised at most to 0 uA",
        "lead A, kind 2: 1 steps up on the wire, but 0 raises",
    )


def test_a_raise_is_void_once(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, RAISES[0], {"type": "void", "n": 1}, {"type": "void", "n": 1})
    assert found.problems == ("record 4: can't be read: KeyError(1)",)


def test_only_what_a_hold_holds_is_held(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, {"type": "hold", "kind": None}, {"type": "note", "kind": "2"}, SHORT)
    assert (found.held, found.paused) == (False, False)
    assert found.problems == ("lead A, kind 2: 11 pulses delivered, 12 ordered",)


def test_once_held_is_held(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, {"type": "hold", "kind": "2"}, {"type": "hold", "kind": None}, SHORT)
    assert (found.held, found.paused, found.problems) == (True, False, ())


@pytest.mark.parametrize("act", ["pause", "clear"])
def test_once_paused_or_cleared_is_paused(tmp_path: Path, act: str) -> None:
    found = audited(tmp_path, OPEN, {"type": act}, ARM, SHORT)
    assert (found.held, found.paused, found.problems) == (False, True, ())


def test_a_session_that_was_stopped_may_be_short(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, {**SHORT, "reason": "stopped by space"})
    assert (found.reason, found.problems) == ("stopped by space", ())


def test_only_the_close_says_why_it_ended(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, {"type": "delivered", **COUNTS, "reason": "completed"})
    assert (found.reason, found.delivered_us, found.deliveries[0].delivered) == ("", 12_000_000, 12)


def test_a_hush_is_no_step(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, {"type": "frame", "hex": HUSH}, RAISES[0], play(10, 0))
    assert (found.problems, found.steps_up) == ((), 1)


@pytest.mark.parametrize("kind", [2, 5, 8])
def test_a_frame_that_sets_no_strength_changes_none(tmp_path: Path, kind: int) -> None:
    """LIMITS, CONTACT and CLEAR (clause 4), made with another hand's COBS."""
    message = struct.pack("<BBII", 1, kind, 7, 0xA1B2C3D4)
    frame = cobs.encode(message + struct.pack("<I", zlib.crc32(message))) + b"\0"
    found = audited(tmp_path, OPEN, RAISES[0], play(10, 0), {"type": "frame", "hex": frame.hex()}, play(10, 0, 8))
    assert (found.problems, found.steps_up) == ((), 1)


# --- a ledger that lies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"type": "frame", "hex": "zz"}, "ValueError"),
        ({"type": "frame", "hex": "00"}, "Refused"),
        ({"type": "frame"}, "KeyError"),
        ({"type": "frame", "hex": 5}, "TypeError"),
        ({"type": "raise", "lead": "A", "kind": "2"}, "KeyError"),
        ({"type": "raise", "lead": ["A"], "kind": "2", "to_ua": 1}, "TypeError"),
        ({"type": "void"}, "KeyError"),
        ({"type": "close"}, "KeyError"),
    ],
)
def test_a_record_that_is_nonsense_is_one_problem(tmp_path: Path, body: dict[str, Any], why: str) -> None:
    (problem,) = audited(tmp_path, OPEN, body).problems
    assert problem.startswith(f"record 2: can't be read: {why}(")


def test_an_order_nested_too_deep_is_one_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How deep that is, depends on who calls: what could be read as a line may still be too deep here."""

    def too_deep(_text: str) -> None:
        raise RecursionError

    monkeypatch.setattr("eastim.safety.audit.order_from_json", too_deep)
    assert audited(tmp_path, OPEN).problems == ("record 1: can't be read: RecursionError()",)


@pytest.mark.parametrize("rate", ["1/0", "1e999999999"])
def test_an_order_whose_rate_is_none_is_one_problem(tmp_path: Path, rate: str) -> None:
    text = ORDER.to_json().replace('"rate_hz":"2"', f'"rate_hz":"{rate}"')
    (problem,) = audited(tmp_path, {**OPEN, "order": json.loads(text)}).problems
    assert problem.startswith(f"record 1: can't be read: ValueError(\"rate_hz is '{rate}', must be num")


def test_of_many_problems_the_first_hundred_are_told(tmp_path: Path) -> None:
    found = audited(tmp_path, OPEN, *[{"type": "frame"}] * 150)
    assert len(found.problems) == 100
    assert found.problems[-1].startswith("record 101: can't be read")


@pytest.mark.parametrize("elapsed", ["x", None, [], {}, True, "13000000", 1e9])
def test_a_time_that_is_no_number_is_none(tmp_path: Path, elapsed: object) -> None:
    found = audited(tmp_path, OPEN, {"type": "delivered", **COUNTS, "elapsed_us": elapsed})
    assert (found.delivered_us, found.problems) == (0, ())


@pytest.mark.parametrize("pulses", [5, None, [], {"A": 5}, {"A": []}, {"A": {"2": "12"}}, {"A": {"2": True}}, {}])
def test_pulses_that_are_no_numbers_are_none(tmp_path: Path, pulses: object) -> None:
    found = audited(tmp_path, OPEN, {"type": "delivered", **COUNTS, "pulses": pulses})
    assert found.deliveries[0] == Delivery("A", "2", 12, 0, 5)


def test_a_ledger_of_another_wire_can_be_told_too(tmp_path: Path) -> None:
    """The order's profile says which reader reads its frames; one that is not known is a problem."""
    order = replace(ORDER, profile="nobody-knows")
    body = {"type": "open", "order": json.loads(order.to_json()), "sha256": order.sha256}
    assert "can't be read" in audited(tmp_path, body).problems[0]


def test_the_chains_problems_come_first(tmp_path: Path) -> None:
    audited(tmp_path, OPEN, {"type": "frame"}, ARM)
    path = tmp_path / "a.ledger"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[2][:-20] + b"\n"]))
    found = audit(path)
    assert found.problems[-1].startswith("record 2: can't be read")
    assert len(found.problems) >= 2
