"""The matrix in real time can fail: its sessions are judged as those of virtual time, with a little more time."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import patch

import pytest

from firmware_sim.faults import FAULTS
from proof.matrix import real
from proof.matrix.cells import PHASES
from proof.matrix.real import Try
from proof.row import Size
from tests.proof.matrix_story import STOPPED, STORY, Row, evidence, pulse


def test_a_real_session_in_which_nothing_flows_is_not_reached() -> None:
    flows = evidence(*pulse(1_100_000, 100))

    assert real._is_reached("2 Hz", flows)
    assert not real._is_reached("2 Hz", evidence(*pulse(1_100_000, 100, width_us=100)))
    assert real._is_reached("raising", evidence())


def test_a_phase_that_no_real_session_reaches_is_a_failure() -> None:
    with patch.object(real, "_session", lambda *_: None), patch.object(real, "bench", lambda *_: nullcontext()):
        found = real.prove("bounded", lambda _: None)

    assert found.failures == (
        "unplug / 2 Hz / pty: not reached in 6 sessions",
        "reset / 100 Hz / pty: not reached in 6 sessions",
        "deaf / stop-confirm / socket: not reached in 6 sessions",
        "18 sessions ended before their phase, at most 6 may",
    )


@pytest.mark.parametrize(("again", "size", "holds"), [(23, "full", True), (24, "full", False), (83, "bounded", True)])
def test_sessions_that_end_before_their_phase_have_a_bound(again: int, size: Size, holds: bool) -> None:
    assert (real.needless(again, 80, size) == []) is holds


def test_each_fault_is_tried_over_both_ways_and_those_that_are_quick_in_every_phase() -> None:
    tries = list(real.all_tries())

    assert len(tries) == len(set(tries)) == 80
    assert Counter((one.fault, one.transport) for one in tries) == {
        ("silent", "pty"): 6,
        ("silent", "socket"): 2,
        ("wedge", "pty"): 6,
        ("wedge", "socket"): 2,
        **{(fault, "pty"): 12 for fault in ("unplug", "reset", "deaf", "swap")},
        **{(fault, "socket"): 4 for fault in ("unplug", "reset", "deaf", "swap")},
    }
    assert {one.phase for one in tries} == set(PHASES) and {one.fault for one in tries} <= set(FAULTS)
    assert set(real.BOUNDED) <= set(tries)


def weighed(fault: str, late_us: int, *, stop_us: int = 1_600_000, logged: bool = True) -> list[str]:
    """What is said of a session with a fault at 1.5 s, a trip and a stop at 1.6 s, and a pulse so long after it."""
    trip = (1_600_000, "trip", {"fault": "stale"})
    over: tuple[Row, ...] = ((6_000_000, "stop", {}), (6_000_000, "close", STOPPED))
    story = (*STORY[:5], *([trip] if logged else []), *over)
    known = replace(evidence(*pulse(1_600_000 + late_us, 100), story=story), ended_us=6_000_000, stops=(stop_us,))
    return [text.partition(": ")[2] for text in real._weigh(Try(fault, "2 Hz"), known, 0).breaches]


@pytest.mark.parametrize(
    ("fault", "late_us", "seen"),
    [
        ("deaf", 654_999, False),  # a lease and the 150 ms of a busy machine
        ("deaf", 655_000, True),
        ("silent", 154_999, False),  # it hears its stop
        ("silent", 155_000, True),
        ("reset", 155_000, True),
    ],
)
def test_current_that_goes_on_longer_than_its_fault_explains_is_seen(fault: str, late_us: int, seen: bool) -> None:
    says = [f"restart: 100 uA of 2 on lead A at {1_600_000 + late_us} us, 0 uA allowed"]

    assert weighed(fault, late_us) == (says if seen else [])


def test_a_stop_that_no_record_stands_for_is_seen() -> None:
    says = "log: unlogged: a stop reached the device at 1600000 us; before it the ledger has raise at 1000000 us"

    assert says in weighed("deaf", 1_000, logged=False)


def test_a_session_in_which_the_fault_did_nothing_is_counted_and_one_fault_must_act_somewhere() -> None:
    tried = {"deaf": False, "swap": True}
    tries = (Try("deaf", "2 Hz"), Try("swap", "2 Hz"), Try("swap", "pause"))
    done = [real.Tried("stopped", (), 0, acted=tried[one.fault]) for one in tries[:2]]
    done.append(real.Tried("stopped", (), 1, acted=False))

    assert real._inert(tries, done) == ["deaf"]
    assert real._figures(tries, done, 1) == {
        "deaf, pty": "stopped",
        "swap, pty": "stopped",
        "sessions in which the fault never acted": "2",
        "sessions that ended before their phase, begun again": "1",
    }
