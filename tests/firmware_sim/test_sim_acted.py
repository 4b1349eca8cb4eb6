"""The simulator tells which faults have changed something so far, and when a stop has reached a device."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from firmware_sim.faults import FAULTS, Active
from tests.firmware_sim.host import DENSE, HELLO, STOP, UP, Host, frame


def playing(fault: str = "", lead: str | None = None) -> Host:
    """Play 1 mA of 100 Hz on lead A, with a fault from then on."""
    host = Host("600", vary_epoch=True)
    host.arm(DENSE)
    host.play(UP, lease_ms=500)
    host.run(50_000)
    if fault:
        host.simulation.begin(fault, lead)
    return host


def acted(host: Host, name: str) -> bool:
    return name in host.simulation.picture()["acted"]


def test_without_a_fault_nothing_has_acted() -> None:
    host = playing()
    host.send(STOP)
    host.run(1_000_000)

    assert host.simulation.picture()["acted"] == {}


def _hello(host: Host) -> None:
    host.simulation.receive(frame(HELLO, 99, b"EA1?"))


def _stop(host: Host) -> None:
    host.simulation.receive(STOP)


def _many(host: Host) -> None:
    for number in range(100, 200):
        host.simulation.receive(frame(HELLO, number, b"EA1?"))


def _anew(host: Host) -> None:
    _stop(host)
    _hello(host)


def _later(host: Host) -> None:
    host.simulation.run_to(host.now_us + 100_001)


def _lease_ends(host: Host) -> None:
    host.simulation.run_to(700_000)


def _stopped(host: Host) -> None:
    _stop(host)
    _later(host)


BY: dict[str, Callable[[Host], None]] = {
    "deaf": _stop,
    "wedge": _hello,
    "lease-dead": _lease_ends,
    "stuck-on": _stopped,
    "leak": _stopped,
    "wrong-serial": _anew,
    "drop": _many,
    "corrupt": _many,
    "half-write": _hello,
    "duplicate": _many,
    "reorder": _many,
    "half-duplex": _later,
}
"""What a playing device must meet until a fault can change anything. All others: only time."""
AT_ONCE = ("reset", "unplug", "other-serial", "swap")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_acted_once_it_changed_something_and_not_before(name: str) -> None:
    host = stalled() if name == "half-duplex" else playing(name)
    assert acted(host, name) is (name in AT_ONCE)
    BY.get(name, _later)(host)

    assert acted(host, name)
    assert set(host.simulation.picture()["acted"]) == {name}


def stalled() -> Host:
    """Near the time at which the line from the device stands still: 550 to 750 ms of every second."""
    host = Host("600")
    host.run(551_000)
    host.simulation.begin("half-duplex")
    return host


@pytest.mark.parametrize("name", ["deaf", "lease-dead", "stuck-on", "leak", "wrong-serial"])
def test_a_fault_that_is_on_and_meets_nothing_has_not_acted(name: str) -> None:
    host = playing(name)
    host.run(400_000)

    assert host.simulation.picture()["faults"] == {name: "ABCD" if name == "leak" else ""}
    assert not acted(host, name)


@pytest.mark.parametrize(("lead", "was"), [("A", True), ("C", False)])
def test_a_load_that_is_off_acts_once_a_pulse_meets_it(lead: str, was: bool) -> None:
    host = playing("open", lead)
    host.run(100_000)

    assert acted(host, "open") is was


def test_counts_that_are_all_0_are_not_off() -> None:
    host = Host("600", faults="count-off")
    host.arm(DENSE)
    host.run(300_000)

    assert not acted(host, "count-off")


def test_a_boot_with_nothing_on_keeps_no_output() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.simulation.begin("reboot-with-output")
    host.simulation.run_to(1_000_000)

    assert not acted(host, "reboot-with-output")


def test_what_has_acted_is_told_after_the_fault_too() -> None:
    host = playing("deaf")
    host.send(STOP)
    host.send(STOP)
    host.simulation.end("deaf")

    assert host.simulation.picture()["acted"] == {"deaf": 2}


def test_a_fault_that_is_off_does_not_act() -> None:
    active = Active()

    assert not active.acts("deaf")
    assert active.acted == {}


@pytest.mark.parametrize("fault", ["", "deaf"])
def test_each_stop_that_reaches_the_device_is_told_obeyed_or_not(fault: str) -> None:
    host = playing(fault)
    for at_us in (60_000, 70_000):
        host.run(at_us)
        host.send(STOP)

    assert host.simulation.picture()["stops"] == [60_000, 70_000]


def test_a_stop_that_is_lost_on_the_way_has_not_reached_the_device() -> None:
    host = playing("wedge")
    host.send(STOP)

    assert host.simulation.picture()["stops"] == []


def test_a_stop_is_told_in_the_worlds_time_whatever_the_device_counts() -> None:
    host = Host("600", faults="clock-slow")
    host.run(100_000)
    host.send(STOP)

    assert host.simulation.picture()["stops"] == [100_000]


def test_the_stops_of_the_device_that_was_swapped_away_are_kept() -> None:
    host = playing()
    host.simulation.receive(STOP)
    host.simulation.begin("swap")
    host.simulation.run_to(60_000)
    host.simulation.receive(STOP)

    assert host.simulation.picture()["stops"] == [50_000, 60_000]
