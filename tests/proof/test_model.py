"""The exhaustive model finds what is wrong: faults seeded into tables and guard, each with a shortest way to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from eastim.safety import guard, guard_frames, guard_status, guard_stop, guard_strength, guard_time, judge
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Raise
from eastim.safety.interlock import FAULTS, TRANSITIONS, Action, Event, State
from eastim.safety.judge import ADMIT
from proof.model import live
from proof.model.domain import Domain
from proof.model.domains import HANDS, LIMITS, ONE, TWO_STEPS, WALL
from proof.model.search import Found, search
from proof.model.words import Setting
from proof.model.world import World

Patch = pytest.MonkeyPatch

TINY = Domain("tiny", ONE, LIMITS, ("time",), HANDS, line=(), most_down=1, delay=0, lease_ms=200)
LOSSY = replace(TINY, line=("lose",))
SAFE = TINY.begin
AT_ONE = (*SAFE, "arm", "ask arm", "ask play", "time", "raise", "recorded", "ask play")
LOWERED = replace(TINY, setting=Setting(1, 900, ONE.sections), acts=("lower",), lease_ms=800, begin=AT_ONE)
# A deadline that nothing ends is looked at again and again.
ENDLESS = "the guard asks for ticks without end"
ENDS = replace(LOSSY, times=("time, no beat",), acts=("stop",), begin=(*SAFE, "arm"))


def found(domain: Domain, most: int = 60_000) -> Found:
    return search(World(domain), most)


def ends(limits: tuple[tuple[str, int], ...]) -> list[str]:
    """Armed, nothing is heard of the device any more, and the lines are silent or somebody stops."""
    world = World(replace(TINY, limits=limits, begin=(*SAFE, "arm")))
    live.left_alone(world, ("time, no beat", "stop"))
    return live.longest(world)[1]


@pytest.mark.parametrize(
    ("state", "event", "to", "domain", "claim"),
    [
        (State.LIVE, Event.FAULT, State.LIVE, TINY, "a trip or stop leads to LIVE"),
        (State.LIVE, Event.STOP, State.PAUSED, TINY, "a trip or stop leads to PAUSED"),
        (State.STOPPING, Event.ZERO, State.SAFE, TINY, "SAFE with a trip that nobody cleared"),
        (State.TRIPPED, Event.CLEAR, State.ARMED, TINY, "ARMED without the operator's go"),
        (State.SAFE, Event.ARM, State.LIVE, TINY, "LIVE without a start"),
        (State.STOPPING, Event.UNCONFIRMED, State.TRIPPED, ENDS, "zero is believed, though the device said nothing"),
    ],
)
def test_a_wrong_transition_is_found(
    state: State, event: Event, to: State, domain: Domain, claim: str, monkeypatch: Patch
) -> None:
    monkeypatch.setitem(TRANSITIONS[state], event, to)

    assert claim in found(domain).wrong


@pytest.mark.parametrize(
    ("deadline", "domain", "claim"),
    [
        ("player", replace(TINY, times=("time", "time, no player")), "the player was not heard for 300 ms"),
        (
            "operator",
            replace(TINY, times=("time", "time, no operator")),
            "the operator was not heard for 300 ms",
        ),
        ("fresh", LOSSY, "the device was not heard for 300 ms"),
        ("follow", LOWERED, "current outlasts what the operator allows"),
    ],
)
def test_a_deadline_that_is_missing_is_found(deadline: str, domain: Domain, claim: str, monkeypatch: Patch) -> None:
    drop(deadline, monkeypatch)

    assert any(claim in said for said in found(domain).wrong)


def drop(deadline: str, monkeypatch: Patch) -> None:
    """Take a deadline out of the guard's table."""
    kept = {name: row for name, row in guard_time.DEADLINES.items() if name != deadline}
    monkeypatch.setattr(guard_time, "DEADLINES", kept)
    monkeypatch.setattr(guard_time, "BY_STATE", guard_time.by_state())


