"""Every reading of a status at its exact bounds, asked of the judging function itself: what is seen, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.guard_measured import measured
from eastim.safety.guard_state import Mark, Watch
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Record
from eastim.safety.readers.base import Count, Measured
from tests.safety.fake_wire import CLEAN, Stand
from tests.safety.stories import armed, live, paused, safe, stopping

# A reading that says nothing: the seventh felt pulse, of no known size.
MUTE = replace(CLEAN, plus_ua=None, minus_ua=None, residual_mv=None, z_ohm=None, fresh=7)
SEEN = Watch(fresh=7)


def judged(
    *readings: Measured,
    watch: Watch | None = None,
    story: Callable[[], Stand] = live,
    use: str = "human",
    counts: tuple[Count, ...] = (),
) -> Turn:
    """A turn in which a status with these readings was judged; watch: what is known of lead A's 2 Hz."""
    stand = story() if use == "human" else live(use=use)
    guard = stand.guard
    turn = Turn(replace(guard, watches=(watch or Watch(), *guard.watches[1:])), stand.now_us)
    measured(turn, replace(stand.status, measured=readings, counts=counts))
    return turn


def seen(turn: Turn) -> list[str]:
    bodies = [effect.body for effect in turn.effects if isinstance(effect, Record)]
    return [f"{body['fault']}: {body['text']}" for body in bodies if "fault" in body]


def one(watch: Watch | None = None, use: str = "human", **reading: Any) -> tuple[list[str], Watch]:
    """What is seen in one reading of lead A's 2 Hz, and what is known of it then."""
    turn = judged(replace(MUTE, **reading), watch=watch, use=use)
    return seen(turn), turn.guard.watches[0]


# --- which readings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "is_judged"), [(safe, False), (armed, True), (live, True), (paused, True), (stopping, False)]
)
def test_readings_are_judged_while_output_is_or_was_just_permitted(story: Callable[[], Stand], is_judged: bool) -> None:
    turn = judged(replace(MUTE, residual_mv=5), story=story)

    assert turn.guard.watches[0] == (Watch(fresh=7, base=(7, 5)) if is_judged else Watch())
    assert len(turn.guard.marks) == is_judged


def test_what_follows_a_cut_in_the_same_status_is_not_judged() -> None:
    turn = judged(replace(MUTE, residual_mv=501), replace(MUTE, lead="B", open=True), watch=Watch(base=(6, 0)))

    assert seen(turn) == ["residual: the electrodes charge up: lead A: 501 mV"]
    assert turn.guard.watches[2] == Watch()
    assert turn.guard.marks == ()


def test_a_lead_that_was_not_ordered_is_not_judged() -> None:
    assert seen(judged(replace(MUTE, lead="C", open=True, parked=True))) == []


@pytest.mark.hazard("H15")
def test_a_parked_lead_is_taken_to_zero() -> None:
    turn = judged(replace(MUTE, parked=True))

    assert seen(turn) == ["parked: no current reaches it at this strength"]
    assert turn.guard.ceilings == (0, 0, 0, 0)


@pytest.mark.parametrize(("lead", "kind", "place"), [("A", "2", 0), ("A", "100", 1), ("B", "2", 2), ("B", "100", 3)])
def test_each_lead_and_kind_is_watched_apart(lead: str, kind: str, place: int) -> None:
    known = tuple(Watch(level_ua=10 + i) for i in range(4))
    stand = live()
    turn = Turn(replace(stand.guard, watches=known), stand.now_us)
    measured(turn, replace(stand.status, counts=(), measured=(replace(MUTE, lead=lead, kind=kind),)))

    assert turn.guard.watches == (*known[:place], SEEN, *known[place + 1 :])


def test_one_pulse_is_never_judged_twice() -> None:
    assert one(SEEN, open=True, residual_mv=5) == ([], SEEN)
    assert one(Watch(fresh=8), residual_mv=5) == ([], Watch(fresh=7, base=(7, 5)))


def test_the_size_of_the_current_is_judged_too() -> None:
    felt = (Count("A", "2", 100, True, 0, 0),)
    turn = judged(replace(MUTE, plus_ua=500, minus_ua=500), watch=Watch(level_ua=100), counts=felt)

    assert seen(turn) == ["excess: more current is measured than was asked for: lead A: 500 uA at a level of 100 uA"]


