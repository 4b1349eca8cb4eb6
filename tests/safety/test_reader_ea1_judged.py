"""The reader and the judge together: what a hold is about to silence is judged as long as it may sound."""

from __future__ import annotations

from fractions import Fraction

import pytest

from eastim.profiles.profile import load_profile
from eastim.pulses.program import build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.interlock import State
from eastim.safety.judge import Allowed, Verdict, judge
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.base import Output
from tests.safety import ea1_words as words
from tests.safety.ea1_states import PLAYING, READER, ask

PARTS = [
    (PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000),
    (PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000),
]
PROGRAM = build_program("2/100", PARTS, ("A", "B"), 300)
LEADS = (LeadOrder("A", (), 2000), LeadOrder("B", (), 2000))
ORDER = Order(PROGRAM, LEADS, envelope("human", "needle"), "human", PROGRAM.session_us, "ea1")
CEILINGS = {("A", "2"): 100, ("A", "100"): 50}


def judged(slow: int, fast: int, holds: tuple[str, ...] = ("100",)) -> Verdict:
    """Judge a PLAY that holds kind 100, while the section of kind 2 sounds at 0."""
    after = READER.output(ask(PLAYING, 6, words.play(2, slow, fast, hold=1)))
    allowed = Allowed(ORDER, load_profile("ea1"), CEILINGS, State.LIVE, PROGRAM.session_us, holds)
    return judge(READER.output(PLAYING), after, Output(), allowed, 0)


def test_a_hold_under_the_ceilings_is_admitted() -> None:
    assert judged(10, 5) == Verdict(True)


@pytest.mark.hazard("H17")
def test_a_hold_hides_no_level_above_a_ceiling() -> None:
    assert judged(11, 5).reason.startswith("lead A, 2: 110 uA is above the ceiling of 100 uA")


def test_a_hold_that_the_operator_did_not_ask_is_refused() -> None:
    assert "these pulses are not in the order" in judged(10, 5, holds=()).reason
