"""Playing, judged by the scope in us and uA at the load; expected times are arithmetic on the manual's own numbers."""

from __future__ import annotations

import struct

import pytest

from tests.firmware_sim.host import (
    ARMED,
    DENSE_DISPERSE,
    DONE,
    PLAYING,
    Host,
    charge_pc,
    onsets,
    playing,
    program,
    section,
)

UP = (100, 50, 0, 0)  # 1.00 mA on A, 0.50 mA on B
ZERO = (0, 0, 0, 0)


def test_two_blocks_have_every_onset_to_the_microsecond() -> None:
    host = playing()
    host.keep(12_000_999, UP, UP)

    starts = onsets(host.edges("A"))

    slow = [[1000 + block + 500_000 * k for k in range(6)] for block in (0, 6_000_000)]
    fast = [[1000 + block + 3_000_000 + 10_000 * k for k in range(300)] for block in (0, 6_000_000)]
    assert starts == slow[0] + fast[0] + slow[1] + fast[1]


def test_phases_have_their_width_and_strength() -> None:
    host = playing()
    host.keep(3_010_000, UP, UP)

    edges = host.edges("A")

    assert edges[:3] == [(1000, 1000), (1600, -1000), (2200, 0)]
    assert edges[18:21] == [(3_001_000, 1000), (3_001_200, -1000), (3_001_400, 0)]
    assert host.edges("B")[:3] == [(1000, 500), (1600, -500), (2200, 0)]
    assert host.edges("C") == []


def test_the_net_charge_of_a_block_is_zero() -> None:
    host = playing("needle")
    host.keep(6_000_999, UP, UP)

    assert charge_pc(host.edges("A")) == 0
    assert charge_pc(host.edges("B")) == 0
    assert host.report().leads[0].net_pc == 0


def test_a_gap_and_the_negative_sign_are_played() -> None:
    host = playing(body=program(1, section(0, 4, 300, (10, 1), 1, 100_000, gap=50, sign=1)))
    host.play((0, 0, 7, 0))
    host.run(50_000)

    assert host.edges("C") == [(1000, -70), (1300, 0), (1350, 70), (1650, 0)]


