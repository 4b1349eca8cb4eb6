"""The device's clock is compared with the guard's: what trips, and what is only late. (The bounds: boundaries/.)"""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.inputs import Pause, Slept
from tests.safety.fake_wire import Stand
from tests.safety.stories import live


def clocked(stand: Stand, ms: int, device_ms: int, late_ms: int = 0) -> None:
    """Play on for so long with a report every 100 ms, in which the device counts `device_ms`; the last one is late."""
    stand.auto -= {"device"}
    begun_us = stand.status.clock_us or 50_000_000
    for i in range(1, ms // 100 + 1):
        stand.play()
        stand.at(100 + (late_ms if i == ms // 100 else 0))
        stand.status = replace(stand.status, clock_us=begun_us + device_ms * 1000 * i * 100 // ms)
        stand.hear()
        if stand.guard.trip is not None:
            return


@pytest.mark.hazard("H27")
@pytest.mark.parametrize(
    ("device_ms", "said"), [(3600, "2400000 us in 2000000 us"), (2400, "1600000 us in 2000000 us")]
)
def test_a_clock_that_is_wrong_by_a_fifth_trips_for_good(device_ms: int, said: str) -> None:
    stand = live()
    clocked(stand, 3000, device_ms)

    assert stand.guard.trip is not None and stand.guard.trip.fault == "clock"
    assert said in stand.guard.trip.text
    assert stand.all_told("operator", "trip")[0]["clears"] == "never"


@pytest.mark.hazard("H27")
def test_a_clock_that_goes_wrong_after_a_long_good_time_trips_within_5_s() -> None:
    stand = live()
    clocked(stand, 60_000, 60_000)
    assert stand.guard.trip is None
    clocked(stand, 5_000, 6_000)

    assert stand.guard.trip is not None and stand.guard.trip.fault == "clock"


def test_a_report_that_is_240_ms_late_trips_nothing() -> None:
    stand = live()
    clocked(stand, 3000, 3000, late_ms=140)

    assert stand.guard.trip is None


def test_reports_that_are_lost_trip_nothing() -> None:
    stand = live()
    stand.auto -= {"device"}
    for i in range(20):
        stand.play()
        stand.at(250)
        stand.status = replace(stand.status, clock_us=50_000_000 + 250_000 * i)
        stand.hear()

    assert stand.guard.trip is None


def test_a_pause_of_a_minute_trips_nothing() -> None:
    stand = live()
    clocked(stand, 3000, 3000)
    stand.feed(Pause())
    clock_us = stand.status.clock_us or 0
    stand.hush()
    for i in range(1, 600):
        stand.at(100)
        stand.hear(replace(stand.status, clock_us=clock_us + 100_000 * i))

    assert stand.guard.trip is None and stand.state == "PAUSED"


def test_a_sleep_is_called_a_sleep() -> None:
    # The guard's clock stood still and the device's did not; the sleep is said before what was said meanwhile is read.
    stand = live()
    clocked(stand, 3000, 3000)
    stand.feed(Slept(60_000_000))
    stand.hear(replace(stand.status, clock_us=(stand.status.clock_us or 0) + 60_000_000))

    assert stand.guard.trip is not None and stand.guard.trip.fault == "suspend"


def test_before_arming_a_line_may_stand_still() -> None:
    stand = Stand().safe()
    for ms, clock_us in ((100, 1_000_000), (3000, 1_100_000), (100, 4_200_000)):
        stand.auto -= {"device"}
        stand.at(ms)
        stand.hear(replace(stand.status, clock_us=clock_us))

    assert stand.guard.trip is None


def test_a_device_that_tells_no_clock_is_not_judged_by_it() -> None:
    stand = live().run(5000)

    assert stand.guard.trip is None and stand.guard.clocks == ()
