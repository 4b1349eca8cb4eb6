"""Whole pulses at one exact rate."""

from __future__ import annotations

from fractions import Fraction

import pytest

from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain

SHAPE = PulseShape(200)


def train(rate: str, width_us: int = 200) -> PulseTrain:
    return PulseTrain("k", PulseShape(width_us), Fraction(rate))


@pytest.mark.parametrize(
    ("rate", "k", "onset_us"),
    [
        ("2", 1, 500_000),
        ("100", 299, 2_990_000),
        ("3", 1, 333_333),
        ("3", 2, 666_667),
        ("15", 1, 66_667),
        ("60", 1, 16_667),
        ("127", 1, 7_874),
        ("127", 127 * 1800, 1_800_000_000),
        ("1/3", 1, 3_000_000),
        ("80", 1, 12_500),
        ("64", 1, 15_625),
        ("128", 1, 7_813),  # 7812.5: half a tick goes up
        ("128", 3, 23_438),  # 23437.5
    ],
)
def test_an_onset_is_computed_from_its_number(rate: str, k: int, onset_us: int) -> None:
    assert train(rate).onset_us(k) == onset_us


@pytest.mark.parametrize(
    ("rate", "duration_us", "seam_us", "count"),
    [
        ("2", 3_000_000, 500_000, 6),
        ("2", 3_000_000, 10_000, 6),
        ("100", 3_000_000, 10_000, 300),
        ("100", 2_995_000, 10_000, 299),  # pulse 300 would leave 5 ms to the switch
        ("100", 400, 0, 1),
        ("100", 399, 0, 0),  # not one whole pulse
        ("100", 9_999, 10_000, 0),  # shorter than the seam
        ("100", 10_399, 0, 1),  # the second would end 1 us late
        ("100", 10_400, 0, 2),
        ("3", 3_000_000, 333_333, 9),
        ("1/3", 6_000_000, 0, 2),
    ],
)
def test_only_whole_pulses_are_counted(rate: str, duration_us: int, seam_us: int, count: int) -> None:
    assert train(rate).whole_pulses(duration_us, seam_us) == count


def test_rounding_an_onset_costs_no_pulse() -> None:
    """Nine pulses of 3 Hz fill 3 s; the last onset, 2666666.67, is played at 2666667, and its period ends at 3 s."""
    three = train("3")

    assert three.whole_pulses(3_000_000, three.period_us) == 9


def test_a_rate_is_a_fraction() -> None:
    with pytest.raises(ValueError, match=r"rate_hz is 2\.5, must be a Fraction"):
        PulseTrain("2", SHAPE, 2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-2)])
def test_a_rate_is_above_zero(rate: Fraction) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        PulseTrain("2", SHAPE, rate)


def test_a_train_has_a_kind() -> None:
    with pytest.raises(ValueError, match="name of its kind"):
        PulseTrain("", SHAPE, Fraction(2))


def test_pulses_may_touch_and_not_overlap() -> None:
    PulseTrain("x", PulseShape(5_000), Fraction(100))

    with pytest.raises(ValueError, match="10002 us does not fit a period of 10000 us"):
        PulseTrain("x", PulseShape(5_001), Fraction(100))
