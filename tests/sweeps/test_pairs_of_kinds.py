"""H17: every kind after every other: what one was raised to, no other gets; judged at the loads."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest

from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from tests.sweeps.sitting import Sitting

# The kinds of all modes: rate in Hz, width of a phase in us.
KINDS = {"2": (2, 600), "10": (10, 400), "50": (50, 200), "100": (100, 200)}


def part(kind: str) -> Section:
    rate, width_us = KINDS[kind]
    return Section(PulseTrain(kind, PulseShape(width_us), Fraction(rate)), 1_500_000, rate * 3 // 2, ("A",))


def alternating(first: str, second: str) -> Sitting:
    """A second and a half of one kind, then of the other."""
    program = Program(f"{first}/{second}", (part(first), part(second)), 10)
    leads = (LeadOrder("A", (), 2000),)
    return Sitting(ordered=Order(program, leads, envelope("human", "needle"), "human", 30_000_000, "ea1"))


def peak_in(sitting: Sitting, kind: str) -> int:
    """Let the next whole section of this kind sound; the peak at the load in the middle of it."""
    for _ in range(40):
        sitting.run(100_000)
        sections = [body["kind"] for body in sitting.said("section")]
        if sections[-1] == kind and sections[-2:-1] != [kind]:
            break
    at_us = sitting.run(300_000).now_us
    return sitting.run(1_000_000).peaks(at_us).get("A", 0)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("first", "second"), list(permutations(KINDS, 2)))
def test_the_next_kind_sounds_at_its_own_strength_which_is_zero_until_it_is_raised(first: str, second: str) -> None:
    sitting = alternating(first, second).live()
    sitting.act("raise", lead="A", kind=first).run(520_000).act("raise", lead="A", kind=first)
    before = peak_in(sitting, second)
    sitting.act("raise", lead="A", kind=first)  # it does not sound: refused, and not kept for later
    after = peak_in(sitting, first)

    assert (before, after) == (0, 200)
    assert any(f"{first} is not sounding on lead A" in text for text in sitting.notices)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("mode", ["2", "100", "2/100", "10", "50"])
def test_a_session_of_any_mode_begins_at_zero(mode: str) -> None:
    assert Sitting(mode).live().run(3_500_000).peaks() == {"A": 100}  # of the contact test alone
