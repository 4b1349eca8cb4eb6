"""Dose against closed-form arithmetic, and against a slow sum over every pulse."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eastim.profiles.profile import Electrode
from eastim.pulses.program import Program, build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.dose import NET_WINDOW_US, WINDOW_US, Dose, LeadDose, check_dose, dose, program_output
from eastim.safety.limits import Use, envelope
from eastim.safety.readers.base import Output, Run

SLOW = PulseTrain("2", PulseShape(600), Fraction(2))
FAST = PulseTrain("100", PulseShape(200), Fraction(100))
BOTH = build_program("2/100", [(SLOW, 3_000_000), (FAST, 3_000_000)], ("A", "B"), 300)


def one(train: PulseTrain, duration_us: int = 3_000_000) -> Program:
    return build_program(train.kind, [(train, duration_us)], ("A",), 1)


def given_by(program: Program, level_ua: int) -> LeadDose:
    return dose(program_output(program, {("A", kind): level_ua for kind in program.kinds})).lead("A")


def test_two_milliamperes_at_100_hz() -> None:
    # r.m.s. 2 mA * sqrt(100 * 400 us) = 0.4 mA; mean rectified 2 mA * 100 * 400 us = 80 uA; a phase 2000 uA * 200 us;
    # energy (2 mA)^2 * 500 ohm * 400 us = 800 nJ; duty 400 us * 100 Hz = 4 %.
    assert given_by(one(FAST), 2000) == LeadDose("A", 2000, 400_000, 400, 80, 800, 0, 40_000)


def test_two_milliamperes_at_2_hz() -> None:
    # r.m.s. 2 mA * sqrt(2 * 1200 us) = 97.98 uA; mean rectified 2 mA * 2 * 1200 us = 4.8 uA; both round up.
    assert given_by(one(SLOW), 2000) == LeadDose("A", 2000, 1_200_000, 98, 5, 2400, 0, 2400)


@pytest.mark.hazard("H17")
def test_the_same_level_at_100_hz_is_17_times_the_mean_of_2_hz() -> None:
    # (100 * 400) / (2 * 1200) = 16.67
    assert (given_by(one(FAST), 10_000).mean_rectified_ua, given_by(one(SLOW), 10_000).mean_rectified_ua) == (400, 24)


def test_the_worst_window_of_2_100_reaches_over_the_end_of_the_block() -> None:
    # From 5.01 s on: 99 fast pulses and the first slow one of the next block: 99*400 + 1200 = 40800 us at 2 mA,
    # above the 40000 us of 100 fast ones.
    worst = given_by(BOTH, 2000)

    assert worst.mean_rectified_ua == 82  # 81.6
    assert worst.rms_ua == 404  # sqrt(4 * 40800) = 403.98


def test_a_gap_counts_in_the_duty_and_not_in_the_charge() -> None:
    gapped = given_by(one(PulseTrain("g", PulseShape(200, gap_us=100), Fraction(100))), 2000)

    assert (gapped.duty_ppm, gapped.mean_rectified_ua) == (50_000, 80)


def test_silence_gives_nothing() -> None:
    assert dose(Output()) == Dose(())
    assert dose(Output()).lead("A") == LeadDose("A", 0, 0, 0, 0, 0, 0, 0)


def test_a_lead_is_judged_alone() -> None:
    both = dose(program_output(BOTH, {("A", "2"): 1000, ("B", "100"): 500}))

    assert (both.lead("A").peak_ua, both.lead("B").peak_ua) == (1000, 500)


@pytest.mark.hazard("H22")
def test_a_one_sided_pulse_is_net_direct_current() -> None:
    lopsided = ((Fraction(1000), Fraction(200)), (Fraction(-1000), Fraction(199)))
    output = Output((Run("A", 0, lopsided, Fraction(10_000), 300),), 0, 3_000_000, 3_000_000)

    # 1000 uA * 1 us * 100 Hz = 0.1 uA
    assert dose(output).lead("A").net_dc_na == 100
    assert [breach.quantity for breach in check_dose(dose(output), envelope("human", "needle"))] == ["net_dc_na"]


def test_a_resting_current_counts_as_direct_current() -> None:
    runs = program_output(one(FAST), {}).runs

    assert dose(Output(runs, 0, 3_000_000, 3_000_000, Fraction(3))).lead("A").net_dc_na == 3000


def test_hold_plays_the_held_kind_in_every_section() -> None:
    runs = program_output(BOTH, {("A", "100"): 1000}, "100").runs

    assert [(run.lead, run.onset_us, run.count) for run in runs] == [
        ("A", 0, 300), ("B", 0, 300), ("A", 3_000_000, 300), ("B", 3_000_000, 300),
    ]  # fmt: skip


def test_a_hold_counts_whole_periods() -> None:
    third = PulseTrain("3", PulseShape(200), Fraction(3))
    program = build_program("x", [(third, 1_000_000), (SLOW, 1_700_000)], ("A",), 1)

    # onset(5) = 1666667 <= 1700000 < onset(6)
    assert program_output(program, {}, "3").runs[1].count == 5


def test_a_change_of_level_is_bounded_by_the_higher_of_both() -> None:
    old = program_output(BOTH, {("A", "2"): 2000, ("A", "100"): 100})
    new = program_output(BOTH, {("A", "2"): 100, ("A", "100"): 2000})

    assert dose(new, (old,)).lead("A").rms_ua == 404


def test_the_past_never_lessens() -> None:
    high, low = (program_output(BOTH, {("A", "100"): level}) for level in (2000, 100))

    assert dose(low, (high,)).lead("A") == dose(high).lead("A")


def test_a_hold_that_begins_is_bounded_with_what_came_before() -> None:
    levels = {("A", "2"): 10_000, ("A", "100"): 1000}
    mixed = dose(program_output(BOTH, levels, "100"), (program_output(BOTH, levels),)).lead("A")

    assert mixed.phase_charge_pc == 6_000_000  # the slow section may still sound
    assert mixed.mean_rectified_ua >= 51  # 99 fast pulses and a slow one: 39.6 + 12


LIMITS = envelope("human", "needle")
BOUNDARIES = [
    # train, last level admitted, first refused, the bound that refuses
    (FAST, 10_000, 10_001, "peak_ua"),
    (PulseTrain("w", PulseShape(1000), Fraction(2)), 6000, 6001, "phase_charge_pc"),  # 6 mA * 1 ms = 6 uC
    (PulseTrain("m", PulseShape(250), Fraction(200)), 5000, 5001, "mean_rectified_ua"),  # 5 mA * 10 % = 0.5 mA
    (PulseTrain("m", PulseShape(125), Fraction(160)), 10_000, 10_001, "peak_ua"),
]


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("train", "last", "first", "name"), BOUNDARIES)
def test_the_last_level_admitted_and_the_first_refused(train: PulseTrain, last: int, first: int, name: str) -> None:
    def breaches(level_ua: int) -> list[str]:
        found = check_dose(dose(program_output(one(train), {("A", train.kind): level_ua})), LIMITS)
        return [breach.bound.name for breach in found]

    assert breaches(last) == []
    assert breaches(first) == [name]


@pytest.mark.parametrize(
    ("name", "last", "field"),
    [("rms_ua", 400, 400), ("energy_nj", 800, 800), ("duty_ppm", 40_000, 40_000)],
)
def test_the_bounds_that_others_hide_bind_where_a_layer_tightens_them(name: str, last: int, field: int) -> None:
    worst = dose(program_output(one(FAST), {("A", "100"): 2000}))

    assert check_dose(worst, LIMITS.tighten(name, last, "test", "test")) == ()
    (breach,) = check_dose(worst, LIMITS.tighten(name, last - 1, "test", "test"))
    assert (breach.quantity, breach.value) == (name, field)


def test_a_breach_says_lead_value_bound_source_and_what_to_do() -> None:
    (breach,) = check_dose(dose(program_output(one(FAST), {("A", "100"): 10_001})), LIMITS)

    assert str(breach) == (
        "lead A: peak current of one lead is 10001 ua, the limit is 10000 ua, set by eastim (design (10 mA is the "
        "information threshold of IEC 60601-2-10)); lower the level, the width or the rate"
    )


# --- against every pulse, one by one ----------------------------------------------------------------------

TRAINS = st.builds(
    lambda width, rate: PulseTrain(f"{width}@{rate}", PulseShape(width), rate),
    st.integers(50, 300),
    st.sampled_from([Fraction(*rate) for rate in ((1, 3), (2, 1), (3, 1), (15, 1), (80, 1), (127, 1), (200, 1))]),
)
PARTS = st.lists(st.tuples(TRAINS, st.integers(3_000_000, 4_000_000), st.integers(1, 900)), min_size=1, max_size=3)


def slow_sums(program: Program, levels: dict[tuple[str, str], int]) -> tuple[float, float]:
    """Mean rectified and r.m.s. of the worst 1 s window that starts at an onset, every pulse counted one by one."""
    pulses, start = [], 0
    for section in program.sections * 2:
        train, ua = section.train, levels["A", section.train.kind]
        pulses += [(start + train.onset_us(k), 2 * train.shape.width_us, ua) for k in range(section.count)]
        start += section.duration_us
    worst_mean = worst_square = 0
    for t in [onset for onset, _, _ in pulses if onset < program.block_us]:
        held = [(width, ua) for onset, width, ua in pulses if t <= onset < t + 1_000_000]
        worst_mean = max(worst_mean, sum(width * ua for width, ua in held))
        worst_square = max(worst_square, sum(width * ua * ua for width, ua in held))
    return worst_mean / 1e6, sqrt(worst_square / 1e6)


@given(PARTS)
def test_the_dose_is_that_of_every_pulse_counted_one_by_one(parts: list[tuple[PulseTrain, int, int]]) -> None:
    program = build_program("x", [(train, duration) for train, duration, _ in parts], ("A",), 2)
    levels = {("A", train.kind): level for train, _, level in parts}
    worst = dose(program_output(program, levels)).lead("A")
    mean, rms = slow_sums(program, levels)

    # Where onsets are rounded the closed form may allow for one pulse more than this very train has.
    pulse = max(2 * train.shape.width_us * levels["A", train.kind] for train, _, _ in parts) / 1e6
    assert ceil(mean) <= worst.mean_rectified_ua <= ceil(mean + pulse)
    assert worst.rms_ua >= ceil(rms)


@pytest.mark.parametrize("name", [("human", "needle"), ("human", "pad"), ("animal", "needle"), ("bench", "needle")])
def test_the_windows_are_those_of_the_limits(name: tuple[Use, Electrode]) -> None:
    limits = envelope(*name)

    assert (limits.get("window_us"), limits.get("net_dc_us")) == (WINDOW_US, NET_WINDOW_US) == (1_000_000, 10_000_000)
