"""The matrix counts the operator's acts, wants current to have flowed, and excuses a late cut only with its fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.clock import ManualClock
from eastim.front import Happened
from proof.asked import Act
from proof.matrix.cells import FELT_FIRST, Cell
from proof.matrix.judge import breaches
from proof.matrix.operator import Operator
from proof.matrix.tried import exits, try_cell, weigh
from tests.proof.matrix_story import CELL, RAISED, STOPPED, STORY, evidence, pulse, told

REST = (("A", "100"), ("B", "2"), ("B", "100"))


@pytest.mark.parametrize(
    "raises",
    [
        (),
        (Act(999_999, "A", None),),
        (Act(1_000_001, "A", None),),
        (Act(1_000_000, "B", None),),
        (Act(1_000_000, "A", "100"),),
    ],
)
def test_a_raise_that_nobody_asked_for_is_seen_and_allows_nothing(raises: tuple[Act, ...]) -> None:
    assert told(*pulse(1_100_000, 100), raises=raises) == [
        "envelope: a raise of ('A', '2') at 1000000 us that nobody asked for",
        "envelope: 100 uA of 2 on lead A at 1100000 us, 0 uA allowed",
    ]


@pytest.mark.parametrize(("more", "seen"), [((), True), ((Act(1_200_000, "A", "2"),), False)])
def test_one_act_is_good_for_one_raise(more: tuple[Act, ...], seen: bool) -> None:
    again = (1_200_000, "raise", {"lead": "A", "kind": "2", "from_ua": 100, "to_ua": 200})
    says = told(*pulse(1_600_000, 200), story=(*STORY, again), raises=(*RAISED, *more))

    assert ("double: 200 uA of 2 on lead A at 1600000 us, 100 uA allowed" in says) is seen
    assert ("envelope: a raise of ('A', '2') at 1200000 us that nobody asked for" in says) is seen


@pytest.mark.parametrize(("within_us", "seen"), [(499_999, True), (500_000, False)])
def test_a_record_may_come_as_long_after_its_act_as_is_said(within_us: int, seen: bool) -> None:
    early = replace(evidence(), raises=(Act(500_000, "A", None),))

    assert bool(list(breaches(early, exits(), asked_within_us=within_us))) is seen


def cut_late(fault: str, seed: int, cut_us: int, began_us: int, late_us: int) -> list[str]:
    """What is said of a cell with a pulse so long after a trip; seed 0: the fault stays, else it goes after 0.4 s."""
    story = (*STORY[:5], (cut_us, "trip", {"fault": "stale"}), (6_000_000, "stop", {}), (6_000_000, "close", STOPPED))
    known = replace(evidence(*pulse(cut_us + late_us, 100), story=story), began_us=began_us, ended_us=6_000_000)
    return [text.split(": ", 1)[1] for text in weigh(replace(CELL, fault=fault, seed=seed), known).breaches]


@pytest.mark.parametrize("fault", ["silent", "unplug", "deaf"])
def test_a_late_cut_is_not_excused_before_its_fault(fault: str) -> None:
    says = "restart: 100 uA of 2 on lead A at 1990000 us, 0 uA allowed"

    assert cut_late(fault, 0, 1_500_000, 1_999_000, 490_000) == [says]


@pytest.mark.parametrize(
    ("seed", "cut_us", "late_us", "seen"),
    [
        (0, 1_500_000, 504_999, False),
        (0, 1_500_000, 505_000, True),
        (0, 1_499_999, 5_000, True),
        (0, 1_499_999, 4_999, False),
        (0, 5_000_000, 504_999, False),
        (1, 2_405_000, 504_999, False),  # 0.4 s of the fault, and a lease
        (1, 2_405_001, 4_999, False),
        (1, 2_405_001, 5_000, True),
    ],
)
def test_a_late_cut_is_excused_from_the_fault_until_a_lease_after_it(
    seed: int, cut_us: int, late_us: int, seen: bool
) -> None:
    assert bool(cut_late("deaf", seed, cut_us, 1_500_000, late_us)) is seen


@pytest.mark.parametrize(("second_us", "seen"), [(1_600_000, True), (None, False)])
def test_a_doubled_pulse_must_be_said_once_there_are_two(second_us: int | None, seen: bool) -> None:
    second = () if second_us is None else pulse(second_us, 200)
    found = weigh(replace(CELL, fault="twice"), evidence(*pulse(1_550_000, 200), *second)).breaches

    assert any(": unsaid: " in text for text in found) is seen


def test_an_operator_whose_second_arming_is_refused_stops() -> None:
    clock = ManualClock()
    operator = Operator(clock, goes_on=True, stops=False)
    acts: list[tuple[int, str]] = []
    for at_us, state in ((0, "SAFE"), (1_000_000, "LIVE"), (1_100_000, "TRIPPED"), (2_700_000, "SAFE")):
        clock.set(at_us)
        acts += [(at_us, act.name) for act in operator.pass_(at_us, [Happened("state", at_us, {"state": state})])]
    clock.set(5_700_000)
    acts += [(5_700_000, act.name) for act in operator.pass_(5_700_000, [])]

    assert acts[-2:] == [(5_700_000, "arm"), (5_700_000, "stop")]


def test_a_raise_between_a_boot_and_its_report_is_in_order_and_allows_nothing() -> None:
    again = (1_550_000, "raise", {"lead": "A", "kind": "2", "from_ua": 100, "to_ua": 200})
    raises = (*RAISED, Act(1_550_000, "A", None))
    booted: dict[str, Any] = {"story": (*STORY, again), "raises": raises, "rebooted_us": 1_500_000}

    assert told(**booted) == []
    assert told(*pulse(1_600_000, 200), **booted) == ["envelope: 200 uA of 2 on lead A at 1600000 us, 0 uA allowed"]


def test_a_session_whose_time_is_used_up_when_it_is_armed_anew_ends() -> None:
    tried = try_cell(Cell("half-write", "pause", "socket", 2))

    assert (tried.outcome, tried.breaches) == ("tripped: device-fault", ())


def test_a_doubling_that_meets_a_pause_is_said_by_the_second_pulse_of_a_strength() -> None:
    tried = try_cell(Cell("twice", "lowering", "socket", 0))

    assert (tried.outcome, tried.breaches) == ("tripped: excess", ())


@pytest.mark.parametrize(("began_us", "seen"), [(1_750_000, False), (1_750_001, True)])
def test_a_pause_whose_following_meets_the_fault_may_be_late(began_us: int, seen: bool) -> None:
    story = (*STORY[:5], (1_500_000, "pause", {}), (6_000_000, "stop", {}), (6_000_000, "close", STOPPED))
    known = replace(evidence(*pulse(2_254_999, 100), story=story), began_us=began_us, ended_us=6_000_000)

    assert bool(weigh(replace(CELL, fault="deaf"), known).breaches) is seen


@pytest.mark.parametrize("phase", FELT_FIRST)
def test_after_the_raising_current_must_have_flowed_before_the_fault(phase: str) -> None:
    story = (
        *STORY,
        *((1_000_000, "raise", {"lead": lead, "kind": kind, "from_ua": 0, "to_ua": 100}) for lead, kind in REST),
    )
    asked = replace(evidence(story=story), raises=tuple(Act(1_000_000, lead, None) for lead in "AABB"))
    flowed = [*pulse(1_100_000, 100), *pulse(1_100_000, 100, "B"), *pulse(1_110_000, 100, "A", 200)]
    late = pulse(1_500_000, 100, "B", 200)
    felt = pulse(1_490_000, 100, "B", 200)
    cell = replace(CELL, phase=phase)
    missing = f"{cell}: felt: no pulse of 100 on lead B before the fault at 1500000 us"

    assert weigh(cell, replace(asked, edges=tuple(sorted((*flowed, *late))))).breaches == (missing,)
    assert weigh(cell, replace(asked, edges=tuple(sorted((*flowed, *felt))))).breaches == ()


def test_the_phases_after_the_raising() -> None:
    assert FELT_FIRST == ("2 Hz", "100 Hz", "the switch", "pause", "resume", "lowering", "stop-confirm")
