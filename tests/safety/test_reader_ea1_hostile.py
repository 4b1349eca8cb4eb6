"""Reports that no honest device sends: they disagree, and the reader goes on reading. Each was found by fuzzing."""

from __future__ import annotations

import pytest

from tests.safety import ea1_states as states
from tests.safety.ea1_words import Report


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("hold", [2, 0x31, 0xFE])
def test_a_hold_that_is_no_kind_of_the_program_disagrees_and_is_not_taken_over(hold: int) -> None:
    report = Report(step=2, hold=hold, levels={(0, 0): 10, (0, 1): 5})
    shadow, (status,) = states.READER.heard(states.RAISED, report.wire, 0)

    assert f"hold {hold}, which nobody asked" in status.disagreement
    assert states.levels(shadow) == [100, 50]
