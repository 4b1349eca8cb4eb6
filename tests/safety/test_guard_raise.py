"""A raise: one act is one step, recorded before it acts, felt before the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.inputs import Hold, Lower, Raise, Recorded, Stop
from tests.safety.fake_wire import Stand, level, order
from tests.safety.stories import at_zero, notice, the_record


@pytest.mark.hazard("H32")
@pytest.mark.hazard("H33")
def test_a_raise_comes_into_force_only_when_its_record_is_durable() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    record = the_record(stand)
    assert record.wait and record.body == {"type": "raise", "lead": "A", "kind": "2", "from_ua": 0, "to_ua": 100}
    assert level(stand.guard, "A", "2") == 0 and stand.told("player", "set") == []

    stand.feed(Recorded(record.n))
    assert level(stand.guard, "A", "2") == 100
    assert stand.told("operator", "level") == [{"lead": "A", "kind": "2", "ua": 100, "why": "raise"}]
    assert stand.told("player", "set")[0]["levels"][0] == ["A", "2", 100]


def test_a_raise_moves_one_kind_of_one_lead() -> None:
    stand = at_zero().raised()

    assert stand.guard.ceilings == (100, 0, 0, 0)


def test_the_record_of_something_else_raises_nothing() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    stand.feed(Recorded(the_record(stand).n - 1))

    assert level(stand.guard, "A", "2") == 0


def test_a_raise_acts_on_what_is_sounding() -> None:
    stand = at_zero().run(2600)
    stand.raised("A", None)

    assert stand.guard.ceilings == (0, 100, 0, 0)


@pytest.mark.hazard("H17")
def test_a_raise_of_another_kind_is_refused_and_never_queued() -> None:
    stand = at_zero()
    stand.feed(Raise("A", "100"))

    assert notice(stand) == "not raised: 100 is not sounding on lead A, 2 is; hold 100 to raise it"
    assert stand.guard.pending == ()
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
    stand = at_zero()
    stand.feed(what)

    assert notice(stand) == f"not raised: {says}"


def test_strength_rises_only_when_at_zero() -> None:
    stand = Stand().armed()
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: the session is ARMED; strength rises only when LIVE"


def test_before_the_first_pulse_nothing_sounds() -> None:
    stand = Stand().live()
    stand.feed(Raise("A", None))

    assert "nothing is sounding" in notice(stand)


@pytest.mark.hazard("H26")
def test_a_second_raise_of_a_lead_while_the_first_is_being_recorded_is_refused() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: the last raise is still being recorded"


def test_leads_are_raised_side_by_side() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    first = the_record(stand).n
    stand.feed(Raise("B", None))
    second = the_record(stand).n
    stand.feed(Recorded(second))
    assert stand.guard.ceilings == (0, 0, 100, 0)
    stand.feed(Recorded(first))

    assert stand.guard.ceilings == (100, 0, 100, 0)


@pytest.mark.hazard("H26")
@pytest.mark.parametrize(("ms", "ua"), [(199, 100), (200, 200)])
def test_the_next_raise_of_a_lead_waits_for_the_slope(ms: int, ua: int) -> None:
    # 100 uA at 500 uA/s: 200 ms
    stand = at_zero().raised().at(ms)
    stand.raised()

    assert level(stand.guard, "A", "2") == ua


def test_another_lead_does_not_wait_for_this_one_s_slope() -> None:
    stand = at_zero().raised("A").raised("B")

    assert stand.guard.ceilings == (100, 0, 100, 0)


@pytest.mark.hazard("H26")
def test_a_held_key_gives_at_most_two_steps_in_the_first_quarter_of_a_second() -> None:
    stand = at_zero()
    for _ in range(8):
        stand.raised().at(30)

    assert level(stand.guard, "A", "2") == 200


@pytest.mark.hazard("H26")
def test_ten_pasted_keys_give_one_step() -> None:
    stand = at_zero()
    for _ in range(10):
        stand.raised()

    assert level(stand.guard, "A", "2") == 100


@pytest.mark.hazard("H26")
@pytest.mark.parametrize("known", [{"sounded": False}, {"level_ua": 90}])
def test_the_next_raise_waits_until_a_whole_pulse_of_the_last_has_sounded(known: dict[str, int]) -> None:
    stand = at_zero().raised()
    stand.status = replace(
        stand.status,
        counts=tuple(replace(count, **known) for count in stand.status.counts),  # type: ignore[arg-type]
    )
    stand.at(300).feed(Raise("A", None))

    assert notice(stand) == "not raised: no whole pulse of 2 at 100 uA has sounded on lead A yet"


def test_a_raise_needs_a_recent_report() -> None:
    stand = at_zero()
    stand.auto = {"player", "operator"}
    stand.at(250)
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: the device's last report is too old for a raise"


def test_a_parked_lead_is_not_raised() -> None:
    stand = at_zero()
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


@pytest.mark.hazard("H48")
def test_a_raise_whose_record_comes_after_a_stop_has_no_effect() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.feed(Stop("operator"))
    stand.feed(Recorded(n))

    assert set(stand.guard.ceilings) == {0}


def test_a_raise_whose_record_comes_after_a_lower_has_no_effect() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.feed(Lower("A", None))
    stand.feed(Recorded(n))

    assert set(stand.guard.ceilings) == {0}


@pytest.mark.parametrize(("after_ms", "level_ua"), [(249, 100), (250, 0)])
def test_a_raise_whose_record_took_250_ms_is_void_and_says_so(after_ms: int, level_ua: int) -> None:
    """The first pulse of kind 2 is then still the one that sounds; only the record's age differs."""
    stand = at_zero()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.at(after_ms)
    stand.hear()
    stand.feed(Recorded(n))

    assert level(stand.guard, "A", "2") == level_ua
    assert [row["n"] for row in stand.records("void")] == ([] if level_ua else [n])


def test_a_raise_whose_kind_stopped_sounding_before_its_record_was_kept_is_void() -> None:
    stand = at_zero()
    stand.run(2_300)
    stand.feed(Raise("A", "2"))
    n = the_record(stand).n
    stand.run(200)
    stand.feed(Recorded(n))

    assert set(stand.guard.ceilings) == {0}
    assert "not sounding on lead A any more" in notice(stand)


@pytest.mark.hazard("H17")
def test_a_raise_is_void_when_the_hold_changed_before_its_record_was_kept() -> None:
    # Kind 2 sounds on until its section ends; from then on the step would lie unfelt under the hold.
    stand = at_zero()
    stand.feed(Raise("A", "2"))
    n = the_record(stand).n
    stand.feed(Hold("100"))
    stand.feed(Recorded(n))

    assert set(stand.guard.ceilings) == {0}
    assert notice(stand) == "not raised: what is held has changed; press again"


def test_a_raise_is_void_when_the_report_became_too_old_before_its_record_was_kept() -> None:
    stand = at_zero()
    stand.auto -= {"device"}
    stand.at(100)
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.at(150)
    stand.feed(Recorded(n))

    assert set(stand.guard.ceilings) == {0}
    assert notice(stand) == "not raised: the device's last report is too old for a raise"


def test_a_void_raise_is_not_waited_for_by_the_next() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.at(250).feed(Recorded(n))
    stand.raised()

    assert stand.guard.ceilings == (100, 0, 0, 0)
