"""The judge's rules one by one: cases in which only one of them can speak, and the words with which it does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety import judge as judge_module
from eastim.safety.interlock import State
from eastim.safety.judge import ADMIT, Allowed, Verdict, aligned, judge, judge_locks, keeps_or_lowers
from eastim.safety.judge_runs import SILENCE
from eastim.safety.limits import Limits
from eastim.safety.readers.base import Locks, Output, Run
from tests.safety.boundaries.relaxed import HUGE, ordered, relaxed, unchecked, wide_profile
from tests.safety.fake_wire import BLOCK_US, F, contact, order, output, run

NOW = 10_000_000
LEVELS = {("A", "2"): 400, ("A", "100"): 200, ("B", "2"): 0, ("B", "100"): 0}
ZERO = dict.fromkeys(LEVELS, 0)
LIVE = Allowed(order(), wide_profile(), LEVELS, State.LIVE, HUGE)
ARMED = replace(LIVE, state=State.ARMED)
PLAYING = output(LEVELS, 1_000_001, NOW + 300_000)
START = output(ZERO, NOW + 1000, NOW + 501_200)


def reason(after: Output, before: Output = PLAYING, allowed: Allowed = LIVE, test: Output = SILENCE) -> str:
    return judge(before, after, test, allowed, NOW).reason


def without(limits: Limits, name: str) -> Limits:
    """Limits that lack a bound, which no use does."""
    return unchecked(limits.use, limits.electrode, tuple(bound for bound in limits.bounds if bound.name != name))


def test_an_admission_has_no_reason() -> None:
    assert Verdict(True, "") == ADMIT == judge(PLAYING, PLAYING, SILENCE, LIVE, NOW)


# --- what keeps or lowers ---------------------------------------------------------------------------------------------


def phases(*ua: int) -> Output:
    """One run of pulses of these currents, 100 us each."""
    shown = tuple((F(each), F(100)) for each in ua)
    return Output((Run("A", 0, shown, F(10_000), 1),), 0, BLOCK_US, NOW + 1)


@pytest.mark.parametrize(
    ("old", "new", "keeps"),
    [
        ((400, -400), (0, 0), True),
        ((400, -400), (1, -1), True),
        ((400, -400), (400, -400), True),
        ((400, -400), (401, -400), False),
        ((400, -400), (400, -401), False),
        ((400, -400), (-1, -400), False),
        ((400, -400), (400, 1), False),
        ((-400, 400), (0, 0), True),
        ((-400, 400), (-400, 400), True),
        ((-400, 400), (1, 400), False),
        ((-400, 400), (-400, -1), False),
        ((400, 0, -400), (300, 0, -300), True),
        ((400, 0, -400), (300, 1, -300), False),
        ((400, 0, -400), (300, -1, -300), False),
        ((0, 0), (0, 0), True),
        ((0, 0), (1, 0), False),
    ],
)
def test_no_phase_may_grow_or_turn(old: tuple[int, ...], new: tuple[int, ...], keeps: bool) -> None:
    assert keeps_or_lowers(phases(*old), phases(*new), NOW) is keeps


def test_a_run_that_was_not_there_is_no_lower_though_another_is() -> None:
    two = replace(PLAYING, runs=(PLAYING.runs[0], run("C", "2", 0)))

    assert not keeps_or_lowers(PLAYING, two, NOW)


def test_of_what_was_silent_nothing_is_kept() -> None:
    ended = replace(PLAYING, ends_us=NOW)
    nothing = Output((), PLAYING.starts_us, BLOCK_US, PLAYING.ends_us)

    assert not keeps_or_lowers(ended, PLAYING, NOW)
    assert not keeps_or_lowers(nothing, PLAYING, NOW)


@pytest.mark.parametrize(
    ("block_us", "apart_us", "same"),
    [
        (6_000_000, 0, True),
        (6_000_000, 6_000_000, True),
        (6_000_000, -12_000_000, True),
        (6_000_000, 1, False),
        (6_000_000, -1, False),
        (6_000_000, 5_999_999, False),
        (1, 1, True),
        (0, 0, True),
        (0, 1, False),
    ],
)
def test_blocks_are_aligned_when_they_are_whole_blocks_apart(block_us: int, apart_us: int, same: bool) -> None:
    one = Output((), 1_000_001, block_us)

    assert aligned(one, replace(one, starts_us=1_000_001 + apart_us)) is same


def test_blocks_of_other_lengths_are_not_aligned() -> None:
    assert not aligned(Output((), 5, 6_000_000), Output((), 5, 3_000_000))


# --- what starts, rises or goes on ------------------------------------------------------------------------------------


@pytest.mark.hazard("H21")
def test_a_start_is_not_carried_through_by_the_refusal_of_its_contact_test() -> None:
    assert reason(START, SILENCE, ARMED) == ""
    assert reason(START, SILENCE, ARMED, contact(["A"], 10, 110, 100, NOW)).startswith("contact test of lead A: 110 uA")


def test_the_refusal_of_the_contact_test_is_the_one_that_is_said() -> None:
    said = reason(output(LEVELS, NOW + 1000, NOW + 501_200), SILENCE, ARMED, contact(["C"], 1, 1, 1, NOW))

    assert said == "contact test of lead C: the lead is not in the order"


@pytest.mark.parametrize("ua", [1, 2])
@pytest.mark.parametrize("state", [State.ARMED, State.LIVE])
def test_a_start_at_the_smallest_strength_is_refused(ua: int, state: State) -> None:
    small = output({**ZERO, ("A", "2"): ua}, NOW + 1000, NOW + 501_200)

    assert reason(small, SILENCE, replace(LIVE, state=state)) == (
        f"lead A: a start at {ua} uA; every start begins at 0 uA"
    )


def test_a_start_at_a_fraction_is_refused() -> None:
    half = run("A", "2", 0)
    half = replace(half, phases=((Fraction(1, 2), F(600)), (Fraction(-1, 2), F(600))))

    assert "a start at 1/2 uA" in reason(replace(START, runs=(half, *START.runs[1:])), SILENCE)


def test_an_output_that_has_ended_is_started_again_at_zero_though_its_blocks_fit() -> None:
    ended, again = replace(PLAYING, ends_us=NOW), replace(PLAYING, ends_us=NOW + 400_000)

    assert reason(again, ended) == "lead A: a start at 400 uA; every start begins at 0 uA"
    assert reason(replace(again, runs=START.runs), ended) == ""


@pytest.mark.hazard("H21")
def test_a_lead_of_the_program_that_is_not_ordered_does_not_sound() -> None:
    only_a = replace(LIVE, order=replace(LIVE.order, leads=LIVE.order.leads[:1]))
    first = replace(PLAYING, ends_us=NOW + 400_000, runs=(run("A", "2", 400), run("B", "2", 0)))

    assert reason(first) == ""
    assert reason(first, PLAYING, only_a).startswith("lead B at 0 us: these pulses are not in the order")


def test_a_strength_that_no_ceiling_speaks_of_is_bounded_by_zero() -> None:
    bare = replace(LIVE, ceilings={})
    longer = replace(PLAYING, ends_us=NOW + 400_000)

    assert reason(output(ZERO, 1_000_001, NOW + 400_000), PLAYING, bare) == ""
    assert "400 uA is above the ceiling of 0 uA" in reason(longer, PLAYING, bare)
    low = output({**ZERO, ("A", "2"): 1}, 1_000_001, NOW + 400_000)
    assert reason(low, PLAYING, bare).startswith("lead A, 2: 1 uA is above the ceiling of 0 uA")


@pytest.mark.parametrize("kind", ["2", "100"])
def test_what_is_sounding_already_may_go_on_and_nothing_else(kind: str) -> None:
    """A hold is released, or never was: known are the pulses that sound, not these very values."""
    held = output(LEVELS, 1_000_001, NOW + 300_000, hold=kind)
    again = output(LEVELS, 1_000_001, NOW + 400_000, hold=kind)

    assert reason(again, held) == ""
    assert "these pulses are not in the order" in reason(again, PLAYING)
    assert reason(again, PLAYING, replace(LIVE, holds=(kind,))) == ""


def test_the_same_train_twice_at_one_place_is_refused() -> None:
    longer = replace(PLAYING, ends_us=NOW + 400_000)
    twice = replace(longer, runs=(*longer.runs, replace(longer.runs[0], phases=run("A", "2", 0).phases)))

    assert reason(longer) == ""
    assert reason(twice) == "lead A at 0 us: two trains on one lead in one section"


def test_pulses_that_are_not_in_the_order_are_described() -> None:
    odd = replace(PLAYING.runs[0], count=7)

    assert reason(replace(PLAYING, runs=(odd,), ends_us=NOW + 400_000)) == (
        "lead A at 0 us: these pulses are not in the order "
        "(7 pulses, one every 500000 us, of 400 uA 600 us, -400 uA 600 us)"
    )


def twins(ua: int) -> Output:
    """Two kinds of one and the same train: the first section is x's own."""
    shown = (F(ua), F(100)), (F(-ua), F(100))
    return Output((Run("A", 0, shown, F(10_000), 100),), 1_000_001, 2_000_000, NOW + 400_000)