# --- contact ----------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("reading", "text"),
    [
        ({"open": True}, "open, no impedance measured"), ({"open": True, "z_ohm": 600}, "open, 600 ohm"),
        ({"z_ohm": 5001}, "open, 5001 ohm"), ({"z_ohm": 5000}, ""), ({"z_ohm": 50}, ""),
        ({"z_ohm": 49}, "short, 49 ohm"), ({"z_ohm": 1}, "short, 1 ohm"), ({"z_ohm": 0}, ""), ({}, ""),
        ({"short": True}, "short, no impedance measured"), ({"short": True, "z_ohm": 600}, "short, 600 ohm"),
    ],
)  # fmt: skip
def test_a_contact_test_at_its_bounds(reading: dict[str, Any], text: str) -> None:
    turn = judged(replace(MUTE, kind=None, **reading), story=armed)

    assert seen(turn) == ([f"contact: {text}"] if text else [])
    assert turn.guard.watches == (Watch(),) * 4


@pytest.mark.parametrize(
    ("opens", "start_ohm", "reading", "text", "after"),
    [
        (0, None, {"open": True}, "open: compliance reached", (0, None)),
        (0, 600, {"open": True, "z_ohm": 700}, "open: 700 ohm", (0, 600)),
        (0, None, {"z_ohm": 5000}, "", (0, 5000)), (0, None, {"z_ohm": 5001}, "", (1, None)),
        (1, None, {"z_ohm": 5001}, "open: 5001 ohm", (1, None)),
        (1, 600, {"z_ohm": 5000}, "impedance-notice: 5000 ohm, 600 at the start", (0, 600)),
        (1, 600, {}, "", (0, 600)), (0, None, {}, "", (0, None)),
        (0, None, {"z_ohm": 50}, "", (0, 50)), (0, None, {"z_ohm": 49}, "short: 49 ohm", (0, None)),
        (0, None, {"z_ohm": 1}, "short: 1 ohm", (0, None)), (0, None, {"z_ohm": 0}, "", (0, None)),
        (0, 600, {"z_ohm": 0}, "", (0, 600)),
        (0, 600, {"z_ohm": 180}, "impedance-notice: 180 ohm, 600 at the start", (0, 600)),
        (0, 600, {"z_ohm": 179}, "short: 179 ohm, 600 at the start", (0, 600)),
        (0, 160, {"z_ohm": 49}, "short: 49 ohm, 160 at the start", (0, 160)),
        (0, 600, {"short": True}, "short: no impedance measured, 600 at the start", (0, 600)),
        (0, None, {"short": True, "z_ohm": 700}, "short: 700 ohm", (0, None)),
    ],
)  # fmt: skip
def test_the_contact_of_a_pulse_at_its_bounds(
    opens: int, start_ohm: int | None, reading: dict[str, Any], text: str, after: tuple[int, int | None]
) -> None:
    known = Watch(opens=opens, start_ohm=start_ohm)

    assert one(known, **reading) == ([text] if text else [], Watch(fresh=7, opens=after[0], start_ohm=after[1]))


def test_on_a_phantom_there_is_no_impedance_too_low_or_too_high() -> None:
    known = Watch(opens=1, start_ohm=600)

    assert one(known, "bench", z_ohm=1) == ([], Watch(fresh=7, start_ohm=600))
    assert one(known, "bench", z_ohm=10**9) == ([], Watch(fresh=7, start_ohm=600))


# --- balance ----------------------------------------------------------------------------------------------------------

NOTED = "imbalance-notice"


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("plus_ua", "minus_ua", "faults", "bad_from"),
    [
        # Of the larger phase 1 % is noted and 3 % is bad, 1 uA apart that may be rounding.
        (1000, 989, [], None), (1000, 988, [NOTED], None), (989, 1000, [], None), (988, 1000, [NOTED], None),
        (1000, 969, [NOTED], None), (1000, 968, [NOTED], 7), (969, 1000, [NOTED], None), (968, 1000, [NOTED], 7),
        (1, 0, [], None), (2, 0, [NOTED], 7), (0, 0, [], None),
        (1_000_000, 989_999, [], None), (999_999, 989_998, [NOTED], None), (None, 500, [], 3), (500, None, [], 3),
    ],
)  # fmt: skip
def test_the_balance_of_a_pulse_at_its_bounds(
    plus_ua: int | None, minus_ua: int | None, faults: list[str], bad_from: int | None
) -> None:
    found, watch = one(Watch(bad_from=3 if None in (plus_ua, minus_ua) else None), plus_ua=plus_ua, minus_ua=minus_ua)

    assert [text.partition(":")[0] for text in found] == faults
    assert watch == Watch(fresh=7, bad_from=bad_from)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(("fresh", "stops"), [(12, True), (11, False)])
def test_the_tenth_unbalanced_pulse_in_a_row_stops(fresh: int, stops: bool) -> None:
    found, watch = one(Watch(bad_from=3), fresh=fresh, plus_ua=1032, minus_ua=1000)

    stop = ["imbalance: the phases of the pulses are not of equal charge: lead A: 1032 uA and 1000 uA"]
    assert found == ["imbalance-notice: 1032 uA and 1000 uA", *(stop if stops else [])]
    assert watch.bad_from == 3


