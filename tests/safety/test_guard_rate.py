"""The device's count of pulses is compared with the time they take: what trips, and to the pulse from where on."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.pulses.program import Program, Section, build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety import guard_rate
from eastim.safety.guard_state import RateMark
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Pause
from eastim.safety.readers.base import Count
from tests.safety.fake_wire import Stand
from tests.safety.stories import live


def counted(stand: Stand, of_2: int, of_100: int, lead: str = "A") -> None:
    """One report with these counts of a lead; the other leads have counted nothing."""
    counts = (Count(lead, "2", 0, True, of_2, 0), Count(lead, "100", 0, True, of_100, 0))
    stand.hear(replace(stand.status, counts=counts))


def played(stand: Stand, ms: int, percent: int = 100, begun: int = 0) -> int:
    """Play on for so long with a report every 100 ms, 100 Hz alone at so much of its rate; the pulses in the end."""
    stand.auto -= {"device"}
    pulses = begun
    for i in range(1, ms // 100 + 1):
        stand.play()
        stand.at(100)
        pulses = begun + 10 * i * percent // 100
        counted(stand, 0, pulses)
        if stand.guard.trip is not None:
            break
    return pulses


@pytest.mark.hazard("H27")
def test_twice_the_rate_trips_for_good_once_2_s_have_passed() -> None:
    stand = live()
    stand.guard = replace(stand.guard, rates=())
    pulses = played(stand, 4_000, percent=200)

    trip = stand.guard.trip
    assert trip is not None and trip.fault == "rate"
    assert trip.text.endswith("lead A: pulses that take 4000000 us in 2000000 us")
    assert stand.all_told("operator", "trip")[0]["clears"] == "never"
    assert pulses == 20 * 21


@pytest.mark.hazard("H27")
def test_a_rate_that_goes_wrong_after_a_long_good_time_trips_within_5_s() -> None:
    stand = live()
    pulses = played(stand, 60_000)
    assert stand.guard.trip is None
    played(stand, 5_000, percent=130, begun=pulses)

    assert stand.guard.trip is not None and stand.guard.trip.fault == "rate"


def test_the_ordered_rate_and_a_lower_one_trip_nothing() -> None:
    stand = live()
    played(stand, 20_000, begun=played(stand, 20_000, percent=50))

    assert stand.guard.trip is None


def since(stand: Stand, us: int) -> Stand:
    """A mark of so long ago, at which nothing had been counted."""
    stand.guard = replace(stand.guard, rates=(RateMark(stand.now_us - us, (0, 0)),))
    return stand


@pytest.mark.parametrize(("of_2", "of_100", "trips"), [(0, 286, False), (0, 287, True), (5, 36, False), (5, 37, True)])
def test_in_2_s_pulses_may_take_5_percent_and_250_ms_and_a_period_of_each_kind_more(
    of_2: int, of_100: int, trips: bool
) -> None:
    """2 s + 100 ms + 250 ms + 500 ms + 10 ms."""
    stand = since(live(), 2_000_000)
    counted(stand, of_2, of_100)

    assert (stand.guard.trip is not None) is trips


@pytest.mark.parametrize(("passed_us", "trips"), [(1_999_999, False), (2_000_000, True)])
def test_less_than_2_s_are_not_judged(passed_us: int, trips: bool) -> None:
    stand = since(live(), passed_us)
    counted(stand, 0, 10_000)

    assert (stand.guard.trip is not None) is trips


def test_the_second_lead_is_judged_too_and_one_that_is_not_ordered_is_not() -> None:
    stand = since(live(), 2_000_000)
    counted(stand, 0, 10_000, lead="D")
    assert stand.guard.trip is None
    counted(stand, 0, 10_000, lead="B")

    assert stand.guard.trip is not None and "lead B: " in stand.guard.trip.text


@pytest.mark.parametrize(("of_100", "trips"), [(286, False), (287, True)])
def test_a_kind_that_the_program_does_not_have_takes_no_time(of_100: int, trips: bool) -> None:
    stand = since(live(), 2_000_000)
    counts = (Count("A", "50", 0, True, 10_000_000, 0), Count("A", "100", 0, True, of_100, 0))
    stand.hear(replace(stand.status, counts=counts))

    assert (stand.guard.trip is not None) is trips


@pytest.mark.parametrize(("taken_us", "trips"), [(2_860_000, False), (2_860_001, True)])
def test_the_bound_is_one_to_the_microsecond(taken_us: int, trips: bool) -> None:
    stand = live()
    turn = Turn(stand.guard, stand.now_us)
    guard_rate._judge(turn, RateMark(7, (5, 0)), RateMark(2_000_007, (taken_us + 5, 0)))

    assert (turn.guard.trip is not None) is trips


def test_marks_are_5_s_apart_and_two_at_most() -> None:
    stand = live()
    stand.guard = replace(stand.guard, rates=())
    begun_us = stand.now_us
    played(stand, 4_900)
    assert [mark.at_us - begun_us for mark in stand.guard.rates] == [100_000]
    played(stand, 200, begun=490)
    assert [mark.at_us - begun_us for mark in stand.guard.rates] == [100_000, 5_100_000]
    played(stand, 5_000, begun=510)

    assert [mark.at_us - begun_us for mark in stand.guard.rates] == [5_100_000, 10_100_000]
    assert [mark.taken_us for mark in stand.guard.rates] == [(5_100_000, 0), (10_100_000, 0)]


def test_the_older_mark_is_the_one_that_is_compared_with() -> None:
    """1.2 times the rate over 9 s: 10.8 s of pulses, where 9 s + 450 ms + 760 ms may be."""
    stand = live()
    at_us = stand.now_us
    stand.guard = replace(stand.guard, rates=(RateMark(at_us - 9_000_000, (0, 0)), RateMark(at_us, (10_800_000, 0))))
    counted(stand, 0, 1_080)

    assert stand.guard.trip is not None and stand.guard.trip.fault == "rate"


def test_a_pause_forgets_the_marks() -> None:
    stand = since(live(), 2_000_000)
    stand.feed(Pause())
    stand.hush()

    assert stand.guard.rates == ()


def seamed(*parts: tuple[str, int]) -> Program:
    """A program of 100 us pulses on lead A: (rate, duration in us)."""
    trains = [(PulseTrain(rate, PulseShape(100), Fraction(rate)), us) for rate, us in parts]
    return build_program("seams", trains, ("A",), 1)


@pytest.mark.parametrize(
    ("parts", "ppm"),
    [
        # 6 pulses of 2 Hz, the last one 100 ms before the seam, and 260 of 100 Hz: 5.6 s of pulses in 5.2 s
        ((("2", 2_600_000), ("100", 2_600_000)), 1_076_924),
        # 3 s and 3 s, to the pulse
        ((("2", 3_000_000), ("100", 3_000_000)), 1_000_000),
    ],
)
def test_a_section_may_hold_a_pulse_more_than_it_has_periods(parts: tuple[tuple[str, int], ...], ppm: int) -> None:
    assert guard_rate._full_ppm(seamed(*parts)) == {"A": ppm}


def section(rate: str, us: int, count: int, lead: str) -> Section:
    return Section(PulseTrain(rate, PulseShape(100), Fraction(rate)), us, count, (lead,))


@pytest.mark.parametrize(
    "sections",
    [
        (section("2", 6_000_000, 3, "A"), section("100", 6_000_000, 600, "B")),
        (section("2", 2_600_000, 6, "A"), section("100", 2_600_000, 260, "B")),  # 5.6 s of 5.2 s on both together
    ],
)
def test_a_kind_that_is_held_may_fill_a_block_that_is_not_full(sections: tuple[Section, ...]) -> None:
    assert guard_rate._full_ppm(Program("rests", sections, 1)) == {"A": 1_000_000, "B": 1_000_000}
