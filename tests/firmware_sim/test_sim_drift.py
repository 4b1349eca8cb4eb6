"""A device whose clock is wrong: what the scope sees in the world's time, and what the device says in its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.drift import TRUE, Drift
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.scope import Scope
from firmware_sim.simulation import Simulation
from tests.firmware_sim.host import (
    DENSE,
    DONE,
    FAULT,
    STOP,
    UP,
    Host,
    charge_pc,
    messages,
    onsets,
    status,
)


def playing(fault: str, lease_ms: int = 500) -> Host:
    """Play from 1000 us of the device on, with its clock wrong from the start."""
    host = Host("600", faults=fault)
    host.arm(DENSE)
    host.play(UP, lease_ms=lease_ms)
    return host


def test_a_true_clock_changes_nothing() -> None:
    assert (TRUE.device(7), TRUE.world(7), TRUE.span(7)) == (7, 7, 7)


@given(st.integers(0, 10**12), st.sampled_from([(6, 5), (4, 5), (1, 1), (7, 3)]))
def test_a_moment_of_the_device_is_the_first_of_the_world_at_which_it_is_reached(
    at_us: int, rate: tuple[int, int]
) -> None:
    drift = Drift(1_000, 5_000, *rate)
    world_us = drift.world(at_us + 5_000)

    assert drift.device(world_us) >= at_us + 5_000 > drift.device(world_us - 1)


@pytest.mark.parametrize(
    ("fault", "first_us", "period_us", "width_us", "lease_end_us"),
    [
        ("clock-fast", 834, 8_333 + 1 / 3, 167, 416_667),  # 1000 x 5/6, 10,000 x 5/6, 200 x 5/6, 500,000 x 5/6
        ("clock-slow", 1_250, 12_500, 250, 625_000),  # x 5/4
    ],
)
def test_a_wrong_clock_moves_onsets_widths_and_the_lease(
    fault: str, first_us: int, period_us: float, width_us: int, lease_end_us: int
) -> None:
    host = playing(fault)
    host.run(1_000_000)

    edges = host.edges("A")
    began = onsets(edges)
    assert edges[:3] == [(first_us, 1000), (first_us + width_us, -1000), (first_us + 2 * width_us, 0)]
    assert len(began) == 50  # the lease is 500 ms of its own: onsets at 1, 11, ... 491 ms
    assert all(abs(at_us - first_us - k * period_us) <= 1 for k, at_us in enumerate(began))
    assert began[-1] < lease_end_us <= began[-1] + 12_500
    assert charge_pc(edges) == 0
    assert host.device.state == FAULT


@pytest.mark.parametrize(("fault", "status_us"), [("clock-fast", 83_334), ("clock-slow", 125_000)])
def test_a_status_comes_by_the_devices_clock_and_says_it(fault: str, status_us: int) -> None:
    simulation = Simulation(Ea1Device())
    simulation.begin(fault)
    frames = simulation.run_to(10_000_000, first=True)

    (said,) = messages(b"".join(frames))
    assert (simulation.now_us, status(said.body).clock_us) == (status_us, 100_000)
    assert simulation.next_us() == {83_334: 166_667, 125_000: 250_000}[status_us]


def test_the_clock_goes_wrong_from_then_on_and_right_again() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.play(UP, lease_ms=2000)
    host.run(500_000)
    host.simulation.begin("clock-slow")
    host.run(1_000_000)
    host.simulation.end("clock-slow")
    host.run(1_500_000)

    began = onsets(host.edges("A"))
    assert began[:50] == [1_000 + 10_000 * k for k in range(50)]
    assert began[50:90] == [501_250 + 12_500 * k for k in range(40)]
    assert began[90:] == [1_001_000 + 10_000 * k for k in range(50)]
    assert host.device.now_us == 1_400_000


def test_play_time_is_the_devices_own() -> None:
    """3 s of its own end after 3.75 s of the world's."""
    host = playing("clock-slow", lease_ms=2000)
    host.run(2_000_000)
    host.play(UP, lease_ms=2000)
    host.run(3_751_249)
    assert host.device.state != DONE
    host.run(3_751_250)

    assert host.device.state == DONE


def test_time_goes_on_where_the_slow_clock_stands_between_two_of_its_own() -> None:
    simulation = Simulation(Ea1Device())
    simulation.begin("clock-slow")
    for us in range(1, 20):
        simulation.run_to(us)
        assert simulation.now_us == us
    assert simulation.device.now_us == 15


def test_bytes_are_read_at_the_devices_present() -> None:
    host = playing("clock-fast")
    host.run(100_000)
    host.send(STOP)
    host.run(300_000)

    assert host.device.now_us == 360_000
    assert [s.clock_us for s in host.statuses if s.cause == 2] == [120_000]


def test_edges_are_found_by_the_worlds_time() -> None:
    host = playing("clock-slow")
    host.run(500_000)

    found = list(host.device.scope.edges(251_250, 263_750))
    assert [(t_us, ua) for t_us, lead, ua in found if lead == "A"] == [
        (251_250, 1000),
        (251_500, -1000),
        (251_750, 0),
        (263_750, 1000),
    ]


def test_a_leak_is_seen_in_the_worlds_time_too() -> None:
    scope = Scope()
    scope.drift = Drift(0, 0, 4, 5)
    scope.step(1_000, "A", 100)

    assert list(scope.edges()) == [(1_250, "A", 100)]
