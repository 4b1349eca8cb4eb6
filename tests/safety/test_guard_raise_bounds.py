"""A raise at its bounds: the very moment from which the next is taken, and the dose once a hold is released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.inputs import Hold, Raise, Recorded
from eastim.safety.interlock import State
from eastim.safety.readers.base import Count
from tests.safety.fake_wire import CLEAN, Stand, order
from tests.safety.said import lines
from tests.safety.stories import at_400, at_zero, notice, the_record


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


def test_a_raise_beyond_the_dose_says_the_first_bound_that_it_passes() -> None:
    tight = order()
    limits = tight.limits.tighten("phase_charge_pc", 59_999, "the test", "a literal")
    tight = replace(tight, limits=limits.tighten("mean_rectified_ua", 0, "the test", "a literal"))
    stand = Stand(tight).live().run(600)
    stand.feed(Raise("A", None))

    assert notice(stand).startswith("not raised: lead A: charge of one phase is 60000 pc")


@pytest.mark.parametrize(("bound_ua", "taken"), [(2, True), (1, False)])
def test_the_dose_of_a_raise_is_that_of_every_kind_at_its_own_strength(bound_ua: int, taken: bool) -> None:
    # 500 uA x 2 x 600 us x 2 Hz = 1.2 uA of kind 2, and nothing of kind 100, whose 400 uA would be 16 uA.
    stand = at_400()
    limits = stand.order.limits.tighten("mean_rectified_ua", bound_ua, "the test", "a literal")
    stand.guard = replace(
        stand.guard, given=replace(stand.guard.given, order=replace(stand.guard.given.order, limits=limits))
    )
    stand.hear()
    stand.feed(Raise("A", None))

    assert (stand.guard.pending != ()) == taken


@pytest.mark.parametrize(("counts", "taken"), [
    ((Count("A", "100", 100, True, 0, 0), Count("A", "2", 90, True, 0, 0)), False),
    ((Count("B", "2", 100, True, 0, 0), Count("A", "2", 100, False, 0, 0)), False),
    ((Count("A", "100", 90, False, 0, 0), Count("A", "2", 100, True, 0, 0)), True),
    ((Count("A", "100", 100, True, 0, 0),), False),
])  # fmt: skip
def test_only_its_own_kind_on_its_own_lead_makes_a_step_felt(counts: tuple[Count, ...], taken: bool) -> None:
    stand = at_zero().raised().run(200)
    stand.hear(replace(stand.status, counts=counts))
    stand.feed(Raise("A", "2"))

    assert (stand.guard.pending != ()) == taken


def test_at_zero_a_raise_needs_no_pulse_that_was_counted() -> None:
    stand = at_zero()
    stand.hear(replace(stand.status, counts=()))
    stand.feed(Raise("A", None))

    assert the_record(stand).body == {"type": "raise", "lead": "A", "kind": "2", "from_ua": 0, "to_ua": 100}


def test_on_a_lead_that_plays_nothing_in_this_section_nothing_sounds() -> None:
    # The device reports the section that plays, and its kind; but lead A has no train in what was asked for.
    stand = at_zero()
    out = stand.guard.shadow.out
    stand.reader.odd.append(replace(out, runs=tuple(run for run in out.runs if run.lead == "B")))
    stand.ask(b"odd 0")
    assert stand.wrote
    stand.hear(replace(stand.status, section=0, hold=None))
    stand.feed(Raise("A", None))

    assert notice(stand) == "not raised: nothing is sounding on lead A; try again"


@pytest.mark.parametrize("state", [State.ARMED, State.PAUSED, State.TRIPPED])
def test_a_record_that_is_kept_raises_nothing_when_the_session_is_not_live_any_more(state: State) -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.guard = replace(stand.guard, state=state)
    stand.feed(Recorded(n))

    assert stand.guard.ceilings == (0, 0, 0, 0) and lines(stand.last) == []


def test_a_void_raise_is_recorded_with_its_number_and_why() -> None:
    stand = at_zero()
    stand.feed(Raise("A", None))
    n = the_record(stand).n
    stand.feed(Hold("100"))
    stand.feed(Recorded(n))

    assert stand.records("void") == [{"type": "void", "n": n, "reason": "what is held has changed; press again"}]


def test_each_lead_waits_for_its_own_slope() -> None:
    stand = at_zero()
    now_us = stand.now_us
    stand.raised("A")
    assert stand.guard.raise_us == (now_us + 200_000, 0)
    stand.at(100).raised("B")

    assert stand.guard.raise_us == (now_us + 200_000, now_us + 300_000)
