"""A raise at its bounds: the very moment from which the next is taken, and the dose once a hold is released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.inputs import Hold, Raise
from tests.safety.fake_wire import CLEAN, Stand, order
from tests.safety.said import lines
from tests.safety.stories import at_zero, notice


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (199_999, ["operator notice text=not raised: too fast; wait for the last step to be felt, priority=low"]),
        (200_000, ["record raise, lead=A, kind=2, from_ua=100, to_ua=200 !"]),
    ],
)
def test_the_next_raise_is_taken_at_the_very_moment_that_the_slope_allows(us: int, said: list[str]) -> None:
    # 100 uA at 500 uA/s: 200 ms
    stand = at_zero().raised()
    stand.hear()
    stand.now_us += us
    stand.feed(Raise("A", None))

    assert lines(stand.last) == said


@pytest.mark.parametrize(("bound_ua", "ua"), [(4, 0), (5, 100)])
def test_a_raise_under_a_hold_must_fit_when_the_hold_is_released_too(bound_ua: int, ua: int) -> None:
    # Held, 100 pulses a second of 2 x 200 us at 100 uA: 4 uA of mean rectified current. Released, the second before the
    # block begins anew holds 99 of them and one of 2 x 600 us: 4.08 uA, which is more than 4.
    tight = order()
    tight = replace(tight, limits=tight.limits.tighten("mean_rectified_ua", bound_ua, "the test", "a literal"))
    stand = Stand(tight).live().run(400).raised("A", "2").run(200)
    stand.feed(Hold("100"))
    stand.run(400).raised("A", "100")

    assert stand.guard.ceilings == (100, ua, 0, 0) and stand.state == "LIVE"


def test_a_raise_beyond_the_dose_says_the_bound() -> None:
    tight = order()
    tight = replace(tight, limits=tight.limits.tighten("phase_charge_pc", 59_999, "the test", "a literal"))
    stand = Stand(tight).live().run(600)
    stand.feed(Raise("A", None))

    assert notice(stand).startswith("not raised: lead A: ") and "59999" in notice(stand)


def test_what_the_device_holds_sounds_whatever_its_section_s_own_kind_is() -> None:
    # The device tells that it holds 100 in section 0: there it is 100 that a raise moves.
    stand = at_zero()
    stand.feed(Hold("100"))
    stand.status = replace(stand.status, section=0, hold="100")
    stand.run(400).raised("A", None)

    assert stand.guard.ceilings == (0, 100, 0, 0)


@pytest.mark.parametrize(
    ("lead", "parked", "accepted"), [("A", False, True), ("B", True, True), ("B", False, True), ("A", True, False)]
)
def test_only_a_lead_that_is_parked_itself_is_not_raised(lead: str, parked: bool, accepted: bool) -> None:
    stand = at_zero()
    stand.hear(replace(stand.status, measured=(replace(CLEAN, lead=lead, parked=parked),)))
    stand.feed(Raise("A", None))

    assert (stand.guard.pending != ()) == accepted


def test_without_a_report_nothing_is_felt() -> None:
    stand = at_zero()
    stand.guard = replace(stand.guard, status=None)
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: no whole pulse of 2 at 0 uA has sounded on lead A yet"
