"""The dose by sums done by hand: each quantity, each window, what is mixed, and what is said of a breach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.dose import Breach, Dose, LeadDose, _whole, check_dose, dose, program_output
from eastim.safety.readers.base import Output, Run
from eastim.safety.windows import Number
from tests.safety.boundaries.relaxed import relaxed
from tests.safety.fake_wire import F

SECOND = 1_000_000


def made(lead: str, onset_us: int, phases: tuple[tuple[int, int], ...], period_us: int, count: int) -> Run:
    return Run(lead, onset_us, tuple((F(ua), F(us)) for ua, us in phases), F(period_us), count)


# 300 uA for 100 us, a gap, -200 uA for 150 us, a hundred times a second.
ODD = made("A", 0, ((300, 100), (0, 50), (-200, 150)), 10_000, 100)
STEADY = Output((ODD,), 0, SECOND, SECOND)
# 1 mA for 2 x 500 us: 1 uC rectified.
ONE = ((1000, 500), (-1000, 500))


def of(output: Output, *past: Output) -> LeadDose:
    return dose(output, past).lead("A")


def mean(runs: list[Run], block_us: int) -> int:
    """Pulses of 1 uC in the fullest second."""
    return of(Output(tuple(runs), 0, block_us, block_us)).mean_rectified_ua


def test_each_quantity_of_one_train() -> None:
    # charge 30,000 pC a phase, 60,000 a pulse; square 15e6 uA2 us a pulse: r.m.s. sqrt(1500) = 38.7; energy 7.5 nJ
    assert of(STEADY) == LeadDose("A", 300, 30_000, 39, 6, 8, 0, 30_000)


@pytest.mark.parametrize("rest", [10, -10])
def test_a_resting_current_adds_to_all_that_it_adds_to(rest: int) -> None:
    # r.m.s. sqrt(1500 + 100) = 40 exactly; 10 uA of direct current
    assert of(replace(STEADY, rest_ua=F(rest))) == LeadDose("A", 310, 30_000, 40, 16, 8, 10_000, 30_000)


def test_the_resting_current_of_before_counts_too() -> None:
    assert of(STEADY, replace(STEADY, rest_ua=F(-10))).net_dc_na == 10_000
    assert of(replace(STEADY, rest_ua=F(3)), replace(STEADY, rest_ua=F(-10))).peak_ua == 310


def test_the_largest_phase_counts_whatever_its_place_and_sign() -> None:
    later = made("A", 0, ((100, 100), (-400, 25)), 10_000, 100)

    assert of(Output((later,), 0, SECOND, SECOND)).peak_ua == 400
    assert of(Output((made("A", 0, ((100, 10), (-10, 101)), 10_000, 1),), 0, SECOND, SECOND)).phase_charge_pc == 1010


@pytest.mark.parametrize(("first_ua", "second_ua"), [(200, 200), (-200, -200), (200, -200)])
def test_net_charge_of_opposite_signs_does_not_cancel(first_ua: int, second_ua: int) -> None:
    """10,000 pC net in each pulse, 100 a second: 1 uA."""
    runs = [
        made("A", i * SECOND, ((ua, 100), (-ua // 2, 100)), 10_000, 100) for i, ua in enumerate((first_ua, second_ua))
    ]

    assert of(Output(tuple(runs), 0, 2 * SECOND, 1)).net_dc_na == 1000


def test_the_smallest_imbalance_is_not_rounded_away() -> None:
    one = made("A", 0, ((1, 100), (-1, 99)), 50_000_000, 1)

    assert of(Output((one,), 0, 50_000_000, 1)).net_dc_na == 1  # 1 pC in 10 s are 0.0001 nA


@pytest.mark.parametrize(("levels", "rms"), [(((300, 100), (-200, 150)), 39), (((0, 100), (0, 100)), 0)])
def test_a_root_is_rounded_up_and_nothing_stays_nothing(levels: tuple[tuple[int, int], ...], rms: int) -> None:
    assert of(Output((made("A", 0, levels, 10_000, 100),), 0, SECOND, SECOND)).rms_ua == rms


@pytest.mark.parametrize(("ua", "rms"), [(2000, 1000), (2001, 1001), (1, 1), (2, 1), (3, 2)])
def test_a_root_that_is_whole_is_not_rounded(ua: int, rms: int) -> None:
    """A quarter of the time: half the level."""
    assert of(Output((made("A", 0, ((ua, 1250), (-ua, 1250)), 10_000, 100),), 0, SECOND, SECOND)).rms_ua == rms


@pytest.mark.parametrize("first", [True, False])
def test_of_two_trains_the_worse_counts_in_each_quantity(first: bool) -> None:
    """A pulse of the first has 60,000 pC and 15e6 uA2 us, 7.5 nJ; one of the second 400,000 and 800e6: 400 nJ."""
    rare = made("A", SECOND, ((2000, 100), (-2000, 100)), 100_000, 10)
    runs = (ODD, rare) if first else (rare, ODD)

    # From 0.91 s on nine and ten: sqrt(8135) = 90.2 uA; from 0.01 s on 99 and one: 6.34 uA.
    assert of(Output(runs, 0, 2 * SECOND, 1)) == LeadDose("A", 2000, 200_000, 91, 7, 400, 0, 30_000)


def test_a_train_without_a_pause_has_a_whole_duty() -> None:
    assert of(Output((made("A", 0, ((1, 5000), (-1, 5000)), 10_000, 100),), 0, SECOND, SECOND)).duty_ppm == 1_000_000


def test_parts_of_a_microampere_and_of_a_microsecond_count() -> None:
    # 2.5 uA for 4.5 us are 11.25 pC a phase; squares of 2 x 28.125: 0.0528 uA at 100 Hz
    half = Run("A", 0, ((F(5, 2), F(9, 2)), (F(-5, 2), F(9, 2))), F(10_000), 100)

    assert of(Output((half,), 0, SECOND, SECOND)) == LeadDose("A", 3, 12, 1, 1, 1, 0, 900)


@pytest.mark.parametrize(
    ("value", "whole"), [(F(6), 6), (F(-6, 2), -3), (F(0), 0), (F(9, 2), F(9, 2)), (F(1, 3), F(1, 3))]
)
def test_what_is_whole_is_summed_as_an_int(value: Number, whole: Number) -> None:
    assert (_whole(F(value)), type(_whole(F(value)))) == (whole, type(whole))


# --- windows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period_us", "count", "most"),
    [
        (1_000_000, 5, 1), (999_999, 5, 2), (500_000, 5, 2), (499_999, 5, 3), (400_000, 5, 3), (400_000, 2, 2),
        (400_000, 1, 1), (250_000, 40, 4), (249_999, 40, 5), (3_000_000, 3, 1),
    ],
)  # fmt: skip
def test_a_second_holds_so_many_pulses_of_a_train(period_us: int, count: int, most: int) -> None:
    assert mean([made("A", 0, ONE, period_us, count)], 20 * SECOND) == most


@pytest.mark.parametrize(("onset_us", "most"), [(8_999_999, 1), (9_000_000, 1), (9_000_001, 2), (9_999_000, 2)])
def test_a_window_over_the_seam_of_the_block_holds_the_next_blocks_first(onset_us: int, most: int) -> None:
    runs = [made("A", 0, ONE, SECOND, 1), made("A", onset_us, ONE, SECOND, 1)]

    assert mean(runs, 10 * SECOND) == most


@pytest.mark.parametrize(
    ("block_us", "most"), [(1_000_000, 1), (999_999, 2), (500_000, 2), (100_000, 10), (99_999, 11)]
)
def test_a_window_holds_as_many_blocks_as_fit(block_us: int, most: int) -> None:
    assert mean([made("A", 0, ONE, 10_000_000, 1)], block_us) == most


def test_a_window_over_a_switch_holds_of_both() -> None:
    """Two a second, then ten: the fullest second has nine of the second sort and more from the next block."""
    runs = [made("A", 0, ONE, 500_000, 6), made("A", 3_000_000, ONE, 100_000, 30)]

    # 10 in any second of the second; from 2.5 s on: 1 and 5; from 5.1 s on: 9 and 1
    assert mean(runs, 6 * SECOND) == 10
    # 3 uC a pulse in the first: from 5.1 s on 9 and 3 make 12
    heavy = made("A", 0, ((3000, 500), (-3000, 500)), 500_000, 6)
    assert mean([heavy, runs[1]], 6 * SECOND) == 12


def test_trains_that_begin_together_are_alternatives() -> None:
    light = made("A", 0, ((500, 500), (-500, 500)), 100_000, 30)

    # ten of 0.5 uC in a second, or two of 1 uC
    assert mean([made("A", 0, ONE, 500_000, 6), light], 30 * SECOND) == 5
    assert mean([light, made("A", 0, ((9000, 500), (-9000, 500)), 500_000, 6)], 30 * SECOND) == 18
    # over the seam one way may end and the other begin: from 2.1 s on nine of 0.5 uC, and one of 1 uC
    assert mean([made("A", 0, ONE, 500_000, 6), light], 3 * SECOND) == 6


def test_net_charge_is_taken_over_ten_seconds() -> None:
    """10 uC net in each pulse."""
    for period_us, net_na in ((10_000_000, 1000), (9_999_999, 2000), (5_000_000, 2000), (4_999_999, 3000)):
        one = made("A", 0, ((100_000, 200), (-100_000, 100)), period_us, 9)
        assert of(Output((one,), 0, 100 * SECOND, 1)).net_dc_na == net_na


# --- what is mixed ----------------------------------------------------------------------------------------------------


def test_leads_are_apart_and_in_order() -> None:
    both = Output((replace(ODD, lead="B"), made("A", 0, ONE, SECOND, 1)), 0, SECOND, SECOND)

    assert [lead.lead for lead in dose(both).leads] == ["A", "B"]
    assert dose(both).lead("B") == LeadDose("B", 300, 30_000, 39, 6, 8, 0, 30_000)
    assert dose(both).lead("C") == LeadDose("C", 0, 0, 0, 0, 0, 0, 0)


def test_of_blocks_of_other_lengths_each_quantity_is_the_larger() -> None:
    """The past was another program: fewer pulses, stronger and longer."""
    past = Output((made("A", 0, ((1000, 500), (-1000, 500)), 1_000_000, 2),), 0, 2 * SECOND, 1)

    # 1 mA, 500,000 pC, 1e9 uA2 us a second: 31.6 uA; 1 uA mean; 500 nJ; 1000 us in 1 s
    assert of(past) == LeadDose("A", 1000, 500_000, 32, 1, 500, 0, 1000)
    assert of(STEADY, past) == LeadDose("A", 1000, 500_000, 39, 6, 500, 0, 30_000)
    assert of(past, STEADY) == of(STEADY, past)


def test_silence_has_no_dose_and_adds_none() -> None:
    assert dose(Output(), (Output(),)) == Dose(())
    assert dose(STEADY, (Output(),)) == dose(STEADY)
    assert dose(Output(), (STEADY,)) == dose(STEADY)


def test_a_program_that_went_on_is_worst_where_both_ways_are() -> None:
    """First section strong before, second strong now: a window over the switch holds both."""
    weak, strong = ((0, 500), (0, 500)), ((2000, 500), (-2000, 500))

    def output(first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...]) -> Output:
        runs = made("A", 0, first, 100_000, 10), made("A", SECOND, second, 100_000, 10)
        return Output(runs, 0, 20 * SECOND, 1)

    # 20 uA in each second that is strong, and in the mixture too, but in no window is it twice
    assert of(output(strong, weak)).mean_rectified_ua == 20
    assert of(output(weak, strong), output(strong, weak)).mean_rectified_ua == 20


# --- breaches ---------------------------------------------------------------------------------------------------------

TIGHT = {
    "peak_ua": 0, "phase_charge_pc": 0, "rms_ua": 0, "mean_rectified_ua": 0, "energy_nj": 0, "duty_ppm": 0,
}  # fmt: skip


def test_breaches_come_in_this_order_lead_by_lead_net_current_last() -> None:
    lopsided = made("A", 0, ((300, 100), (-200, 100)), 10_000, 100)
    both = dose(Output((lopsided, replace(lopsided, lead="B")), 0, SECOND, SECOND))
    found = check_dose(both, relaxed("human_needle", **TIGHT))

    names = ["peak_ua", "phase_charge_pc", "rms_ua", "mean_rectified_ua", "energy_nj", "duty_ppm"]
    assert [(each.lead, each.quantity) for each in found] == [
        *(("A", name) for name in names), *(("B", name) for name in names), ("A", "net_dc_na"), ("B", "net_dc_na"),
    ]  # fmt: skip
    assert [each.value for each in found[:6]] == [300, 30_000, 37, 5, 7, 20_000]


def test_a_use_without_limits_has_no_breach() -> None:
    lopsided = made("A", 0, ((300, 100), (-200, 100)), 10_000, 100)

    assert check_dose(dose(Output((lopsided,), 0, SECOND, SECOND)), relaxed("bench")) == ()


def test_what_is_said_of_a_breach() -> None:
    limits = relaxed("human_needle", energy_nj=7)

    assert str(Breach("A", "energy_nj", 8, limits.bound("energy_nj"))) == (
        "lead A: energy of one pulse into 500 ohm is 8 nj, the limit is 7 nj, set by test (test); "
        "lower the level, the width or the rate"
    )
    assert str(Breach("B", "net_dc_na", 5, limits.bound("net_dc_ua"))) == (
        "lead B: 5 nA of net direct current, must be 0 (test); balance the pulse"
    )


# --- a program as output ----------------------------------------------------------------------------------------------

X = PulseTrain("x", PulseShape(100, gap_us=50, sign=-1), F(100))
SLOW = PulseTrain("slow", PulseShape(600), F(1, 2))
RARE = Program("rare", (Section(X, 1_500_000, 150, ("B", "A")), Section(SLOW, 2_000_000, 1, ("A",))), 7)


def test_a_program_is_put_out_section_by_section_and_lead_by_lead() -> None:
    found = program_output(RARE, {("A", "x"): 7, ("A", "slow"): 9})

    def shape(ua: int) -> tuple[tuple[int, int], ...]:
        return ((-ua, 100), (0, 50), (ua, 100))

    runs = (
        made("A", 0, shape(7), 10_000, 150),
        made("B", 0, shape(0), 10_000, 150),
        made("A", 1_500_000, ((9, 600), (-9, 600)), 2_000_000, 1),
    )
    assert found == Output(runs, 0, 3_500_000, 24_500_000)


def test_a_held_kind_that_has_no_room_in_a_section_is_silent_there() -> None:
    found = program_output(RARE, {("A", "slow"): 9}, "slow")

    assert [(run.lead, run.onset_us, run.count) for run in found.runs] == [("A", 1_500_000, 1)]
    held = program_output(RARE, {("A", "x"): 9}, "x")
    assert [(run.lead, run.onset_us, run.count) for run in held.runs] == [
        ("A", 0, 150), ("B", 0, 150), ("A", 1_500_000, 200), ("B", 1_500_000, 200),
    ]  # fmt: skip
