"""The row remembers which faults were the first cause of a cut: one that never was, or that can't be, refutes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from eastim.safety import guard_time
from eastim.safety.guard_faults import fault
from eastim.safety.guard_state import NEVER
from eastim.safety.guard_turn import Turn
from proof.model import causes, prove
from proof.model.domains import DOMAINS
from proof.model.live import Comes
from proof.model.search import Found, search
from proof.model.world import World

Patch = pytest.MonkeyPatch

LIVE = next(domain for domain in DOMAINS if domain.name == "live")
SILENT = replace(LIVE, name="silent", acts=("lower",))
DEAF = replace(SILENT, name="deaf", times=("time",), line=("lose",))
FIRED = {
    "refused": True,
    "player-beat": True,
    "operator-beat": True,
    "held-up": True,
    "stale": True,
    "disagrees": True,
    "device-fault": False,
    "not-followed": True,
    "player": True,
    "overrun": False,
    "reset": False,
    "suspend": True,
    "port-gone": True,
    "unanswered": False,
    "guard": True,
}


def done(fired: dict[str, bool]) -> prove.Searched:
    return prove.Searched("x", "", False, Found(states=9, causes=fired), Comes(), 1, 1, 1)


def test_every_deadline_of_a_line_and_of_a_lower_cuts_a_current() -> None:
    found = search(World(SILENT), 20_000)

    assert (found.open, found.wrong) == (0, {})
    assert found.causes == {"player-beat": True, "operator-beat": True, "not-followed": True, "device-fault": False}


def test_a_device_that_is_not_heard_is_cut_while_it_plays() -> None:
    found = search(World(DEAF), 20_000)

    assert (found.open, found.wrong) == (0, {})
    assert found.causes["stale"] is True


def test_all_that_can_fire_and_did_holds() -> None:
    assert causes.refuted(FIRED, whole=True) == []


@pytest.mark.parametrize("name", FIRED)
def test_a_fault_that_fires_nowhere_refutes_the_whole_row_only(name: str) -> None:
    fired = {other: flowed for other, flowed in FIRED.items() if other != name}
    said = f"{name} was nowhere the cause of a cut: nothing was tried"

    assert prove.finding([done(fired)], whole=True).failures == (said,)
    assert prove.finding([done(fired)]).failures == ()


def test_a_fault_that_fires_in_silence_only_refutes() -> None:
    said = "stale was the cause of a cut in silence only: that it cuts a current was not tried"

    assert causes.refuted(FIRED | {"stale": False}, whole=True) == [said]


@pytest.mark.parametrize("flowed", [False, True])
def test_a_fault_that_can_not_fire_and_does_refutes_bounded_runs_too(flowed: bool) -> None:
    said = "excess was the cause of a cut, though the model's device measures nothing"

    assert causes.refuted(FIRED | {"excess": flowed}, whole=True) == [said]
    assert prove.finding([done({"excess": flowed})]).failures == (said,)


def test_a_fault_of_silence_that_cuts_a_current_refutes() -> None:
    said = "reset cut a current, though a device that was reset is silent"

    assert prove.finding([done({"reset": True})]).failures == (said,)


def test_an_excuse_that_is_missing_refutes(monkeypatch: Patch) -> None:
    monkeypatch.delitem(causes.CANNOT, "net-dc")
    monkeypatch.delitem(causes.IN_SILENCE, "overrun")

    assert causes.refuted(FIRED, whole=True) == [
        "net-dc was nowhere the cause of a cut: nothing was tried",
        "overrun was the cause of a cut in silence only: that it cuts a current was not tried",
    ]


@pytest.mark.parametrize("name", ["contact", "no-such-fault"])
def test_an_excuse_for_what_does_not_cut_refutes(name: str, monkeypatch: Patch) -> None:
    monkeypatch.setitem(causes.CANNOT, name, "a mistake")

    assert causes.refuted(FIRED, whole=True) == [f"{name} is excused, and is no fault that cuts"]


def test_what_fires_in_two_worlds_is_added_up_and_told() -> None:
    found = prove.finding([done({"stale": True, "reset": False}), done({"stale": False, "refused": True})])

    assert found.figures["causes of a cut that fired while current flowed"] == "refused, stale"
    assert found.figures["causes of a cut that fired in silence only"] == "reset"


def test_a_world_tells_its_session_and_its_lease() -> None:
    assert SILENT.can == (
        "session 900 ms, lease 500 ms; a sound line (1 down, 1 up); time, time, no player, time, no operator, lower"
    )


def _as_player(turn: Turn) -> None:
    fault(turn, "player-beat")


def _lets_go(turn: Turn) -> None:
    turn.set(target=())
    turn.times(follow=NEVER)


def seed(deadline: str, act: Callable[[Turn], None], monkeypatch: Patch) -> None:
    """Let a deadline do something else."""
    states, _ = guard_time.DEADLINES[deadline]
    monkeypatch.setitem(guard_time.DEADLINES, deadline, (states, act))


def test_a_deadline_that_blames_another_is_found(monkeypatch: Patch) -> None:
    seed("operator", _as_player, monkeypatch)

    fired = search(World(SILENT), 20_000).causes

    assert "operator-beat was nowhere the cause of a cut: nothing was tried" in causes.refuted(fired, whole=True)


def test_a_lower_that_nobody_follows_and_nobody_cuts_is_found(monkeypatch: Patch) -> None:
    seed("follow", _lets_go, monkeypatch)

    wrong = search(World(SILENT), 20_000).wrong

    assert list(wrong) == ["current outlasts what the operator allows by more than 3 steps of time"]
