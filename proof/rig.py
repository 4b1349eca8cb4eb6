"""A whole session in one process, in virtual time: the real player, driver, guard, judge and reader, and the device.

The guard's door is the real `Body`; only its hands are the rig's own: they reach the simulated device directly, with no
pty, no child and no disk in between. Time is one integer that everybody shares and that only `run_to` moves.

What harms a session is set from outside: who still beats, whether the line carries bytes, what is sent twice, and the
faults of the simulator's own table. What came out is read at the loads, from the scope, and nowhere else.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

from eastim.drivers.registry import make_driver
from eastim.errors import PortError
from eastim.ledger import Entry
from eastim.player import Player
from eastim.profiles.profile import Profile, load_profile
from eastim.pulses.levels import zero_levels
from eastim.safety.door_guard import open_guard
from eastim.safety.door_inputs import parse
from eastim.safety.inputs import Heard, Input, LineName, Recorded, Stop, Tick
from eastim.safety.line import Message
from eastim.safety.order import Order
from eastim.safety.priority import VIRTUAL
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import Active
from firmware_sim.load import parse_loads
from firmware_sim.scope import Scope, Train
from firmware_sim.simulation import Simulation

BEAT_US = 100_000  # as `eastim run --fast` beats
SELDOM_US = 290_000  # the guard takes 300 ms of silence for the end of a line, and here nothing is ever late
FIRST_US = 1_000_000  # the guard's clock begins anywhere but at 0

Told = Callable[[str, dict[str, Any]], None]


class Ledger(Protocol):
    """Where the records go. The answer says what became of one that somebody waits for."""

    def put(self, entry: Entry) -> Recorded | None: ...


class Memory:
    """Keep the records in a list; every one is durable at once."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def put(self, entry: Entry) -> Recorded | None:
        self.entries.append(entry)
        return Recorded(entry.n) if entry.wait else None


class Probe(Scope):
    """The scope at the loads, with somebody who watches: each train of pulses as it begins, each resting current."""

    def __init__(self, saw: Callable[[Train], None], rests: Callable[[int, str, int], None]) -> None:
        super().__init__()
        self._saw, self._rests = saw, rests

    def add(self, train: Train) -> None:
        train.drift = self.drift
        if train.first_ua or train.second_ua:
            self._saw(train)

    def step(self, t_us: int, lead: str, ua: int) -> None:
        self._rests(self.drift.world(t_us), lead, ua)


class Cable:
    """What lies between door and device.

    up: bytes arrive; down they are lost both ways. gone: a write fails, as with a pulled plug. twice: so many of the
    next frames to the device arrive twice. saw: called with what the door writes, and when.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self.up, self.gone, self.twice = True, False, 0
        self.saw: Callable[[int, bytes], None] = lambda _now_us, _data: None

    def send(self, data: bytes) -> None:
        """Hand one frame to the device now; raises PortError."""
        if self.gone:
            raise PortError("the plug is out")
        self.saw(self._simulation.now_us, data)
        if not self.up:
            return
        self._simulation.receive(data)
        if self.twice:
            self.twice -= 1
            self._simulation.receive(data)

    def carry(self, frames: list[bytes]) -> bytes:
        """What of the device's frames arrives."""
        return b"".join(frames) if self.up and not self.gone else b""


class Hands:
    """The door's hands: cable, ledger, and the two lines."""

    def __init__(self, cable: Cable, ledger: Ledger, told: Told) -> None:
        self._cable, self._ledger, self._told = cable, ledger, told
        self.players: deque[Message] = deque()
        self.cuts = 0

    def write(self, data: bytes) -> None:
        self._cable.send(data)

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        self.cuts += 1
        try:
            for frame in frames:
                self._cable.send(frame)
        except PortError:
            return False
        return True

    def record(self, entry: Entry) -> Recorded | None:
        return self._ledger.put(entry)

    def tell(self, line: LineName, name: str, body: dict[str, Any], data: bytes) -> None:
        if line == "player":
            self.players.append(Message(name, body, data))
        else:
            self._told(name, body)

    def alarm(self, text: str) -> None:
        self._told("alarm", {"text": text})


