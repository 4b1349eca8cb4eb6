"""Which device answers, and what an old recording can do (H08, H25)."""

from __future__ import annotations

import random
from typing import Any

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


def swap(size: Size, say: Say) -> Finding:
    """Put another device at the line's end, at chance moments: its loads (2A ...) never see any current."""
    wanted, failures = 400 if size == "full" else 12, []
    flowing = 0
    for seed in range(wanted):
        fault = ("swap", "other-serial")[seed % 2]
        edges, before_ua = swapped(seed, fault)
        flowing += before_ua > 0
        failures += [f"{fault}, seed {seed}: {edge}" for edge in edges if edge[2] and edge[1].startswith("2")][:3]
        say(f"{seed + 1} of {wanted}")
    if not flowing:
        failures.append("nothing flowed in any session before the swap")
    return Finding(wanted, "devices swapped", {"current flowed just before in": str(flowing)}, tuple(failures))


def swapped(seed: int, fault: str) -> tuple[list[Edge], int]:
    """Play a session, swap the device, raise on and go on for 15 s; the edges, and the strength at the swap in uA."""
    chance, session = random.Random(seed), Playing(seed)
    session.go(chance.randrange(0, 5_000_000))
    before_ua = max((abs(edge[2]) for edge in session.rig.device.scope.edges()), default=0)
    session.rig.simulation.begin(fault)
    for _ in range(30):
        session.rig.run_to(session.rig.now_us + 500_000)
        for name in ("raise", "resume", "clear", "arm"):
            session.act(name)
    return list(session.rig.device.scope.edges()), before_ua


def replay(size: Size, say: Say) -> Finding:
    """Give a device everything that the door wrote in an earlier session, at the same pace: nothing comes out."""
    wanted, failures = 100 if size == "full" else 4, []
    frames = felt = 0
    for seed in range(wanted):
        session = Playing(seed)
        session.go(8_000_000)
        felt += any(edge[2] for edge in session.rig.device.scope.edges())
        frames += len(session.written)
        again = Ea1Device(parse_loads("600"), draw=_draw(1000 + seed), faults=Active(seed))
        failures += [f"session {seed}: {edge}" for edge in replayed(session.written, again) if edge[2]][:3]
        say(f"{seed + 1} of {wanted}")
    if felt < wanted:
        failures.append(f"only {felt} of {wanted} sessions put out current at all")
    return Finding(wanted, "sessions replayed", {"frames": f"{frames:,}"}, tuple(failures))


def replayed(written: Writing, device: Ea1Device) -> list[Edge]:
    """The edges that a recording makes at a device."""
    simulation = Simulation(device)
    for at_us, data in written:
        simulation.run_to(max(at_us, simulation.now_us))
        simulation.receive(data)
    simulation.run_to(simulation.now_us + 3_000_000)
    return list(device.scope.edges())


def _draw(seed: int) -> Any:
    chance = random.Random(seed)
    return lambda: chance.randrange(1, 1 << 32)


class Playing:
    """A session at 100 Hz on lead A that is armed, goes LIVE, and is raised twice a second."""

    def __init__(self, seed: int) -> None:
        self.state, self.written = "OFF", Writing()
        self.rig = Rig(_order(), seed, told=self._told)
        self.rig.cable.saw = lambda at_us, data: self.written.append((at_us, data))
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

    def _told(self, name: str, body: dict[str, Any]) -> None:
        if name == "state":
            self.state = body["state"]


def _order() -> Order:
    return read_prescription(Words("100", minutes="1", leads=("A:2mA",))).order
