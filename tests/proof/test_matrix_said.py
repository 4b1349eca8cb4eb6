"""What the matrix takes for told, for logged and for tried: lies are seeded here, and it must see each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest

from eastim.ledger import Entry
from eastim.safety.door_fast import FastHands
from eastim.safety.inputs import Recorded
from eastim.simulator import Advanced
from proof.matrix import prove as proving
from proof.matrix.cells import Cell, all_cells
from proof.matrix.evidence import Breach
from proof.matrix.excused import EXCUSED, NONE
from proof.matrix.outcome import first_said_us, said
from proof.matrix.page import page
from proof.matrix.play import Endless, look_on, play
from proof.matrix.tried import Tried, try_cell, weigh
from tests.proof.matrix_story import CELL, STORY, Row, evidence, pulse, records, told

# --- what tells of a fault --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ((1, "trip", {"fault": "excess"}), "excess"),
        ((1, "notice", {"fault": "imbalance-notice"}), "imbalance-notice"),
        ((1, "lower", {"lead": "A", "fault": "parked"}), "parked"),
        ((1, "lower", {"lead": "A"}), ""),
        ((1, "cut", {"cuts": 2}), "cut again"),
        ((1, "state", {"state": "UNCERTAIN"}), "take the leads off"),
        ((1, "state", {"state": "OFF"}), ""),
        ((1, "stop", {"reason": "never started: no answer; look at the cable"}), "never started: no answer"),
        ((1, "frame", {"hex": ""}), ""),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_each_record_has_its_word_or_none(row: Row, word: str) -> None:
    assert said(records(row)[0]) == word


def test_only_a_word_of_the_fault_tells_of_it_and_only_from_the_fault_on() -> None:
    story = records(
        (1_400_000, "trip", {"fault": "excess"}),
        (1_600_000, "notice", {"fault": "contact"}),
        (1_700_000, "trip", {"fault": "excess"}),
    )

    assert first_said_us(story, 1_500_000, {"excess"}) == 1_700_000
    assert first_said_us(story, 1_500_000, {"clock"}) is None


TELLS = {
    "lease-dead": {"port-gone"},
    "clock-fast": {"clock"},
    "clock-slow": {"clock"},
    "rate-fast": {"rate"},
    "unbalanced": {"device-fault", "imbalance", "imbalance-notice"},
    "twice": {"excess"},
    "stuck-on": {"current", "cut again"},
    "reboot-with-output": {"reset"},
    "leak": {
        "current",
        "device-fault",
        "never started: the device was putting out current and is being stopped",
    },
}


def test_every_excuse_that_must_be_said_has_its_own_words() -> None:
    assert {name: set(excuse.tells) for name, excuse in EXCUSED.items() if excuse.tells} == TELLS
    must = {name for name, excuse in EXCUSED.items() if excuse.rules and excuse.said_within_us is not None}
    assert must == set(TELLS)


@pytest.mark.parametrize(
    ("row", "caught"),
    [
        ((1_610_000, "trip", {"fault": "excess"}), False),
        ((1_610_000, "trip", {"fault": "stale"}), True),
        ((1_610_000, "notice", {"fault": "contact"}), True),
        ((1_610_000, "cut", {"cuts": 2}), True),
    ],
)
def test_a_doubling_is_not_told_by_any_notice(row: Row, caught: bool) -> None:
    story = (*STORY, row)
    whole = evidence(*pulse(1_550_000, 200), *pulse(1_600_000, 200), story=story)
    found = weigh(replace(CELL, fault="twice"), whole).breaches

    assert any(": unsaid: " in text for text in found) is caught


# --- how long it is looked on -----------------------------------------------------------------------------------------


class Talking:
    """A simulator whose device says something every 100 ms, at which an advance ends."""

    def __init__(self, stands_still_at_us: int = 1 << 62) -> None:
        self.now_us, self._last_us = 1_000_000, stands_still_at_us

    def advance(self, to_us: int, _after_rx: int) -> Advanced:
        self.now_us = min(to_us, self.now_us + 100_000, self._last_us)
        return Advanced(self.now_us, 0)


def test_the_look_goes_on_past_each_word_of_the_device_to_its_end() -> None:
    talking = Talking()
    look_on(cast(Any, talking), 4_000_000)

    assert talking.now_us == 4_000_000


def test_a_look_that_comes_to_no_end_is_said() -> None:
    with pytest.raises(Endless, match="has not come to 4000000 us"):
        look_on(cast(Any, Talking(2_000_000)), 4_000_000)


# --- what the ledger must say of a stop -------------------------------------------------------------------------------

UNLOGGED = "log: unlogged: a stop reached the device at"


@pytest.mark.parametrize(
    ("stops", "story", "says"),
    [
        ((2_000_000, 2_009_000), STORY, []),
        ((1_500_000,), STORY, [f"{UNLOGGED} 1500000 us; before it the ledger has raise at 1000000 us"]),
        ((50_000,), STORY, [f"{UNLOGGED} 50000 us; before it the ledger has nothing"]),
        ((1_500_000,), (*STORY, (1_500_000, "trip", {"fault": "stale"})), []),
        ((1_499_997,), (*STORY, (1_500_000, "trip", {"fault": "stale"})), [UNLOGGED]),
        ((1_700_000,), (*STORY, (1_500_000, "trip", {"fault": "stale"}), (1_600_000, "arm", {})), [UNLOGGED]),
        ((1_700_000,), (*STORY, (1_500_000, "cut", {"cuts": 2})), [UNLOGGED]),
        ((1_700_000,), (*STORY, (1_500_000, "notice", {"fault": "contact"})), [UNLOGGED]),
        ((1_700_000,), (*STORY, (1_500_000, "close", {"exit": 0})), [UNLOGGED]),
        ((1_700_000,), (*STORY, (1_500_000, "trip", {"fault": "stale"}), (1_600_000, "clear", {})), [UNLOGGED]),
    ],
)
def test_a_stop_that_reached_the_device_without_a_record_is_unlogged(
    stops: tuple[int, ...], story: tuple[Row, ...], says: list[str]
) -> None:
    found = [text for text in told(story=story, stops=stops) if text.startswith(UNLOGGED)]

    assert len(found) == len(says)
    assert all(text.startswith(start) for text, start in zip(found, says, strict=True))


def test_a_door_that_records_neither_trip_nor_stop_is_caught_at_the_device() -> None:
    """The operator is told nothing either, so that only the device knows."""
    kept = FastHands.record

    def forgets(hands: FastHands, entry: Entry) -> Recorded | None:
        return None if entry.body["type"] in ("trip", "stop") else kept(hands, entry)

    with patch.object(FastHands, "record", forgets):
        tried = try_cell(Cell("silent", "2 Hz", "socket", 0))

    assert tried.stops > 0
    assert sum(UNLOGGED in text for text in tried.breaches) == tried.stops


# --- what was tried ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "acted"),
    [
        (Cell("deaf", "raising", "pty", 1), False),
        (Cell("deaf", "stop-confirm", "pty", 0), True),
        (Cell("wrong-serial", "2 Hz", "socket", 0), False),
    ],
    ids=str,
)
def test_a_cell_knows_whether_its_fault_acted(cell: Cell, acted: bool) -> None:
    tried = try_cell(cell)

    assert (tried.acted, tried.breaches) == (acted, ())


def test_a_device_whose_lease_never_ends_acts_only_with_the_cable_out(tmp_path: Path) -> None:
    """And then nothing but words is left: the port is gone, zero is not confirmed."""
    cell = Cell("lease-dead", "2 Hz", "pty", 0)
    known = play(cell, tmp_path)
    tried = weigh(cell, known)

    assert cell.faults == ("lease-dead", "unplug") and Cell("deaf", "2 Hz", "pty", 0).faults == ("deaf",)
    assert (known.acted, tried.outcome, tried.breaches) == (True, "uncertain: port-gone", ())
    assert tried.excused["restart"] > 50


def test_a_fault_that_does_nothing_is_shown_as_such_and_counted() -> None:
    cells = [Tried(cell, "done", (), acted=cell.seed > 0) for cell in all_cells(("deaf", "reset"))]
    lines = page(cells, 5_000).splitlines()

    assert "| deaf | " + "done 4, *never acted* 2 | " * 12 + "- |" in lines
    assert any("These are 48 of the cells;" in line for line in lines)
    assert proving._figures(cells)["cells in which the fault never acted"] == "48 (deaf 24, reset 24)"
    assert proving._figures([cells[1]])["cells in which the fault never acted"] == "0"


def test_a_fault_that_acts_in_no_phase_refutes_the_claim() -> None:
    seen = [Tried(cell, "done", (), acted=cell.fault != "deaf") for cell in all_cells()]

    assert proving.inert(seen) == ["deaf"]
    with patch.object(proving, "_spread", lambda _: iter([seen])):
        assert proving.prove("full", lambda _: None).failures == ("deaf never acted, in no phase",)
    bounded = [Tried(cell, "done", (), acted=cell.fault != "torn") for cell in proving.BOUNDED]
    with patch.object(proving, "_spread", lambda _: iter([bounded])):
        assert proving.prove("bounded", lambda _: None).failures == ("torn never acted, in no phase",)


def test_the_stops_that_reached_a_device_are_counted() -> None:
    cells = [Tried(replace(CELL, seed=seed), "done", (), stops=seed) for seed in (0, 1, 2)]

    assert proving._figures(cells)["stops that reached the device"] == "3"


# --- too many pulses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after_us", "seen"), [(499_997, True), (499_998, False), (500_000, False)])
def test_a_pulse_that_comes_before_its_time_is_seen(after_us: int, seen: bool) -> None:
    says = told(*pulse(1_100_000, 100), *pulse(1_100_000 + after_us, 100))
    text = f"rate: 2 on lead A at {1_100_000 + after_us} us comes {after_us} us after the one before, not 500000 us"

    assert says == ([text] if seen else [])


def test_the_pulses_of_another_lead_or_kind_and_of_a_contact_test_have_their_own_time() -> None:
    assert not any(
        text.startswith("rate:")
        for text in told(
            *pulse(1_100_000, 100),
            *pulse(1_110_000, 100, "B"),
            *pulse(1_120_000, 100, width_us=200),
            *pulse(110_000, 100, width_us=100),
            *pulse(115_000, 100, width_us=100),
        )
    )


@pytest.mark.parametrize(("since_us", "fits"), [(1_900_000, True), (1_900_001, False), (None, False)])
def test_a_rate_is_excused_by_when_its_pulse_was_begun_to_be_waited_for(since_us: int | None, fits: bool) -> None:
    """Of a fault from 1.5 s to 1.9 s; the pulse itself came after it."""
    breach = Breach("rate", 1_950_000, "", 100, "A 2", since_us)

    assert EXCUSED["rate-fast"].fits(breach, 1_500_000, 1_900_000) is fits
    assert not NONE.fits(breach, 1_500_000, 1_900_000)


@pytest.mark.parametrize(
    ("changes", "caught"),
    [
        ({}, True),
        ({"seed": 1}, False),
        ({"phase": "stop-confirm"}, False),
        ({"fault": "clock-fast"}, False),
    ],
)
def test_a_rate_that_stays_wrong_must_trip_by_its_name(changes: dict[str, Any], caught: bool) -> None:
    cell = replace(CELL, **{"fault": "rate-fast", **changes})
    other = (1_700_000, "trip", {"fault": "clock"})
    right = (1_700_000, "trip", {"fault": "rate"})

    found = weigh(cell, evidence(story=(*STORY, other))).breaches
    assert any("unsaid: its fault stays for 2 s or more, and no trip by rate" in text for text in found) is caught
    assert not any("no trip by" in text for text in weigh(cell, evidence(story=(*STORY, right))).breaches)


@pytest.mark.hazard("H27")
@pytest.mark.parametrize("phase", ["100 Hz", "lowering"])
def test_a_device_that_plays_too_fast_trips_by_its_rate(phase: str) -> None:
    tried = try_cell(Cell("rate-fast", phase, "pty", 0))

    assert (tried.outcome, tried.breaches, tried.acted) == ("tripped: rate", (), True)
    assert set(tried.excused) == {"rate"}


def test_a_guard_that_does_not_count_the_pulses_is_caught() -> None:
    with patch("eastim.safety.guard_status.rate", lambda *_: None):
        tried = try_cell(Cell("rate-fast", "discover", "pty", 0))

    assert [text.split(": ", 2)[1] for text in tried.breaches] == ["unsaid", "unsaid"]
