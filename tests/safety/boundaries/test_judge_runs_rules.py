"""What a run is in the program: silence, strength, place, section, and what is above its ceiling; literal."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.judge_runs import Place, excess, level_ua, outline, places, section_at, silent, sounding
from eastim.safety.readers.base import Output, Run
from tests.safety.fake_wire import BLOCK_US, F, output, program, run

STARTS = 1_000_001
LEVELS = {("A", "2"): 400, ("A", "100"): 200, ("B", "2"): 0, ("B", "100"): 0}
PLAYING = output(LEVELS, STARTS, STARTS + 60_000_000)
X, Y = (PulseTrain(kind, PulseShape(100), F(100)) for kind in "xy")
TWINS = Program("xy", (Section(X, 1_000_000, 100, ("A",)), Section(Y, 1_000_000, 100, ("A",))), 1)
SLOW = PulseTrain("slow", PulseShape(600), F(1, 2))
# A held `slow` has no whole period in the 1.5 s of the other section, and one pulse in its own.
RARE = Program("rare", (Section(X, 1_500_000, 150, ("A",)), Section(SLOW, 2_000_000, 1, ("A",))), 1)


def twin(ua: int, onset_us: int = 0) -> Run:
    return Run("A", onset_us, ((F(ua), F(100)), (F(-ua), F(100))), F(10_000), 100)


@pytest.mark.parametrize(
    ("out", "is_silent"),
    [
        (Output(), True),
        (Output(ends_us=1 << 60), True),
        (replace(PLAYING, ends_us=77), True),
        (replace(PLAYING, ends_us=76), True),
        (replace(PLAYING, ends_us=78), False),
        *((Output(rest_ua=rest), False) for rest in (F(1), F(-1), Fraction(1, 1000))),
        *((replace(PLAYING, ends_us=77, rest_ua=rest), False) for rest in (F(1), F(-1))),
    ],
)
def test_silence_is_no_pulse_from_now_on_and_no_resting_current(out: Output, is_silent: bool) -> None:
    assert silent(out, 77) is is_silent


@pytest.mark.parametrize(
    ("currents", "level"),
    [((100, -250), 250), ((-300, 250), 300), ((0, 0), 0), ((), 0), ((Fraction(1, 2), Fraction(-3, 2)), Fraction(3, 2))],
)
def test_the_strength_of_a_run_is_its_largest_magnitude(currents: tuple[int, ...], level: int) -> None:
    shown = tuple((F(ua), F(100)) for ua in currents)

    assert level_ua(Run("A", 0, shown, F(10_000), 1)) == level


def test_the_outline_is_everything_but_the_currents() -> None:
    assert outline(run("A", "2", 400)) == ("A", 0, F(500_000), 6, (F(600), F(600)))


# --- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (run("A", "2", 400), (Place(0, "2", "2", (1, -1)),)),
        (run("B", "100", 0), (Place(1, "100", "100", (1, -1)),)),
        (run("A", "2", 400, held=True), (Place(1, "2", "100", (1, -1)),)),
        (run("A", "100", 400, held=True), (Place(0, "100", "2", (1, -1)),)),
        (run("C", "2", 400), ()),
        (replace(run("A", "2", 400), onset_us=1), ()),
        (replace(run("A", "2", 400), onset_us=3_000_001), ()),
        (replace(run("A", "2", 400), phases=((F(400), F(600)), (F(-399), F(600)))), ()),
        (replace(run("A", "2", 400), phases=((F(-400), F(600)), (F(400), F(600)))), ()),
    ],
)
def test_a_run_has_its_places_in_the_program(one: Run, place: tuple[Place, ...]) -> None:
    assert places(one, program()) == place


def test_two_kinds_of_one_train_share_their_places_the_own_kind_first() -> None:
    assert places(twin(5), TWINS) == (Place(0, "x", "x", (1, -1)), Place(0, "y", "x", (1, -1)))
    assert places(twin(5, 1_000_000), TWINS) == (Place(1, "y", "y", (1, -1)), Place(1, "x", "y", (1, -1)))


def test_a_gap_is_a_phase_at_zero() -> None:
    gapped = PulseTrain("g", PulseShape(100, gap_us=50, sign=-1), F(100))
    one = Program("g", (Section(gapped, 1_000_000, 100, ("A",)),), 1)
    shown = (F(-7), F(100)), (F(0), F(50)), (F(7), F(100))

    assert places(Run("A", 0, shown, F(10_000), 100), one) == (Place(0, "g", "g", (-1, 0, 1)),)


def test_a_held_kind_without_a_whole_period_has_no_place() -> None:
    pulse = (F(7), F(600)), (F(-7), F(600))

    assert places(Run("A", 0, pulse, F(2_000_000), 0), RARE) == ()
    assert places(Run("A", 1_500_000, pulse, F(2_000_000), 1), RARE) == (Place(1, "slow", "slow", (1, -1)),)


# --- sections ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after_us", "section"),
    [
        (-1, None), (0, 0), (1, 0), (2_999_999, 0), (3_000_000, 1), (5_999_999, 1), (6_000_000, 0), (9_000_000, 1),
        (59_999_999, 1), (60_000_000, None),
    ],
)  # fmt: skip
def test_the_section_that_plays(after_us: int, section: int | None) -> None:
    assert section_at(PLAYING, program(), STARTS + after_us) == section


@pytest.mark.parametrize(("block_us", "section"), [(0, None), (1, 0), (BLOCK_US, 1), (7_000_000, 1)])
def test_the_section_of_a_block_of_another_length(block_us: int, section: int | None) -> None:
    """3 s into the block; in one of 7 s, also 6.5 s into it: beyond the program its last section goes on."""
    other = replace(PLAYING, block_us=block_us)

    assert section_at(other, program(), STARTS + 3_000_000) == section
    assert section_at(replace(PLAYING, block_us=7_000_000), program(), STARTS + 6_500_000) == 1


def test_in_silence_no_section_plays() -> None:
    assert section_at(Output((), STARTS, BLOCK_US, STARTS + 60_000_000), program(), STARTS + 1) is None


@pytest.mark.parametrize(
    ("lead", "section", "kind"),
    [("A", 0, "2"), ("A", 1, "100"), ("B", 0, "2"), ("B", 1, "100"), ("C", 0, None), ("A", 2, None)],
)
def test_the_kind_that_sounds_on_a_lead(lead: str, section: int, kind: str | None) -> None:
    assert sounding(PLAYING, program(), lead, section) == kind


def test_of_alternatives_the_first_run_sounds_and_of_twins_the_own_kind() -> None:
    held = output(LEVELS, STARTS, STARTS + 60_000_000, hold="100")
    both = replace(PLAYING, runs=(*held.runs, *PLAYING.runs))

    assert sounding(both, program(), "A", 0) == "100"
    assert sounding(Output((twin(5, 1_000_000),)), TWINS, "A", 1) == "y"
    assert sounding(Output((twin(5),)), TWINS, "A", 0) == "x"


# --- above a ceiling --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ceilings", "said"),
    [
        (LEVELS, ""),
        ({**LEVELS, ("A", "2"): 399}, "lead A, 2: 400 uA is above the ceiling of 399 uA"),
        ({**LEVELS, ("A", "100"): 199}, "lead A, 100: 200 uA is above the ceiling of 199 uA"),
        ({("A", "2"): 400, ("A", "100"): 200}, ""),
        ({}, "lead A, 2: 400 uA is above the ceiling of 0 uA"),
    ],
)
def test_a_run_above_its_ceiling_is_said(ceilings: dict[tuple[str, str], int], said: str) -> None:
    assert excess(PLAYING, program(), ceilings, STARTS) == said


@pytest.mark.parametrize(("ua", "said"), [(0, ""), (1, "lead A, 2: 1 uA is above the ceiling of 0 uA")])
def test_without_a_ceiling_only_zero_is_not_above(ua: int, said: str) -> None:
    one = replace(PLAYING, runs=(run("A", "2", ua),))

    assert excess(one, program(), {}, STARTS) == said


@pytest.mark.parametrize(("ua", "said"), [(0, ""), (1, "lead A, no ordered kind: 1 uA is above the ceiling of 0 uA")])
def test_pulses_of_no_order_are_above_as_soon_as_they_are_felt(ua: int, said: str) -> None:
    odd = replace(run("A", "2", ua), count=7)

    assert excess(replace(PLAYING, runs=(odd,)), program(), LEVELS, STARTS) == said


@pytest.mark.parametrize(("ua", "said"), [(9, ""), (10, "lead A, x or y: 10 uA is above the ceiling of 9 uA")])
def test_of_two_kinds_that_are_one_train_the_higher_ceiling_counts(ua: int, said: str) -> None:
    both = Output((twin(ua),), STARTS, 2_000_000, STARTS + 1_000_000)

    assert excess(both, TWINS, {("A", "x"): 5, ("A", "y"): 9}, STARTS) == said


def test_silence_is_above_nothing() -> None:
    assert excess(PLAYING, program(), {}, STARTS + 60_000_000) == ""