@pytest.mark.parametrize(("ua", "ok"), [(200, True), (201, False)])
def test_of_two_kinds_that_are_one_train_the_higher_ceiling_counts(ua: int, ok: bool) -> None:
    x, y = (PulseTrain(kind, PulseShape(100), F(100)) for kind in "xy")
    program = Program("xy", (Section(x, 1_000_000, 100, ("A",)), Section(y, 1_000_000, 100, ("A",))), 1)
    allowed = Allowed(
        ordered(relaxed("human_needle"), program), wide_profile(), {("A", "x"): 100, ("A", "y"): 200}, State.LIVE, HUGE
    )
    before = replace(twins(0), ends_us=NOW + 1)

    assert reason(twins(ua), before, allowed) == (
        "" if ok else "lead A, x or y: 201 uA is above the ceiling of 200 uA, which the operator set; "
        "only the operator raises it"
    )  # fmt: skip


def test_a_profile_s_bound_and_its_name_are_said() -> None:
    longest = replace(PLAYING, ends_us=NOW + 2_005_000)

    assert reason(longest) == ""
    assert reason(replace(longest, ends_us=NOW + 2_005_001)) == (
        "the device would go on alone for 2005001 us; the most is 2005000 us, set by profile ea1"
    )


def test_without_a_grace_a_buy_ends_with_the_session() -> None:
    bare = replace(LIVE, order=replace(LIVE.order, limits=without(LIVE.order.limits, "session_grace_us")))
    longer = replace(PLAYING, ends_us=NOW + 400_000)

    assert reason(longer, PLAYING, replace(bare, left_us=400_000)) == ""
    assert reason(longer, PLAYING, replace(bare, left_us=399_999)) == (
        "the buy ends in 400000 us; 399999 us are left of the ordered session"
    )


