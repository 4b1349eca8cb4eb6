"""The races for a port can fail, and say so when they were none."""

from __future__ import annotations

import pytest

from proof import race
from proof.race import Opened, overlap


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture(autouse=True)
def no_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the pairs of whole sessions to the drill."""
    monkeypatch.setitem(race._PAIRS, "bounded", 0)


@pytest.mark.hazard("H23")
@pytest.mark.parametrize(("takes", "way"), [("fcntl.flock", "a pty"), ("socket.socket.bind", "a TCP port")])
def test_two_owners_of_one_port_are_caught(takes: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same racers without the lock of a serial line, or without that of a TCP port."""
    unlocked = race._RACER.replace("for line in sys.stdin", f"{takes} = lambda *_: None\nfor line in sys.stdin", 1)
    monkeypatch.setattr(race, "_RACER", unlocked)
    found = race.prove("bounded", quiet)

    assert any("['mine', 'mine']" in text for text in found.failures)
    assert all(text.startswith(way) for text in found.failures)


@pytest.mark.parametrize(
    ("other", "at_once"), [((0, 10), False), ((0, 11), True), ((19, 30), True), ((20, 30), False), ((12, 13), True)]
)
def test_opens_overlap_when_there_was_a_moment_of_both(other: tuple[int, int], at_once: bool) -> None:
    assert overlap(Opened("mine", 10, 20), Opened("busy", *other)) is at_once
    assert overlap(Opened("busy", *other), Opened("mine", 10, 20)) is at_once


def test_one_after_the_other_is_no_race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Racers 20 ms apart: each has a sure win, and nothing is tried."""
    monkeypatch.setattr(race, "_AHEAD_US", (20_000, -20_000))
    monkeypatch.setattr(race, "_PAUSES_US", ((0, 0),))
    monkeypatch.setattr(race, "_MOST_TRIES", 1)
    found = race.prove("bounded", quiet)

    assert found.failures[0].startswith("a pty, in 30 tries only ")
    assert found.count < 60
