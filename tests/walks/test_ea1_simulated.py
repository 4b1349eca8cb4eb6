"""Player, driver and reader of wire ea1 on the simulated device, in virtual time, without a guard.

The guard's part is a hand in the test: it says when the state changes and passes bytes on. The judge is the
simulator's scope, in us and uA at the load.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from eastim.drivers.ea1.driver import Ea1Driver
from eastim.frames import Frame
from eastim.player import Player
from eastim.player.deadlines import NEVER_US
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.base import Status
from eastim.safety.readers.registry import make_reader
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.load import parse_loads
from tests.drivers.ea1_wire import PROFILE, PROGRAM, ZERO

SHORT = replace(PROGRAM, repeats=2)
SESSION_US = 12_000_000


class Room:
    """Everything at one table. `skew_ppm`: how much slower the device's clock runs than the player's."""

    def __init__(self, skew_ppm: int = 0) -> None:
        order = Order(
            SHORT,
            (LeadOrder("A", (), 2000), LeadOrder("B", (), 2000)),
            envelope("human", "needle"),
            "human",
            SESSION_US,
            "ea1",
        )
        self.device = Ea1Device(parse_loads("600"))
        self.reader = make_reader(order)
        self.shadow = self.reader.blank()
        self.statuses: list[Status] = []
        driver = Ea1Driver(PROFILE, SHORT, {"A": 2000, "B": 2000}, SESSION_US, 6_000_000)
        self.player = Player(driver, SHORT, ZERO)
        self.skew_ppm = skew_ppm
        self.stops: list[str] = []
        self.now_us = 0
        self.told: list[tuple[str, dict[str, Any], bytes]] = []
        self.tell("OFF")

    def tell(self, state: str, hold: str | None = None, **kinds: int) -> None:
        """Say a state; `two` and `hundred` are the levels of lead A in the two kinds."""
        rows = [["A", "2", kinds.get("two", 0)], ["A", "100", kinds.get("hundred", 0)]]
        self.told.append(("set", {"state": state, "levels": rows, "hold": hold}, b""))

    def run_to(self, to_us: int) -> None:
        """Let time pass, 1 ms at a pass: what is asked in one pass is read by the device in the next."""
        asked: list[bytes] = []
        while self.now_us < to_us:
            self.now_us += 1000
            device_us = self.now_us - self.now_us * self.skew_ppm // 1_000_000
            for frame in asked:
                self.device.receive(frame, device_us)
            asked = [data for name, data in self._pass(device_us) if name == "ask"]

    def _pass(self, device_us: int) -> list[tuple[str, bytes]]:
        self.device.run_to(device_us)
        said = b"".join(frame for _, frame in self.device.take())
        self.shadow, heard = self.reader.heard(self.shadow, said, self.now_us)
        self.statuses += heard
        inbox, self.told = [("heard", {}, said), *self.told], []
        outbox = self.player.step(self.now_us, inbox)
        for name, body, data in outbox:
            if name == "ask":
                self.shadow = self.reader.sent(self.shadow, Frame(data, body["within_us"]), self.now_us)
            else:
                self.stops.append(body["source"])
        return [(name, data) for name, _, data in outbox]


def played(skew_ppm: int = 0) -> Room:
    """Two blocks, lead A raised to 0.5 mA and 0.3 mA after the first second of play."""
    room = Room(skew_ppm)
    room.run_to(100_000)
    room.tell("ARMED")
    room.run_to(400_000)
    room.tell("LIVE")
    room.run_to(1_500_000)
    room.tell("LIVE", two=500, hundred=300)
    room.run_to(14_000_000)
    return room


def onsets(room: Room, since_us: int, ua: int) -> list[int]:
    return [t_us for t_us, lead, at_ua in room.device.scope.edges(since_us) if lead == "A" and at_ua == ua]


def test_a_whole_session_ends_by_itself_without_a_fault() -> None:
    room = played()

    assert room.stops == [] and room.player.next_us() == NEVER_US
    assert room.statuses[-1].ended and room.statuses[-1].faults == ()
    assert room.statuses[-1].played_us == 12_000_000


def test_the_second_block_sounds_as_ordered() -> None:
    room = played()
    last = onsets(room, 0, 500)[-6:]

    assert [b - a for a, b in pairwise(last)] == [500_000] * 5
    hundred = onsets(room, last[0], 300)
    assert len(hundred) == 300 and hundred[0] - last[0] == 3_000_000
    assert {b - a for a, b in pairwise(hundred)} == {10_000}


def test_the_reader_agrees_with_every_status() -> None:
    room = played()
    odd = [status.disagreement for status in room.statuses if not status.agrees]

    assert odd == []


def test_a_device_whose_clock_is_slow_ends_without_a_fault() -> None:
    # 1 % is a hundred times what a crystal does: 120 ms over this session, and the lease is renewed by its own clock.
    room = played(skew_ppm=10_000)

    assert room.stops == [] and room.statuses[-1].ended and room.statuses[-1].faults == ()


def test_a_pause_and_a_resume_begin_a_new_block_at_zero() -> None:
    room = Room()
    room.run_to(100_000)
    room.tell("ARMED")
    room.run_to(400_000)
    room.tell("LIVE")
    room.run_to(1_000_000)
    room.tell("LIVE", two=500)
    room.run_to(2_000_000)
    room.tell("PAUSED")
    room.run_to(2_100_000)
    assert room.statuses[-1].quiet
    room.tell("ARMED")
    room.run_to(2_300_000)
    room.tell("LIVE")
    room.run_to(20_000_000)

    assert onsets(room, 2_000_000, 500) == []
    assert room.stops == [] and room.statuses[-1].ended and room.statuses[-1].played_us == 12_000_000


def test_after_a_stop_by_another_hand_it_arms_anew() -> None:
    room = Room()
    room.run_to(100_000)
    room.tell("ARMED")
    room.run_to(1_000_000)
    room.device.receive(bytes.fromhex("001800"), room.now_us)
    room.tell("TRIPPED")
    room.run_to(1_300_000)
    assert room.statuses[-1].quiet
    room.tell("SAFE")
    room.run_to(1_400_000)
    room.tell("ARMED")
    room.run_to(2_000_000)

    assert room.stops == [] and room.statuses[-1].playing
