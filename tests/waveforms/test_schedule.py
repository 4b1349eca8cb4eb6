"""The schedule of a whole session against exact arithmetic of the test's own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from eastim.pulses.modes import load_mode
from eastim.pulses.program import Program, Section, build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.waveforms.schedule import LeadSchedule, onsets_us, schedule

RATES = ["1/3", "2", "3", "15", "60", "80", "100", "127"]
HALF_HOUR_US = 1_800_000_000


def exact_us(k: int, rate: Fraction) -> int:
    """Round half up of k periods, by Fractions."""
    return int(Fraction(k * 1_000_000) / rate + Fraction(1, 2))


def one_rate(rate: str, duration_us: int, repeats: int) -> LeadSchedule:
    train = PulseTrain("k", PulseShape(200), Fraction(rate))
    return schedule(build_program("one", [(train, duration_us)], ("A",), repeats), {("A", "k"): 1_500})["A"]


@pytest.mark.parametrize("rate", RATES)
def test_half_an_hour_in_one_section_is_exact_to_the_tick(rate: str) -> None:
    found = one_rate(rate, HALF_HOUR_US, 1).onset_us

    assert len(found) == Fraction(rate) * 1800
    picked = [*range(0, len(found), 97), len(found) - 1]
    assert [int(found[k]) for k in picked] == [exact_us(k, Fraction(rate)) for k in picked]


@pytest.mark.parametrize("rate", RATES)
def test_half_an_hour_in_blocks_is_exact_to_the_tick(rate: str) -> None:
    found = one_rate(rate, 6_000_000, 300).onset_us.reshape(300, -1)

    block = [exact_us(k, Fraction(rate)) for k in range(int(Fraction(rate) * 6))]
    assert found[0].tolist() == block
    assert (found == np.array(block) + 6_000_000 * np.arange(300)[:, None]).all()


def test_beyond_64_bits_onsets_stay_exact() -> None:
    rate = Fraction(10**15 + 1, 10**13)
    train = PulseTrain("k", PulseShape(200), rate)

    assert onsets_us(train, 500).tolist() == [exact_us(k, rate) for k in range(500)]


@pytest.fixture(scope="module")
def session() -> LeadSchedule:
    program = load_mode("2/100").program(("A", "B"), HALF_HOUR_US)
    return schedule(program, {("A", "2"): 2_000, ("A", "100"): 1_000, ("B", "2"): 500})["A"]


def test_thirty_minutes_of_dense_disperse(session: LeadSchedule) -> None:
    assert session.counts(("2", "100")) == {"2": 1_800, "100": 90_000}


def test_the_columns_of_one_block(session: LeadSchedule) -> None:
    onset = [k * 500_000 for k in range(6)] + [3_000_000 + k * 10_000 for k in range(300)]

    assert session.onset_us[:306].tolist() == onset
    assert session.width_us[:306].tolist() == [600] * 6 + [200] * 300
    assert session.level_ua[:306].tolist() == [2_000] * 6 + [1_000] * 300
    assert session.kind[:306].tolist() == [0] * 6 + [1] * 300
    assert session.sign[:306].tolist() == [1] * 306


def test_the_last_block_begins_six_seconds_before_the_end(session: LeadSchedule) -> None:
    assert int(session.onset_us[-306]) == 1_794_000_000


def test_onsets_rise(session: LeadSchedule) -> None:
    assert (np.diff(session.onset_us) > 0).all()


@pytest.mark.hazard("H22")
def test_the_charge_of_a_session_is_zero_in_integers(session: LeadSchedule) -> None:
    assert session.net_charge_pc == 0
    assert session.net_weight_us.dtype == np.int64 and not session.net_weight_us.any()


def test_a_lead_without_level_is_silent() -> None:
    program = load_mode("2").program(("A", "B"), 6_000_000)

    assert schedule(program, {("A", "2"): 100})["B"].level_ua.tolist() == [0] * 12


def test_arrays_are_read_only(session: LeadSchedule) -> None:
    with pytest.raises(ValueError, match="read-only"):
        session.level_ua[0] = 9_000


def test_a_lead_that_has_only_the_second_section_begins_with_it() -> None:
    """3 s of 2 Hz on A alone, then 3 s of 100 Hz on B alone."""
    slow = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000, 6, ("A",))
    fast = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("B",))
    leads = schedule(Program("apart", (slow, fast), 2), {})

    assert [int(us) for us in leads["A"].onset_us[:7]] == [
        0,
        500_000,
        1_000_000,
        1_500_000,
        2_000_000,
        2_500_000,
        6_000_000,
    ]
    assert (int(leads["B"].onset_us[0]), int(leads["B"].onset_us[300]), len(leads["B"].onset_us)) == (
        3_000_000,
        9_000_000,
        600,
    )
