"""Strength and what ends it: levels, leases, parking, epochs, stops, play time; judged by the scope."""

from __future__ import annotations

import struct

import pytest

from tests.firmware_sim.host import (
    ARM,
    FAULT,
    LIMITS,
    PLAY,
    READY,
    STOP,
    Host,
    frame,
    onsets,
    play,
    playing,
    program,
    section,
)

UP = (100, 50, 0, 0)  # 1.00 mA on A, 0.50 mA on B
ZERO = (0, 0, 0, 0)
LONG = program(1, section(0, 1, 2000, (2, 1), 4, 2_000_000, gap=1000))  # pulses of 5 ms


@pytest.mark.hazard("H42")
@pytest.mark.hazard("H01")
@pytest.mark.hazard("H02")
@pytest.mark.hazard("H04")
@pytest.mark.hazard("H05")
@pytest.mark.hazard("H07")
@pytest.mark.hazard("H43")
def test_a_lease_that_ends_lets_no_further_pulse_begin_and_latches() -> None:
    host = playing(body=program(1, section(0, 1, 200, (100, 1), 300, 3_000_000)))
    host.play((10, 0, 0, 0), lease_ms=200)
    host.run(1_000_000)

    fault = next(s for s in host.statuses if s.state == FAULT)
    assert (fault.fault, fault.cause, fault.clock_us) == (1, 1, 200_000)
    assert onsets(host.edges("A")) == [1000 + 10_000 * k for k in range(20)]  # the onset at 201 000 comes too late


def test_a_pulse_due_at_the_end_of_the_lease_is_not_played_and_one_under_way_is_finished() -> None:
    """A pulse due at 200 000 us, the very end of the lease, is not played; one begun at 199 000 us is finished."""
    host = playing(body=program(1, section(0, 1, 200, (10_000, 199), 20, 3_000_000)))
    host.play((10, 0, 0, 0), lease_ms=200)
    host.run(1_000_000)
    assert onsets(host.edges("A"))[-1] == 1000 + 19_900 * 9

    host = playing(body=program(1, section(0, 1, 200, (10_000, 198), 20, 3_000_000)))
    host.play((10, 0, 0, 0), lease_ms=200)
    host.run(1_000_000)
    assert host.edges("A")[-3:] == [(199_000, 100), (199_200, -100), (199_400, 0)]


def test_a_pulse_is_finished_over_a_stop_and_the_stop_is_told_at_zero() -> None:
    host = playing()
    host.play(UP, UP)
    host.run(1_300)
    host.send(STOP)
    host.run(1_000_000)

    assert host.edges("A") == [(1000, 1000), (1600, -1000), (2200, 0)]
    told = [(s.clock_us, s.state, s.cause, s.flags & 1) for s in host.statuses if s.clock_us in (1300, 2200)]
    assert told == [(1300, READY, 1, 0), (2200, READY, 2, 1)]


@pytest.mark.hazard("H10")
def test_a_new_level_acts_on_onsets_later_than_100_us() -> None:
    body = program(1, section(0, 1, 200, (100, 1), 300, 3_000_000))
    for asked_us, second in ((10_899, 200), (10_900, 100)):
        host = playing(body=body)
        host.play((10, 0, 0, 0))
        host.run(asked_us)
        host.play((20, 0, 0, 0))
        host.run(30_000)

        assert [ua for t, ua in host.edges("A") if t in (11_000, 21_000)] == [second, 200]


def test_whole_pulses_at_the_level_in_force_are_counted_from_its_coming_into_force() -> None:
    host = playing()
    host.play(UP, UP, lease_ms=2000)
    host.run(520_000)
    host.play((110, 50, 0, 0), UP)
    a, b = host.report().leads[:2]
    assert (a.kinds[0].level, a.kinds[0].at_level, a.kinds[0].pulses) == (110, 0, 2)
    assert (b.kinds[0].level, b.kinds[0].at_level, b.kinds[0].pulses) == (50, 2, 2)


@pytest.mark.hazard("H15")
def test_a_lead_that_reaches_the_compliance_is_parked_until_a_zero() -> None:
    """20 mA into 2 kohm would be 40 V; 30 V let 15 mA through, once. Then 0, until a PLAY carries 0 for both kinds."""
    host = playing("A=2000,B=2000")
    host.play((2000, 10, 0, 0), (0, 10, 0, 0), lease_ms=2000)
    host.run(400_000)
    assert host.edges("A") == [(1000, 15_000), (1600, -15_000), (2200, 0)]
    a = host.report().leads[0]
    assert (a.flags, a.z_ohm, a.kinds[0].level, a.kinds[0].pulses, a.kinds[0].felt) == (0b1101, 0xFFFFFFFF, 0, 1, 1)

    host.play((100, 10, 0, 0), (0, 10, 0, 0), lease_ms=2000)
    host.run(1_400_000)
    assert len(onsets(host.edges("A"))) == 1
    assert host.report().leads[0].kinds[0].pulses == 3

    host.play((0, 10, 0, 0), (0, 10, 0, 0), lease_ms=2000)
    host.run(1_600_000)
    host.play((100, 10, 0, 0), (0, 10, 0, 0), lease_ms=2000)
    host.run(2_400_000)
    assert onsets(host.edges("A"))[1:] == [2_001_000]
    assert host.report().leads[0].flags == 0b1000
    assert len(onsets(host.edges("B"))) == 5


