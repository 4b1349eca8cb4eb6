"""H16: what hangs on a lead goes from good to a short or to nothing, slowly or in one step; judged at the loads.

5 kohm and 50 ohm are the bounds; so are 30 % of what a lead had at its start. One lead's change is no other's.
"""

from __future__ import annotations

import pytest

from tests.sweeps.sitting import Sitting


def swept(*ohms: int, each_us: int = 500_000) -> tuple[list[int], Sitting]:
    """Give lead A one load after another; the peak on it after each, once the guard could see it."""
    sitting, peaks = Sitting("100", "AB", load="A=1000,B=1000").live().raised(1, "AB"), []
    for ohm in ohms:
        if sitting.rig:
            sitting.rig.simulation.set_load("A", str(ohm))
        sitting.run(each_us)
        peaks.append(sitting.peaks(sitting.now_us - 100_000).get("A", 0))
    return peaks, sitting


def why(sitting: Sitting) -> str:
    """What was said of lead A as it was taken to zero."""
    return next((text for text in sitting.notices if text.startswith("lead A: ") and "it is at zero" in text), "")


@pytest.mark.hazard("H16")
def test_a_load_that_falls_slowly_is_lowered_below_30_percent_of_its_start() -> None:
    peaks, sitting = swept(900, 700, 500, 400, 350, 300, 299, 200)

    assert peaks == [100, 100, 100, 100, 100, 100, 0, 0]
    assert why(sitting) == "lead A: the lead is shorted (299 ohm, 1000 at the start); it is at zero, raise again"


@pytest.mark.hazard("H16")
def test_a_load_that_grows_slowly_is_lowered_above_5_kohm() -> None:
    peaks, sitting = swept(1500, 2000, 3000, 4000, 4900, 5000, 5001, 6000)

    assert peaks == [100, 100, 100, 100, 100, 100, 0, 0]
    assert why(sitting) == "lead A: the lead is open (5001 ohm); it is at zero, raise again"


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("ohm", [1, 10, 49, 50, 100, 299, 5001, 6000, 20_000, 100_000, 299_999])
def test_one_step_to_a_bad_load_is_lowered_within_half_a_second(ohm: int) -> None:
    assert swept(ohm)[0] == [0]


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("ohm", [300, 301, 600, 2000, 4999, 5000])
def test_one_step_to_a_good_load_lowers_nothing(ohm: int) -> None:
    peaks, sitting = swept(ohm)

    assert (peaks, why(sitting), sitting.faults) == ([100], "", [])


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("ohm", [10, 6000])
def test_the_other_lead_goes_on(ohm: int) -> None:
    _, sitting = swept(ohm)

    assert sitting.peaks(sitting.now_us - 100_000) == {"B": 100}
    assert (sitting.state, sitting.faults) == ("LIVE", [])


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("ohm", [10, 100, 299, 1000, 5001, 29_999, 300_000, 900_000])
def test_no_load_gets_more_current_than_was_raised(ohm: int) -> None:
    _, sitting = swept(ohm, 1000, ohm, each_us=200_000)

    assert sitting.peaks()["A"] == 100


@pytest.mark.hazard("H16")
def test_a_contact_that_is_good_again_waits_at_zero_for_the_operator() -> None:
    peaks, sitting = swept(10, 1000, 1000)
    sitting.act("raise", lead="A", kind=None).run(400_000)

    assert peaks == [0, 0, 0]
    assert sitting.peaks(sitting.now_us - 100_000) == {"A": 100, "B": 100}


@pytest.mark.hazard("H16")
@pytest.mark.parametrize(("ohm", "said"), [(501, 0), (500, 1), (1999, 0), (2000, 1)])
def test_a_load_that_halves_or_doubles_is_said_once_and_plays_on(ohm: int, said: int) -> None:
    peaks, sitting = swept(ohm)
    notices = [text for text in sitting.notices if "halved or doubled" in text]

    assert (peaks, len(notices)) == ([100], said)
