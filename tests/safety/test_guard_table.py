"""The fault table is the machine: another action in a row is another thing that happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from eastim.safety.guard_faults import fault
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Cut, Lower, Raise, Recorded, Tell
from eastim.safety.interlock import FAULTS, Action
from tests.safety.fake_wire import Stand
from tests.safety.said import lines
from tests.safety.stories import at_zero, live, mute, notice, the_record

Patch = pytest.MonkeyPatch


def _seed(
    patch: Patch, name: str, action: Action, clears: Literal["operator", "never", "itself"] | None = None
) -> None:
    row = FAULTS[name]
    patch.setitem(FAULTS, name, replace(row, action=action, clears=clears or row.clears))


def _silent_device(stand: Stand) -> None:
    mute(stand, "device", 300)


def _open_lead(stand: Stand) -> None:
    stand.measure(open=True, z_ohm=None)


def _late_raise(stand: Stand) -> None:
    mute(stand, "device", 250)
    stand.feed(Raise("A", None))


def _full_disk(stand: Stand) -> None:
    stand.feed(Recorded(1, "no space left"))


@pytest.mark.parametrize(
    ("action", "state", "ceilings", "texts"),
    [
        ("cut", "STOPPING", (0, 0, 0, 0), []),
        ("lower", "LIVE", (0, 0, 0, 0), ["the device has not reported for 300 ms; every lead is at zero, raise again"]),
        ("hold", "LIVE", (100, 0, 0, 0), []),
        ("note", "LIVE", (100, 0, 0, 0), ["the device has not reported for 300 ms"]),
    ],
)
def test_a_silent_device_does_what_its_row_says(
    monkeypatch: Patch, action: Action, state: str, ceilings: tuple[int, ...], texts: list[str]
) -> None:
    stand = live()
    _seed(monkeypatch, "stale", action, "operator" if action == "cut" else "itself")
    _silent_device(stand)

    told = [body["text"] for body in stand.told("operator", "notice")]
    assert (stand.state, stand.guard.ceilings, told) == (state, ceilings, texts)
    assert len(stand.of(Cut)) == (action == "cut")


@pytest.mark.parametrize(
    ("action", "state", "ceilings"),
    [
        ("cut", "STOPPING", (0, 0, 0, 0)),
        ("lower", "LIVE", (0, 0, 0, 0)),
        ("hold", "LIVE", (100, 0, 0, 0)),
        ("note", "LIVE", (100, 0, 0, 0)),
    ],
)
def test_an_open_lead_does_what_its_row_says(
    monkeypatch: Patch, action: Action, state: str, ceilings: tuple[int, ...]
) -> None:
    stand = live()
    _seed(monkeypatch, "open", action, "operator" if action == "cut" else "itself")
    _open_lead(stand)

    assert (stand.state, stand.guard.ceilings) == (state, ceilings)


@pytest.mark.parametrize(
    ("action", "state", "accepted"),
    [("cut", "STOPPING", 0), ("lower", "LIVE", 0), ("hold", "LIVE", 0), ("note", "LIVE", 1)],
)
def test_a_raise_on_a_late_report_does_what_its_row_says(
    monkeypatch: Patch, action: Action, state: str, accepted: int
) -> None:
    stand = live()
    _seed(monkeypatch, "late", action, "operator" if action == "cut" else "itself")
    _late_raise(stand)

    assert stand.state == state
    assert len([record for record in stand.records("raise") if record["from_ua"] == 100]) == accepted


@pytest.mark.parametrize(
    ("action", "state", "ceilings"),
    [("cut", "STOPPING", (0, 0, 0, 0)), ("lower", "LIVE", (0, 0, 0, 0)), ("note", "LIVE", (100, 0, 0, 0))],
)
def test_a_ledger_that_fails_does_what_its_row_says(
    monkeypatch: Patch, action: Action, state: str, ceilings: tuple[int, ...]
) -> None:
    stand = live()
    _seed(monkeypatch, "ledger", action)
    _full_disk(stand)

    assert (stand.state, stand.guard.ceilings) == (state, ceilings)


def _told(stand: Stand, name: str, text: str, lead: str | None) -> tuple[Turn, str]:
    turn = Turn(stand.guard, stand.now_us)
    return turn, fault(turn, name, text, lead)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("stale", "the device has not reported for 300 ms"),
        ("open", "the lead is open"),
        ("late", "the device's last report is too old for a raise"),
        ("contact", ""),
    ],
)
def test_what_is_more_than_a_note_says_why_no_raise_is_taken(name: str, says: str) -> None:
    assert _told(live(), name, "x", "A")[1] == says


@pytest.mark.parametrize(
    ("name", "lead", "text", "priority"),
    [
        ("open", "A", "lead A: the lead is open (x); it is at zero, raise again", "medium"),
        ("open", None, "the lead is open (x); every lead is at zero, raise again", "medium"),
        ("ledger", "A", "lead A: the ledger can't be written (x); it is at zero and can't be raised; stop", "high"),
        ("ledger", None, "the ledger can't be written (x); every lead is at zero and can't be raised; stop", "high"),
        ("contact", "B", "lead B: the contact test finds no good contact (x)", "medium"),
        ("contact", None, "the contact test finds no good contact (x)", "medium"),
    ],
)
def test_it_is_said_so(name: str, lead: str | None, text: str, priority: str) -> None:
    turn, _ = _told(live(), name, "x", lead)

    said = [effect.body for effect in turn.effects if isinstance(effect, Tell) and effect.name == "notice"]
    assert said == [{"text": text, "priority": priority}]


@pytest.mark.parametrize(
    ("text", "lead", "says"),
    [
        ("", None, "the device has not reported for 300 ms"),
        ("x", None, "the device has not reported for 300 ms: x"),
        ("x", "A", "the device has not reported for 300 ms: lead A: x"),
    ],
)
def test_a_cut_says_what_was_seen(text: str, lead: str | None, says: str) -> None:
    turn, _ = _told(live(), "stale", text, lead)

    told = [effect.body for effect in turn.effects if isinstance(effect, Tell) and effect.name == "trip"]
    assert told == [{"cause": "stale", "text": says, "clears": "operator"}]


def test_a_lead_at_zero_that_is_open_is_said_no_more() -> None:
    turn, _ = _told(live(), "open", "x", "B")

    assert turn.effects == []


def test_a_lead_at_zero_with_a_raise_on_its_way_loses_that_raise() -> None:
    stand = live()
    stand.feed(Raise("A", None))
    before = the_record(stand)
    _open_lead(stand)
    stand.feed(Recorded(before.n))

    assert stand.guard.pending == () and stand.guard.ceilings == (0, 0, 0, 0)


def test_only_the_open_lead_goes_to_zero() -> None:
    stand = live()
    stand.raised("B").run(200)
    _open_lead(stand)

    assert stand.guard.ceilings == (0, 0, 100, 0)
    assert stand.records("lower") == [
        {
            "type": "lower", "lead": "A", "kind": None, "fault": "open", "text": "compliance reached",
            "to_ua": {"A": {"2": 0, "100": 0}},
        }
    ]  # fmt: skip


def test_a_ledger_that_fails_at_zero_is_said_too() -> None:
    stand = Stand().live().run(200)
    _full_disk(stand)

    says = "the ledger can't be written (no space left); every lead is at zero and can't be raised; stop"
    assert notice(stand) == says


def test_a_raise_from_zero_that_an_open_lead_voids_is_recorded_and_said() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    _open_lead(stand)

    assert stand.guard.pending == () and [record["fault"] for record in stand.records("lower")] == ["open"]
    assert notice(stand) == "lead A: the lead is open (compliance reached); it is at zero, raise again"


def test_a_note_is_recorded_and_said_once_for_each_lead() -> None:
    stand = live()
    turn = Turn(stand.guard, stand.now_us)
    for lead in ("B", "A", "B", "A"):
        fault(turn, "contact", "open", lead)

    assert lines(turn.effects) == [
        "record notice, fault=contact, lead=B, text=open",
        "operator notice text=lead B: the contact test finds no good contact (open), priority=medium",
        "record notice, fault=contact, lead=A, text=open",
        "operator notice text=lead A: the contact test finds no good contact (open), priority=medium",
    ]
    assert turn.guard.said == ("contact A", "contact B")


def test_what_one_lead_loses_no_other_lead_loses() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    record = the_record(stand)
    stand.feed(Lower("B", None))
    stand.feed(Recorded(record.n))

    assert stand.guard.ceilings == (100, 0, 0, 0)