def test_a_zero_for_one_kind_only_does_not_unpark() -> None:
    host = playing("open")
    host.play((10, 0, 0, 0), (10, 0, 0, 0), lease_ms=2000)
    host.run(10_000)
    host.play((0, 0, 0, 0), (10, 0, 0, 0), lease_ms=2000)
    host.run(90_000)

    assert host.report().leads[0].flags & 0b100


@pytest.mark.hazard("H10")
def test_the_same_play_again_is_answered_again_and_not_run_again() -> None:
    host = playing(body=program(1, section(0, 1, 200, (100, 1), 300, 3_000_000)))
    host.play((10, 0, 0, 0))
    data = frame(6, host.number, play(1, (10, 0, 0, 0)))
    host.run(100_000)

    (again,) = host.send(data)

    assert again.body == struct.pack("<IHBB", 1, 500, 0, 0)
    host.run(1_000_000)
    assert next(s.clock_us for s in host.statuses if s.state == FAULT) == 500_000  # the lease was not renewed


@pytest.mark.hazard("H25")
@pytest.mark.hazard("H10")
def test_a_stop_voids_every_older_frame() -> None:
    host = Host("600", vary_epoch=True)
    host.arm()
    old = host.device.epoch
    host.send(STOP)
    assert host.device.epoch != old

    code, detail = host.refused(ARM, struct.pack("<I", old) + host.hash)

    assert (code, detail) == (6, host.device.epoch)
    assert host.ask(ARM, struct.pack("<I", host.device.epoch) + host.hash).type == 0x84


@pytest.mark.hazard("H25")
def test_a_boot_draws_a_new_epoch() -> None:
    host = Host("600", vary_epoch=True)
    old = host.device.epoch
    host.simulation.begin("reset")
    host.run(1_000_000)

    assert host.device.epoch != old


@pytest.mark.hazard("H43")
@pytest.mark.parametrize("lease_ms", [0, 199, 2001, 65_535])
def test_no_play_is_taken_whose_lease_is_outside_200_to_2000_ms(lease_ms: int) -> None:
    """There is no value that means never, and none that is cut to what fits."""
    host = playing()

    assert host.refused(PLAY, play(1, UP, UP, lease_ms=lease_ms)) == (11, 2000)
    assert host.device.playing is None


def test_a_lease_and_a_hello_draw_a_new_epoch() -> None:
    host = Host("600", vary_epoch=True)
    seen = {host.device.epoch}
    host.arm()
    seen.add(host.device.epoch)
    host.play(UP, UP, lease_ms=200)
    host.run(300_000)
    seen.add(host.device.epoch)

    assert len(seen) == 3


def test_an_unbalanced_stage_latches_at_the_end_of_the_tenth_pulse() -> None:
    host = playing(body=program(1, section(0, 1, 200, (100, 1), 300, 3_000_000)))
    host.simulation.begin("unbalanced")
    host.play((10, 0, 0, 0))
    host.run(300_000)

    fault = next(s for s in host.statuses if s.state == FAULT)
    assert (fault.fault, fault.clock_us) == (3, 1000 + 9 * 10_000 + 400)
    assert fault.leads[0].net_pc == 10 * (100 * 200 - 80 * 200)


@pytest.mark.hazard("H27")
def test_spent_play_time_refuses_to_arm() -> None:
    host = Host("600")
    host.arm(limits=(2000, 2000, 2000, 2000, 0xFFFFFFFF, 1000))
    host.play(ZERO, ZERO, lease_ms=2000)
    host.run(1_100_000)
    host.send(STOP)

    assert host.refused(ARM, struct.pack("<I", host.device.epoch) + host.hash) == (13, 1000)


@pytest.mark.hazard("H31")
def test_limits_may_only_go_down_until_hello() -> None:
    host = Host()
    host.arm(limits=(100, 100, 100, 100, 1000, 1000))
    host.send(STOP)

    assert host.refused(LIMITS, struct.pack("<HHHHII", 100, 100, 101, 100, 1000, 1000)) == (8, 4)
    assert host.ask(LIMITS, struct.pack("<HHHHII", 100, 100, 99, 100, 1000, 1000)).type == 0x82


def test_a_level_that_left_and_came_back_within_a_pulse_has_not_been_felt_yet() -> None:
    host = playing(body=LONG)
    host.play((10, 0, 0, 0), lease_ms=2000)
    host.run(2_000)
    host.play((20, 0, 0, 0), lease_ms=2000)
    host.run(3_000)
    host.play((10, 0, 0, 0), lease_ms=2000)

    kind = host.report().leads[0].kinds[0]

    assert (kind.level, kind.at_level, kind.pulses) == (10, 0, 1)


def test_a_zero_sent_before_the_lead_was_parked_does_not_free_it_and_the_next_one_does() -> None:
    """The pulse into an open lead lasts from 1000 to 6000 us and parks the lead at its end."""
    host = playing("open", LONG)
    host.play((10, 0, 0, 0), lease_ms=2000)
    host.run(2_000)
    host.play(ZERO, lease_ms=2000)
    assert host.report().leads[0].flags & 0b100

    host.play(ZERO, lease_ms=2000)

    assert not host.report().leads[0].flags & 0b100
