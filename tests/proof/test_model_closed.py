"""The model joins sessions that are closed for good; a guard that is not closed in its deeds is found all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eastim.safety import guard, guard_frames
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Asked, Raise, Recorded, Resume
from eastim.safety.interlock import State
from proof.model.domain import Domain
from proof.model.domains import DOMAINS, SMALL
from proof.model.search import search
from proof.model.world import World

Patch = pytest.MonkeyPatch
Act = Callable[[Turn, Any], None]
ARMING = next(domain for domain in DOMAINS if domain.name == "arming")
ACTS = next(domain for domain in DOMAINS if domain.name == "acts")


def wrong(domain: Domain, most: int) -> str:
    return "; ".join(search(World(domain), most).wrong)


def _as_if(stopped: State, lives: State, act: Act) -> Act:
    """The act, which takes a session that was stopped, and not tripped, for one that lives."""

    def lets(turn: Turn, what: object) -> None:
        if turn.state is not stopped or (stopped is State.STOPPING and turn.guard.trip is not None):
            act(turn, what)
            return
        turn.set(state=lives)
        act(turn, what)
        if turn.state is lives:
            turn.set(state=stopped)

    return lets


def test_a_raise_that_is_taken_after_a_plain_stop_is_found(monkeypatch: Patch) -> None:
    for kind in (Raise, Recorded):
        monkeypatch.setitem(guard._ACTS, kind, _as_if(State.STOPPING, State.LIVE, guard._ACTS[kind]))

    assert "a raise is taken in STOPPING" in wrong(SMALL, 3_000)


def test_a_wire_that_stays_open_after_a_plain_stop_is_found(monkeypatch: Patch) -> None:
    asked = guard._ACTS[Asked]

    def lets(turn: Turn, what: Asked) -> None:
        with pytest.MonkeyPatch.context() as patch:
            if turn.guard.trip is None:
                patch.setattr(guard_frames, "CLOSED", (State.TRIPPED, State.UNCERTAIN))
            asked(turn, what)

    monkeypatch.setitem(guard._ACTS, Asked, lets)

    assert "is written in STOPPING" in wrong(ARMING, 5_000)


def test_a_resume_of_a_tripped_session_is_found(monkeypatch: Patch) -> None:
    monkeypatch.setitem(guard._ACTS, Resume, _as_if(State.TRIPPED, State.PAUSED, guard._ACTS[Resume]))

    assert "TRIPPED opens" in wrong(ACTS, 5_000)


def test_a_strength_that_is_taken_back_in_silence_is_found(monkeypatch: Patch) -> None:
    asked = guard._ACTS[Asked]

    def lowers(turn: Turn, what: Asked) -> None:
        asked(turn, what)
        if turn.state is State.LIVE and any(turn.guard.ceilings):
            turn.set(ceilings=turn.zeros())

    monkeypatch.setitem(guard._ACTS, Asked, lowers)

    assert "a ceiling falls, and no record says why" in wrong(SMALL, 3_000)
