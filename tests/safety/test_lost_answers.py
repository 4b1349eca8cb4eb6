"""Whole stories of an answer that is lost on the line, against the simulator in virtual time: no needless trip.

The device reads the request and acts on it; for the 10 ms after it nothing that it sends arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cobs import cobs

from eastim.drivers.registry import make_driver
from eastim.player import Player
from eastim.pulses.levels import zero_levels
from tests.safety.test_door_fast import ORDER, PROFILE, Rig, arms

ARM, CONTACT, PLAY, HUSH = 4, 5, 6, 7
LOST_US = 10_000


class Lossy(Player):
    """The player as it is; when it asks for `kind`, that answer is lost, `times` times."""

    rig: Rig
    kind = 0
    times = 0
    lost: tuple[int, ...] = ()

    def step(self, now_us: int, inbox: Sequence[tuple[str, dict[str, Any], bytes]]) -> list[Any]:
        if self.lost and now_us >= self.lost[-1] + LOST_US:
            self.rig.simulator.control({"do": "clear", "name": "silent"})
        said = super().step(now_us, inbox)
        if self.times and any(name == "ask" and cobs.decode(data[:-1])[1] == self.kind for name, _, data in said):
            self.times -= 1
            self.lost = (*self.lost, now_us)
            self.rig.simulator.control({"do": "fault", "name": "silent"})
        return said

    def next_us(self) -> int:
        ends = [at_us + LOST_US for at_us in self.lost if at_us + LOST_US > self._now_us]
        return min([super().next_us(), *ends])


class Story(Rig):
    """The rig of the fast door, with a player whose answers get lost."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        driver = make_driver(PROFILE, ORDER.program, {"A": 2000}, ORDER.session_us, 6_000_000)
        self.player = self.lossy = Lossy(driver, ORDER.program, zero_levels(("A",), ORDER.kinds))
        self.lossy.rig = self

    def lose(self, kind: int, times: int = 1) -> None:
        """Lose the answer to the next request of this kind, and stop right after it was asked."""
        self.lossy.kind, self.lossy.times = kind, times
        before = len(self.lossy.lost)
        self.run(arms, until=lambda: len(self.lossy.lost) > before)

    def go_on(self, us: int) -> None:
        end_us = self.clock.now_us() + us
        self.run(arms, until=lambda: self.clock.now_us() >= end_us)

    def say(self, name: str, **body: Any) -> None:
        self.door.line("operator").send(name, body)

    def at_100_ua(self) -> None:
        """Live for 600 ms, then lead A's 2 Hz raised once, which was answered."""
        self.run(arms, until=lambda: "LIVE" in self.states())
        self.go_on(600_000)
        self.say("raise", lead="A", kind=None)
        self.go_on(600_000)

    def edges_since(self, at_us: int) -> list[list[Any]]:
        """What flowed since a moment on the guard's clock, which runs 1 s ahead of the device's here."""
        found = self.simulator.control({"do": "scope", "since_us": max(0, at_us - 1_000_000)})["edges"]
        return [edge for edge in found if edge[2] != 0]

    @property
    def device(self) -> str:
        return str(self.simulator.control({"do": "state"})["state"])

    @property
    def trips(self) -> list[str]:
        return [body["text"] for name, body in self.told if name == "trip"]


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    story = Story(tmp_path)
    yield story
    story.close()


def test_the_loss_is_a_loss(story: Story) -> None:
    """Without an act of the operator the request is repeated, and the second answer comes."""
    story.at_100_ua()
    rx = story.simulator.control({"do": "state"})["rx"]
    story.lose(PLAY)
    story.go_on(100_000)
    assert story.simulator.control({"do": "state"})["rx"] - rx == 2 * 40  # a PLAY of two kinds
    assert (story.states()[-1], story.trips) == ("LIVE", [])


