"""A device that plays faster than it was asked to, by a clock that is true, and counts every pulse."""

from __future__ import annotations

import pytest

from tests.firmware_sim.host import DENSE, DENSE_DISPERSE, STOP, UP, Host, charge_pc, onsets

OF_2_THEN_100 = ((100, 0, 0, 0), (100, 0, 0, 0))


def playing() -> Host:
    host = Host("600")
    host.arm(DENSE)
    host.play(UP, lease_ms=2000)
    return host


def pulses(host: Host) -> int:
    """As the device counts them."""
    return int(host.device.stage.leads[0].tallies[0].pulses)


@pytest.mark.hazard("H27")
def test_in_a_second_150_pulses_are_played_and_counted_where_100_were_asked_for() -> None:
    """Onsets at 1 ms + k x 2/3 of 10 ms: 150 until 1000.999 ms; the clock, widths and charge are as asked."""
    host = Host("600", faults="rate-fast")
    host.arm(DENSE)
    host.play(UP, lease_ms=2000)
    host.run(1_000_999)

    edges = host.edges("A")
    assert onsets(edges) == [1_000 + (2 * 20_000 * k + 3) // 6 for k in range(150)]
    assert edges[:3] == [(1_000, 1000), (1_200, -1000), (1_400, 0)]
    assert charge_pc(edges) == 0
    assert (pulses(host), host.device.now_us) == (150, 1_000_999)


def test_without_the_fault_there_are_100() -> None:
    host = playing()
    host.run(1_000_999)

    assert (len(onsets(host.edges("A"))), pulses(host)) == (100, 100)


def test_it_begins_with_the_next_pulse_and_ends_with_the_next() -> None:
    """From 505 ms to 705 ms: the pulse at 511 ms is on time, 30 intervals of 6.67 ms follow, then those of 10 ms."""
    host = playing()
    host.run(505_000)
    host.simulation.begin("rate-fast")
    host.run(705_000)
    host.simulation.end("rate-fast")
    host.run(1_000_999)

    began = onsets(host.edges("A"))
    assert began[:51] == [1_000 + 10_000 * k for k in range(51)]
    assert began[52:82] == [511_000 + (2 * 20_000 * k + 3) // 6 for k in range(1, 31)]
    assert began[81:] == [711_000 + 10_000 * k for k in range(29)]
    assert pulses(host) == len(began) == 110


def test_a_section_ends_when_it_should_and_the_next_one_is_as_fast() -> None:
    """3 s of 2 Hz, then 100 Hz: 3 Hz and 150 Hz; an onset is never past its section."""
    host = Host("600", faults="rate-fast")
    host.arm(DENSE_DISPERSE)
    host.keep(3_101_000, *OF_2_THEN_100)

    began = onsets(host.edges("A"))
    assert began[:9] == [1_000, 334_333, 667_667, 1_001_000, 1_334_333, 1_667_667, 2_001_000, 2_334_333, 2_667_667]
    assert began[9:12] == [3_001_000, 3_007_667, 3_014_333]
    assert host.device.playing is not None and host.device.playing.section == 1


def test_a_stop_ends_it_as_any_other() -> None:
    host = playing()
    host.simulation.begin("rate-fast")
    host.run(300_000)
    host.send(STOP)
    host.run(1_000_000)

    assert onsets(host.edges("A", 301_000)) == []


def test_a_fault_between_two_sections_does_not_move_the_next() -> None:
    """Begun after the last pulse of 2 Hz (2.501 s), ended before the section is over (3.001 s): nothing is changed."""
    host = Host("600")
    host.arm(DENSE_DISPERSE)
    host.keep(2_600_000, *OF_2_THEN_100)
    host.simulation.begin("rate-fast")
    host.keep(2_900_000, *OF_2_THEN_100)
    host.simulation.end("rate-fast")
    host.keep(3_030_000, *OF_2_THEN_100)

    assert onsets(host.edges("A"))[4:] == [2_001_000, 2_501_000, 3_001_000, 3_011_000, 3_021_000]
    assert host.simulation.picture()["acted"] == {}
