"""H15: a stop, and a lead that falls off and is put back, at each millisecond of a period; judged at the loads."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.firmware_sim.host import STOP, Host, onsets, program, section
from tests.firmware_sim.host import charge_pc as net_pc
from tests.sweeps.sitting import Sitting, charge_pc

PERIOD_US = 100_000
SLOW = program(20, section(0, 1, 600, (10, 1), 30, 3_000_000))
STEP = (10, 0, 0, 0)  # 100 uA on lead A
FULL = (100, 0, 0, 0)


def playing() -> Host:
    """1 mA at 10 Hz on lead A, 250 us before a pulse."""
    host = Host("600")
    host.arm(SLOW)
    host.play(FULL, lease_ms=2000)
    host.run(200_750)
    assert host.edges("A", 150_000) == []
    return host


# Each ms of a period, and each 50 us of the pulse of 1,200 us in it.
CUTS_US = sorted({*range(0, PERIOD_US, 1000), *range(0, 2000, 50)})


@pytest.mark.hazard("H15")
def test_a_stop_at_each_ms_of_a_period_leaves_no_half_pulse_at_the_load() -> None:
    found = []
    for after_us in CUTS_US:
        host = playing()
        host.run(host.now_us + after_us)
        host.send(STOP)
        at_us = host.now_us
        host.run(at_us + 150_000)
        edges = host.edges("A")
        late = [t_us for t_us in onsets(edges) if t_us > at_us]
        found += [(after_us, net_pc(edges), late)] if net_pc(edges) or late or edges[-1][1] else []

    assert found == []


@pytest.mark.hazard("H15")
def test_a_lead_off_and_on_at_each_ms_of_a_period_never_comes_back_above_one_step() -> None:
    found = []
    for after_us in range(0, PERIOD_US, 1000):
        host = playing()
        host.run(host.now_us + after_us)
        host.simulation.begin("open", "A")
        host.run(host.now_us + 50_000)
        host.simulation.end("open", "A")
        back_us = host.now_us
        host.run(back_us + 2_000)  # a pulse that began while it was off is over
        fell = host.device.stage.leads[0].parked
        host.play(FULL, lease_ms=2000)  # who plays the device has not noticed yet
        host.run(host.now_us + 150_000)
        host.play((0, 0, 0, 0), lease_ms=2000)
        host.play(STEP, lease_ms=2000)
        host.run(host.now_us + 150_000)
        peak_ua = max((abs(ua) for _, ua in host.edges("A", back_us)), default=0)
        found.append((fell, peak_ua))

    # At half of the moments a pulse fell while the lead was off; where none did, it sounds on as if nothing had been.
    assert {what: found.count(what) for what in set(found)} == {(True, 100): 50, (False, 1000): 50}


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("after_ms", range(10))
def test_in_a_session_a_lead_put_back_waits_at_zero_for_the_operator(after_ms: int) -> None:
    sitting = Sitting().live().raised(3).run(after_ms * 1000)
    if sitting.rig:
        sitting.rig.simulation.begin("open", "A")
        sitting.run(20_000)
        sitting.rig.simulation.end("open", "A")
    back_us = sitting.now_us
    sitting.run(1_000_000)
    untouched = sitting.peaks(back_us)
    sitting.act("raise", lead="A", kind=None).run(400_000)

    assert (untouched, sitting.peaks(back_us), sitting.state) == ({}, {"A": 100}, "LIVE")


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("after_ms", range(10))
def test_in_a_session_a_stop_leaves_no_half_pulse_at_the_load(after_ms: int) -> None:
    sitting = Sitting().live().raised(2).run(after_ms * 1000)
    sitting.finish()
    edges = sitting.edges(lead="A")

    assert charge_pc(edges) == 0
    assert max(end_us - at_us for (at_us, _, ua), (end_us, _, _) in pairwise(edges) if ua) == 200
