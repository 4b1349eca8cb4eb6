"""Who owns the port, which device answers, and what an old recording can do (H08, H23, H25)."""

from __future__ import annotations

import os
import pty
import random
import subprocess
import sys
import time
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

# Two controllers that stand ready: each opens the port at its moment, says whether it got it, and keeps it until told.
_RACER = """
import sys, time
from eastim.errors import PortError
from eastim.safety.door import open_port
for line in sys.stdin:
    name, at_ns = line.split()
    while time.monotonic_ns() < int(at_ns):
        pass
    try:
        port = open_port(name, 460_800)
    except PortError as error:
        print("busy" if "held by another program" in str(error) else error, flush=True)
    else:
        print("mine", flush=True)
        sys.stdin.readline()
        port.close()
        print("free", flush=True)
"""


# What the one is ahead of the other, in turn. The wide ones are won by whoever is ahead on any machine, so that a run
# in which the same one always wins was no race; the narrow ones are decided by chance.
_AHEAD_US = (0, 20_000, 50, 0, -20_000, -50)


def race(size: Size, say: Say) -> Finding:
    """Let two processes open one port at the same moment, again and again; exactly one may get it."""
    wanted, failures = 1000 if size == "full" else 60, []
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    racers = [_racer() for _ in range(2)]
    wins = [0, 0]
    for turn in range(wanted):
        ahead_us, at_us = _AHEAD_US[turn % len(_AHEAD_US)], time.monotonic_ns() // 1000 + 500
        for racer, late_us in zip(racers, (max(-ahead_us, 0), max(ahead_us, 0)), strict=True):
            _tell(racer, f"{name} {(at_us + late_us) * 1000}\n".encode())
        said = [_hear(racer) for racer in racers]
        if sorted(said) != ["busy", "mine"]:
            failures.append(f"race {turn}: {said}")
        for i, racer in enumerate(racers):
            if said[i] == "mine":
                wins[i] += 1
                _tell(racer, b"\n")
                _hear(racer)
        say(f"{turn + 1} of {wanted}")
    for racer in racers:
        racer.communicate()
    os.close(master)
    os.close(slave)
    if not all(wins):
        failures.append(f"the same one always won, {wins}: that was no race")
    return Finding(wanted, "races", {"won by either": f"{wins[0]} and {wins[1]}"}, tuple(failures))


def _racer() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _RACER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


def _tell(racer: subprocess.Popen[bytes], line: bytes) -> None:
    if racer.stdin is not None:
        racer.stdin.write(line)


def _hear(racer: subprocess.Popen[bytes]) -> str:
    return racer.stdout.readline().decode().strip() if racer.stdout is not None else ""


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