@pytest.mark.parametrize(("deadline", "limits"), [("cut", LIMITS), ("wall", WALL), ("give_up", LIMITS)])
def test_a_session_that_need_not_end_is_found(
    deadline: str, limits: tuple[tuple[str, int], ...], monkeypatch: Patch
) -> None:
    assert ends(limits) == []
    drop(deadline, monkeypatch)

    assert ends(limits) != []


@pytest.mark.parametrize(
    ("fault", "domain", "claim"),
    [
        ("player-beat", replace(TINY, times=("time", "time, no player")), ENDLESS),
        ("operator-beat", replace(TINY, times=("time", "time, no operator")), ENDLESS),
        ("stale", LOSSY, "the device was not heard for 300 ms"),
        ("not-followed", LOWERED, ENDLESS),
    ],
)
@pytest.mark.parametrize("action", ["note", "hold"])
def test_a_fault_whose_action_is_too_mild_is_found(
    fault: str, domain: Domain, claim: str, action: Action, monkeypatch: Patch
) -> None:
    monkeypatch.setitem(FAULTS, fault, replace(FAULTS[fault], action=action))

    assert any(claim in said for said in found(domain).wrong)


def test_a_fault_that_clears_and_must_not_is_found(monkeypatch: Patch) -> None:
    monkeypatch.setitem(FAULTS, "suspend", replace(FAULTS["suspend"], clears="operator"))

    wrong = found(replace(TINY, times=("time", "sleep"), acts=("clear",))).wrong

    assert "a trip that is never cleared is" in wrong


def _twice(_limits: object, _level_ua: int) -> int:
    return 200


def _any_silence(turn: Turn, status: object) -> None:
    if getattr(status, "quiet", False):
        guard_stop._confirmed(turn)


def _raised_at_once(turn: Turn, _what: object) -> None:
    turn.ceil((100,) * len(turn.guard.ceilings), "raise")


SEEDS: dict[str, tuple[Callable[[Patch], None], Domain, str]] = {
    "the judge admits everything": (
        lambda patch: patch.setattr(guard_frames, "judge", lambda *_: ADMIT),
        TINY,
        "the device plays in SAFE",
    ),
    "the judge looks at no level": (
        lambda patch: patch.setattr(judge, "_level_reason", lambda *_: ""),
        replace(TINY, acts=("ask play too strong",), begin=AT_ONE[:7]),
        "the output is (1,) after (0,) raises",
    ),
    "the wire stays open after a stop": (
        lambda patch: patch.setattr(guard_frames, "CLOSED", ()),
        replace(TINY, acts=(*HANDS, "ask hello")),
        "is written in ",
    ),
    "any quiet report is taken as proof of zero": (
        lambda patch: patch.setattr(guard_status, "confirm", _any_silence),
        replace(LOSSY, most_up=3, delay=1),
        "the device is armed after an end at zero",
    ),
    "a raise is two steps": (
        lambda patch: patch.setattr(guard_strength, "step_for", _twice),
        replace(TINY, setting=TWO_STEPS),
        "ceilings rise by [(0, 200)]",
    ),
    "a raise waits for no record": (
        lambda patch: patch.setitem(guard._ACTS, Raise, _raised_at_once),
        TINY,
        "a ceiling rises without a kept record",
    ),
    "a stop does not cut": (
        lambda patch: patch.setattr(Turn, "cut", lambda _: None),
        TINY,
        "a stop does not cut",
    ),
}


@pytest.mark.parametrize("name", SEEDS)
def test_a_seeded_fault_is_found(name: str, monkeypatch: Patch) -> None:
    seed, domain, claim = SEEDS[name]
    seed(monkeypatch)

    assert any(claim in said for said in found(domain).wrong)


def test_the_way_to_what_is_wrong_is_a_shortest_one_in_words(monkeypatch: Patch) -> None:
    monkeypatch.setattr(guard_frames, "judge", lambda *_: ADMIT)

    assert found(TINY).wrong == {
        "the device plays in SAFE": [
            "ask arm",
            "the device reads 0",
            "the guard hears 0",
            "ask play",
            "the device reads 0",
        ]
    }