class Rig:
    """One session. told: called with each message to the operator, at its moment. seed: of the device's own chance.

    beat_us: how often both lines beat.
    """

    def __init__(
        self,
        order: Order,
        seed: int,
        *,
        load: str = "600",
        ledger: Ledger | None = None,
        told: Told | None = None,
        scope: Scope | None = None,
        beat_us: int = BEAT_US,
    ) -> None:
        chance = random.Random(seed)
        draw = partial(chance.randrange, 1, 1 << 32)
        device = Ea1Device(parse_loads(load), draw=draw, faults=Active(seed), scope=scope)
        self.simulation = Simulation(device)
        self.simulation.run_to(FIRST_US)
        self.now_us = FIRST_US
        self.cable = Cable(self.simulation)
        self.simulation.unplug = self._unplug
        self.order, self._profile = order, load_profile(order.profile)
        self.beats: dict[LineName, bool] = {"player": True, "operator": True}
        self.plays = True
        self.player = make_player(order, self._profile)
        self._hands = Hands(self.cable, ledger or Memory(), told or (lambda _name, _body: None))
        self._beat_us, self._beats_us = FIRST_US, beat_us
        self.body = open_guard(order, self._profile, self._hands, FIRST_US, VIRTUAL)

    @property
    def device(self) -> Ea1Device:
        return self.simulation.device

    @property
    def cuts(self) -> int:
        return self._hands.cuts

    def give(self, line: LineName, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> None:
        """Say one message on a line, as the guard process takes it: what is none of that line stops."""
        try:
            what = parse(line, Message(name, body or {}, data))
        except ValueError as error:
            what = Stop(f"{line}'s line: {error}")
        self.feed(what)

    def feed(self, what: Input) -> None:
        if not self.body.finished:
            self.body.feed(what, self.now_us)

    def run_to(self, to_us: int, until: Callable[[], bool] = lambda: False) -> None:
        """Let time go on to a moment, or to the first at which `until` is true."""
        self._settle()
        while self.now_us < to_us and not until():
            self._move(to_us)
            self._settle()

    def _settle(self) -> None:
        """Everything that happens at this moment: player, beats, deadlines; until nobody has anything more to say."""
        while self.plays and (self._hands.players or self.player.next_us() <= self.now_us):
            inbox = list(self._hands.players)
            self._hands.players.clear()
            said = self.player.step(self.now_us, inbox)
            for name, body, data in said:
                self.give("player", name, body, data)
            if not (inbox or said):
                break
        if self.now_us >= self._beat_us:
            self._beat_us = self.now_us + self._beats_us
            for line in self._beating():
                self.give(line, "beat")

    def _beating(self) -> Iterable[LineName]:
        return [line for line, beats in self.beats.items() if beats]

    def _move(self, to_us: int) -> None:
        """Move to the next moment at which anybody has something to do; what the device says there is heard."""
        player_us = self.player.next_us() if self.plays else to_us
        # What is due now was done now, or waits for its next pass.
        wanted = (self._beat_us, player_us, self.body.next_us())
        to_us = min(to_us, *(max(at_us, self.now_us + 1) for at_us in wanted))
        # What it has answered already is heard before any time passes.
        frames = self.simulation.take() or self.simulation.run_to(to_us, first=True)
        self.now_us = max(self.now_us, min(to_us, self.simulation.now_us))
        data = self.cable.carry(frames)
        if data:
            self.feed(Heard(data))
        if self.now_us >= self.body.next_us():
            self.feed(Tick())
            if not self.body.finished and self.body.next_us() <= self.now_us:
                raise RuntimeError(f"at {self.now_us} us a tick changed nothing of the guard's next moment")

    def _unplug(self, out: bool) -> None:
        # A port that is gone stays gone for this session: nobody opens it again.
        if out:
            self.cable.gone = True
            self.body.lose_port(self.now_us)


def make_player(order: Order, profile: Profile) -> Player:
    """The real player with the real driver, as `eastim run` makes them."""
    most = {ordered.lead: ordered.max_ua for ordered in order.leads}
    driver = make_driver(profile, order.program, most, order.session_us, order.limits.get("phase_charge_pc"), 1)
    return Player(driver, order.program, zero_levels(order.program.leads, order.program.kinds))
