"""What a fault does by its row, asked of `fault` itself: every effect, and all that is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from eastim.errors import Exit
from eastim.safety.guard_faults import be_over, fall_silent, fault, forget
from eastim.safety.guard_state import NEVER, GuardState, Lately, Over, Pending, Trip
from eastim.safety.guard_turn import Turn
from eastim.safety.interlock import Event, State
from tests.safety.fake_wire import Stand
from tests.safety.said import lines
from tests.safety.stories import live, off, paused, safe, stopping, tripped, uncertain

DELIVERED = (
    "record delivered, elapsed_us=0, pulses={'A': {'2': 0, '100': 0}, 'B': {'2': 0, '100': 0}}, "
    "pulses_felt={'A': {'2': 0, '100': 0}, 'B': {'2': 0, '100': 0}}, net_charge_pc={}, peak_ua={}"
)
REFUSED = "a frame was refused at the door"


def turn_of(story: Callable[[], Stand], **changes: object) -> Turn:
    stand = story()
    return Turn(replace(stand.guard, **changes), stand.now_us)  # type: ignore[arg-type]


def changed(turn: Turn) -> dict[str, object]:
    """The fields of the guard that are other ones now, but the number of the next record."""
    was, now = turn.begun, turn.guard
    names = [name for name in GuardState.__slots__ if name not in ("n", "shadow", "times")]
    return {name: getattr(now, name) for name in names if getattr(now, name) != getattr(was, name)}


def deadlines(turn: Turn) -> dict[str, int]:
    was, now = turn.begun.times, turn.guard.times
    return {name: getattr(now, name) for name in type(now).__slots__ if getattr(now, name) != getattr(was, name)}


def pending(index: int) -> Pending:
    return Pending(1, index, 100, 9_000_000, None)


# --- cut --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lead", "says"),
    [("x", None, f"{REFUSED}: x"), ("x", "A", f"{REFUSED}: lead A: x"), ("", None, REFUSED)],
)
def test_a_cut_is_the_first_effect_and_says_why(text: str, lead: str | None, says: str) -> None:
    turn = turn_of(live)

    assert fault(turn, "refused", text, lead) == REFUSED
    assert lines(turn.effects) == [
        "cut 001800",
        f"record trip, fault=refused, text={says}, first=True",
        f"operator trip cause=refused, text={says}, clears=operator",
        "operator level lead=A, kind=2, ua=0, why=zeroed",
        "record state, state=STOPPING, by=fault",
        f"operator state state=STOPPING, use=human, cause={says}",
        DELIVERED,
    ]
    # Live since 1 s, and now it is 1.6 s; a cut is confirmed within 250 ms.
    assert changed(turn) == {
        "state": State.STOPPING, "ceilings": (0, 0, 0, 0), "trip": Trip("refused", says), "live_us": 600_000,
        "live_since_us": None, "cuts": 1, "delivered_us": 1_600_000,
    }  # fmt: skip
    assert deadlines(turn) == {"cut": 1_850_000, "session": NEVER}


def test_a_later_cause_is_recorded_only_and_the_first_one_kept() -> None:
    turn = turn_of(tripped)
    was = turn.guard.trip
    fault(turn, "current")

    assert lines(turn.effects)[:2] == [
        "cut 001800", "record trip, fault=current, text=there is current while there should be none, first=False",
    ]  # fmt: skip
    assert not any(line.startswith("operator trip") for line in lines(turn.effects))
    assert turn.guard.trip == was and was is not None and was.fault == "refused"
    assert turn.guard.over is None


@pytest.mark.parametrize(
    ("story", "name", "over"),
    [(live, "clock", True), (live, "stale", False), (off, "stale", True), (safe, "stale", False)],
)
def test_what_never_clears_or_comes_before_the_device_ends_the_session(
    story: Callable[[], Stand], name: str, over: bool
) -> None:
    turn = turn_of(story)
    fault(turn, name)

    assert turn.guard.over == (Over("tripped", Exit.TRIPPED) if over else None)


def test_the_first_reason_of_an_end_is_kept() -> None:
    turn = turn_of(live)
    be_over(turn, "stopped", Exit.STOPPED)
    be_over(turn, "tripped", Exit.TRIPPED)

    assert turn.guard.over == Over("stopped", Exit.STOPPED)


def test_every_permission_is_taken_back() -> None:
    lately = Lately(9_000_000, (100, 0, 0, 0), ("2",), State.LIVE)
    turn = turn_of(
        live, hold="2", pending=(pending(0),), lately=lately, target=(0, 0, 0, 0), contacted=("A",)
    )  # fmt: skip
    fall_silent(turn, Event.STOP)

    guard = turn.guard
    assert (guard.state, guard.ceilings, guard.hold, guard.pending) == (State.STOPPING, (0, 0, 0, 0), None, ())
    assert (guard.lately, guard.target, guard.contacted) == (None, (), ())
    assert lines(turn.effects)[:3] == [
        "operator level lead=A, kind=2, ua=0, why=zeroed",
        "operator hold kind=None",
        "record state, state=STOPPING, by=stop",
    ]


def test_who_waits_already_gets_no_more_patience() -> None:
    turn = turn_of(stopping, cuts=2)
    fall_silent(turn, Event.FAULT)

    assert (changed(turn), deadlines(turn), turn.effects) == ({}, {}, [])


@pytest.mark.parametrize(("known_us", "changes"), [(NEVER, {"give_up": 12_350_000}), (9_000_000, {})])
def test_what_cuts_while_uncertain_gives_up_after_10_s(known_us: int, changes: dict[str, int]) -> None:
    turn = turn_of(uncertain)
    turn.begun = turn.guard = replace(turn.guard, times=replace(turn.guard.times, give_up=known_us))
    fall_silent(turn, Event.FAULT)

    assert turn.now_us == 2_350_000
    assert (changed(turn), deadlines(turn), turn.effects) == ({}, changes, [])


# --- lower ------------------------------------------------------------------------------------------------------------

LEVELS = (100, 200, 300, 400)  # A's 2 Hz and 100 Hz, then B's


@pytest.mark.parametrize(
    ("name", "text", "lead", "ceilings", "said"),
    [
        ("open", "5 ohm", "A", (0, 0, 300, 400),
         "lead A: the lead is open (5 ohm); it is at zero, raise again, medium"),
        ("parked", "", "B", (100, 200, 0, 0),
         "lead B: the device parked the lead: it reached the compliance; it is at zero, raise again, medium"),
        ("short", "x", None, (0, 0, 0, 0), "the lead is shorted (x); every lead is at zero, raise again, medium"),
        ("ledger", "full", None, (0, 0, 0, 0),
         "the ledger can't be written (full); every lead is at zero and can't be raised; stop, high"),
        ("ledger", "", "A", (0, 0, 300, 400),
         "lead A: the ledger can't be written; it is at zero and can't be raised; stop, high"),
    ],
)  # fmt: skip
def test_a_lead_is_lowered_to_zero_and_the_player_has_to_follow(
    name: str, text: str, lead: str | None, ceilings: tuple[int, ...], said: str
) -> None:
    turn = turn_of(live, ceilings=LEVELS)
    answer = fault(turn, name, text, lead)
    found = lines(turn.effects)

    assert answer in said
    leads = ("A", "B") if lead is None else (lead,)
    to_ua = {each: {"2": 0, "100": 0} for each in leads}
    assert found[0] == f"record lower, lead={lead}, kind=None, fault={name}, text={text}, to_ua={to_ua}"
    assert found[-1] == f"operator notice text={said.rpartition(', ')[0]}, priority={said.rpartition(', ')[2]}"
    assert found[1:-1] == [
        f"operator level lead={key[0]}, kind={key[1]}, ua=0, why=zeroed"
        for key, ua in zip((("A", "2"), ("A", "100"), ("B", "2"), ("B", "100")), ceilings, strict=True)
        if ua == 0
    ]
    assert (turn.guard.ceilings, turn.guard.target, turn.state) == (ceilings, ceilings, State.LIVE)
    assert deadlines(turn) == {"follow": 1_850_000}


def test_of_a_lead_at_zero_a_fault_that_passes_by_itself_says_nothing() -> None:
    turn = turn_of(live, ceilings=(0, 0, 300, 400))

    assert fault(turn, "open", "5 ohm", "A") == "the lead is open"
    assert (changed(turn), turn.effects) == ({}, [])


def test_a_fault_that_never_clears_is_said_of_a_lead_at_zero_too() -> None:
    turn = turn_of(paused)
    fault(turn, "ledger")

    assert [line.partition(",")[0] for line in lines(turn.effects)] == [
        "record lower",
        "operator notice text=the ledger can't be written; every lead is at zero and can't be raised; stop",
    ]


def test_a_raise_that_is_being_recorded_is_undone_and_said() -> None:
    turn = turn_of(live, ceilings=(0, 0, 300, 400), pending=(pending(1), pending(2)))
    fault(turn, "open", "5 ohm", "A")

    assert [line.partition(",")[0] for line in lines(turn.effects)] == [
        "record lower", "operator notice text=lead A: the lead is open (5 ohm); it is at zero",
    ]  # fmt: skip
    assert changed(turn) == {"pending": (pending(2),)}


@pytest.mark.parametrize(
    ("indices", "found", "kept"), [([0, 1], True, (2,)), ([1, 3], True, (2,)), ([0, 3], False, (1, 2))]
)
def test_whether_there_was_a_raise_to_forget(indices: list[int], found: bool, kept: tuple[int, ...]) -> None:
    turn = turn_of(live, pending=(pending(1), pending(2)))

    assert forget(turn, indices) is found
    assert turn.guard.pending == tuple(pending(index) for index in kept)


# --- hold, note -------------------------------------------------------------------------------------------------------


def test_a_hold_takes_no_raise_and_does_nothing() -> None:
    turn = turn_of(live)

    assert fault(turn, "late", "x", "A") == "the device's last report is too old for a raise"
    assert (changed(turn), turn.effects) == ({}, [])


@pytest.mark.parametrize(
    ("lead", "text", "said", "key"),
    [
        ("B", "59 uA", "lead B: far less current is measured than was asked for (59 uA)", "weak-notice B"),
        (None, "", "far less current is measured than was asked for", "weak-notice "),
        (None, "9 uA", "far less current is measured than was asked for (9 uA)", "weak-notice 9"),
    ],
)
def test_a_note_is_said_once_in_an_arming_of_each_lead(lead: str | None, text: str, said: str, key: str) -> None:
    turn = turn_of(live, said=("contact B", "zzz"))

    assert (fault(turn, "weak-notice", text, lead), fault(turn, "weak-notice", f"{text} again", lead)) == ("", "")
    assert lines(turn.effects) == [
        f"record notice, fault=weak-notice, lead={lead}, text={text}",
        f"operator notice text={said}, priority=medium",
    ]
    assert changed(turn) == {"said": ("contact B", key, "zzz")}


def test_nothing_need_be_said_of_a_fault_but_its_name() -> None:
    turn = turn_of(live)
    fault(turn, "contact")

    assert lines(turn.effects) == [
        "record notice, fault=contact, lead=None, text=",
        "operator notice text=the contact test finds no good contact, priority=medium",
    ]
