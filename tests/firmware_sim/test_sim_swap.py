"""Another device on the same path: what answers there, what the first one goes on doing, and who hears whom."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from firmware_sim.__main__ import main
from firmware_sim.faults import FAULTS, Planned
from firmware_sim.simulation import Simulation
from tests.firmware_sim.host import (
    DENSE,
    FRAMES,
    HELLO,
    IDLE,
    PLAYING,
    STOP,
    UP,
    Host,
    frame,
    messages,
    onsets,
    status,
)
from tests.firmware_sim.process import opened, read, running


def playing(to_us: int = 50_000) -> Host:
    host = Host("600", vary_epoch=True)
    host.arm(DENSE)
    host.play(UP, lease_ms=500)
    host.run(to_us)
    return host


def test_a_swap_leads_the_line_to_another_device_and_the_first_plays_until_its_lease() -> None:
    host = playing()
    first_boot = host.device.boot
    host.simulation.begin("swap")
    host.statuses.clear()
    host.simulation.receive(frame(HELLO, 1, b"EA1?"))
    said = messages(b"".join(host.simulation.run_to(1_000_000)))

    assert said[0].body[4:16] == b"EA1-000002\0\0"
    other = [status(m.body) for m in said if m.type == 0xC0]
    assert {s.boot for s in other} == {host.simulation.device.boot} != {first_boot}
    assert {s.state for s in other} == {IDLE}
    assert onsets(host.edges("A"))[-1] == 491_000
    assert host.edges("2A") == []


def test_a_stop_that_reaches_the_other_device_does_not_stop_the_first() -> None:
    host = playing()
    host.simulation.begin("swap")
    host.simulation.receive(STOP)
    host.simulation.run_to(400_000)

    assert host.device.state == PLAYING
    assert onsets(host.edges("A"))[-1] == 391_000


def test_the_first_device_is_back_when_the_swap_ends() -> None:
    host = playing()
    host.simulation.begin("swap")
    host.simulation.run_to(150_000)
    host.simulation.end("swap")
    host.run(200_000)

    assert host.simulation.device is host.device
    assert (host.statuses[-1].state, host.statuses[-1].clock_us) == (PLAYING, 200_000)


def test_the_other_device_can_play_on_its_own_leads() -> None:
    host = Host("600")
    host.simulation.begin("swap")
    host.device = host.simulation.device
    host.arm(DENSE)
    host.play(UP)
    host.run(50_000)

    assert onsets(host.edges("2A")) == [1_000, 11_000, 21_000, 31_000, 41_000]
    assert host.edges("A") == []


def test_another_serial_pulls_the_cable_for_half_a_second() -> None:
    simulation = Simulation(Host("600").device, [Planned(100_000, "other-serial")])
    told: list[tuple[int, bool]] = []
    simulation.unplug = lambda out: told.append((simulation.now_us, out))
    simulation.run_to(2_000_000)

    assert told == [(100_000, True), (600_000, False)]
    assert simulation.plugged


def test_a_cable_that_is_out_for_good_is_not_put_back() -> None:
    simulation = Simulation(Host("600").device)
    simulation.begin("other-serial")
    simulation.begin("unplug")
    simulation.run_to(1_000_000)

    assert not simulation.plugged


def test_a_lead_that_is_off_stays_the_first_devices() -> None:
    host = playing()
    host.simulation.begin("swap")
    host.simulation.begin("open", "A")
    host.simulation.set_load("B", "short")
    host.simulation.run_to(100_000)

    assert [lead.load.text for lead in host.device.stage.leads[:2]] == ["open", "short"]
    assert [lead.load.text for lead in host.simulation.device.stage.leads[:2]] == ["needle", "needle"]


def test_another_serial_answers_at_the_same_path_and_port(tmp_path: Path) -> None:
    with running(tmp_path, "--pty", str(tmp_path / "pty"), "--tcp", "0", "--speed", "0") as sim:
        target = os.readlink(sim.link)
        with opened(sim.link):
            sim.do("fault", name="other-serial")
            assert not sim.link.exists()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", sim.ready["tcp"]))
            sim.do("advance", to_us=500_000)
            while sim.do("state")["t_us"] < 500_000:
                sim.do("advance", to_us=500_000)
            assert sim.link.exists() and os.readlink(sim.link) != target  # the old pty is still held open
        with opened(sim.link) as fd, socket.create_connection(("127.0.0.1", sim.ready["tcp"])) as wire:
            os.write(fd, FRAMES["hello"])
            sim.do("advance", to_us=500_000, after_rx=16)
            (said,) = messages(read(fd, 54))
            assert said.body[4:16] == b"EA1-000002\0\0"
            wire.settimeout(2)
            assert len(wire.recv(54)) == 54


def test_the_help_says_what_every_fault_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ea1", "--help"])

    said = " ".join(capsys.readouterr().out.split())
    assert [
        row.name for row in FAULTS.values() if f"{row.name}{':LEAD' if row.per_lead else ''} {row.does}" not in said
    ] == []


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_does_anything_before_its_moment(name: str) -> None:
    """The same session, planned with and without a fault at 200 ms, is the same up to there."""

    def session(planned: list[Planned]) -> tuple[list[bytes], list[tuple[int, str, int]]]:
        host = Host("600", vary_epoch=True)
        simulation = host.simulation = Simulation(host.device, planned)
        host.arm(DENSE)
        host.play(UP, lease_ms=2000)
        heard = simulation.run_to(199_999)
        return heard, list(host.device.scope.edges(0, 199_999))

    planned = session([Planned(200_000, name)])

    assert planned == session([])
    assert len(planned[1]) == 2 * 3 * 20
