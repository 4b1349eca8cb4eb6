"""How strength moves: one act is one step, felt before the next; down at once and without bound; never by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.inputs import Hold, Lower, Pause, Raise, Record, Recorded, Stop
from tests.safety.fake_wire import CLEAN, Stand, level, order


def live() -> Stand:
    return Stand().live().run(600)


def at_400() -> Stand:
    """Lead A's 2 Hz at 400 uA, four raises 0.4 s apart; its section still sounds."""
    stand = Stand().live().run(200)
    for _ in range(4):
        stand.raised().run(400)
    assert level(stand.guard, "A", "2") == 400
    return stand


def notice(stand: Stand) -> str:
    texts = [body["text"] for body in stand.told("operator", "notice")]
    assert len(texts) == 1
    return str(texts[0])


def the_record(stand: Stand) -> Record:
    return next(record for record in stand.of(Record) if record.body["type"] == "raise")


# --- raise ------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H33")
def test_a_raise_comes_into_force_only_when_its_record_is_durable() -> None:
    stand = live()
    stand.feed(Raise("A", None))
    record = the_record(stand)
    assert record.wait and record.body == {"type": "raise", "lead": "A", "kind": "2", "from_ua": 0, "to_ua": 100}
    assert level(stand.guard, "A", "2") == 0 and stand.told("player", "set") == []

    stand.feed(Recorded(record.n))
    assert level(stand.guard, "A", "2") == 100
    assert stand.told("operator", "level") == [{"lead": "A", "kind": "2", "ua": 100, "why": "raise"}]
    assert stand.told("player", "set")[0]["levels"][0] == ["A", "2", 100]


def test_a_raise_moves_one_kind_of_one_lead() -> None:
    stand = live().raised()

    assert stand.guard.ceilings == (100, 0, 0, 0)


def test_the_record_of_something_else_raises_nothing() -> None:
    stand = live()
    stand.feed(Raise("A", None))
    stand.feed(Recorded(the_record(stand).n - 1))

    assert level(stand.guard, "A", "2") == 0


def test_a_raise_acts_on_what_is_sounding() -> None:
    stand = live().run(2600)
    stand.raised("A", None)

    assert stand.guard.ceilings == (0, 100, 0, 0)


@pytest.mark.hazard("H17")
def test_a_raise_of_another_kind_is_refused_and_never_queued() -> None:
    stand = live()
    stand.feed(Raise("A", "100"))

    assert notice(stand) == "not raised: 100 is not sounding on lead A, 2 is; hold 100 to raise it"
    assert stand.guard.pending is None
    stand.run(3000)
    assert set(stand.guard.ceilings) == {0}


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (Raise("C", None), "no lead 'C' in this order; there are A, B"),
        (Raise("A", "50"), "no kind '50' in this order; there are 2, 100"),
    ],
)
def test_a_raise_of_what_was_not_ordered_is_refused(what: Raise, says: str) -> None:
    stand = live()
    stand.feed(what)

    assert notice(stand) == f"not raised: {says}"


def test_strength_rises_only_when_live() -> None:
    stand = Stand().armed()
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: the session is ARMED; strength rises only when LIVE"


def test_before_the_first_pulse_nothing_sounds() -> None:
    stand = Stand().live()
    stand.feed(Raise("A", None))

    assert "nothing is sounding" in notice(stand)


@pytest.mark.hazard("H26")
def test_a_second_raise_while_the_first_is_being_recorded_is_refused() -> None:
    stand = live()
    stand.feed(Raise("A", None))
    stand.feed(Raise("B", None))

    assert notice(stand) == "not raised: the last raise is still being recorded"


@pytest.mark.hazard("H26")
@pytest.mark.parametrize(("ms", "ua"), [(199, 100), (200, 200)])
def test_the_next_raise_of_a_lead_waits_for_the_slope(ms: int, ua: int) -> None:
    # 100 uA at 500 uA/s: 200 ms
    stand = live().raised().at(ms)
    stand.raised()

    assert level(stand.guard, "A", "2") == ua


def test_another_lead_does_not_wait_for_this_one_s_slope() -> None:
    stand = live().raised("A").raised("B")

    assert stand.guard.ceilings == (100, 0, 100, 0)


@pytest.mark.hazard("H26")
def test_a_held_key_gives_at_most_two_steps_in_the_first_quarter_of_a_second() -> None:
    stand = live()
    for _ in range(8):
        stand.raised().at(30)

    assert level(stand.guard, "A", "2") == 200


