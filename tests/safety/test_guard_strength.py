"""Down at once and without bound; a hold lifts nothing; nothing rises by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.inputs import Hold, Lower, Pause, Raise, Recorded, Stop
from tests.safety.fake_wire import CLEAN, Stand, level, order
from tests.safety.stories import at_400, at_zero, notice

# --- the ledger fails -------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H32")
def test_a_ledger_that_fails_takes_everything_to_zero_and_allows_no_raise() -> None:
    stand = at_400()
    stand.feed(Recorded(1, "no space left"))
    assert set(stand.guard.ceilings) == {0} and stand.state == "LIVE" and not stand.cut
    assert stand.told("operator", "notice")[0]["priority"] == "high"

    stand.play()
    stand.run(400).feed(Raise("A", None))
    assert notice(stand) == "not raised: the ledger can't be written"


@pytest.mark.hazard("H32")
def test_each_record_after_the_first_that_fails_makes_no_more_records_that_would_fail() -> None:
    stand = at_400()
    stand.feed(Recorded(1, "no space left"))

    assert stand.feed(Recorded(2, "no space left")) == ()


@pytest.mark.hazard("H32")
def test_a_session_whose_ledger_failed_does_not_end_as_if_it_were_whole() -> None:
    stand = at_400()
    stand.feed(Recorded(1, "no space left"))
    stand.feed(Stop("operator"))
    stand.zero_read_back()

    assert stand.all_told("operator", "end")[0]["exit"] == 7


@pytest.mark.hazard("H32")
def test_a_ledger_that_fails_and_a_player_that_does_not_follow_is_a_cut() -> None:
    stand = at_400()
    stand.feed(Recorded(1, "no space left"))
    stand.at(250)

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H32")
def test_a_stop_waits_for_no_record() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    stand.feed(Stop("operator"))
    stand.zero_read_back()

    assert stand.state == "OFF"


# --- lower ------------------------------------------------------------------------------------------------------------


def test_a_lower_acts_at_once() -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))

    assert level(stand.guard, "A", "2") == 300
    assert stand.told("operator", "level") == [{"lead": "A", "kind": "2", "ua": 300, "why": "lower"}]
    assert stand.told("player", "set")[0]["levels"][0] == ["A", "2", 300]


def test_lowering_is_unlimited_and_ends_at_zero() -> None:
    stand = at_400()
    for _ in range(9):
        stand.feed(Lower("A", None))

    assert set(stand.guard.ceilings) == {0}


def test_a_lower_of_no_kind_lowers_every_kind_of_the_lead() -> None:
    stand = at_400().run(1400).raised()
    assert stand.guard.ceilings == (400, 100, 0, 0)
    stand.feed(Lower("A", None))

    assert stand.guard.ceilings == (300, 0, 0, 0)


def test_a_lower_of_an_unknown_lead_says_so() -> None:
    stand = at_zero()
    stand.feed(Lower("C", None))

    assert "no lead 'C'" in notice(stand)


def test_a_lower_that_is_followed_goes_on() -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))
    stand.run(1000)

    assert stand.state == "LIVE"


@pytest.mark.hazard("H18")
@pytest.mark.parametrize(("ms", "state"), [(249, "LIVE"), (250, "STOPPING")])
def test_a_lower_that_is_not_followed_within_250_ms_is_a_cut(ms: int, state: str) -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))
    stand.at(ms)

    assert stand.state == state
    assert stand.guard.trip is None or stand.guard.trip.fault == "not-followed"


def test_a_lower_just_before_another_s_deadline_gets_its_own_time() -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))
    stand.at(200)
    stand.play()
    stand.feed(Lower("A", "2"))
    stand.at(249)
    assert stand.state == "LIVE"
    stand.at(1)

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H48")
@pytest.mark.parametrize(("ua", "state"), [(400, "LIVE"), (401, "STOPPING")])
def test_a_frame_that_crossed_a_lower_is_dropped_but_not_one_above_what_was_allowed(ua: int, state: str) -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))
    stand.play(A2=ua)

    assert not stand.wrote and "above the ceiling" in stand.told("player", "refused")[0]["reason"]
    assert stand.records("refused")[-1]["reason"] and stand.state == state


@pytest.mark.hazard("H48")
def test_250_ms_after_a_lower_the_old_strength_trips() -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))
    stand.play()
    stand.at(250)
    stand.play(A2=400)

    assert not stand.wrote and stand.cut


# --- hold -------------------------------------------------------------------------------------------------------------


def test_a_held_kind_is_told_and_sounds() -> None:
    stand = at_zero()
    stand.feed(Hold("100"))
    assert stand.told("operator", "hold") == [{"kind": "100"}] and stand.told("player", "set")[0]["hold"] == "100"
    stand.play()
    assert stand.wrote
    stand.raised("A", None)

    assert stand.guard.ceilings == (0, 100, 0, 0)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("100", "100 is not sounding on lead A, 2 is; it is held from the next section on"),
        (None, "100 is not sounding on lead A, 2 is; it is held from the next section on"),
        ("2", "100 is held, but 2 is still sounding on lead A; raise 100 when it does"),
    ],
)
def test_until_the_device_takes_up_a_hold_nothing_is_raised(kind: str | None, says: str) -> None:
    """What sounds is not what the operator wants to sound, and what it wants would not be felt yet."""
    stand = at_zero()
    stand.status = replace(stand.status, section=0, hold=None)
    stand.feed(Hold("100"))
    stand.run(200)
    stand.feed(Raise("A", kind))

    assert notice(stand) == f"not raised: {says}"
    assert stand.guard.pending == ()


def test_a_release_goes_back_to_the_program() -> None:
    stand = at_zero()
    stand.feed(Hold("100"))
    stand.run(400)
    stand.feed(Hold(None))
    stand.run(400)
    stand.raised("A", None)

    assert stand.guard.ceilings == (100, 0, 0, 0) and stand.state == "LIVE"


@pytest.mark.hazard("H48")
def test_a_frame_that_crossed_a_release_is_dropped() -> None:
    stand = at_zero()
    stand.feed(Hold("100"))
    stand.feed(Hold(None))
    stand.ask(b"play 500 100 A:2=0,A:100=0")

    assert not stand.wrote and stand.state == "LIVE"


def test_a_hold_that_was_not_asked_for_trips() -> None:
    stand = at_zero()
    stand.ask(b"play 500 100 A:2=0,A:100=0")

    assert not stand.wrote and stand.cut


def test_an_unknown_kind_is_not_held() -> None:
    stand = at_zero()
    stand.feed(Hold("50"))

    assert notice(stand) == "no kind '50' in this order; there are 2, 100" and stand.guard.hold is None


@pytest.mark.hazard("H17")
def test_a_hold_lifts_no_limit_of_the_dose() -> None:
    # 100 uA x 2 x 200 us x 100 Hz = 4 uA of mean rectified current
    tight = order()
    tight = replace(tight, limits=tight.limits.tighten("mean_rectified_ua", 4, "the test", "a literal"))
    stand = Stand(tight).live().run(3400).raised("A", "100").run(400)
    stand.feed(Hold("100"))
    assert stand.guard.hold == "100"
    stand.run(400).raised("A", "100")

    assert level(stand.guard, "A", "100") == 100


def test_a_pause_releases_the_hold() -> None:
    stand = at_zero()
    stand.feed(Hold("100"))
    stand.feed(Pause())

    assert stand.guard.hold is None and {"kind": None} in stand.told("operator", "hold")


# --- nothing rises by itself ------------------------------------------------------------------------------------------


@pytest.mark.hazard("H15")
def test_a_lead_that_was_zeroed_stays_at_zero_until_it_is_raised() -> None:
    stand = at_400()
    stand.measure(open=True, z_ohm=None)
    assert set(stand.guard.ceilings) == {0}
    stand.play()
    stand.status = replace(stand.status, measured=(replace(CLEAN, fresh=9),))
    stand.run(2000)

    assert set(stand.guard.ceilings) == {0} and stand.state == "LIVE"
