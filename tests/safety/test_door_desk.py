"""The desk: what it answers to a status, and when it answers a stop."""

from __future__ import annotations

import os
from typing import Any, cast

import pytest

from eastim.safety.door_desk import Desk


class Knock:
    """One who asks, and keeps what was answered."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []

    def answer(self, body: dict[str, Any]) -> None:
        self.answers.append(body)


FIXED = {"session": "s1", "device": "EA1-000001", "pid": os.getpid(), "guard": "at normal priority"}
NOTHING = {"left_us": None, "played_us": None, "section": None, "kind": None, "levels": None}


def desk() -> Desk:
    return Desk("s1", "EA1-000001", "at normal priority")


def status(of: Desk) -> dict[str, Any]:
    knock = Knock()
    of.status(cast(Any, knock))
    return knock.answers[0]


def stopper(of: Desk) -> Knock:
    knock = Knock()
    of.await_zero(cast(Any, knock))
    return knock


def test_before_the_guard_has_said_anything_it_is_off() -> None:
    assert status(desk()) == {**FIXED, "state": "OFF", **NOTHING}


def test_how_the_guard_runs_may_be_unsaid() -> None:
    assert status(Desk("s1", "EA1-000001"))["guard"] == ""


def test_the_last_words_are_told() -> None:
    ours = desk()
    ours.see("state", {"state": "LIVE", "use": "bench"})
    told = {"left_us": 9, "played_us": 3, "section": 1, "kind": "2", "levels": {"A": {"2": 100}}}
    ours.see("status", {**told, "more": "unasked"})
    assert status(ours) == {**FIXED, "state": "LIVE", "use": "bench", **told}


def test_the_reason_of_an_end_is_told() -> None:
    ours = desk()
    ours.see("end", {"reason": "completed", "zero": True})
    assert status(ours) == {**FIXED, "state": "OFF", **NOTHING, "reason": "completed"}


def test_other_words_are_not_kept() -> None:
    ours = desk()
    ours.see("trip", {"state": "LIVE", "reason": "x", "left_us": 5})
    assert status(ours) == {**FIXED, "state": "OFF", **NOTHING}


@pytest.mark.parametrize("state", ["OFF", "SAFE", "TRIPPED"])
def test_in_a_state_that_needs_zero_read_back_a_stop_is_answered_zero(state: str) -> None:
    ours = desk()
    ours.see("state", {"state": state})
    waiting = stopper(ours)
    ours.settle()
    assert waiting.answers == [{**FIXED, "state": state, **NOTHING, "zero": True}]


@pytest.mark.parametrize("state", ["ARMED", "LIVE", "PAUSED", "STOPPING"])
def test_while_zero_is_not_proven_a_stop_waits(state: str) -> None:
    ours = desk()
    ours.see("state", {"state": state})
    waiting = stopper(ours)
    ours.settle()
    assert waiting.answers == []


def test_when_zero_is_given_up_the_stop_is_answered_so() -> None:
    ours = desk()
    ours.see("state", {"state": "UNCERTAIN"})
    waiting = stopper(ours)
    ours.settle()
    assert [answer["zero"] for answer in waiting.answers] == [False]


@pytest.mark.parametrize(("end", "zero"), [({"zero": True}, True), ({"zero": False}, False), ({}, False)])
def test_the_end_has_the_last_word_on_zero(end: dict[str, Any], zero: bool) -> None:
    ours = desk()
    ours.see("state", {"state": "STOPPING"})
    waiting = stopper(ours)
    ours.see("end", end)
    ours.settle()
    assert [answer["zero"] for answer in waiting.answers] == [zero]


def test_everybody_who_waits_is_answered_once() -> None:
    ours = desk()
    first, second = stopper(ours), stopper(ours)
    ours.settle()
    ours.settle()
    assert [len(first.answers), len(second.answers)] == [1, 1]
