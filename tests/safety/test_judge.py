"""The one comparison, as a table of boundaries: the last that is admitted and the first that is refused, rule by rule.

In each pair only the one quantity differs, so each refusal is that rule's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.profiles.profile import load_profile
from eastim.safety.interlock import State
from eastim.safety.judge import Allowed, Verdict, judge, judge_locks, keeps_or_lowers
from eastim.safety.judge_runs import SILENCE
from eastim.safety.readers.base import Locks, Output, Run
from tests.safety.fake_wire import BLOCK_US, contact, order, output, run

F = Fraction
NOW = 10_000_000
CEILINGS = {("A", "2"): 400, ("A", "100"): 200, ("B", "2"): 0, ("B", "100"): 0}
ALLOWED = Allowed(order(), load_profile("ea1"), CEILINGS, State.LIVE, 1_000_000_000)
PLAYING = output(CEILINGS, NOW - 1_000_000, NOW + 300_000)
ZERO = output(dict.fromkeys(CEILINGS, 0), NOW + 1000, NOW + 501_200)
ARMED = replace(ALLOWED, state=State.ARMED, ceilings=dict.fromkeys(CEILINGS, 0))

Change = Callable[[Output], Output]


def verdict(after: Output, before: Output = PLAYING, allowed: Allowed = ALLOWED) -> tuple[bool, str]:
    found = judge(before, after, SILENCE, allowed, NOW)
    return found.ok, found.reason


def renewed(**levels: int) -> Output:
    """The buy that goes on for 500 ms, with other levels where named (A2=500)."""
    changed = {(name[0], name[1:]): ua for name, ua in levels.items()}
    return output({**CEILINGS, **changed}, NOW - 1_000_000, NOW + 501_200)


def swapped(old: Run, *new: Run) -> Output:
    out = renewed()
    assert old in out.runs
    return replace(out, runs=(*(item for item in out.runs if item != old), *new))


A2, A100 = run("A", "2", 400), run("A", "100", 200)


# --- what keeps or lowers ---------------------------------------------------------------------------------------------


def test_silence_to_silence_passes_in_every_state() -> None:
    for state in State:
        assert verdict(SILENCE, SILENCE, replace(ALLOWED, state=state)) == (True, "")


def test_falling_silent_passes_in_every_state() -> None:
    for state in State:
        assert verdict(SILENCE, PLAYING, replace(ALLOWED, state=state)) == (True, "")


def test_the_same_output_passes_even_above_every_ceiling() -> None:
    nothing = replace(ALLOWED, ceilings={}, state=State.PAUSED)

    assert verdict(PLAYING, PLAYING, nothing) == (True, "")


LOWER: dict[str, tuple[Change, bool]] = {
    "ends at the same time": (lambda o: o, True),
    "ends earlier": (lambda o: replace(o, ends_us=o.ends_us - 1), True),
    "ends 1 us later": (lambda o: replace(o, ends_us=o.ends_us + 1), False),
    "a whole block later": (lambda o: replace(o, starts_us=o.starts_us + BLOCK_US), True),
    "shifted by 1 us": (lambda o: replace(o, starts_us=o.starts_us + 1), False),
    "a run less": (lambda o: replace(o, runs=o.runs[1:]), True),
    "a run twice": (lambda o: replace(o, runs=(*o.runs, o.runs[0])), False),
    "a run more": (lambda o: replace(o, runs=(*o.runs, run("C", "2", 0))), False),
    "another lead": (lambda o: replace(o, runs=(replace(o.runs[0], lead="C"), *o.runs[1:])), False),
    "1 uA less": (lambda o: replace(o, runs=(run("A", "2", 399), *o.runs[1:])), True),
    "1 uA more": (lambda o: replace(o, runs=(run("A", "2", 401), *o.runs[1:])), False),
    "the other sign": (lambda o: replace(o, runs=(run("A", "2", -400), *o.runs[1:])), False),
    "a resting current": (lambda o: replace(o, rest_ua=F(1, 1000)), False),
    "another block length": (lambda o: replace(o, block_us=BLOCK_US + 1), False),
    "one pulse more": (lambda o: replace(o, runs=(replace(o.runs[0], count=7), *o.runs[1:])), False),
    "a shorter period": (lambda o: replace(o, runs=(replace(o.runs[0], period_us=F(499_999)), *o.runs[1:])), False),
}


@pytest.mark.parametrize("name", LOWER)
def test_what_keeps_or_lowers(name: str) -> None:
    change, keeps = LOWER[name]

    assert keeps_or_lowers(PLAYING, change(PLAYING), NOW) is keeps


def test_an_output_that_has_ended_is_silence() -> None:
    ended = replace(PLAYING, ends_us=NOW)

    assert keeps_or_lowers(ended, ended, NOW)
    assert not keeps_or_lowers(ended, PLAYING, NOW)


def test_a_resting_current_is_no_silence() -> None:
    assert not keeps_or_lowers(SILENCE, Output(rest_ua=F(1, 1000)), NOW)


# --- what starts, rises or goes on ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_a_renewal_passes_only_when_armed_or_live(state: State) -> None:
    ok, reason = verdict(renewed(), PLAYING, replace(ALLOWED, state=state))

    assert ok is (state in (State.ARMED, State.LIVE))
    assert ok or state.value in reason


def test_a_start_at_zero_passes() -> None:
    assert verdict(ZERO, SILENCE, ARMED) == (True, "")


@pytest.mark.hazard("H18")
def test_a_start_above_zero_is_refused_even_under_the_ceilings() -> None:
    first = output(CEILINGS, NOW + 1000, NOW + 501_200)

    assert verdict(first, SILENCE)[1] == "lead A: a start at 400 uA; every start begins at 0 uA"


def test_a_restart_in_the_middle_counts_as_a_start() -> None:
    again = replace(renewed(), starts_us=NOW + 1000)

    assert "every start begins at 0 uA" in verdict(again)[1]


def test_a_device_fired_slice_by_slice_may_go_on_at_its_ceilings_when_live() -> None:
    sliced = replace(ALLOWED, profile=replace(load_profile("ea1"), strength="fire"))
    first = output(CEILINGS, NOW + 1000, NOW + 501_200)

    assert verdict(first, SILENCE, sliced) == (True, "")
    assert not verdict(first, SILENCE, replace(sliced, state=State.ARMED))[0]


RISES: dict[str, tuple[Output, str]] = {
    "at its ceiling": (renewed(A2=400), ""),
    "1 uA above its ceiling": (renewed(A2=401), "401 uA is above the ceiling of 400 uA, which the operator set"),
    "ten times too high": (renewed(A2=4000), "4000 uA is above the ceiling"),
    "a thousand times too high": (renewed(A2=400_000), "400000 uA is above the ceiling"),
    "the other kind at its ceiling": (renewed(A100=200), ""),
    "the other kind at the first one's level": (renewed(A100=400), "lead A, 100: 400 uA is above the ceiling of 200"),
    "a lead at zero": (renewed(B2=0), ""),
    "a lead that was not raised": (renewed(B2=1), "lead B, 2: 1 uA is above the ceiling of 0 uA"),
    "as long as the device may go on": (replace(renewed(), ends_us=NOW + 2_005_000), ""),
    "1 us longer": (replace(renewed(), ends_us=NOW + 2_005_001), "alone for 2005001 us; the most is 2005000 us"),
    "an endless buy": (replace(renewed(), ends_us=1 << 60), "set by profile ea1"),
    "a resting current": (replace(renewed(), rest_ua=F(1, 1000)), "no direct current"),
    "another block": (replace(renewed(), block_us=BLOCK_US - 1), "the order's is 6000000 us"),
    "one train less": (replace(renewed(), runs=renewed().runs[1:]), ""),
    "no train": (replace(renewed(), runs=(), rest_ua=F(1, 1000)), "rest between"),
    "a doubled train": (swapped(A2, A2, A2), "two trains on one lead in one section"),
    "a shifted copy": (swapped(A2, A2, replace(A2, onset_us=250_000)), "these pulses are not in the order"),
    "an unordered lead": (swapped(A2, A2, replace(A2, lead="C")), "lead C at 0 us: these pulses are not in the order"),
    "one-sided": (swapped(A2, replace(A2, phases=((F(400), F(600)), (F(0), F(600))))), "not in the order"),
    "the wrong sign": (swapped(A2, replace(A2, phases=((F(-400), F(600)), (F(400), F(600))))), "not in the order"),
    "a phase 1 us wider": (swapped(A2, replace(A2, phases=((F(400), F(600)), (F(-400), F(601))))), "not in the order"),
    "a third phase": (swapped(A2, replace(A2, phases=(*A2.phases, (F(1), F(1))))), "not in the order"),
    "1 us late": (swapped(A2, replace(A2, onset_us=1)), "not in the order"),
    "faster by 1 us": (swapped(A2, replace(A2, period_us=F(499_999))), "not in the order"),
    "one pulse more": (swapped(A2, replace(A2, count=7)), "not in the order"),
    "one pulse less": (swapped(A2, replace(A2, count=5)), "not in the order"),
    "the 100 Hz train where 2 Hz belongs": (swapped(A2, run("A", "100", 200, held=True)), "not in the order"),
}


@pytest.mark.hazard("H17")
@pytest.mark.hazard("H20")
@pytest.mark.parametrize("name", RISES)
def test_what_may_go_on(name: str) -> None:
    after, part = RISES[name]
    ok, reason = verdict(after)

    assert ok is (part == "")
    assert part in reason


def test_a_held_kind_may_sound_in_every_section_while_it_is_held() -> None:
    held = output(CEILINGS, NOW - 1_000_000, NOW + 501_200, hold="100")

    assert verdict(held, PLAYING, replace(ALLOWED, holds=("100",))) == (True, "")
    assert "not in the order" in verdict(held, PLAYING, replace(ALLOWED, holds=("2",)))[1]


def test_a_hold_does_not_lift_a_ceiling() -> None:
    held = output({**CEILINGS, ("A", "100"): 201}, NOW - 1_000_000, NOW + 501_200, hold="100")

    assert "201 uA is above the ceiling of 200 uA" in verdict(held, PLAYING, replace(ALLOWED, holds=("100",)))[1]


def test_what_is_sounding_already_may_go_on_after_a_release() -> None:
    held = output(CEILINGS, NOW - 1_000_000, NOW + 300_000, hold="100")

    assert verdict(replace(held, ends_us=NOW + 501_200), held) == (True, "")


@pytest.mark.hazard("H27")
@pytest.mark.parametrize(("left_us", "ok"), [(-498_800, True), (-498_801, False)])
def test_a_buy_ends_within_the_session_and_a_second_of_grace(left_us: int, ok: bool) -> None:
    assert verdict(renewed(), PLAYING, replace(ALLOWED, left_us=left_us))[0] is ok


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("bound_pc", "ok"), [(240_000, True), (239_999, False)])
def test_the_dose_is_judged_whatever_the_ceilings_say(bound_pc: int, ok: bool) -> None:
    # 400 uA x 600 us = 240,000 pC
    limits = ALLOWED.order.limits.tighten("phase_charge_pc", bound_pc, "the test", "a literal")
    tight = replace(ALLOWED, order=replace(ALLOWED.order, limits=limits))
    found, reason = verdict(renewed(), PLAYING, tight)

    assert found is ok
    assert ok or "the test" in reason


# --- the contact test -------------------------------------------------------------------------------------------------

READY = replace(ARMED, contacted=("B",))
GOOD = contact(["A"], 10, 100, 100, NOW)

CONTACTS: dict[str, tuple[Output, str]] = {
    "the largest": (GOOD, ""),
    "110 uA": (contact(["A"], 10, 110, 100, NOW), "110 uA, at most 100"),
    "1 us wider": (contact(["A"], 10, 100, 101, NOW), "101 us, at most 100"),
    "one pulse more": (contact(["A"], 11, 100, 100, NOW), "11 pulses, at most 10"),
    "an unordered lead": (contact(["C"], 10, 100, 100, NOW), "lead C: the lead is not in the order"),
    "tested before": (contact(["B"], 10, 100, 100, NOW), "tested already since arming"),
    "twice in one test": (contact(["A", "A"], 10, 100, 100, NOW), "tested twice"),
    "one of two tested before": (contact(["A", "B"], 10, 100, 100, NOW), "lead B: it was tested already"),
    "one-sided": (
        replace(GOOD, runs=(replace(GOOD.runs[0], phases=((F(100), F(100)), (F(0), F(100)))),)),
        "not balanced",
    ),
    "a resting current": (replace(GOOD, rest_ua=F(1)), "rests at 0 uA"),
    "without an end": (replace(GOOD, ends_us=1 << 60), "ends by itself"),
}


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("name", CONTACTS)
def test_what_a_contact_test_may_be(name: str) -> None:
    test, part = CONTACTS[name]
    found = judge(SILENCE, SILENCE, test, READY, NOW)

    assert found.ok is (part == "")
    assert part in found.reason


@pytest.mark.parametrize("state", [state for state in State if state is not State.ARMED])
def test_a_contact_test_is_made_only_when_armed(state: State) -> None:
    found = judge(SILENCE, SILENCE, GOOD, replace(READY, state=state), NOW)

    assert found == Verdict(
        False, f"the session is {state.value}: a contact test is made only when ARMED, before the first buy"
    )


def test_a_contact_test_does_not_carry_an_output_through() -> None:
    assert not judge(SILENCE, output(CEILINGS, NOW, NOW + 500_000), GOOD, READY, NOW).ok


# --- the limits that the device will hold -----------------------------------------------------------------------------

# The order: leads A and B at 2 mA, 6 uC a phase, 300 blocks of 6 s.
LOCKS = {
    "as ordered": (Locks((("A", 2000), ("B", 2000), ("C", 0)), 6_000_000, 1_800_000_000), ""),
    "lower": (Locks((("A", 0), ("B", 10)), 1, 1), ""),
    "a ms rounded up": (Locks((("A", 2000),), 6_000_000, 1_800_000_999), ""),
    "none on this wire": (None, ""),
    "above the order": (
        Locks((("A", 2010),), 6_000_000, 1),
        "lead A would be locked at 2010 uA, its order says 2000 uA",
    ),
    "another lead": (Locks((("C", 10),), 6_000_000, 1), "lead C would be locked at 10 uA, its order says 0 uA"),
    "more charge": (
        Locks((), 6_000_001, 1),
        "a phase would be locked at 6000001 pC, at most 6000000 pC, set by eastim",
    ),
    "longer": (
        Locks((), 1, 1_800_001_000),
        "play time would be locked at 1800001000 us, the order says 1800000000 us",
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_what_a_device_may_lock(name: str) -> None:
    locks, reason = LOCKS[name]
    assert judge_locks(locks, order()) == Verdict(not reason, reason)
