"""H21: every choice of leads in every order, judged at the loads: a command for one lead moves no other."""

from __future__ import annotations

import struct
from itertools import permutations

import pytest
from cobs import cobs

from eastim.safety.judge import judge_locks
from eastim.safety.readers.base import Locks
from tests.safety.ea1_words import wire
from tests.sweeps.sitting import Sitting, order

CHOICES = ["".join(one) for count in range(1, 5) for one in permutations("ABCD", count)]
# So many raises each, so that each lead's current is its own.
STEPS = {"A": 1, "B": 2, "C": 3, "D": 4}


def test_all_64_choices_are_tried() -> None:
    assert len(CHOICES) == 64


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("leads", CHOICES)
def test_each_load_gets_what_its_own_lead_was_raised_to_and_no_other_any(leads: str) -> None:
    sitting = Sitting("100", leads, seed=len(leads)).live()
    tested = sitting.peaks()
    for n in range(4):
        for lead in leads:
            if n < STEPS[lead]:
                sitting.act("raise", lead=lead, kind=None)
        sitting.run(260_000)

    assert tested == dict.fromkeys(leads, 100)  # the contact test of each, and of no other
    assert sitting.peaks(sitting.now_us - 50_000) == {lead: 100 * STEPS[lead] for lead in leads}


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("lead", "ABCD")
def test_a_lower_of_one_lead_moves_no_other(lead: str) -> None:
    sitting = Sitting("100", "ABCD").live()
    for _ in range(2):
        for one in "ABCD":
            sitting.act("raise", lead=one, kind=None)
        sitting.run(450_000)
    sitting.act("lower", lead=lead, kind=None).run(450_000)

    assert sitting.peaks(sitting.now_us - 50_000) == {**dict.fromkeys("ABCD", 200), lead: 100}


@pytest.mark.hazard("H21")
def test_the_first_phase_is_positive_on_every_lead() -> None:
    sitting = Sitting("100", "ABCD").live()
    for one in "ABCD":
        sitting.act("raise", lead=one, kind=None)
    at_us = sitting.run(450_000).now_us - 9_000
    first = {lead: next((ua for _, _, ua in sitting.edges(at_us - 10_000, lead) if ua), 0) for lead in "ABCD"}

    assert first == dict.fromkeys("ABCD", 100)


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("other", [1, 2, 3])
def test_the_device_itself_refuses_a_level_on_a_lead_that_was_not_ordered(other: int) -> None:
    sitting = Sitting("100", "A").live().raised(1)
    rig = sitting.rig
    if rig is None:
        raise ValueError("no rig")
    levels = [10, 0, 0, 0]
    levels[other] = 1
    # Right in everything else, and put on the line behind the guard's back.
    body = struct.pack("<IIHBB4H", rig.device.epoch, rig.device.session.step + 1, 500, 0xFF, 1, *levels)
    rig.simulation.receive(wire(6, 1_000_000, body))
    answer = cobs.decode(rig.simulation.take()[-1][:-1])
    sitting.run(400_000)

    assert answer[1] == 0xFF and answer[6:8] == b"\x06\x08"  # REFUSED: PLAY, LIMIT
    assert set(sitting.peaks()) == {"A"}


@pytest.mark.hazard("H21")
def test_the_guard_lets_no_lock_out_that_gives_another_lead_more_than_zero() -> None:
    ordered = order("100", "A")

    assert judge_locks(Locks((("A", 2000), ("B", 0), ("C", 0), ("D", 0)), 6_000_000, 60_000_000), ordered).ok
    for lead in "BCD":
        refused = judge_locks(Locks(((lead, 10),), 6_000_000, 60_000_000), ordered)

        assert refused.reason == f"lead {lead} would be locked at 10 uA, its order says 0 uA"
