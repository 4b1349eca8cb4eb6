"""What an operator hears of a zero that can't be confirmed (H41)."""

from __future__ import annotations

import pytest

from eastim.safety.guard_stop import TAKE_OFF
from eastim.safety.inputs import Stop
from tests.safety.fake_wire import Stand


@pytest.mark.hazard("H41")
def test_an_unconfirmed_stop_is_said_with_high_priority_and_says_what_to_do() -> None:
    stand = Stand().live()
    stand.auto = {"player", "operator"}
    stand.feed(Stop("operator"))
    stand.at(750)

    said = stand.all_told("operator", "notice")
    assert said[-1] == {"text": TAKE_OFF, "priority": "high"}
    assert "take the leads off" in TAKE_OFF
