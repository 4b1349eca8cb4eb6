"""What is asked of the system for the guard's priority, call by call; nothing here changes this process."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from eastim.safety import priority

pytestmark = pytest.mark.hazard("H42")


class Calls:
    """Each call that is made, and what it raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails: type[Exception] | None = None) -> None:
        self.made: list[tuple[Any, ...]] = []
        monkeypatch.setattr(signal, "signal", self.note("signal"))
        monkeypatch.setattr(resource, "setrlimit", self.note("limit"))
        monkeypatch.setattr(os, "sched_setscheduler", self.note("scheduler", fails))
        monkeypatch.setattr(ctypes, "CDLL", lambda name: self.library(name, fails))

    def note(self, name: str, fails: type[Exception] | None = None) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            self.made.append((name, *(getattr(value, "sched_priority", value) for value in arguments)))
            if fails is not None:
                raise fails

        return call

    def library(self, name: None, fails: type[Exception] | None) -> Any:
        return type("Library", (), {"mlockall": staticmethod(self.note(f"library {name} lock", fails))})


FIFO = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK


@pytest.mark.parametrize("platform", ["linux", "linux2"])
def test_every_call_and_its_numbers(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    calls = Calls(monkeypatch)
    monkeypatch.setattr(sys, "platform", platform)
    assert priority.take_priority() == "real-time (SCHED_FIFO)"
    assert calls.made == [
        ("signal", signal.SIGXCPU, priority._run_away),
        ("limit", resource.RLIMIT_RTTIME, (500_000, 1_000_000)),
        ("scheduler", 0, FIFO, 10),
        ("library None lock", 1),
    ]


@pytest.mark.parametrize("platform", ["darwin", "unlinux"])
def test_elsewhere_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    calls = Calls(monkeypatch)
    monkeypatch.setattr(sys, "platform", platform)
    assert (priority.take_priority(), calls.made) == ("at normal priority", [])


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_a_refusal_ends_it_there(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    calls = Calls(monkeypatch, error)
    assert priority.take_priority() == "at normal priority"
    assert [name for name, *_ in calls.made] == ["signal", "limit", "scheduler"]


def test_a_guard_that_runs_away_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch)
    priority._run_away(signal.SIGXCPU, None)
    assert calls.made == [("scheduler", 0, os.SCHED_OTHER, 0)]


def test_one_that_may_not_give_way_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, PermissionError)
    priority._run_away(signal.SIGXCPU, None)
    assert len(calls.made) == 1


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_memory_that_can_not_be_kept_is_no_failure(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    calls = Calls(monkeypatch, error)
    priority._stay_in_memory()
    assert calls.made == [("library None lock", 1)]
