"""H42: the guard is killed at each 50 ms of a session, in every phase of it: the current ends by what it had bought.

From then on nobody writes to the device. A lease is 500 ms, a contact test ends by itself, and a pulse that has begun
is finished. What the session says then is the same in every state.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from eastim.front import Happened
from eastim.treatment.watch import Watch
from tests.sweeps.sitting import Sitting

LEASE_US = 500_000
PULSE_US = 1_200

SCRIPT: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (300_000, "arm", {}),
    (1_200_000, "raise", {"lead": "A", "kind": None}),
    (1_500_000, "raise", {"lead": "B", "kind": None}),
    (1_900_000, "hold", {"kind": "100"}),
    (2_300_000, "lower", {"lead": "A", "kind": None}),
    (2_500_000, "hold", {"kind": None}),
    (2_700_000, "pause", {}),
    (3_100_000, "resume", {}),
    (3_500_000, "raise", {"lead": "A", "kind": None}),
    (4_400_000, "stop", {"source": "operator"}),
)
KILLS_MS = range(0, 4_600, 50)


@cache
def killed(at_ms: int) -> tuple[str, list[int]]:
    """The state in which the guard was killed, and when current still began to flow, in us after it."""
    sitting = Sitting("2/100", "AB")
    begun_us = sitting.now_us
    for at_us, name, body in (*SCRIPT, (5_000_000, "", {})):
        until_us = min(at_us, at_ms * 1000)
        sitting.run(max(0, begun_us + until_us - sitting.now_us))
        if at_us >= at_ms * 1000:
            break
        sitting.act(name, **body)
    state, dead_us = sitting.state, sitting.now_us
    if sitting.rig:
        sitting.rig.simulation.run_to(dead_us + 5_000_000)
    return state, [t_us - dead_us for t_us, _, ua in sitting.edges(dead_us) if ua]


@pytest.mark.hazard("H42")
def test_the_current_ends_by_the_lease_whenever_the_guard_is_killed() -> None:
    late = [(at_ms, *killed(at_ms)) for at_ms in KILLS_MS if max(killed(at_ms)[1], default=0) > LEASE_US + PULSE_US]

    assert late == []


@pytest.mark.hazard("H42")
def test_the_guard_was_killed_in_every_state_of_a_healthy_session_and_current_flowed() -> None:
    found: dict[str, bool] = {}
    for at_ms in KILLS_MS:
        state, began_us = killed(at_ms)
        found[state] = found.get(state, False) or bool(began_us)

    # In ARMED it is the contact test that flows. A stop is written before anybody is told of it.
    assert found == {"OFF": False, "SAFE": False, "ARMED": True, "LIVE": True, "PAUSED": False}


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("frozen", [False, True])
def test_the_session_says_take_the_leads_off_in_whatever_state(frozen: bool) -> None:
    end: Happened = Watch("a.ledger").guard_lost(2_000_000, frozen=frozen)

    assert "take the leads off" in end.body["error"]
    assert (end.body["zero"], end.body["exit"]) == (False, 6)
