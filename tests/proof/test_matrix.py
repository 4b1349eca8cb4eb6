"""The fault x phase matrix can fail: forged edges, ledgers and ends are caught, and a product that hides a trip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from eastim.ledger import Entry
from eastim.safety import guard
from eastim.safety.door_fast import FastHands
from eastim.safety.guard_strength import raise_
from eastim.safety.inputs import Raise, Recorded
from firmware_sim.faults import FAULTS
from proof.matrix.cells import PHASES, SEEDS, TRANSPORTS, Cell, all_cells
from proof.matrix.evidence import Breach, Edge, Evidence, Rule
from proof.matrix.excused import EXCUSED
from proof.matrix.outcome import outcome, to_zero_us
from proof.matrix.page import merged, page
from proof.matrix.play import play
from proof.matrix.prove import BOUNDED
from proof.matrix.tried import Tried, exits, over_us, try_cell, weigh
from tests.proof.matrix_story import CELL, STOPPED, STORY, Row, evidence, pulse, records, told
from tests.proof.self_raising import never_raises, raises_by_itself


def test_what_the_operator_has_raised_is_no_breach() -> None:
    assert told(*pulse(1_100_000, 100), *pulse(1_600_000, 100)) == []


def test_a_contact_test_is_no_breach() -> None:
    assert told(*pulse(110_000, 100, width_us=100)) == []


@pytest.mark.parametrize(
    ("edges", "says"),
    [
        (pulse(1_100_000, 200), "double: 200 uA of 2 on lead A at 1100000 us, 100 uA allowed"),
        (pulse(1_100_000, 210), "envelope: 210 uA of 2 on lead A at 1100000 us, 100 uA allowed"),
        (pulse(900_000, 100), "envelope: 100 uA of 2 on lead A at 900000 us, 0 uA allowed"),
        (pulse(1_100_000, 100, "B"), "envelope: 100 uA of 2 on lead B at 1100000 us, 0 uA allowed"),
        (pulse(1_100_000, 100, width_us=200), "envelope: 100 uA of 100 on lead A at 1100000 us, 0 uA allowed"),
        (pulse(2_006_000, 100), "restart: 100 uA of 2 on lead A at 2006000 us, 0 uA allowed"),
        (pulse(2_004_000, 100)[:2], "zero: pulse on lead A at 2004000 us never ends"),
        (pulse(400_000, 100, width_us=100), "restart: 100 uA of contact on lead A at 400000 us, 0 uA allowed"),
        (pulse(110_000, 110, width_us=100), "double: 110 uA of contact on lead A at 110000 us, 100 uA allowed"),
        (pulse(1_100_000, 100, width_us=610), "shape: pulse on lead A at 1100000 us has phases"),
        (
            (*pulse(1_100_000, 100)[:1], (1_100_600, "A", -80), (1_101_200, "A", 0)),
            "charge: pulse on lead A at 1100000 us leaves 12000 pC",
        ),
    ],
)
def test_a_current_that_must_not_be_is_seen(edges: tuple[Edge, ...], says: str) -> None:
    assert any(text.startswith(says) for text in told(*edges))


@pytest.mark.hazard("H13")
def test_a_current_after_zero_was_said_is_seen() -> None:
    assert "zero: zero was said at 2010000 us, lead A flows at 2011000 us" in told(*pulse(2_011_000, 100))


@pytest.mark.hazard("H12")
def test_a_device_that_boots_and_goes_on_is_seen() -> None:
    says = told(*pulse(1_600_000, 100), rebooted_us=1_500_000)

    assert says == ["restart: 100 uA of 2 on lead A at 1600000 us, 0 uA allowed"]


@pytest.mark.parametrize("row", [(1_500_000, "trip", {"fault": "stale"}), (1_500_000, "arm", {})])
def test_after_a_trip_or_an_arming_everything_is_at_zero(row: Row) -> None:
    story = (*STORY, row)

    assert "restart: 100 uA of 2 on lead A at 1600000 us, 0 uA allowed" in told(*pulse(1_600_000, 100), story=story)


@pytest.mark.parametrize(("at_us", "seen"), [(1_700_000, False), (1_760_000, True)])
def test_a_lower_that_is_not_followed_in_250_ms_is_seen(at_us: int, seen: bool) -> None:
    story = (*STORY, (1_500_000, "lower", {"lead": "A", "kind": None}))

    assert bool(told(*pulse(at_us, 100), story=story)) is seen


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"from_ua": 0, "to_ua": 200}, "envelope: a raise of ('A', '2') from 0 to 200 uA"),
        ({"from_ua": 100, "to_ua": 200}, "envelope: a raise of ('A', '2') from 100 to 200 uA; it stood at 0 uA"),
    ],
)
def test_a_raise_of_more_than_a_step_is_seen(changed: dict[str, int], says: str) -> None:
    story = (*STORY[:4], (1_000_000, "raise", {"lead": "A", "kind": "2", **changed}), *STORY[5:])

    assert any(text.startswith(says) for text in told(story=story))


TRIPPED = {"exit": 5, "zero": True}
FELL = (1_500_000, "state", {"state": "STOPPING", "by": "fault"})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"end": TRIPPED}, "log: 0 trips, the ledger has 0"),
        ({"trips_told": 1}, "log: 1 trips, the ledger has 0"),
        ({"records": records(*STORY, FELL)}, "log: STOPPING by fault, and the ledger has no trip"),
        ({"end": {"exit": 6, "zero": False}}, "log: it is uncertain, and the ledger does not say so"),
        ({"end": {"exit": 6, "zero": True}}, "end: zero is True at exit 6"),
        ({"end": {"exit": 9, "zero": True}}, "end: exit code 9"),
        ({"end": {"exit": 1, "zero": True}}, "end: exit code 1"),
        ({"error": "KeyError: 3"}, "end: it broke: KeyError: 3"),
        ({"began_us": None}, "end: the fault never began"),
        ({"problems": ("record 3: changed",)}, "log: the ledger: record 3: changed"),
        ({"records": records(*STORY[:-1])}, "log: the ledger has no closing record"),
        ({"records": records(*STORY[:4], STORY[-1])}, "log: it was stopped, and the ledger has no stop"),
        ({"records": ()}, "log: exit 4 without a ledger"),
    ],
)
def test_an_end_that_does_not_fit_is_seen(changes: dict[str, Any], says: str) -> None:
    assert says in told(**changes)


def test_the_exit_codes_are_those_of_the_page() -> None:
    assert exits() == frozenset(range(8))


def test_an_excuse_holds_only_from_the_fault_on_and_only_for_what_it_names() -> None:
    edges = (*pulse(1_100_000, 100), *pulse(1_600_000, 100))
    odd = tuple((t_us, lead, ua * 4 // 5 if ua < 0 else ua) for t_us, lead, ua in edges)
    whole = evidence(*odd)
    tried = weigh(replace(CELL, fault="unbalanced"), whole)

    assert tried.excused == {"charge": 1}
    assert [text.split(": ", 1)[1][:40] for text in tried.breaches] == ["charge: pulse on lead A at 1100000 us le"]


@pytest.mark.parametrize(
    ("fault", "rule", "at_us", "fits"),
    [
        ("twice", "double", 1_899_999, True),
        ("twice", "double", 1_900_000, True),
        ("twice", "double", 1_900_001, False),
        ("stuck-on", "restart", 1_900_001, True),
        ("stuck-on", "zero", 1_600_000, False),
    ],
)
def test_an_excuse_ends_with_its_fault_but_where_the_device_goes_on_by_itself(
    fault: str, rule: Rule, at_us: int, fits: bool
) -> None:
    """Of seed 1: the fault is taken away after 0.4 s."""
    assert over_us(replace(CELL, fault=fault, seed=1), evidence()) == 1_900_000
    assert EXCUSED[fault].fits(Breach(rule, at_us, "", 200), 1_500_000, 1_900_000) is fits
    assert EXCUSED[fault].fits(Breach(rule, at_us, "", 200), 1_500_000) is (rule != "zero")


@pytest.mark.parametrize(("pulses", "said_us", "caught"), [(9, None, 0), (10, None, 1), (10, 1_750_000, 0)])
def test_what_is_excused_must_be_said(pulses: int, said_us: int | None, caught: int) -> None:
    edges = tuple(edge for n in range(pulses) for edge in pulse(1_600_000 + 10_000 * n, 100))
    odd = tuple((t_us, lead, ua * 4 // 5 if ua < 0 else ua) for t_us, lead, ua in edges)
    story = STORY if said_us is None else (*STORY, (said_us, "trip", {"fault": "imbalance"}))
    whole = evidence(*odd, story=story)
    found = weigh(replace(CELL, fault="unbalanced"), whole).breaches

    assert len([text for text in found if ": unsaid: " in text and f"said at {said_us} us" in text]) == caught


def test_the_time_to_zero_ends_with_the_last_current() -> None:
    story = (*STORY, (1_500_000, "trip", {"fault": "stale"}))
    whole = Evidence(pulse(1_510_000, 100), records(*story), (), STOPPED, "", 1, None, 2_010_000)

    assert to_zero_us(whole) == 11_200


@pytest.mark.parametrize(
    ("end", "more", "word"),
    [
        ({"exit": 0}, (), "done"),
        ({"exit": 4}, (), "stopped"),
        ({"exit": 5}, ((1, "trip", {"fault": "stale"}), (2, "trip", {"fault": "reset"})), "tripped: stale"),
        ({"exit": 6}, ((1, "trip", {"fault": "port-gone"}),), "uncertain: port-gone"),
        ({"exit": 3}, (), "no device"),
        ({"exit": 0}, ((1, "lower", {"lead": "A", "kind": None, "fault": "parked"}),), "held: parked"),
    ],
)
def test_each_end_has_its_word(end: dict[str, Any], more: tuple[Row, ...], word: str) -> None:
    assert outcome(Evidence((), records(*more), (), end, "", 0, None, 0)) == word


# --- what is tried ----------------------------------------------------------------------------------------------------


def test_every_fault_meets_every_phase_both_ways_three_times() -> None:
    cells = list(all_cells())

    assert len(PHASES) == 12 and len(set(cells)) == len(cells) == len(FAULTS) * 12 * 2 * 3
    assert len(FAULTS) >= 20


def test_the_bounded_share_has_every_phase_both_ways_and_each_seed() -> None:
    assert {cell.phase for cell in BOUNDED} == set(PHASES)
    assert {cell.transport for cell in BOUNDED} == set(TRANSPORTS)
    assert {cell.seed for cell in BOUNDED} == set(SEEDS)
    assert {cell.fault for cell in BOUNDED} <= set(FAULTS)


def test_an_excuse_is_of_a_fault_that_exists_and_has_a_reason() -> None:
    assert set(EXCUSED) <= set(FAULTS)
    assert all(len(excuse.why) > 20 for excuse in EXCUSED.values())


def test_the_page_has_a_word_for_each_cell_and_counts_those_that_differ() -> None:
    tried = [Tried(cell, "done" if cell.seed else "stopped", ()) for cell in all_cells(("deaf", "reset"))]
    lines = page(tried, 5_000).splitlines()
    row = next(line for line in lines if line.startswith("| deaf |"))

    assert row == "| deaf | " + "done 4, stopped 2 | " * 12 + "- |"
    assert merged(["done", "done"]) == "done"


def test_the_page_says_what_refutes_the_claim() -> None:
    tried = [Tried(CELL, "done", ("it flows",)), Tried(replace(CELL, seed=1), "done", ())]

    assert "**1 cells refute the claim.** The first breach of each:\n\n- it flows\n" in page(tried, 5_000)
    assert "refute" not in page(tried[1:], 5_000)


# --- products that fail -----------------------------------------------------------------------------------------------


def test_a_cell_holds_as_the_product_is() -> None:
    tried = try_cell(Cell("silent", "2 Hz", "pty", 0))

    assert (tried.outcome, tried.breaches) == ("uncertain: stale", ())


def test_a_door_that_does_not_record_trips_is_caught() -> None:
    kept = FastHands.record

    def forgets(hands: FastHands, entry: Entry) -> Recorded | None:
        return None if entry.body["type"] == "trip" else kept(hands, entry)

    with patch.object(FastHands, "record", forgets):
        tried = try_cell(Cell("silent", "2 Hz", "socket", 0))

    assert any("log: 1 trips, the ledger has 0" in text for text in tried.breaches)


def test_a_guard_that_raises_twice_for_one_act_is_caught() -> None:
    def twice(turn: Any, what: Any) -> None:
        raise_(turn, what)
        pending = turn.guard.pending
        turn.set(pending=tuple(replace(one, to_ua=one.to_ua + 100) for one in pending))

    with patch.dict(guard._ACTS, {Raise: twice}):
        tried = try_cell(Cell("torn", "lowering", "pty", 0))

    assert any("double: 200 uA of 2 on lead A" in text for text in tried.breaches)


@pytest.mark.hazard("H13")
def test_a_guard_that_raises_by_itself_is_caught() -> None:
    with raises_by_itself():
        tried = try_cell(Cell("torn", "lowering", "pty", 0))

    assert any("a raise of ('A', '2') at" in text and "nobody asked for" in text for text in tried.breaches)


@pytest.mark.parametrize("cell", [Cell("unplug", "2 Hz", "pty", 1), Cell("deaf", "stop-confirm", "pty", 0)], ids=str)
def test_a_cell_in_which_nothing_flows_is_caught(cell: Cell) -> None:
    with never_raises():
        tried = try_cell(cell)

    assert [text.split(": ", 1)[1].partition(" before")[0] for text in tried.breaches] == [
        f"felt: no pulse of {kind} on lead {lead}" for lead in "AB" for kind in ("2", "100")
    ]


def test_a_fault_that_never_begins_is_no_try(tmp_path: Path) -> None:
    nowhere = patch.dict(PHASES, {"pause": (PHASES["stop-confirm"][0],) * 3})
    with nowhere:
        evidence = play(Cell("torn", "pause", "pty", 0), tmp_path)

    assert evidence.began_us is None
