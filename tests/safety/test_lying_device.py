"""Whole sessions against a device that lies: the guard sees it, in time, and names it. In virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from firmware_sim.scope import Scope
from proof.rig import Rig
from proof.sessions import order_of

RAISES_US = tuple(500_000 + 600_000 * i for i in range(10))
FAULT_US = 7_000_000  # after the start: lead A and B at 500 uA each, 100 Hz sounds until 9 s


@dataclass
class Story:
    """What became of a session of 30 s, raised ten times, with a fault 7 s after its start.

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
