"""How a session ends, by the device's count or by the guard's clocks, on a trivial wire, with the time passed in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.errors import Exit
from eastim.safety import guard as g
from eastim.safety.inputs import Arm, Beat, Gone, Record, Stop, Tick
from tests.safety.fake_wire import CLEAN, QUIET, Stand, order

ENDED = replace(QUIET, ended=True, played_us=1_800_000_000)


def test_the_device_s_end_completes_the_session() -> None:
    stand = Stand().live()
    stand.hear(ENDED)

    assert not stand.cut and stand.state == "OFF" and g.finished(stand.guard)
    end = stand.told("operator", "end")[0]
    assert (end["reason"], end["zero"], end["exit"], end["cause"]) == ("completed", True, 0, "")
    assert end["elapsed_us"] == 1_800_000_000
    assert stand.told("player", "end") == [{}]


def test_the_end_waits_for_silence() -> None:
    stand = Stand().live()
    stand.hear(replace(ENDED, quiet=False))

    assert stand.state == "LIVE"


def test_an_end_that_brings_a_fault_with_it_is_an_end() -> None:
    stand = Stand().live()
    stand.hear(replace(ENDED, faults=("LEASE: the lease ended",)))

    assert (stand.state, stand.guard.trip, stand.told("operator", "end")[0]["reason"]) == ("OFF", None, "completed")


@pytest.mark.hazard("H14")
def test_an_end_that_disagrees_ends_nothing_and_trips() -> None:
    stand = Stand().live()
    stand.status = replace(ENDED, agrees=False, disagreement="DONE too early")
    stand.hear()
    assert stand.state == "LIVE"
    stand.at(300)

    assert stand.state == "STOPPING" and stand.guard.trip is not None and stand.guard.trip.fault == "disagrees"


def test_an_early_end_is_not_called_complete() -> None:
    stand = Stand().live()
    stand.hear(replace(ENDED, played_us=1_799_999_999))

    end = stand.told("operator", "end")[0]
    assert end["reason"] == "ended by the device after 1799999999 of 1800000000 us" and end["exit"] == 4


def test_the_end_carries_the_device_s_counts() -> None:
    stand = Stand().live()
    stand.play()
    counts = tuple(replace(count, pulses=7, felt=3) for count in stand.status.counts)
    reading = replace(CLEAN, net_pc=-5, peak_ua=900)
    stand.hear(replace(ENDED, counts=counts, measured=(reading,)))

    end = stand.told("operator", "end")[0]
    assert end["pulses"] == {"A": {"2": 7, "100": 7}, "B": {"2": 7, "100": 7}}
    assert end["pulses_felt"]["B"] == {"2": 3, "100": 3}
    assert (end["net_charge_pc"], end["peak_ua"]) == ({"A": -5}, {"A": 900})


def test_leads_that_were_not_ordered_are_not_told() -> None:
    stand = Stand().live()
    other = replace(stand.status.counts[0], lead="D")
    stand.hear(replace(ENDED, counts=(*stand.status.counts, other), measured=(replace(CLEAN, lead="D"),)))

    end = stand.told("operator", "end")[0]
    assert set(end["pulses"]) == {"A", "B"} and end["peak_ua"] == {}


def test_the_last_record_closes_the_ledger_and_is_waited_for() -> None:
    stand = Stand().live()
    stand.hear(ENDED)
    last = stand.of(Record)[-1]

    assert last.wait and last.body["type"] == "close" and last.body["reason"] == "completed"


def test_records_are_numbered_without_a_hole() -> None:
    stand = Stand().live().run(2000)
    stand.feed(Stop("operator"))
    stand.zero_read_back()
    numbers = [effect.n for effect in stand.effects if isinstance(effect, Record)]

    assert numbers == list(range(len(numbers)))


def test_after_the_end_nothing_has_effect() -> None:
    stand = Stand().live()
    stand.hear(ENDED)

    for what in (Arm(), Stop("operator"), Tick(), Gone("port"), Beat("player")):
        assert stand.feed(what) == ()
    assert g.next_us(stand.guard) > 1 << 60


@pytest.mark.hazard("H27")
@pytest.mark.parametrize(("ms", "state"), [(12_999, "LIVE"), (13_000, "STOPPING")])
def test_the_guard_s_own_clock_cuts_one_second_after_the_ordered_time(ms: int, state: str) -> None:
    stand = Stand(order(repeats=2)).live()
    stand.run(12_600)
    stand.at(ms - 12_600)

    assert stand.state == state


@pytest.mark.hazard("H27")
def test_an_overrun_never_clears() -> None:
    stand = Stand(order(repeats=2)).live()
    stand.run(12_600).at(400)
    stand.zero_read_back()

    assert stand.all_told("operator", "end")[0]["reason"].startswith(
        "tripped: the output goes on past the ordered time"
    )
    assert g.exit_code(stand.guard) is Exit.TRIPPED


def test_the_wall_clock_ends_a_session_that_waits_too_long() -> None:
    tight = order()
    tight = replace(tight, limits=tight.limits.tighten("wall_us", 60_000_000, "the test", "a literal"))
    stand = Stand(tight).armed()
    stand.at(59_999)
    assert stand.state == "ARMED"
    stand.at(1)

    assert stand.all_told("operator", "state")[-1]["state"] == "STOPPING"
    assert stand.records("stop")[-1]["reason"] == "the session's time by the clock is over"