LATE_MS = (0, 1, 20, 45)


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("late_ms", LATE_MS)
def test_a_lower_while_an_answer_is_lost_lowers_and_trips_nothing(story: Story, late_ms: int) -> None:
    story.at_100_ua()
    story.lose(PLAY)
    if late_ms:
        story.go_on(late_ms * 1000)
    story.say("lower", lead="A", kind=None)
    lowered_us = story.clock.now_us()
    story.go_on(1_000_000)
    assert (story.states()[-1], story.trips) == ("LIVE", [])
    assert story.edges_since(lowered_us + 60_000) == []


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("late_ms", LATE_MS)
def test_a_pause_while_an_answer_is_lost_is_silent_and_can_be_resumed(story: Story, late_ms: int) -> None:
    story.at_100_ua()
    story.lose(PLAY)
    if late_ms:
        story.go_on(late_ms * 1000)
    story.say("pause")
    paused_us = story.clock.now_us()
    story.go_on(1_000_000)
    assert (story.states()[-1], story.device, story.trips) == ("PAUSED", "ARMED", [])
    assert story.edges_since(paused_us + 60_000) == []
    story.say("resume")
    story.go_on(300_000)
    assert (story.states()[-1], story.device, story.trips) == ("LIVE", "PLAYING", [])
    assert story.edges_since(paused_us + 60_000) == []


def test_a_hold_while_an_answer_is_lost_holds(story: Story) -> None:
    story.at_100_ua()
    story.lose(PLAY)
    story.say("hold", kind="2")
    story.go_on(3_000_000)
    assert (story.states()[-1], story.trips) == ("LIVE", [])
    assert story.told.count(("section", {"section": 1, "kind": "2"})) == 1


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("kind", [ARM, CONTACT])
def test_a_lost_answer_of_before_a_pause_is_asked_for_in_the_pause(story: Story, kind: int, times: int) -> None:
    story.lose(kind, times)
    story.say("pause")
    story.go_on(3_000_000)
    assert (story.states()[-1], story.trips) == ("PAUSED", [])
    story.say("resume")
    story.go_on(300_000)
    assert (story.states()[-1], story.device, story.trips) == ("LIVE", "PLAYING", [])


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("times", [0, 1])
def test_a_pause_between_arming_and_the_contact_test_leaves_no_lead_untested(story: Story, times: int) -> None:
    story.run(arms, until=lambda: "ARMED" in story.states())
    story.lossy.kind, story.lossy.times = ARM, times
    story.say("pause")
    story.go_on(1_000_000)
    story.say("resume")
    story.go_on(1_000_000)
    assert (story.states()[-1], story.device, story.trips) == ("LIVE", "PLAYING", [])
    assert story.door.body.guard.contacted == ("A",)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_hush_whose_answer_is_lost_is_repeated_and_then_resumed(story: Story, times: int) -> None:
    story.at_100_ua()
    story.lossy.kind, story.lossy.times = HUSH, times
    story.say("pause")
    story.go_on(1_000_000)
    assert (story.states()[-1], story.device, len(story.lossy.lost), story.trips) == ("PAUSED", "ARMED", times, [])
    story.say("resume")
    story.go_on(300_000)
    assert (story.states()[-1], story.device, story.trips) == ("LIVE", "PLAYING", [])


class Stubborn(Player):
    """A player that never releases a hold."""

    def _set(self, body: dict[str, Any]) -> None:
        super()._set({**body, "hold": body["hold"] or self._hold})


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("held_ms", [100, 4000])
def test_a_hold_that_is_never_released_is_cut(story: Story, held_ms: int) -> None:
    """Once the device has taken it up; before, there is nothing to see."""
    story.at_100_ua()
    story.lossy.__class__ = type("Both", (Stubborn, Lossy), {})
    story.say("hold", kind="2")
    story.go_on(held_ms * 1000)
    assert story.trips == []
    story.say("hold", kind=None)
    story.go_on(4_000_000 - held_ms * 1000 if held_ms < 1000 else 260_000)
    assert story.trips == [
        "a lower, a pause or a hold was not followed within 250 ms: section 1 is not to sound 100, as it should"
    ]


def test_a_hold_that_is_released_before_the_device_took_it_up_trips_nothing(story: Story) -> None:
    story.at_100_ua()
    story.say("hold", kind="2")
    story.go_on(60_000)
    story.say("hold", kind=None)
    story.go_on(5_000_000)
    assert (story.states()[-1], story.trips) == ("LIVE", [])


def test_a_device_that_answers_nothing_any_more_still_trips(story: Story) -> None:
    story.at_100_ua()
    story.simulator.control({"do": "fault", "name": "silent"})
    story.say("lower", lead="A", kind=None)
    lowered_us = story.clock.now_us()
    story.run(arms, until=lambda: bool(story.trips))
    assert story.clock.now_us() - lowered_us <= 300_000
    assert story.states()[-1] in ("LIVE", "STOPPING")