@pytest.mark.hazard("H26")
def test_ten_pasted_keys_give_one_step() -> None:
    stand = live()
    for _ in range(10):
        stand.raised()

    assert level(stand.guard, "A", "2") == 100


@pytest.mark.parametrize("known", [{"sounded": False}, {"level_ua": 90}])
def test_the_next_raise_waits_until_a_whole_pulse_of_the_last_has_sounded(known: dict[str, int]) -> None:
    stand = live().raised()
    stand.status = replace(
        stand.status,
        counts=tuple(replace(count, **known) for count in stand.status.counts),  # type: ignore[arg-type]
    )
    stand.at(300).feed(Raise("A", None))

    assert notice(stand) == "not raised: no whole pulse of 2 at 100 uA has sounded on lead A yet"


def test_a_raise_needs_a_recent_report() -> None:
    stand = live()
    stand.auto = {"player", "operator"}
    stand.at(250)
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: the device's last report is too old for a raise"


def test_a_parked_lead_is_not_raised() -> None:
    stand = live()
    stand.measure(parked=True)
    stand.feed(Raise("A", None))

    assert "not raised" in notice(stand)


def test_the_last_step_ends_at_the_lead_s_highest_strength() -> None:
    stand = Stand(order(max_ua=150)).live().run(600).raised().run(400).raised()
    assert level(stand.guard, "A", "2") == 150
    stand.run(400).feed(Raise("A", None))

    assert notice(stand) == "not raised: lead A is at its highest strength, 150 uA"


def test_a_level_is_a_whole_number_of_the_device_s_steps() -> None:
    stand = Stand(order(max_ua=159)).live().run(600).raised().run(400).raised()

    assert level(stand.guard, "A", "2") == 150


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("bound_pc", "ua"), [(120_000, 200), (119_999, 100)])
def test_a_raise_beyond_the_dose_is_refused_before_it_is_recorded(bound_pc: int, ua: int) -> None:
    # 200 uA x 600 us = 120,000 pC
    tight = order()
    tight = replace(tight, limits=tight.limits.tighten("phase_charge_pc", bound_pc, "the test", "a literal"))
    stand = Stand(tight).live().run(600).raised().run(400).raised()

    assert level(stand.guard, "A", "2") == ua and stand.state == "LIVE"
    assert len(stand.records("raise")) == ua // 100


def test_a_raise_whose_record_comes_after_a_stop_has_no_effect() -> None:
    stand = live()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.feed(Stop("operator"))
    stand.feed(Recorded(n))

    assert set(stand.guard.ceilings) == {0}


def test_a_raise_whose_record_comes_after_a_lower_has_no_effect() -> None:
    stand = live()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.feed(Lower("A", None))
    stand.feed(Recorded(n))

    assert set(stand.guard.ceilings) == {0}


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
def test_a_ledger_that_fails_and_a_player_that_does_not_follow_is_a_cut() -> None:
    stand = at_400()
    stand.feed(Recorded(1, "no space left"))
    stand.at(250)

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H32")
def test_a_stop_waits_for_no_record() -> None:
    stand = live()
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
    stand = live()
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
    stand = live()
    stand.feed(Hold("100"))
    assert stand.told("operator", "hold") == [{"kind": "100"}] and stand.told("player", "set")[0]["hold"] == "100"
    stand.play()
    assert stand.wrote
    stand.raised("A", None)

    assert stand.guard.ceilings == (0, 100, 0, 0)


def test_a_release_goes_back_to_the_program() -> None:
    stand = live()
    stand.feed(Hold("100"))
    stand.run(400)
    stand.feed(Hold(None))
    stand.run(400)
    stand.raised("A", None)

    assert stand.guard.ceilings == (100, 0, 0, 0) and stand.state == "LIVE"


@pytest.mark.hazard("H48")
def test_a_frame_that_crossed_a_release_is_dropped() -> None:
    stand = live()
    stand.feed(Hold("100"))
    stand.feed(Hold(None))
    stand.ask(b"play 500 100 A:2=0,A:100=0")

    assert not stand.wrote and stand.state == "LIVE"


def test_a_hold_that_was_not_asked_for_trips() -> None:
    stand = live()
    stand.ask(b"play 500 100 A:2=0,A:100=0")

    assert not stand.wrote and stand.cut


def test_an_unknown_kind_is_not_held() -> None:
    stand = live()
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
    stand = live()
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
