"""H01, H07, H11: each way in which a session is cut, in each state: one cut, silence, no way back by itself."""

from __future__ import annotations

from itertools import product

import pytest

from eastim.safety.inputs import Arm, Cut, Raise, Resume, Write
from tests.safety.fake_wire import Stand
from tests.safety.guard_deeds import DEEDS
from tests.safety.stories import STANDS

# The operator, a shell or a signal; the player; the lines; the port; the computer; the door; silence; the device.
CAUSES = (
    "stop", "the player stops", "the session is gone", "the port is gone", "a sleep", "ask bad",
    "no beat of the player", "no beat of the operator", "no report for 300 ms", "another device", "another boot",
    "two faults",
)  # fmt: skip
PERMITTED = ("ARMED", "LIVE", "PAUSED")
# Where nothing was allowed yet, or nothing is any more, these are no cause; else each is, in each state.
NO_CAUSE = {
    **dict.fromkeys(product(("OFF",), ("no beat of the player", "no beat of the operator")), "SAFE"),
    **dict.fromkeys(product(("OFF",), ("another boot", "two faults")), "SAFE"),
    **dict.fromkeys(product(("OFF",), ("the port is gone", "no report for 300 ms")), "OFF"),
    ("SAFE", "no report for 300 ms"): "SAFE",
    **dict.fromkeys(
        product(("TRIPPED",), ("ask bad", "no beat of the player", "no beat of the operator", "no report for 300 ms")),
        "TRIPPED",
    ),
}
CUT = [case for case in product(("OFF", "SAFE", *PERMITTED, "TRIPPED"), CAUSES) if case not in NO_CAUSE]


def done(state: str, cause: str) -> tuple[Stand, int, int]:
    """A stand after a cause in a state, and the cuts and writes that came of it."""
    stand = STANDS[state]()
    before = len(stand.effects)
    DEEDS[cause](stand)
    new = stand.effects[before:]
    return stand, sum(isinstance(one, Cut) for one in new), sum(isinstance(one, Write) for one in new)


@pytest.mark.hazard("H01")
@pytest.mark.hazard("H07")
@pytest.mark.hazard("H11")
@pytest.mark.parametrize(("state", "cause"), CUT)
def test_a_cause_cuts_once_in_each_state_and_leaves_every_strength_at_zero(state: str, cause: str) -> None:
    stand, cuts, writes = done(state, cause)

    assert stand.state == ("UNCERTAIN" if cause == "the port is gone" else "STOPPING")
    assert (cuts, writes, set(stand.guard.ceilings)) == (1, 0, {0})


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(("state", "cause"), NO_CAUSE)
def test_where_nothing_is_allowed_the_rest_changes_nothing(state: str, cause: str) -> None:
    stand, cuts, writes = done(state, cause)

    assert (stand.state, cuts, writes, set(stand.guard.ceilings)) == (NO_CAUSE[state, cause], 0, 0, {0})


@pytest.mark.hazard("H01")
@pytest.mark.parametrize("state", ["STOPPING", "UNCERTAIN"])
@pytest.mark.parametrize("cause", CAUSES)
def test_what_is_being_cut_stays_so_whatever_else_comes(state: str, cause: str) -> None:
    stand, _, writes = done(state, cause)

    assert stand.state == ("UNCERTAIN" if cause == "the port is gone" else state)
    assert (writes, set(stand.guard.ceilings)) == (0, {0})


@pytest.mark.hazard("H11")
@pytest.mark.parametrize(("state", "cause"), CUT)
def test_no_act_of_before_goes_on_after_a_cut(state: str, cause: str) -> None:
    stand, _, _ = done(state, cause)
    was = stand.state
    for act in (Resume(), Arm(), Raise("A", None)):
        stand.feed(act)
    stand.ask(b"play 500 - A:2=100,A:100=100")

    assert (stand.state, stand.wrote, set(stand.guard.ceilings)) == (was, False, {0})
