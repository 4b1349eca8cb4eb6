"""Devices that put out, measure, count or say something else than they were told: what flows, and what they say."""

from __future__ import annotations

import pytest

from tests.firmware_sim.host import (
    ARMED,
    BOOT,
    CONTACT,
    DENSE,
    FAULT,
    HELLO,
    IDLE,
    PLAYING,
    READY,
    STOP,
    UP,
    Host,
    charge_pc,
    frame,
    messages,
    onsets,
)


def playing(to_us: int = 50_000, body: bytes = DENSE) -> Host:
    host = Host("600")
    host.arm(body)
    host.play(UP, lease_ms=2000)
    host.run(to_us)
    return host


def peaks(host: Host, since_us: int, until_us: int) -> set[int]:
    return {abs(ua) for t_us, ua in host.edges("A", since_us) if t_us < until_us and ua}


def measured(name: str) -> tuple[int, ...]:
    """Play 1 mA from 50 ms on with a fault; returns what is said at 100 ms of A, and of the worst pulse so far."""
    host = playing()
    host.simulation.begin(name)
    host.run(100_000)
    assert peaks(host, 0, 50_000) == {1000}
    lead = host.statuses[-1].leads[0]
    return lead.plus_ua, lead.minus_ua, lead.z_ohm, lead.peak_ua, lead.flags


@pytest.mark.hazard("H44")
@pytest.mark.parametrize(
    ("name", "flows_ua", "said"),
    [
        ("twice", 2000, (2000, 2000, 600, 2000, 8)),
        ("level-lie", 2000, (1000, 1000, 1200, 1000, 8)),
        ("measured-zero", 1000, (0, 0, 0xFFFFFFFF, 1000, 8)),
        ("measured-low", 1000, (500, 500, 1200, 1000, 8)),
        ("measured-double", 1000, (2000, 2000, 300, 2000, 8)),
    ],
)
def test_a_lie_about_current_is_told_of_what_flows(name: str, flows_ua: int, said: tuple[int, ...]) -> None:
    host = playing()
    host.simulation.begin(name)
    host.run(100_000)

    assert measured(name) == said
    assert peaks(host, 0, 50_000) == {1000}
    assert peaks(host, 51_000, 100_000) == {flows_ua}
    host.simulation.end(name)
    host.run(200_000)
    assert peaks(host, 101_000, 200_000) == {1000}
    assert host.statuses[-1].leads[0].plus_ua == 1000


def test_a_lying_device_says_the_level_it_was_told() -> None:
    host = playing()
    host.simulation.begin("level-lie")
    host.run(100_000)

    assert host.statuses[-1].leads[0].kinds[0].level == 100


def test_a_lie_holds_for_the_contact_test_too() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.simulation.begin("twice")
    host.number += 1
    host.send(frame(CONTACT, host.number, host.device.epoch.to_bytes(4, "little") + b"\x01\x02\x0a\x00"))
    host.run(100_000)

    assert host.edges("A")[:3] == [(1000, 200), (1100, -200), (1200, 0)]


def test_a_lie_about_current_shows_in_the_measured_charge() -> None:
    """Unbalanced by 200 uA x 200 us = 40,000 pC a pulse; half of it is said."""
    host = Host("600", faults="unbalanced")
    host.simulation.begin("measured-low")
    host.arm(DENSE)
    host.play(UP)
    host.run(45_000)
    host.simulation.run_to(46_000)

    assert charge_pc(host.edges("A")) == 5 * 40_000
    assert host.device.stage.leads[0].measured.net_pc == 5 * 20_000


def test_frozen_status_says_the_last_body_again_under_new_numbers() -> None:
    host = playing(150_000)
    host.simulation.begin("frozen-status")
    host.statuses.clear()
    before = host.device._said
    host.simulation.receive(STOP)
    said = [m for m in messages(b"".join(host.simulation.run_to(500_000))) if m.type == 0xC0]

    assert {m.body for m in said} == {before}
    numbers = [m.number for m in said]
    assert numbers == list(range(numbers[0], numbers[0] + len(said))) and len(said) == 5
    assert onsets(host.edges("A", 151_001)) == []


def test_counts_are_one_too_high_except_those_of_nothing() -> None:
    host = Host("600", faults="count-off")
    host.arm(DENSE)
    host.play((100, 0, 0, 0), lease_ms=2000)
    host.run(100_000)

    a, b = host.statuses[-1].leads[:2]
    assert len(onsets(host.edges("A"))) == 10
    assert [(k.at_level, k.pulses, k.felt) for k in a.kinds] == [(11, 11, 11)]
    assert [(k.at_level, k.pulses, k.felt) for k in b.kinds] == [(11, 11, 0)]


def test_a_brown_out_halves_the_pulses_for_250_ms_and_then_boots() -> None:
    host = playing()
    host.drawn = [BOOT + 1]
    host.simulation.begin("brown-out")
    host.run(200_000)
    assert host.statuses[-1].leads[0].plus_ua == 500
    host.run(1_000_000)

    assert peaks(host, 0, 50_000) == {1000}
    assert peaks(host, 51_000, 1_000_000) == {500}
    assert charge_pc(host.edges("A")) == 0
    assert onsets(host.edges("A"))[-1] == 291_000
    last = host.statuses[-1]
    assert (last.boot, last.state, last.clock_us) == (BOOT + 1, IDLE, 700_000)
    assert host.simulation.faults.names() == {}


def test_a_brown_out_that_ends_in_time_boots_nothing() -> None:
    host = playing()
    host.simulation.begin("brown-out")
    host.run(100_000)
    host.simulation.end("brown-out")
    host.run(400_000)

    assert peaks(host, 101_000, 400_000) == {1000}
    assert host.device.state == PLAYING


def test_a_device_may_come_back_at_its_old_level() -> None:
    host = playing(150_000)
    host.drawn = [BOOT + 1]
    host.simulation.begin("reboot-with-output")
    host.run(350_000)

    last = host.statuses[-1]
    assert (last.boot, last.state, last.flags, last.clock_us) == (BOOT + 1, IDLE, 0, 200_000)
    assert last.leads[0].plus_ua == 1000
    assert onsets(host.edges("A", 150_000)) == [151_000 + 10_000 * k for k in range(20)]
    host.send(STOP)
    host.run(500_000)
    assert (onsets(host.edges("A", 352_000)), host.statuses[-1].flags) == ([], 1)


def test_a_device_that_is_silent_comes_back_silent() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.simulation.begin("reboot-with-output")
    host.run(300_000)

    assert (host.edges("A"), host.statuses[-1].state, host.statuses[-1].flags) == ([], IDLE, 1)


def test_a_dead_lease_plays_to_the_end_of_the_program() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.simulation.begin("lease-dead")
    host.play(UP, lease_ms=200)
    host.run(1_000_000)

    assert (host.statuses[-1].state, host.statuses[-1].lease_ms) == (PLAYING, 0)
    host.run(4_000_000)
    assert len(onsets(host.edges("A"))) == 300


def test_a_lease_that_lives_again_ends_at_once() -> None:
    host = playing()
    host.simulation.begin("lease-dead")
    host.run(2_500_000)
    host.simulation.end("lease-dead")
    host.run(2_600_000)

    assert onsets(host.edges("A"))[-1] == 2_491_000
    assert (host.device.state, host.device.fault) == (FAULT, 1)


def test_a_dead_lease_still_hears_the_stop() -> None:
    host = playing()
    host.simulation.begin("lease-dead")
    host.send(STOP)

    assert host.device.state == READY
    assert host.ask(HELLO, b"EA1?").type == 0x81
    assert host.device.state != ARMED
