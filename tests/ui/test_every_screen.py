"""H41, H36: what the operator sees of every state, fault and end; and that no foreign character gets there."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from eastim.front import Happened
from eastim.safety.interlock import FAULTS
from eastim.ui.jsonl import JsonFront
from eastim.ui.plain import PlainFront
from tests.ui.screens import Typed, section, state, status

# What a person reads, word for word.
SCREENS = {
    "OFF": "",
    "SAFE": "The device is found, checked and silent. Press Enter to begin at zero strength.\n",
    "ARMED": "Armed. The contact test runs, then the session begins at zero strength.\n",
    "LIVE": "Live at zero strength. Lead A is chosen; + raises it one step.\n",
    "PAUSED": "Paused: silent, and all strengths are back at zero. Press p to go on from zero.\n",
    "STOPPING": "Stopping: waiting for the device to confirm zero.\n",
    "TRIPPED": "Zero is confirmed after a fault: the lease ended. Press Enter to clear it, space to end.\n",
    "UNCERTAIN": "ZERO IS NOT CONFIRMED: take the leads off.\n",
}
TAKE_OFF = "the output is not confirmed off: take the leads off"


class Screens:
    """Both front ends, side by side."""

    def __init__(self) -> None:
        self._keys, self._stdin = Typed(), Typed()
        self._plain_out, self._json_out = io.StringIO(), io.StringIO()
        self._plain = PlainFront(self._keys.fd, self._plain_out, ("A", "B"))
        self._json = JsonFront(self._stdin.fd, self._json_out, fast=False)

    def plain(self, *happened: Happened) -> str:
        before = len(self._plain_out.getvalue())
        self._plain.pass_(0, list(happened))
        return self._plain_out.getvalue()[before:]

    def json(self, *happened: Happened) -> str:
        before = len(self._json_out.getvalue())
        self._json.pass_(0, list(happened))
        return self._json_out.getvalue()[before:]

    def close(self) -> None:
        self._plain.close()
        self._json.close()
        self._keys.close()
        self._stdin.close()


@pytest.fixture
def screens() -> Iterator[Screens]:
    made = Screens()
    yield made
    made.close()


@pytest.mark.hazard("H41")
@pytest.mark.parametrize("name", SCREENS)
def test_each_state_has_its_sentence(screens: Screens, name: str) -> None:
    assert screens.plain(state(name, cause="the lease ended")) == SCREENS[name]
    assert json.loads(screens.json(state(name)).splitlines()[0])["state"] == name


@pytest.mark.hazard("H41")
@pytest.mark.parametrize("where", SCREENS)
def test_the_alarm_is_shown_in_each_state_and_each_time_it_is_said(screens: Screens, where: str) -> None:
    screens.plain(state(where))
    alarm = Happened("notice", 0, {"text": TAKE_OFF, "priority": "high"})

    assert screens.plain(alarm) == f"ALARM: {TAKE_OFF}.\n"
    assert screens.plain(alarm, alarm) == f"ALARM: {TAKE_OFF}.\n" * 2
    assert [json.loads(line)["priority"] for line in screens.json(alarm, alarm).splitlines()] == ["high", "high"]


@pytest.mark.hazard("H41")
@pytest.mark.parametrize("row", FAULTS.values(), ids=lambda row: row.name)
def test_each_fault_is_said_in_its_own_words(screens: Screens, row: Any) -> None:
    trip = Happened("trip", 0, {"cause": row.name, "text": row.says, "clears": row.clears})

    assert screens.plain(trip) == f"TRIPPED: {row.says}.\n"
    assert json.loads(screens.json(trip))["text"] == row.says
    after = screens.plain(state("TRIPPED", cause=row.says))
    way_out = "It can't be cleared, so the session ends" if row.clears == "never" else "Press Enter to clear it"
    assert row.says in after and way_out in after


@pytest.mark.hazard("H41")
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"reason": "completed", "zero": True}, "Output zero confirmed. The session ended: completed.\n"),
        ({"reason": "x", "zero": False}, "ZERO IS NOT CONFIRMED: TAKE THE LEADS OFF. The session ended: x.\n"),
        ({"error": "no port", "zero": True}, "The session ended before it began: no port.\n"),
        ({"error": "guard gone", "zero": False}, "ZERO IS NOT CONFIRMED: TAKE THE LEADS OFF. guard gone.\n"),
        ({}, "ZERO IS NOT CONFIRMED: TAKE THE LEADS OFF. The session ended: .\n"),
    ],
)
def test_an_end_begins_with_whether_zero_is_confirmed(screens: Screens, body: dict[str, Any], says: str) -> None:
    assert screens.plain(Happened("end", 0, body)) == says


# C0, DEL, C1, ESC sequences, direction and width marks, separators, a lone surrogate.
FOREIGN = (
    "".join(map(chr, range(0x20))), "\x7f", "".join(map(chr, range(0x80, 0xA0))), "\x1b[2J\x1b]0;off\x07\x9b31m",
    "\u200b\u200e\u202a\u202e\u2066\u2069\ufeff", "\u2028\u2029\x85", "\ud800",
)  # fmt: skip
HAPPENED = {
    "state": state("TRIPPED", use="human"),
    "level": Happened("level", 0, {"lead": "A", "kind": "2", "ua": 300, "why": "raise"}),
    "section": section("2"),
    "hold": Happened("hold", 0, {"kind": "2"}),
    "notice": Happened("notice", 0, {"text": "x", "priority": "low"}),
    "trip": Happened("trip", 0, {"cause": "x", "text": "x", "clears": "never"}),
    "end": Happened("end", 0, {"reason": "x", "zero": False, "error": "x", "cause": "x", "ledger": "x", "exit": 6}),
    "end without error": Happened("end", 0, {"reason": "x", "zero": True, "error": None, "exit": 6}),
    "status": status(600_000_000),
}


@pytest.mark.hazard("H36")
@pytest.mark.hazard("H41")
@pytest.mark.parametrize("foreign", FOREIGN, ids=ascii)
@pytest.mark.parametrize("name", HAPPENED)
def test_no_foreign_character_of_any_field_reaches_a_terminal(screens: Screens, name: str, foreign: str) -> None:
    event = HAPPENED[name]
    for field in event.body:
        if isinstance(event.body[field], str):
            bad = Happened(event.name, 0, {**event.body, field: f"a{foreign}b"})

            assert all(line.isprintable() for line in screens.plain(bad).split("\n")), field
            assert all(line.isascii() and line.isprintable() for line in screens.json(bad).split("\n")), field
    levels = Happened("status", 0, {"left_us": 0, "levels": {f"A{foreign}": {f"2{foreign}": 100}}})
    assert all(line.isprintable() for line in screens.plain(levels).split("\n"))
