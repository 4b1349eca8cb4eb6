"""The audit of a ledger: frames are read again, raises counted, ordered laid beside delivered."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from cobs import cobs

from eastim.ledger import Entry, LedgerFile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.audit import Audit, Delivery, audit
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order

LOW = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000, 6, ("A",))
HIGH = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("A",))
ORDER = Order(
    Program("2/100", (LOW, HIGH), 2),
    (LeadOrder("A", (), 2000),),
    envelope("bench", "needle"),
    "bench",
    12_000_000,
    "sim",
)
# The vector "play" of the manual: lead A, 100 uA at kind 0 and 50 uA at kind 1.
PLAY = "04010606010106d4c3b2a107010106f401ff020a0101010101010205010101010101055c402b9000"
HUSH = "04010707010106d4c3b2a10801010521a60ce500"
OPEN = {"type": "open", "order": json.loads(ORDER.to_json()), "sha256": ORDER.sha256}
RAISES = (
    {"type": "raise", "lead": "A", "kind": "2", "from_ua": 0, "to_ua": 100},
    {"type": "raise", "lead": "A", "kind": "100", "from_ua": 0, "to_ua": 50},
)
COUNTS = {
    "elapsed_us": 12_000_000,
    "pulses": {"A": {"2": 12, "100": 600}},
    "pulses_felt": {"A": {"2": 5, "100": 250}},
}
CLOSE = {"type": "close", "reason": "completed", **COUNTS}


def play(level_2: int, level_100: int, number: int = 6) -> dict[str, str]:
    """Clause 4.9, made with another hand's COBS; levels of 10 uA on lead A."""
    body = struct.pack("<IIHBB8H", 0xA1B2C3D4, number, 500, 0xFF, 2, level_2, 0, 0, 0, level_100, 0, 0, 0)
    message = struct.pack("<BBI", 1, 6, number) + body
    chunk = cobs.encode(message + struct.pack("<I", zlib.crc32(message)))
    return {"type": "frame", "hex": (chunk + b"\0").hex()}


def audited(folder: Path, *bodies: dict[str, Any]) -> Audit:
    file = LedgerFile(folder / "a.ledger")
    file.append([Entry(n, n, body) for n, body in enumerate(bodies)])
    file.close()
    return audit(folder / "a.ledger")


def test_a_session_as_ordered_has_no_problem(tmp_path: Path) -> None:
    result = audited(tmp_path, OPEN, play(0, 0), *RAISES, {"type": "frame", "hex": PLAY}, CLOSE)
    assert result.problems == ()
    assert (result.raises, result.steps_up, result.reason) == (2, 2, "completed")
    assert (result.ordered_us, result.delivered_us) == (12_000_000, 12_000_000)
    assert result.deliveries == (Delivery("A", "2", 12, 12, 5), Delivery("A", "100", 600, 600, 250))


def test_more_steps_on_the_wire_than_raises_is_a_problem(tmp_path: Path) -> None:
    result = audited(tmp_path, OPEN, RAISES[0], {"type": "frame", "hex": PLAY}, CLOSE)
    assert result.problems == (
        "record 3: 50 uA on lead A, kind 100, raised at most to 0 uA",
        "lead A, kind 100: 1 steps up on the wire, but 0 raises",
    )


def test_a_level_above_its_raise_is_a_problem_though_the_steps_are_as_many(tmp_path: Path) -> None:
    result = audited(tmp_path, OPEN, RAISES[0], play(100, 0), CLOSE)
    assert result.problems == ("record 3: 1000 uA on lead A, kind 2, raised at most to 100 uA",)


def test_a_raise_comes_before_its_frame(tmp_path: Path) -> None:
    result = audited(tmp_path, OPEN, play(10, 0), RAISES[0], CLOSE)
    assert result.problems == (
        "record 2: 100 uA on lead A, kind 2, raised at most to 0 uA",
        "lead A, kind 2: 1 steps up on the wire, but 0 raises",
    )


@pytest.mark.parametrize("silence", [{"type": "stop", "reason": "x"}, {"type": "trip"}, {"type": "pause"}])
def test_after_silence_the_strength_of_before_counts_no_more(tmp_path: Path, silence: dict[str, Any]) -> None:
    result = audited(tmp_path, OPEN, RAISES[0], play(10, 0), silence, play(10, 0), CLOSE)
    assert "record 5: 100 uA on lead A, kind 2, raised at most to 0 uA" in result.problems


def test_the_way_down_and_up_again_needs_its_raise(tmp_path: Path) -> None:
    down_and_up = (play(10, 0), play(0, 0, 7), play(10, 0, 8))
    assert audited(tmp_path, OPEN, RAISES[0], *down_and_up).problems == (
        "lead A, kind 2: 2 steps up on the wire, but 1 raises",
    )


