"""Which device answers, and what an old recording can do (H08, H25)."""

from __future__ import annotations

import random
from typing import Any

from cobs import cobs

from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.safety.order import Order
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import Active
from firmware_sim.load import parse_loads
from firmware_sim.scope import Edge
from firmware_sim.simulation import Simulation
from proof.rig import Rig
from proof.row import Finding, Say, Size

Writing = list[tuple[int, bytes]]

STATUS, PLAY = 0xC0, 0x06  # 6.2, 4.9
_SINGLE = 2


def strength(frame: bytes) -> int:
    """The highest level that a PLAY asks for, in 10 uA; 0 for every other frame."""
    body = _body(frame)
    # Version, type, number (2.3); epoch, step, lease, hold, kinds; the levels of each kind; the CRC.
    rows = body[18:-4] if body[1] == PLAY else b""
    return max((int.from_bytes(rows[i : i + 2], "little") for i in range(0, len(rows), 2)), default=0)


def _body(frame: bytes) -> bytes:
    return bytes(cobs.decode(frame.strip(b"\0"))) if len(frame) > 3 else b"\0\0"


def replay(size: Size, say: Say) -> Finding:
    """Give everything that the door wrote in one session to a device again, and to a guard's player line."""
    wanted, failures = 100 if size == "full" else 4, list[str]()
    frames = 0
    for seed in range(wanted):
        session = Playing(seed)
        session.go(8_000_000)
        frames += len(session.written)
        again = Ea1Device(parse_loads("600"), draw=_draw(1000 + seed), faults=Active(seed))
        found = [f"{edge} at the device" for edge in replayed(session.written, again) if edge[2]][:3]
        found += [*_one_by_one(session.written, seed), *_gone_on(session.written, seed)]
        if not any(edge[2] for edge in session.rig.device.scope.edges()):
            found.append("nothing came out in the first place")
        failures += [f"session {seed}: {text}" for text in found]
        say(f"{seed + 1} of {wanted}")
    guards = f"{wanted * _SINGLE} that get one frame above zero, {wanted} whose device draws the same and get them all"
    return Finding(wanted, "sessions replayed", {"frames": f"{frames:,}", "guards": guards}, tuple(failures))


def replayed(written: Writing, device: Ea1Device) -> list[Edge]:
    """The edges that a recording makes at a device."""
    simulation = Simulation(device)
    for at_us, data in written:
        simulation.run_to(max(at_us, simulation.now_us))
        simulation.receive(data)
    simulation.run_to(simulation.now_us + 3_000_000)
    return list(device.scope.edges())


def _one_by_one(written: Writing, seed: int) -> list[str]:
    """Give frames above zero to the player's line of another session, armed and not raised: what of it is wrong.

    Each to a session of its own, as the first that is refused ends it.
    """
    strong = [data for _, data in written if strength(data)]
    found = []
    for turn, data in enumerate(random.Random(seed).sample(strong, _SINGLE)):
        other = Playing(10_000 + _SINGLE * seed + turn)
        found += [f"one frame: {text}" for text in given([(other.rig.now_us, data)], other)]
    return found


def _gone_on(written: Writing, seed: int) -> list[str]:
    """Go on with a recording in a session whose device draws the very same: epoch, boot and numbers fit each frame.

    Only that nobody has raised is different, and only the guard knows it.
    """
    same = Playing(seed)
    return [f"all that fits: {text}" for text in given(written[len(same.written) :], same)]


def given(recording: Writing, session: Playing) -> list[str]:
    """Give a recording to the player's line of a session that is LIVE, in the player's place: what comes of it."""
    rig, began_us = session.rig, session.rig.now_us
    rig.plays = False
    for at_us, data in recording:
        rig.run_to(max(at_us, rig.now_us))
        rig.give("player", "ask", {"within_us": 5_000}, data)
    rig.run_to(rig.now_us + 1_000_000)
    found = [f"{edge} at the load" for edge in rig.device.scope.edges(began_us) if edge[2]][:3]
    found += [f"{strength(data)} x 10 uA was written" for at, data in session.written if strength(data)][:1]
    if session.trip != "refused":
        found.append(f"it was not refused: {session.state}, tripped by {session.trip or 'nothing'}")
    return found


def _draw(seed: int) -> Any:
    chance = random.Random(seed)
    return lambda: chance.randrange(1, 1 << 32)


class Playing:
    """A session at 100 Hz on lead A that is armed, goes LIVE, and is raised twice a second.

    heard: of the first STATUS since it was set to None, how much had been written by then, and when it came.
    """

    def __init__(self, seed: int) -> None:
        self.state, self.trip, self.written = "OFF", "", Writing()
        self.heard: tuple[int, int] | None = None
        self.rig = Rig(_order(), seed, told=self._told)
        self.rig.cable.saw = lambda at_us, data: self.written.append((at_us, data))
        self._carry = self.rig.cable.carry
        self.rig.cable.carry = self._hear  # type: ignore[method-assign]
        self.rig.run_to(self.rig.now_us + 3_000_000, lambda: self.state == "SAFE")
        self.act("arm")
        self.rig.run_to(self.rig.now_us + 3_000_000, lambda: self.state == "LIVE")

    def go(self, for_us: int) -> None:
        """Play on, and raise twice a second."""
        until_us = self.rig.now_us + for_us
        while self.rig.now_us < until_us:
            self.rig.run_to(min(until_us, self.rig.now_us + 500_000))
            self.act("raise")

    def act(self, name: str) -> None:
        """One act of the operator; nothing once the session is over."""
        self.rig.give("operator", name, {"lead": "A", "kind": None} if name == "raise" else {})

    def _hear(self, frames: list[bytes]) -> bytes:
        data = self._carry(frames)
        if self.heard is None and any(_body(frame)[1] == STATUS for frame in frames) and data:
            self.heard = len(self.written), self.rig.simulation.now_us
        return data

    def _told(self, name: str, body: dict[str, Any]) -> None:
        if name == "state":
            self.state = body["state"]
        if name == "trip":
            self.trip = self.trip or body["cause"]


def _order() -> Order:
    return read_prescription(Words("100", minutes="1", leads=("A:2mA",))).order
