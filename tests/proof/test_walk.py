"""The random walks can fail: a table with one wrong entry is found, and so is a guard that gives a step too many."""

from __future__ import annotations

import pytest

from eastim.safety.interlock import Event, State, Unlisted, after
from eastim.safety.judge import ADMIT
from proof import walk
from proof.walk import Move, walk_interlock
from tests.proof.self_raising import never_raises, raises_by_itself


def changed(state: State, event: Event, to: State | None) -> Move:
    """The interlock with one entry changed, or taken out."""

    def move(was: State, what: Event) -> State:
        if (was, what) != (state, event):
            return after(was, what)
        if to is None:
            raise Unlisted("seeded")
        return to

    return move


def test_the_walk_passes_over_the_real_tables() -> None:
    steps, failures = walk_interlock(1, 50_000)

    assert failures == []
    assert steps["moves"] == 50_000
    assert steps["unlisted"] > 2_000
    assert steps["LIVE"] > 300


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(
    ("state", "event", "to"),
    [
        (State.LIVE, Event.STOP, State.LIVE),
        (State.SAFE, Event.START, State.LIVE),
        (State.TRIPPED, Event.ARM, State.ARMED),
        (State.UNCERTAIN, Event.CLEAR, State.SAFE),
        (State.STOPPING, Event.ZERO, State.SAFE),
        (State.PAUSED, Event.FAULT, State.PAUSED),
        (State.ARMED, Event.LOST, None),
    ],
)
def test_one_wrong_entry_is_found(state: State, event: Event, to: State | None) -> None:
    _, failures = walk_interlock(1, 200_000, changed(state, event, to))

    assert len(failures) == 1
    assert f"{event.value} in {state.value}" in failures[0]


def test_the_words_alone_find_an_output_that_goes_on_without_a_new_go() -> None:
    past = walk.Past()
    for was, event, to in (("SAFE", "arm", "ARMED"), ("ARMED", "start", "LIVE"), ("LIVE", "fault", "STOPPING")):
        assert past.wrong(was, event, to) == ""

    assert past.wrong("PAUSED", "resume", "ARMED").startswith("after a stop, a fault or a lost port")


def test_the_guards_walk_finds_a_step_up_that_nobody_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eastim.safety.guard_frames.judge", lambda *_: ADMIT)

    _, failures = walk.walk_guard(7, 20_000)

    assert failures


@pytest.mark.hazard("H17")
def test_the_guards_walk_finds_a_guard_that_raises_by_itself() -> None:
    with raises_by_itself():
        _, failures = walk.walk_guard(7, 2_000)

    assert "a raise that nobody asked for" in failures[0]


def test_walks_in_which_nothing_rises_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "spread", map)
    monkeypatch.setitem(walk.GUARD_STEPS, "bounded", 4_000)
    monkeypatch.setitem(walk.INTERLOCK_MOVES, "bounded", 1_000)
    assert walk.prove("bounded", lambda _: None).failures == ()
    with never_raises():
        failures = walk.prove("bounded", lambda _: None).failures

    assert failures[0].startswith("0 steps up on the wire in ")