def test_a_raise_of_one_kind_pays_for_no_step_of_another(tmp_path: Path) -> None:
    steps = (play(10, 0), play(10, 5, 7), play(10, 0, 8), play(10, 5, 9))
    result = audited(tmp_path, OPEN, RAISES[0], RAISES[0], RAISES[1], *steps)
    assert (result.raises, result.steps_up) == (3, 3)
    assert result.problems == ("lead A, kind 100: 2 steps up on the wire, but 1 raises",)


def test_a_void_raise_counts_as_none(tmp_path: Path) -> None:
    # The raise is record number 2, for the first has the number 0.
    void = {"type": "void", "n": 2, "reason": "its record took longer than 250 ms; press again"}
    more = {**RAISES[0], "from_ua": 100, "to_ua": 200}
    result = audited(tmp_path, OPEN, RAISES[0], more, void, play(10, 0), play(20, 0, 7))
    assert result.raises == 1
    assert result.problems == (
        "record 6: 200 uA on lead A, kind 2, raised at most to 100 uA",
        "lead A, kind 2: 2 steps up on the wire, but 1 raises",
    )


@pytest.mark.parametrize("n", [1, 99, None, "2"])
def test_a_void_of_no_raise_is_a_problem(tmp_path: Path, n: object) -> None:
    assert len(audited(tmp_path, OPEN, {"type": "arm"}, {"type": "void", "n": n}).problems) == 1


@pytest.mark.parametrize(("said", "guard"), [({"guard": "at normal\x1b[31m"}, "at normal?[31m"), ({}, "")])
def test_how_the_guard_ran_is_told_as_recorded(tmp_path: Path, said: dict[str, str], guard: str) -> None:
    assert audited(tmp_path, {**OPEN, **said}).guard == guard


def test_a_hush_is_zero(tmp_path: Path) -> None:
    hushed = (play(10, 0), {"type": "frame", "hex": HUSH}, play(10, 0, 9))
    assert audited(tmp_path, OPEN, RAISES[0], *hushed).steps_up == 2


def test_a_pulse_missing_from_a_completed_session_is_a_problem(tmp_path: Path) -> None:
    short = {**CLOSE, "pulses": {"A": {"2": 11, "100": 600}}}
    assert audited(tmp_path, OPEN, short).problems == ("lead A, kind 2: 11 pulses delivered, 12 ordered",)


@pytest.mark.parametrize("act", [{"type": "hold", "kind": "2"}, {"type": "pause"}, {"type": "clear", "fault": "stale"}])
def test_after_a_hold_a_pause_or_a_cleared_trip_the_kinds_may_differ(tmp_path: Path, act: dict[str, Any]) -> None:
    short = {**CLOSE, "pulses": {"A": {"2": 18, "100": 300}}}
    assert audited(tmp_path, OPEN, act, short).problems == ()


def test_more_time_than_ordered_is_a_problem(tmp_path: Path) -> None:
    long = {**CLOSE, "elapsed_us": 12_000_001}
    assert audited(tmp_path, OPEN, long).problems == ("12000001 us delivered, 12000000 us ordered",)


def test_a_ledger_that_ended_open_is_counted_by_its_last_delivery(tmp_path: Path) -> None:
    early = {"type": "delivered", **COUNTS, "elapsed_us": 6_000_000}
    result = audited(tmp_path, OPEN, early)
    assert (result.ok, result.reason, result.delivered_us) == (True, "", 6_000_000)
    assert result.verification.ended_open


def test_another_order_under_the_same_hash_is_a_problem(tmp_path: Path) -> None:
    other = {**OPEN, "order": json.loads(replace(ORDER, session_us=6_000_000).to_json())}
    assert audited(tmp_path, other).problems == ("record 1: the order does not fit its own hash",)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "frame", "hex": "zz"},
        {"type": "frame", "hex": PLAY[:-2]},
        {"type": "frame"},
        {"type": "raise", "lead": "A"},
        {"type": "raise", "lead": ["A"], "kind": "2", "to_ua": 1},
        {"type": "close", "pulses": 5},
    ],
)
def test_a_record_that_is_nonsense_is_a_problem_or_zero_and_never_a_crash(tmp_path: Path, body: dict[str, Any]) -> None:
    result = audited(tmp_path, OPEN, body)
    assert result.problems or result.deliveries[0].delivered == 0


def test_a_frame_before_the_order_is_a_problem(tmp_path: Path) -> None:
    assert "a frame before the order" in audited(tmp_path, play(0, 0)).problems[-1]
