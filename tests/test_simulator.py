"""The simulator as a child: it comes up, stands still, says why it does not, and never outlives us."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from eastim.errors import DeviceError, PortError
from eastim.simulator import Simulator


def gone(pid: int, within_ms: int = 5000) -> bool:
    """Whether the process ends within this time; a zombie has ended."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ends = select.poll()
        ends.register(process, select.POLLIN)
        return ends.poll(within_ms) != []
    finally:
        os.close(process)


def test_it_stands_still_until_advanced() -> None:
    with Simulator(speed=0) as simulator:
        clock_us = [simulator.control({"do": "state"})["t_us"] for _ in range(5)]

        assert clock_us == [0, 0, 0, 0, 0]
        assert simulator.advance(40_000, 0).t_us == 40_000


def test_its_address_is_a_port_that_exists_while_it_runs() -> None:
    with Simulator(speed=0) as simulator:
        assert Path(simulator.address).is_char_device()
    assert not Path(simulator.address).exists()


def test_a_refusal_is_an_error_with_its_words() -> None:
    with Simulator(speed=0) as simulator, pytest.raises(DeviceError, match="refused fly"):
        simulator.control({"do": "fly"})


def test_what_it_can_not_be_is_said_in_its_own_words() -> None:
    with pytest.raises(PortError, match="did not come up.*elephant"):
        Simulator(load="elephant")


def test_a_fault_can_be_given_from_the_start() -> None:
    with Simulator(speed=0, faults=("deaf",)) as simulator:
        assert "deaf" in simulator.control({"do": "fault", "name": "drop"})["faults"]


def test_edges_go_to_the_file_asked_for(tmp_path: Path) -> None:
    with Simulator(speed=0, edges=tmp_path / "edges"):
        assert (tmp_path / "edges").exists()


def test_after_close_it_is_gone() -> None:
    simulator = Simulator(speed=0)
    simulator.close()
    assert gone(simulator.pid)
    with pytest.raises(PortError, match="closed"):
        simulator.control({"do": "state"})


def test_a_dead_one_is_said(request: pytest.FixtureRequest) -> None:
    simulator = Simulator(speed=0)
    request.addfinalizer(simulator.close)
    os.kill(simulator.pid, signal.SIGKILL)
    with pytest.raises(PortError, match="no longer answers"):
        simulator.control({"do": "state"})


def test_it_dies_with_its_parent_however_that_dies() -> None:
    code = (
        "from eastim.simulator import Simulator; import signal\n"
        "s = Simulator(speed=0); print(s.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    assert gone(pid)


def test_a_ctrl_c_in_our_terminal_does_not_reach_it() -> None:
    with Simulator(speed=0) as simulator:
        assert os.getsid(simulator.pid) == simulator.pid
