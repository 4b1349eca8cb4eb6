"""H15: what is tried before the first pulse is 0.1 mA at most, whoever asks for more, whatever hangs on the leads."""

from __future__ import annotations

import pytest

from eastim.errors import Refused
from eastim.safety.limits import envelope
from tests.safety import ea1_states, ea1_words
from tests.safety.boundaries import limit_trials
from tests.sweeps.sitting import Sitting


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("load", ["600", "short", "needle", "4000"])
def test_the_contact_test_puts_100_ua_on_each_lead(load: str) -> None:
    sitting = Sitting("2/100", "AB", load=load).live()

    assert sitting.peaks() == {"A": 100, "B": 100}


@pytest.mark.hazard("H15")
def test_the_judge_refuses_a_stronger_contact_test() -> None:
    limits = envelope("human", "needle")

    assert limit_trials.tested_ua(limits, 100) == ""
    assert "101 uA, at most 100" in limit_trials.tested_ua(limits, 101)


@pytest.mark.hazard("H15")
def test_the_reader_refuses_a_stronger_contact_test() -> None:
    with pytest.raises(Refused, match="CONTACT with 10 pulses at level 11, must be 1 to 10"):
        ea1_states.ask(ea1_states.ARMED, 5, ea1_words.contact(level=11))
