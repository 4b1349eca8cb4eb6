"""Each fault does what its row says."""

from __future__ import annotations

import pytest

from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import FAULTS, Planned, parse_fault
from firmware_sim.simulation import Simulation
from tests.firmware_sim.host import (
    ARMED,
    BOOT,
    DENSE,
    FAULT,
    HELLO,
    IDLE,
    PLAYING,
    READY,
    STOP,
    UP,
    Host,
    frame,
    messages,
    onsets,
)


def playing(to_us: int = 50_000, load: str = "600", vary_epoch: bool = False) -> Host:
    host = Host(load, vary_epoch=vary_epoch)
    host.arm(DENSE)
    host.play(UP, lease_ms=2000)
    host.run(to_us)
    return host


def test_open_lets_nothing_through_on_its_lead_and_parks_it() -> None:
    host = playing()
    host.simulation.begin("open", "A")
    host.run(100_000)

    a, b = host.statuses[-1].leads[:2]
    assert onsets(host.edges("A", 50_000)) == []
    assert len(onsets(host.edges("B", 50_000))) == 5
    assert (a.flags, a.z_ohm, a.plus_ua, a.volt_mv, b.flags) == (0b1101, 0xFFFFFFFF, 0, 30_000, 0b1000)


@pytest.mark.hazard("H15")
def test_a_lead_that_comes_back_stays_at_zero() -> None:
    host = playing()
    host.simulation.begin("open", "A")
    host.run(70_000)
    host.simulation.end("open", "A")
    host.run(200_000)

    assert onsets(host.edges("A", 50_000)) == []


def test_short_reads_below_50_ohm() -> None:
    host = playing()
    host.simulation.begin("short", "B")
    host.run(100_000)

    b = host.statuses[-1].leads[1]
    assert (b.flags, b.z_ohm) == (0b1010, 10)


@pytest.mark.hazard("H12")
def test_reset_boots_silent_with_another_boot_id_and_a_clock_from_zero() -> None:
    host = playing(50_000)
    host.drawn = [BOOT + 1]
    host.simulation.begin("reset")
    host.run(1_000_000)

    last = host.statuses[-1]
    assert (last.boot, last.state, last.clock_us, last.flags) == (BOOT + 1, IDLE, 900_000, 1)
    assert onsets(host.edges("A"))[-1] == 41_000
    assert host.send(frame(HELLO, 1, b"EA1?"))[0].type == 0x81


def test_deaf_ignores_stop_and_break_but_not_its_lease() -> None:
    host = playing()
    host.simulation.begin("deaf")
    host.send(STOP)
    host.device.stop()
    host.run(3_000_000)

    assert onsets(host.edges("A"))[-1] == 1_991_000
    assert host.statuses[-1].state == FAULT


def test_stuck_on_plays_on_and_its_measurements_do_not_lie() -> None:
    host = playing()
    host.simulation.begin("stuck-on")
    host.send(STOP)
    host.run(500_000)

    last = host.statuses[-1]
    assert len(onsets(host.edges("A", 50_000))) == 45
    assert (last.state, last.flags & 1, last.leads[0].plus_ua) == (READY, 0, 1000)
    assert last.leads[0].kinds[0].felt == 50
    assert [s.cause for s in host.statuses].count(2) == 0  # the stop is never confirmed

    host.simulation.end("stuck-on")
    host.run(700_000)
    assert (host.statuses[-1].flags & 1, onsets(host.edges("A", 500_000))) == (1, [])
    assert [s.cause for s in host.statuses].count(2) == 1


def test_stuck_on_goes_on_over_a_new_session() -> None:
    host = playing()
    host.simulation.begin("stuck-on")
    host.hush()
    host.ask(HELLO, b"EA1?")
    host.run(200_000)

    assert len(onsets(host.edges("A", 50_000))) == 15
    assert host.statuses[-1].flags & 1 == 0


def test_a_leak_latches_output_after_5_ms_at_rest() -> None:
    host = Host("600")
    host.run(10_000)
    host.simulation.begin("leak", "C")
    host.run(100_000)

    fault = next(s for s in host.statuses if s.state == FAULT)
    assert (fault.fault, fault.clock_us, fault.flags & 1) == (2, 15_000, 0)
    assert host.edges("C") == [(10_000, 100)]
    host.simulation.end("leak")
    host.run(200_000)
    assert host.edges("C")[-1][1] == 0
    assert host.statuses[-1].flags & 1


def test_unbalanced_leaves_a_fifth_of_a_phase_behind() -> None:
    host = Host("600", faults="unbalanced")
    host.arm(DENSE)
    host.play(UP)
    host.run(10_000)

    assert host.edges("A") == [(1000, 1000), (1200, -800), (1400, 0)]


def test_silent_says_nothing_and_plays_on() -> None:
    host = playing()
    host.simulation.begin("silent")
    host.statuses.clear()

    assert host.send(frame(HELLO, 99, b"EA1?")) == []
    host.run(1_000_000)

    assert host.statuses == []
    assert len(onsets(host.edges("A"))) == 100


def test_torn_cuts_the_next_frame_in_half_and_no_other() -> None:
    host = Host()
    host.simulation.begin("torn")
    host.simulation.run_to(50_000)
    host.simulation.receive(frame(HELLO, 1, b"EA1?"))
    (torn,) = host.simulation.take()
    host.simulation.receive(frame(HELLO, 2, b"EA1?"))
    (whole,) = host.simulation.take()

    assert (len(torn), len(whole)) == (27, 54)
    assert b"\0" not in torn and messages(whole)[0].type == 0x81


def test_a_wrong_serial_comes_with_the_next_hello() -> None:
    host = Host()
    assert host.ask(HELLO, b"EA1?").body[4:16] == b"EA1-000001\0\0"
    host.simulation.begin("wrong-serial")

    assert host.ask(HELLO, b"EA1?").body[4:16] == b"EA1-999999\0\0"


def test_a_planned_fault_begins_at_its_very_microsecond() -> None:
    simulation = Simulation(Ea1Device(), [Planned(250_000, "silent")])

    frames = simulation.run_to(1_000_000)

    assert len(frames) == 2


def test_a_planned_reset_is_met_when_only_the_first_word_is_waited_for() -> None:
    simulation = Simulation(Ea1Device(), [Planned(150_000, "reset")])
    assert len(simulation.run_to(1_000_000, first=True)) == 1
    assert simulation.now_us == 100_000

    simulation.run_to(1_000_000, first=True)

    assert simulation.now_us == 250_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deaf", Planned(0, "deaf")),
        ("open:B@1.5", Planned(1_500_000, "open", "B")),
        ("reset@3", Planned(3_000_000, "reset")),
    ],
)
def test_a_fault_is_written_name_lead_and_seconds(text: str, expected: Planned) -> None:
    assert parse_fault(text) == expected


@pytest.mark.parametrize("text", ["", "deaff", "deaf:A", "open:E", "open@-1", "open@x", "open@1e9"])
def test_what_is_no_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault"):
        parse_fault(text)


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("reset", "reboot-with-output")])
def test_every_fault_can_begin_and_end_while_it_plays(name: str) -> None:
    host = playing()
    host.simulation.begin(name)
    host.simulation.run_to(80_000)
    host.simulation.end(name)
    host.simulation.run_to(90_000)

    assert host.simulation.faults.names() == {}
    assert host.simulation.device is host.device
    assert host.device.state == PLAYING


def test_an_armed_device_with_a_leak_refuses_to_play() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.simulation.begin("leak")
    assert host.device.state == ARMED
    host.run(20_000)

    assert host.play(UP).body[1] == 12
