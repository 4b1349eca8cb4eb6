"""Sections and the block they make."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eastim.pulses.levels import zero_levels
from eastim.pulses.program import Program, Section, build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain

TWO = PulseTrain("2", PulseShape(600), Fraction(2))
HUNDRED = PulseTrain("100", PulseShape(200), Fraction(100))
PARTS = ((TWO, 3_000_000), (HUNDRED, 3_000_000))


def test_a_block_of_dense_disperse_has_six_and_three_hundred_pulses() -> None:
    program = build_program("2/100", PARTS, ("A",), 300)

    assert [section.count for section in program.sections] == [6, 300]


def test_a_session_is_its_blocks() -> None:
    program = build_program("2/100", PARTS, ("A", "B"), 300)

    assert (program.block_us, program.session_us) == (6_000_000, 1_800_000_000)
    assert (program.kinds, program.leads) == (("2", "100"), ("A", "B"))


def test_both_kinds_sound_on_the_same_leads() -> None:
    """Alternation means that the same lead switches; it is never one kind on one lead and the other on another."""
    program = build_program("2/100", PARTS, ("A", "B"), 1)

    assert [section.leads for section in program.sections] == [("A", "B"), ("A", "B")]


@given(
    rates=st.lists(st.fractions(Fraction(1, 2), 200, max_denominator=9), min_size=1, max_size=4, unique=True),
    durations=st.lists(st.integers(2_000_000, 7_000_000), min_size=4, max_size=4),
)
def test_no_switch_is_shorter_than_the_shorter_period(rates: list[Fraction], durations: list[int]) -> None:
    """From the last exact onset of a section to the next section's first, over the block's end too."""
    trains = [PulseTrain(str(rate), PulseShape(200), rate) for rate in rates]
    program = build_program("any", list(zip(trains, durations, strict=False)), ("A",), 2)

    for i, section in enumerate(program.sections):
        follower = program.sections[(i + 1) % len(program.sections)]
        periods = [10**6 / section.train.rate_hz, 10**6 / follower.train.rate_hz]
        last = (section.count - 1) * periods[0]
        assert section.duration_us - last >= min(periods)
        # And no pulse is left out that need not be: one more would break it.
        assert section.duration_us - (last + periods[0]) < min(periods)


def test_a_pulse_that_would_break_the_switch_is_left_out() -> None:
    """100 Hz for 2.995 s, then itself again: pulse 300 would come 5 ms before the next block's first."""
    program = build_program("x", [(HUNDRED, 2_995_000)], ("A",), 2)

    assert program.sections[0].count == 299


def test_a_section_ends_after_its_last_pulse() -> None:
    with pytest.raises(ValueError, match="pulse 7 ends at 3001200 us, after its section's 3000000 us"):
        Section(TWO, 3_000_000, 7, ("A",))


@pytest.mark.parametrize("leads", [(), ("A", "A")])
def test_a_section_has_leads_and_none_twice(leads: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at least one, none twice"):
        Section(TWO, 3_000_000, 6, leads)


@pytest.mark.parametrize(("duration", "count"), [(3e6, 6), (3_000_000, 6.0), (3_000_000, True)])
def test_a_section_is_made_of_whole_numbers(duration: int, count: int) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        Section(TWO, duration, count, ("A",))


def test_a_section_without_a_whole_pulse_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no whole pulse of kind 2; make it longer"):
        build_program("x", [(TWO, 1_000)], ("A",), 1)


@pytest.mark.parametrize("repeats", [0, -1, True, 1.0])
def test_a_program_is_played_at_least_once(repeats: int) -> None:
    with pytest.raises(ValueError, match="repeats is"):
        build_program("x", PARTS, ("A",), repeats)


def test_a_program_needs_a_section() -> None:
    with pytest.raises(ValueError, match="at least one section"):
        Program("x", (), 1)


def test_one_kind_is_one_train() -> None:
    other = PulseTrain("2", PulseShape(300), Fraction(2))

    with pytest.raises(ValueError, match="kind 2 names two different trains"):
        build_program("x", [(TWO, 3_000_000), (other, 3_000_000)], ("A",), 1)


def test_the_train_of_a_kind() -> None:
    assert build_program("2/100", PARTS, ("A",), 1).train("100") == HUNDRED


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        build_program("2/100", PARTS, ("A",), 1).train("7")


def test_every_start_is_at_zero() -> None:
    assert zero_levels(["A", "B"], ["2", "100"]) == {("A", "2"): 0, ("A", "100"): 0, ("B", "2"): 0, ("B", "100"): 0}


def test_a_held_kind_sounds_in_the_others_sections_with_whole_periods() -> None:
    low, high = PulseTrain("2", PulseShape(600), Fraction(2)), PulseTrain("100", PulseShape(200), Fraction(100))
    first, second = Section(low, 3_250_000, 6, ("A",)), Section(high, 3_000_000, 300, ("A", "B"))
    program = Program("2/100", (first, second), 1)

    assert program.sounding(second) == (high, 300, ("A", "B"))
    assert program.sounding(second, "100") == (high, 300, ("A", "B"))
    assert program.sounding(second, "2") == (low, 6, ("A",))
    assert program.sounding(first, "100") == (high, 325, ("A", "B"))
    with pytest.raises(KeyError):
        program.sounding(first, "15")
