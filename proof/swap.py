"""Another device appears on the same line (H08): once it is heard, nothing above zero is said to it.

The first thing that holds it off is its own: it knows no epoch of ours, and refuses. So some of the others are twins of
the first, in which epoch, numbers and program fit; and some players are rogues, which go on asking for the levels that
stand whatever they hear. Then the guard alone is left.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass

from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.ea1.state import State
from firmware_sim.faults import OTHER_SERIAL
from firmware_sim.load import parse_load
from firmware_sim.scope import Edge
from proof import rogue
from proof.identity import Playing, strength
from proof.row import Finding, Say, Size

# The fault; whether the other device is a twin; whether the player is a rogue.
WAYS = (
    ("swap", False, False), ("swap", False, True), ("swap", True, False), ("swap", True, True),
    ("other-serial", False, False),
)  # fmt: skip
_PULSE_US = 5_000  # a pulse that has begun is finished, and what was read just before it still acts on it (1.5, 5.3)
_JUST_US = 50_000  # five periods
_ASK_US, _ASKS = 100_000, 150  # a rogue asks, and how often: 15 s


@dataclass(frozen=True, slots=True)
class Swapped:
    """What became of a swap; edges from then on. heard_us: the other device's first STATUS, None: it never came.

    early, late: PLAYs above zero that were written before it and after it. before_ua: what flowed right before.
    """

    edges: tuple[Edge, ...]
    heard_us: int | None
    early: int
    late: int
    before_ua: int


def prove(size: Size, say: Say) -> Finding:
    """Put another device at the line's end at chance moments, in each way."""
    wanted, failures = 400 if size == "full" else 3 * len(WAYS), list[str]()
    flowing = heard = taken = 0
    for seed in range(wanted):
        fault, twin, is_rogue = WAYS[seed % len(WAYS)]
        one = swapped(seed, fault, twin, is_rogue)
        name = f"{fault}{' of a twin' * twin}{' and a rogue' * is_rogue}, seed {seed}"
        failures += [f"{name}: {text}" for text in wrong(one, fault, twin)]
        flowing += one.before_ua > 0
        heard += one.heard_us is not None
        taken += one.early * twin
        say(f"{seed + 1} of {wanted}")
    if not taken:
        failures.append("no twin ever took a PLAY: none was one")
    figures = {
        "current flowed just before in": str(flowing),
        "the other device was heard in": str(heard),
        "PLAYs above zero that twins took before": str(taken),
    }
    return Finding(wanted, "devices swapped", figures, tuple(failures))


def wrong(one: Swapped, fault: str, twin: bool) -> list[str]:
    """Judge one swap. A twin may begin a pulse before it has said who it is; what is written later is the guard's."""
    found = [f"{one.late} PLAYs above zero after the other device was heard"] if one.late else []
    until_us = one.heard_us + _PULSE_US if twin and one.heard_us is not None else 0
    other = [edge for edge in one.edges if edge[2] and edge[1].startswith("2") and edge[0] > until_us]
    found += [f"current at the other device: {edge}" for edge in other[:3]]
    # A line that is pulled is closed for good (H39): what is plugged in there is never heard.
    if (fault == "swap") is (one.heard_us is None):
        found.append(f"the other device was heard at {one.heard_us} us")
    if not one.before_ua:
        found.append("nothing flowed before the swap")
    return found


def swapped(seed: int, fault: str, twin: bool, is_rogue: bool) -> Swapped:
    """Play a session, swap the device, raise on and go on for 15 s."""
    chance, session = random.Random(seed), Playing(seed)
    session.go(chance.randrange(1_000_000, 5_000_000))
    rig, at_us, written = session.rig, session.rig.now_us, len(session.written)
    scope = rig.device.scope
    before_ua = max((abs(ua) for _, _, ua in scope.edges(at_us - _JUST_US)), default=0)
    if twin:
        rig.simulation._away = _twin(rig.device)
    session.heard = None
    rig.simulation.begin(fault)
    rig.plays = not is_rogue
    rig.run_to(at_us + chance.randrange(_ASK_US))
    for turn in range(_ASKS):
        if is_rogue:
            _insist(session)
        for name in ("raise", "resume", "clear", "arm") if turn % 5 == 4 else ():
            session.act(name)
        rig.run_to(rig.now_us + _ASK_US)
    place, heard_us = session.heard or (len(session.written), None)
    early = sum(strength(data) > 0 for _, data in session.written[written:place])
    late = sum(strength(data) > 0 for _, data in session.written[place:])
    return Swapped(tuple(scope.edges(at_us)), heard_us, early, late, before_ua)


def _twin(home: Ea1Device) -> Ea1Device:
    """Another device, armed, in which all that a PLAY must fit is as in the first one: only serial and boot differ."""
    loads = {f"2{lead.name}": parse_load("needle") for lead in home.stage.leads}
    other = Ea1Device(
        loads, serial=OTHER_SERIAL, draw=home.draw, faults=home.faults, scope=home.scope, now_us=home.now_us
    )
    other.epoch, other.session, other.state = home.epoch, copy.deepcopy(home.session), State.ARMED
    other.stage.new_program(other.session.loaded().kinds)
    return other


def _insist(session: Playing) -> None:
    """Ask for what the guard allows, or did until it was cut, as a player that hears nothing."""
    rig = session.rig
    level = rig.body.guard.levels["A", "100"] // 10
    rig.give("player", "ask", {"within_us": 5_000}, rogue.play(rig, [[level or 10, 0, 0, 0]], 400, 0xFF))
