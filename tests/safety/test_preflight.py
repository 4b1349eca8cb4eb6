"""Preflight: all mistakes of an order at once, its dose at full strength, and the frames read again."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.pulses.program import Program, build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import Use, envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.preflight import Needle, Report, compare, decode, preflight, shannon_k_milli
from eastim.safety.readers.base import Output
from eastim.safety.readers.registry import make_reader

PROFILE = load_profile("ea1")
SLOW = PulseTrain("2", PulseShape(600), Fraction(2))
FAST = PulseTrain("100", PulseShape(200), Fraction(100))
BOTH = build_program("2/100", [(SLOW, 3_000_000), (FAST, 3_000_000)], ("A", "B"), 300)
VECTORS = tomllib.loads((Path(__file__).parents[1] / "wire/vectors/ea1.toml").read_text("utf-8"))
# The requests of the manual's vectors up to PLAY, as a driver would send them.
WALK = [Frame(bytes.fromhex(row["hex"]), 5000) for row in VECTORS["frame"] if row["name"] in (
    "hello", "limits", "program", "arm", "contact", "play",
)]  # fmt: skip
PLAYED = {("A", "2"): 100, ("A", "100"): 50}


def ordered(program: Program = BOTH, max_ua: int = 2000, use: Use = "human", leads: str = "AB") -> Order:
    limits = envelope(use, "needle")
    rows = tuple(LeadOrder(lead, (), max_ua) for lead in leads)
    return Order(program, rows, limits, use, program.session_us, "ea1")


def trained(train: PulseTrain, max_ua: int = 1000, use: Use = "human") -> Report:
    return preflight(ordered(build_program("x", [(train, 3_000_000)], ("A",), 1), max_ua, use, "A"), PROFILE)


def test_a_good_order_has_no_problems() -> None:
    report = preflight(ordered(), PROFILE)

    assert report.sentences == ()
    assert report.ok


def test_the_dose_is_that_of_every_kind_at_its_highest_strength() -> None:
    # 99 fast pulses and one slow over the block's seam, at 2 mA: see test_dose.
    assert preflight(ordered(), PROFILE).dose.lead("B").rms_ua == 404


def at(width_us: int, rate: str) -> PulseTrain:
    return PulseTrain("x", PulseShape(width_us), Fraction(rate))


BOUNDS = [
    # last admitted, first refused, what is said of the first
    (at(100, "200"), at(100, "200.001"), "max_rate"),
    (at(600, "0.5"), at(600, "0.499"), "min_rate"),
    (at(50, "2"), at(49, "2"), "min_width"),
    (at(1000, "2"), at(1001, "2"), "max_width"),
    (at(250, "200"), at(251, "200"), "duty"),
]


@pytest.mark.parametrize(("last", "first", "said"), BOUNDS)
def test_a_train_at_its_bound_is_admitted_and_beyond_refused(last: PulseTrain, first: PulseTrain, said: str) -> None:
    assert trained(last).sentences == ()
    (sentence,) = trained(first).sentences
    assert said in sentence


@pytest.mark.parametrize(("max_ua", "ok"), [(10_000, True), (10_001, False), (1, True), (0, False)])
def test_a_leads_strength_has_its_bounds(max_ua: int, ok: bool) -> None:
    assert trained(FAST, max_ua).ok is ok


@pytest.mark.parametrize(("session_us", "ok"), [(1_800_000_000, True), (1_800_000_001, False)])
def test_a_session_has_its_bound(session_us: int, ok: bool) -> None:
    assert preflight(replace(ordered(), session_us=session_us), PROFILE).ok is ok


@pytest.mark.parametrize(("compliance_mv", "ok"), [(30_000, True), (30_001, False)])
def test_a_device_has_its_bound(compliance_mv: int, ok: bool) -> None:
    assert preflight(ordered(), replace(PROFILE, compliance_mv=compliance_mv)).ok is ok


@pytest.mark.hazard("H17")
def test_a_strength_that_suits_2_hz_may_be_too_much_for_a_wide_100_hz() -> None:
    wide = PulseTrain("100", PulseShape(500), Fraction(100))
    program = build_program("x", [(SLOW, 3_000_000), (wide, 3_000_000)], ("A",), 1)
    (breach,) = preflight(ordered(program, 5001, leads="A"), PROFILE).breaches

    # 5.001 mA * 100 * 1 ms = 0.5001 mA, and a slow pulse over the seam
    assert (breach.quantity, breach.value) == ("mean_rectified_ua", 502)


def test_a_profile_that_does_not_list_the_use_says_which_flag_to_give() -> None:
    (sentence,) = preflight(ordered(), replace(PROFILE, uses=("bench", "animal"))).sentences

    assert sentence == "use: profile ea1 is not for human; give --use bench or --use animal, or another device"


def test_limits_of_another_use_are_seen() -> None:
    (sentence,) = preflight(replace(ordered(), limits=envelope("bench", "needle")), PROFILE).sentences

    assert sentence.startswith("limits: the limits are those of bench, needle, not of human, needle")


@pytest.mark.parametrize(
    ("leads", "said"),
    [
        ("A", "lead B: the program plays on it, and it is not ordered"),
        ("ABB", "lead B: it is ordered 2 times"),
        ("ABE", "lead E: profile ea1 has none"),
    ],
)
def test_leads_are_checked(leads: str, said: str) -> None:
    (sentence,) = preflight(ordered(leads=leads), PROFILE).sentences

    assert sentence.startswith(said)


def test_all_mistakes_come_at_once() -> None:
    bad = PulseTrain("x", PulseShape(1001), Fraction(1, 3))
    report = trained(bad, 10_001)

    assert len(report.problems) == 3  # rate, width, strength


def test_a_sentence_says_value_bound_and_who_set_it() -> None:
    (sentence,) = trained(PulseTrain("w", PulseShape(49), Fraction(2))).sentences

    assert (
        sentence == "kind w: min_width_us is bounded by 50, set by eastim (design), and this is 49; give longer phases"
    )


# --- notices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("charge_pc", "above"), [(2_100_000, False), (2_120_000, True)])
def test_shannon_k_reaches_its_notice_at_2_1_microcoulomb_with_an_unknown_needle(charge_pc: int, above: bool) -> None:
    # 0.20 x 10 mm: pi * 0.02 * 1 cm = 0.0628 cm2; 10^1.85 * 0.0628 = 4.45 = 2.11^2
    assert (shannon_k_milli(charge_pc) >= 1850) is above


def test_a_longer_needle_has_a_lower_k() -> None:
    # ten times the area is one less
    assert shannon_k_milli(2_000_000, Needle(200, 100_000)) == shannon_k_milli(2_000_000) - 1000


def test_no_charge_has_no_k_to_notice() -> None:
    assert shannon_k_milli(0) < 0


def test_notices_forbid_nothing() -> None:
    report = preflight(ordered(max_ua=5000), PROFILE)

    # 5 mA * 0.6 ms = 3 uC; r.m.s. about 1 mA over 0.0628 cm2
    assert [notice.split(": ")[1][:40] for notice in report.notices[:2]] == [
        "at its highest strength a phase carries ", "at its highest strength 16.1 mA/cm2 r.m.",
    ]  # fmt: skip
    assert report.ok


def test_low_strength_has_no_notice() -> None:
    assert preflight(ordered(max_ua=100), PROFILE).notices == ()


# --- the frames read again ------------------------------------------------------------------------------------------


def test_the_vectors_of_the_manual_say_what_the_program_says() -> None:
    order = ordered()
    report = preflight(order, PROFILE, WALK, make_reader(order), PLAYED)

    assert report.sentences == ()
    assert report.understood is not None
    assert len(report.understood.runs) == 4


def test_a_driver_that_plays_other_levels_is_seen() -> None:
    order = ordered()
    report = preflight(order, PROFILE, WALK, make_reader(order), {("A", "2"): 110, ("A", "100"): 50})

    assert [problem.place for problem in report.problems] == ["frames", "frames"]
    assert "lead A at 0 us, 6 x (100 uA 600 us -100 uA 600 us) every 500000 us: not ordered" in report.sentences[1]


def test_a_driver_that_loads_another_program_is_seen() -> None:
    shorter = build_program("2/100", [(SLOW, 3_000_000), (FAST, 2_000_000)], ("A", "B"), 300)
    order = ordered(shorter)
    report = preflight(order, PROFILE, WALK, make_reader(order), PLAYED)

    assert report.problems[0].what == "the block is 5000000 us, understood 6000000 us"


def test_a_driver_that_sends_nothing_is_seen() -> None:
    order = ordered()

    assert len(preflight(order, PROFILE, [], make_reader(order), PLAYED).problems) == 5  # the block and four runs


def test_a_resting_current_is_a_difference() -> None:
    assert list(compare(Output(), Output(rest_ua=Fraction(1)))) == ["0 uA rest between pulses, understood 1 uA"]


def test_a_doubled_run_is_a_difference() -> None:
    runs = decode(WALK, make_reader(ordered())).runs

    assert len(list(compare(Output(runs), Output((*runs, runs[0]))))) == 1


def test_frames_that_the_reader_does_not_admit_are_refused() -> None:
    with pytest.raises(Refused, match="PROGRAM before the limits are locked"):
        decode([WALK[0], WALK[2]], make_reader(ordered()))
