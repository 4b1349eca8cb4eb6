"""Preflight's rules one by one, and its small sums, literally."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from eastim.errors import Problem
from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.safety.dose import Breach, Dose
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.preflight import UNKNOWN_NEEDLE, Needle, Report, compare, decode, preflight, shannon_k_milli
from eastim.safety.readers.base import Output
from eastim.safety.readers.registry import make_reader
from tests.safety.boundaries.relaxed import one_train, ordered, relaxed, wide_profile
from tests.safety.boundaries.test_judge_rules import without
from tests.safety.fake_wire import BLOCK_US, F, order, output, run

PROFILE = load_profile("ea1")
PROGRAM = one_train(100, "100", 1, 10_000)
HUMAN = relaxed("human_needle")


def problems(made: Order, profile: Any = None) -> list[tuple[str, str]]:
    """Where the problems are, and the ways out."""
    return [(found.place, found.way_out) for found in preflight(made, profile or PROFILE).problems]


@dataclass
class Clocked:
    """A reader that only notes when each frame comes."""

    times: list[int] = field(default_factory=list)

    def blank(self) -> int:
        return 0

    def sent(self, shadow: int, frame: Frame, now_us: int) -> int:
        self.times.append(now_us)
        return shadow

    def settled(self, shadow: int) -> int:
        return shadow

    def output(self, shadow: int) -> Output:
        return Output()


def test_frames_are_decoded_from_0_on_each_when_the_last_must_be_answered() -> None:
    reader: Any = Clocked()
    decode([Frame(b"a", 5000), Frame(b"b", None), Frame(b"c", 7000), Frame(b"d", 1)], reader)

    assert reader.times == [0, 5000, 5000, 12_000]


# --- what forbids the start -------------------------------------------------------------------------------------------


def test_a_report_is_good_without_problems_and_without_breaches() -> None:
    problem, breach = Problem("x", "is", "do"), Breach("A", "peak_ua", 2, envelope("human", "needle").bound("peak_ua"))

    assert Report((), (), (), Dose()).ok is True
    assert Report((problem,), (), (), Dose()).ok is False
    assert Report((), (breach,), (), Dose()).ok is False
    assert Report((problem,), (breach,), (), Dose()).sentences == (str(problem), str(breach))


def test_without_levels_the_frames_must_play_zero() -> None:
    made = order()
    found = preflight(made, PROFILE, [], make_reader(made)).problems

    # the block and four runs are missing
    assert [problem.place for problem in found] == ["frames"] * 5
    assert found[0].way_out == "the driver is wrong; don't use it"


def test_a_session_that_is_too_long_is_said_of_the_session() -> None:
    tight = relaxed("human_needle", session_us=5)

    assert problems(ordered(tight, PROGRAM, session_us=6)) == [("session", "give fewer minutes")]


def test_a_compliance_that_is_too_high_is_said_of_the_device() -> None:
    tight = relaxed("human_needle", compliance_mv=5)

    assert problems(ordered(tight, PROGRAM), replace(PROFILE, compliance_mv=6)) == [
        ("device", "use a device with less")
    ]


@pytest.mark.parametrize(("max_ua", "count"), [(20_000, 0), (20_001, 1)])
def test_a_leads_strength_is_bounded_by_the_profile_alone_too(max_ua: int, count: int) -> None:
    assert problems(ordered(HUMAN, PROGRAM, max_ua=max_ua)) == [("lead A", "give less")] * count


@pytest.mark.parametrize(("max_ua", "count"), [(1, 0), (0, 1), (-1, 1)])
def test_a_leads_strength_is_at_least_1_ua(max_ua: int, count: int) -> None:
    assert problems(ordered(HUMAN, PROGRAM, max_ua=max_ua)) == [("lead A", "give more than 0 mA")] * count


def test_the_highest_strength_of_the_limits_is_said_of_its_lead() -> None:
    assert problems(ordered(relaxed("human_needle", peak_ua=5), PROGRAM, max_ua=6))[0] == ("lead A", "give less")


@pytest.mark.parametrize("name", ["session_us", "compliance_mv", "peak_ua", "min_rate_mhz", "max_width_us"])
def test_a_bound_that_is_not_there_forbids_nothing(name: str) -> None:
    assert preflight(ordered(without(HUMAN, name), PROGRAM), PROFILE).sentences == ()


def test_leads_are_told_in_order_each_once() -> None:
    names = "ZYXWVUTA"
    made = replace(ordered(HUMAN, PROGRAM), leads=tuple(LeadOrder(name, (), 1) for name in names))

    assert [place for place, _ in problems(made)] == [f"lead {name}" for name in "TUVWXYZ"]


def test_a_lead_is_ordered_once() -> None:
    made = replace(ordered(HUMAN, PROGRAM), leads=(LeadOrder("A", (), 1),) * 3)

    assert [str(found) for found in preflight(made, PROFILE).problems] == [
        "lead A: it is ordered 3 times; order each lead once"
    ]


@pytest.mark.parametrize(
    ("limits", "electrode", "good"),
    [("human_needle", "needle", True), ("human_pad", "needle", False), ("human_needle", "pad", False),
     ("human_pad", "pad", True)],
)  # fmt: skip
def test_the_limits_are_those_of_the_device_s_electrode(limits: str, electrode: str, good: bool) -> None:
    made = ordered(relaxed(limits), PROGRAM)

    assert (problems(made, wide_profile(electrode=electrode)) == []) is good


def test_the_limits_are_those_of_the_use() -> None:
    made = replace(ordered(HUMAN, PROGRAM), use="animal")

    assert [place for place, _ in problems(made)] == ["limits"]


@pytest.mark.parametrize("uses", [("human",), ("bench", "human")])
def test_a_profile_that_lists_the_use_is_taken(uses: tuple[str, ...]) -> None:
    assert problems(ordered(HUMAN, PROGRAM), wide_profile(uses=uses)) == []


# --- the frames against the program -----------------------------------------------------------------------------------

WANTED = output({("A", "2"): 5, ("A", "100"): 7}, 0, 1)


def test_what_is_understood_as_it_was_ordered_has_no_difference() -> None:
    assert list(compare(WANTED, replace(WANTED, starts_us=77, ends_us=78))) == []


def test_each_difference_is_said_once() -> None:
    other = replace(WANTED, block_us=BLOCK_US + 1, rest_ua=F(2), runs=(run("A", "2", 5), run("A", "2", 6)))

    assert list(compare(WANTED, other)) == [
        "the block is 6000000 us, understood 6000001 us",
        "0 uA rest between pulses, understood 2 uA",
        "lead A at 3000000 us, 300 x (7 uA 200 us -7 uA 200 us) every 10000 us: ordered 1 times, understood 0",
        "lead A at 0 us, 6 x (6 uA 600 us -6 uA 600 us) every 500000 us: not ordered, but understood",
    ]


# --- notices ----------------------------------------------------------------------------------------------------------


def test_the_area_of_a_needle_is_that_of_its_side() -> None:
    # pi * 0.02 cm * 1 cm
    assert UNKNOWN_NEEDLE.area_cm2 == pytest.approx(0.0628318530717958647, rel=1e-13)
    assert Needle(250, 40_000).area_cm2 == pytest.approx(0.314159265358979324, rel=1e-13)


def test_a_needle_is_said_with_its_unit() -> None:
    assert str(UNKNOWN_NEEDLE) == "a needle of 0.20 x 10 mm"
    assert str(Needle(250, 12_500)) == "a needle of 0.25 x 12.5 mm"


@pytest.mark.parametrize(
    ("charge_pc", "k_milli"),
    [
        # log10(q / 0.0628319) + log10(q) = 2 * log10(q) + 1.2018198, q in uC
        (1_000_000, 1201), (2_109_064, 1849), (2_109_065, 1850), (10_000_000, 3201), (1000, -4799), (1, -10_799),
        (0, -1_000_000), (-1, -1_000_000),
    ],
)  # fmt: skip
def test_shannons_k_is_rounded_down(charge_pc: int, k_milli: int) -> None:
    assert shannon_k_milli(charge_pc) == k_milli


@dataclass(frozen=True, slots=True)
class Flat(Needle):
    """A needle of a sixteenth of a square centimetre, exactly."""

    @property
    def area_cm2(self) -> float:
        return 0.0625


@pytest.mark.parametrize(("ua", "count"), [(250, 0), (251, 1)])
def test_at_the_density_itself_there_is_no_notice_yet(ua: int, count: int) -> None:
    """A quarter of the time: 125 uA r.m.s. on 0.0625 cm2 are 2 mA/cm2."""
    made = ordered(
        relaxed("human_needle", density_notice_ua_per_cm2=2000), one_train(1250, "100", 100, 100_000_000), ua
    )

    assert len(preflight(made, PROFILE, needle=Flat(1, 1)).notices) == count


def test_the_notices_say_how_much_with_which_needle_and_from_where_on() -> None:
    limits = relaxed("human_needle", density_notice_ua_per_cm2=2000, shannon_k_milli=1850)
    found = preflight(ordered(limits, one_train(1250, "100", 100, 100_000_000), 2000), PROFILE).notices

    # 2 mA * 1.25 ms = 2.5 uC: k = 2 * log10(2.5) + 1.20182 = 1.9977; 1 mA r.m.s. / 0.0628319 cm2
    assert len(found) == 2
    assert found[0] == (
        "lead A: at its highest strength a phase carries 2500000 pC, Shannon k 2.00 with a needle of 0.20 x 10 mm; "
        "from 1.85 on take care (test)"
    )
    assert found[1] == (
        "lead A: at its highest strength 15.9 mA/cm2 r.m.s. with a needle of 0.20 x 10 mm, above 2 mA/cm2 (test)"
    )


@pytest.mark.parametrize(("width_us", "ua", "count"), [(5, 421_813, 1), (8, 263_633, 0)])
def test_at_shannons_k_itself_there_is_a_notice(width_us: int, ua: int, count: int) -> None:
    """2,109,065 pC are the first of which k is 1.850."""
    made = ordered(relaxed("human_needle", shannon_k_milli=1850), one_train(width_us, "100", 1, 10_000), ua)

    assert len(preflight(made, PROFILE).notices) == count


def test_of_pads_nothing_is_computed() -> None:
    limits = relaxed("human_pad", density_notice_ua_per_cm2=0)

    assert preflight(ordered(limits, one_train(1250, "100", 100, 1_000_000), 2000), PROFILE).notices == ()