def test_of_two_breaches_the_first_is_said() -> None:
    limits = relaxed("human_needle", peak_ua=399, energy_nj=1)
    tight = replace(LIVE, order=replace(LIVE.order, limits=limits))

    assert reason(replace(PLAYING, ends_us=NOW + 400_000), PLAYING, tight).startswith(
        "lead A: peak current of one lead"
    )


# --- the contact test -------------------------------------------------------------------------------------------------


def said_of(test: Output, limits: Limits | None = None) -> str:
    made = replace(ARMED, order=replace(ARMED.order, limits=limits or ARMED.order.limits), contacted=("B",))
    return reason(SILENCE, SILENCE, made, test)


def shaped(*pairs: tuple[int, int]) -> Output:
    """A contact test of lead A whose phases are these: uA, us."""
    shown = tuple((F(ua), F(us)) for ua, us in pairs)
    return Output((Run("A", 0, shown, F(10_000), 1),), NOW + 1000, 0, NOW + 100_000)


def test_a_contact_test_may_last_as_long_as_the_device_may_go_on() -> None:
    test = contact(["A"], 1, 1, 1, NOW)

    assert said_of(replace(test, ends_us=NOW + 2_005_000)) == ""
    assert said_of(replace(test, ends_us=NOW + 2_005_001)) == "a contact test ends by itself and rests at 0 uA"


def test_a_contact_test_is_balanced_by_charge_and_its_widest_phase_counts() -> None:
    assert said_of(shaped((100, 50), (-50, 100))) == ""
    assert said_of(shaped((100, 50), (-50, 101))) == "contact test of lead A: its pulse is not balanced"
    assert "101 us, at most 100, set by eastim" in said_of(shaped((101, 50), (-50, 101)), relaxed_but_width())


def relaxed_but_width() -> Limits:
    limits = without(relaxed("human_needle"), "contact_width_us")
    bounds = (*limits.bounds, order().limits.bound("contact_width_us"))
    return unchecked(limits.use, limits.electrode, bounds)


def test_the_first_reason_of_a_contact_test_is_kept() -> None:
    assert said_of(contact(["C", "C"], 1, 1, 1, NOW)) == "contact test of lead C: the lead is not in the order"
    assert said_of(contact(["A", "A"], 1, 1, 1, NOW)) == "contact test of lead A: tested twice in one contact test"
    assert said_of(contact(["B"], 1, 1, 1, NOW)) == "contact test of lead B: it was tested already since arming"


def test_a_contact_test_that_puts_out_nothing_passes_at_limits_of_zero() -> None:
    nothing = shaped()

    assert said_of(nothing, relaxed("human_needle", contact_ua=0, contact_width_us=0)) == ""


@pytest.mark.parametrize("name", ["contact_ua", "contact_width_us", "contact_pulses"])
def test_a_limit_of_the_contact_test_that_is_not_there_refuses_nothing(name: str) -> None:
    assert said_of(contact(["A"], 1000, 1000, 1000, NOW), without(relaxed("human_needle"), name)) == ""


# --- what a device may lock -------------------------------------------------------------------------------------------


def test_where_there_is_no_bound_on_charge_any_may_be_locked() -> None:
    assert judge_locks(Locks((), HUGE, 1), replace(order(), limits=relaxed("bench"))) == ADMIT


def test_what_the_module_offers() -> None:
    assert judge_module.__all__ == [
        "ADMIT", "SILENCE", "Allowed", "Verdict", "aligned", "judge", "keeps_or_lowers",
    ]  # fmt: skip