def test_a_balanced_pulse_begins_the_row_anew() -> None:
    found, watch = one(Watch(bad_from=1), fresh=500, plus_ua=1000, minus_ua=1000)

    assert found == [] and watch.bad_from is None


# --- residual voltage -------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("base_mv", "now_mv", "text"),
    [
        (0, 100, ""), (0, 101, "residual-notice: 101 mV"), (50, -51, "residual-notice: 101 mV"),
        (0, 500, "residual-notice: 500 mV"), (0, 501, "residual: the electrodes charge up: lead A: 501 mV"),
        (300, -201, "residual: the electrodes charge up: lead A: 501 mV"),
    ],
)  # fmt: skip
def test_the_drift_of_the_residual_voltage_at_its_bounds(base_mv: int, now_mv: int, text: str) -> None:
    found, watch = one(Watch(base=(6, base_mv)), residual_mv=now_mv)

    assert found == ([text] if text else [])
    assert watch.base == (6, base_mv)


@pytest.mark.parametrize(("base_at", "base"), [(-2, (-2, 0)), (-3, (7, 9))])
def test_after_ten_pulses_the_drift_is_taken_from_now(base_at: int, base: tuple[int, int]) -> None:
    assert one(Watch(base=(base_at, 0)), residual_mv=9)[1].base == base


def test_a_voltage_that_was_not_measured_drifts_nowhere() -> None:
    assert one(Watch(base=(-90, 600))) == ([], Watch(fresh=7, base=(-90, 600)))


# --- direct current ---------------------------------------------------------------------------------------------------


def net(marks: tuple[Mark, ...], *pc: int, use: str = "human", at_us: int = 0) -> Turn:
    """Lead A's net charge, and B's where given, `at_us` into the stimulation."""
    stand = live(use=use)
    guard = replace(stand.guard, marks=marks, live_us=at_us, live_since_us=stand.now_us)
    turn = Turn(guard, stand.now_us)
    readings = (replace(MUTE, lead=lead, net_pc=charge) for lead, charge in zip("AB", pc, strict=False))
    measured(turn, replace(stand.status, measured=tuple(readings)))
    return turn


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("was_pc", "now_pc", "use", "text"),
    [
        # 2 uA for 10 s are 20 uC; on a phantom 50 uA are noted: 500 uC.
        (0, 20_000_000, "human", ""), (0, -20_000_000, "human", ""),
        (0, 20_000_001, "human", "net-dc: a net direct current flows: lead A: 20000001 pC in 3 us"),
        (0, -20_000_001, "human", "net-dc: a net direct current flows: lead A: -20000001 pC in 3 us"),
        (-5, 19_999_996, "human", "net-dc: a net direct current flows: lead A: 20000001 pC in 3 us"),
        (9, 20_000_009, "human", ""), (0, 500_000_000, "bench", ""),
        (0, -500_000_001, "bench", "net-dc-notice: -500000001 pC in 3 us"),
    ],
)  # fmt: skip
def test_the_net_charge_at_its_bounds(was_pc: int, now_pc: int, use: str, text: str) -> None:
    assert seen(net((Mark(4, (was_pc, 0)),), now_pc, use=use, at_us=7)) == ([text] if text else [])


def test_the_net_charge_is_taken_from_the_older_mark_lead_by_lead() -> None:
    marks = Mark(1, (0, 7)), Mark(4_000_000, (20_000_000, 20_000_000))

    assert seen(net(marks, 20_000_000, 20_000_007, at_us=4_000_001)) == []
    assert seen(net(marks, 20_000_000, 20_000_008, at_us=4_000_001)) == [
        "net-dc: a net direct current flows: lead B: 20000001 pC in 4000000 us"
    ]


@pytest.mark.parametrize(("at_us", "marked"), [(5_000_008, False), (5_000_009, True)])
def test_the_net_charge_is_marked_every_5_s_and_two_marks_are_kept(at_us: int, marked: bool) -> None:
    known = Mark(3, (1, 1)), Mark(9, (2, 2))
    now = Mark(at_us, (4, 0))

    assert net(known, 4, at_us=at_us).guard.marks == ((known[1], now) if marked else known)


def test_the_first_report_is_what_later_ones_are_compared_with() -> None:
    assert net((), 4, 5, at_us=8).guard.marks == (Mark(8, (4, 5)),)
    assert net((), at_us=8).guard.marks == ()


def test_the_second_mark_stands_beside_the_first() -> None:
    first = Mark(8, (4, 5))

    assert net((first,), 6, 7, at_us=5_000_008).guard.marks == (first, Mark(5_000_008, (6, 7)))


def test_a_mark_of_other_leads_is_compared_with_nothing() -> None:
    with pytest.raises(ValueError):
        net((Mark(4, (0,)),), 5, at_us=7)
