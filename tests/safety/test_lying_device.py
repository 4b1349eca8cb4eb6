"""Whole sessions against a device that lies: the guard sees it, in time, and names it. In virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from firmware_sim.scope import Scope
from proof.rig import Rig
from proof.sessions import order_of

RAISES_US = tuple(500_000 + 600_000 * i for i in range(10))
FAULT_US = 10_000_000  # after the start, when all is raised; 100 Hz sounds until 12 s


@dataclass
class Story:
    """What became of a session of 20 s, raised ten times, with a fault 10 s after its start.

    told: (us after the fault, name, body) of each message to the operator. last_us: when the last current flowed.
    """

    told: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    last_us: int = 0

    def first(self, name: str) -> tuple[int, dict[str, Any]]:
        return next(((at_us, body) for at_us, found, body in self.told if found == name), (-1, {}))

    @property
    def trip(self) -> tuple[str, int]:
        """The cause, and how long after the fault in ms."""
        at_us, body = self.first("trip")
        return body.get("cause", ""), at_us // 1000

    @property
    def notices(self) -> list[str]:
        return [body["text"] for _, name, body in self.told if name == "notice"]


def session(fault: str, until_us: int = 20_000_000, seed: int = 1) -> Story:
    story, scope = Story(), Scope()
    rig: Rig | None = None
    begun_us = 0

    def tell(name: str, body: dict[str, Any]) -> None:
        story.told.append(((rig.now_us if rig else 0) - begun_us, name, body))

    rig = Rig(order_of("AB", 1), seed, told=tell, scope=scope)
    rig.run_to(rig.now_us + 5_000_000, lambda: story.told[-1][1] == "status")
    rig.give("operator", "arm")
    rig.run_to(rig.now_us + 2_000_000, lambda: "LIVE" in [body.get("state") for *_, body in story.told])
    live_us, begun_us = rig.now_us, rig.now_us + FAULT_US
    for i, at_us in enumerate(RAISES_US):
        rig.run_to(live_us + at_us)
        rig.give("operator", "raise", {"lead": "AB"[i % 2], "kind": None})
    rig.run_to(begun_us)
    story.told.clear()
    rig.simulation.begin(fault)
    rig.run_to(live_us + until_us, lambda: rig.body.finished)
    if not rig.body.finished:
        rig.give("operator", "stop", {"source": "operator"})
        rig.run_to(rig.now_us + 20_000_000, lambda: rig.body.finished)
    story.last_us = max(at_us for at_us, _, _ in scope.edges()) - begun_us
    return story


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("fault", ["reset", "reboot-with-output", "swap"])
def test_a_new_boot_id_is_the_cause_and_no_refusal_comes_before_it(fault: str) -> None:
    cause, after_ms = session(fault).trip

    assert cause == "reset" and 0 <= after_ms <= 101


def test_a_frame_lost_for_200_ms_is_asked_again_and_trips_nothing() -> None:
    story = session("half-write")

    assert [name for _, name, _ in story.told if name == "trip"] == []
    assert story.first("end")[1]["reason"] == "stopped by operator"


@pytest.mark.hazard("H14")
def test_a_status_that_stands_still_is_as_good_as_none() -> None:
    story = session("frozen-status")

    assert story.trip == ("stale", 300)
    # Its last words are no proof that a stop was read: zero is never called confirmed. The current ends all the same.
    assert story.first("end")[1]["exit"] == 6 and story.last_us <= 302_000


def test_a_line_that_repeats_what_is_said_trips_nothing() -> None:
    story = session("duplicate")

    assert story.first("end")[1]["reason"] == "stopped by operator"


@pytest.mark.hazard("H27")
@pytest.mark.parametrize("fault", ["clock-fast", "clock-slow"])
def test_a_clock_that_is_wrong_by_a_fifth_is_cut_within_5_s(fault: str) -> None:
    cause, after_ms = session(fault).trip

    assert cause == "clock" and after_ms <= 5000


@pytest.mark.hazard("H27")
def test_a_rate_that_is_too_high_by_half_is_cut_within_5_s() -> None:
    cause, after_ms = session("rate-fast").trip

    assert cause == "rate" and after_ms <= 5000


@pytest.mark.parametrize("fault", ["delay", "half-duplex"])
def test_a_line_that_is_late_is_no_wrong_clock(fault: str) -> None:
    assert session(fault).trip[0] != "clock"


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("fault", ["twice", "measured-double"])
def test_more_current_than_was_asked_for_is_cut_at_the_second_reading(fault: str) -> None:
    cause, after_ms = session(fault).trip

    assert cause == "excess" and after_ms <= 250


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("fault", ["measured-zero", "measured-low"])
def test_far_less_current_than_was_asked_for_is_said(fault: str) -> None:
    story = session(fault)

    assert any("far less current is measured than was asked for" in text for text in story.notices)
    assert story.first("end")[1]["reason"] == "stopped by operator"


def test_an_honest_device_is_neither_too_strong_nor_too_weak() -> None:
    story = session("duplicate")

    assert story.notices == []


@pytest.mark.hazard("H08")
def test_another_device_at_the_port_is_no_proof_while_the_first_may_play() -> None:
    story = session("swap")
    at_us, end = story.first("end")

    # The first device plays to the end of its lease of 500 ms, and zero is not called confirmed before.
    assert 200_000 <= story.last_us <= 501_200 and at_us >= story.last_us
    assert end["zero"] is True


@pytest.mark.hazard("H12")
def test_a_plain_reset_is_confirmed_without_an_alarm() -> None:
    story = session("reset")

    assert story.first("end")[1]["zero"] is True
    assert story.first("alarm")[0] == -1