def test_a_rate_that_is_no_whole_period_keeps_its_onsets() -> None:
    """127 Hz: onset k is k * 10^6 / 127 rounded to the nearest microsecond."""
    host = playing(body=program(1, section(0, 1, 100, (127, 1), 127, 1_000_000)))
    host.keep(1_000_999, (10, 0, 0, 0))

    assert onsets(host.edges("A")) == [1000 + (2_000_000 * k + 127) // 254 for k in range(127)]


@pytest.mark.hazard("H27")
def test_the_end_of_play_is_exact_and_every_pulse_is_counted() -> None:
    host = playing(body=struct.pack("<H", 2) + DENSE_DISPERSE[2:])
    host.keep(12_000_999, UP, ZERO)
    assert host.device.state == PLAYING

    host.run(12_001_000)

    done = host.statuses[-1]
    assert (done.state, done.cause, done.clock_us, done.played_us, done.block) == (DONE, 1, 12_001_000, 12_000_000, 2)
    a = done.leads[0]
    assert [(k.pulses, k.felt, k.level) for k in a.kinds] == [(12, 12, 0), (600, 0, 0)]


@pytest.mark.hazard("H27")
def test_play_time_cuts_and_the_last_pulse_ends_before_it() -> None:
    """1000 ms: the pulses of 500 ms spacing at 0 and 500 ms are played, the one at 1000 ms would end after."""
    host = Host("600")
    host.arm(limits=(2000, 2000, 2000, 2000, 0xFFFFFFFF, 1000))
    host.keep(1_001_000, UP, UP)

    assert host.statuses[-1].state == DONE
    assert onsets(host.edges("A")) == [1000, 501_000]


@pytest.mark.parametrize(("play_ms", "pulses"), [(501, 1), (502, 2)])
def test_a_pulse_is_played_only_if_it_ends_in_play_time(play_ms: int, pulses: int) -> None:
    """The second pulse lasts from 500.0 to 501.2 ms of play time."""
    host = Host("600")
    host.arm(limits=(2000, 2000, 2000, 2000, 0xFFFFFFFF, play_ms))
    host.play(UP, UP, lease_ms=2000)
    host.run(700_000)

    assert len(onsets(host.edges("A"))) == pulses


def test_a_start_after_hush_begins_a_new_block_and_play_time_goes_on() -> None:
    host = playing()
    host.keep(700_000, UP, UP)
    host.hush()
    host.run(5_000_000)
    host.play(UP, UP)
    host.run(5_000_999 + 200_000)

    last = host.report()
    assert onsets(host.edges("A")) == [1000, 501_000, 5_001_000]
    assert (last.block, last.position_us, last.played_us) == (
        2,
        last.clock_us - 5_001_000,
        699_000 + last.clock_us - 5_001_000,
    )


def test_hush_finishes_the_pulse_and_stays_armed() -> None:
    host = playing()
    host.play(UP, UP, lease_ms=2000)
    host.run(501_001)
    assert host.hush().type == 0x87
    host.run(2_000_000)

    assert host.edges("A", 501_000) == [(501_000, 1000), (501_600, -1000), (502_200, 0)]
    assert host.statuses[-1].state == ARMED


def test_play_after_a_hush_inside_a_pulse_waits_for_its_end() -> None:
    host = playing()
    host.play(UP, UP)
    host.run(1_100)
    host.hush()
    host.play(UP, UP)
    host.run(10_000)

    assert onsets(host.edges("A")) == [1000, 2200 + 1000]


def test_hold_acts_from_the_next_section_and_leaves_the_block_alone() -> None:
    """Kind 1 (100 Hz) is held in section 0 of the second block: 300 pulses in its 3 s; the first block is untouched."""
    host = playing()
    host.keep(4_000_000, UP, UP)
    host.keep(9_500_000, UP, UP, hold=1)
    host.keep(12_000_999, UP, UP)

    starts = onsets(host.edges("A"))
    assert [t for t in starts if t < 3_001_000] == [1000 + 500_000 * k for k in range(6)]
    assert [t for t in starts if t >= 3_001_000] == [3_001_000 + 10_000 * k for k in range(900)]
    assert host.statuses[-1].block == 2


def test_hold_of_the_slow_kind_has_as_many_pulses_as_have_their_whole_period_inside() -> None:
    host = playing(
        body=program(1, section(0, 1, 600, (2, 1), 2, 1_000_000), section(1, 2, 200, (100, 1), 124, 1_249_999))
    )
    host.keep(2_250_999, UP, UP, hold=0)

    assert onsets(host.edges("A")) == [1000, 501_000, 1_001_000, 1_501_000]  # of 1.249999 s only two periods are inside
    assert onsets(host.edges("B")) == []  # the leads of the first record of the kind that is held


def test_hold_at_a_start_acts_from_the_first_section() -> None:
    host = playing()
    host.play(UP, UP, hold=1)
    host.run(100_000)

    assert onsets(host.edges("A")) == [1000 + 10_000 * k for k in range(10)]
    assert (host.statuses[-1].hold, host.statuses[-1].section) == (1, 0)


@pytest.mark.hazard("H04")
def test_renewals_that_come_early_or_late_move_no_onset() -> None:
    host = playing(body=program(1, section(0, 1, 200, (100, 1), 300, 3_000_000)))
    for at_us in (0, 133_700, 134_000, 600_001, 1_099_999):
        host.run(at_us)
        host.play((10, 0, 0, 0), lease_ms=500)
    host.run(1_599_998)

    assert onsets(host.edges("A")) == [1000 + 10_000 * k for k in range(160)]


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("load", ["20", "600", "2000", "needle"])
def test_the_current_is_the_ordered_one_whatever_the_load(load: str) -> None:
    host = playing(load)
    host.play(UP, ZERO)
    host.run(400_000)

    assert host.edges("A") == [(1000, 1000), (1600, -1000), (2200, 0)]
