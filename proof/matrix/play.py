"""Play one cell: a whole session in virtual time, over a real pty or socket, with one fault on the way.

The product's own engine, guard and player run unchanged against the simulator as a child of its own. Only the moment of
the fault is ours: `Harmed` stands between engine and door, sees what is said, and lets time stop where it begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, cast

from eastim.clock import ManualClock
from eastim.drivers.registry import make_driver
from eastim.errors import EastimError, Exit
from eastim.ledger_verify import LedgerRecord, verify
from eastim.player import Player
from eastim.profiles.profile import load_profile
from eastim.pulses.levels import zero_levels
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.audit import audit
from eastim.safety.door_fast import FastDoor, FastLine
from eastim.safety.inputs import LineName
from eastim.safety.limits import envelope
from eastim.safety.line import Message
from eastim.safety.order import LeadOrder, Order
from eastim.simulator import Simulator
from eastim.treatment.fast import FastLoop
from eastim.treatment.watch import Watch
from proof.asked import Act
from proof.matrix.cells import Acts, Asks, Cell, Session
from proof.matrix.evidence import Edge, Evidence
from proof.matrix.operator import Operator
from proof.matrix.outcome import AFTER_US

LOW = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 2_000_000, 4, ("A", "B"))
HIGH = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 2_000_000, 200, ("A", "B"))
ORDER = Order(
    Program("2/100", (LOW, HIGH), 3),
    (LeadOrder("A", (), 1000), LeadOrder("B", (), 1000)),
    envelope("human", "needle"),
    "human",
    12_000_000,
    "sim",
    "EA1-000001",
)
PROFILE = load_profile("sim")
LONGEST_US = 60_000_000
MOST_WORDS = 1_000  # of a device that is looked on for 3 s: it reports ten times a second, and on each change
SWAPS = ("swap", "other-serial")  # another device answers; the first did not boot, and goes on until its lease ends
BOOTS_US = 1_000_000  # within this a fault that boots the device has done so


class Endless(Exception):
    """Say that a session did not end."""


@dataclass(slots=True)
class Harm:
    """The fault of a cell: off, planned, on, gone again."""

    cell: Cell
    simulator: Simulator
    begins_us: int | None = None
    began_us: int | None = None
    ended: bool = False
    boot: int = 0
    rebooted_us: int | None = None

    def plan(self, anchor_us: int, now_us: int) -> None:
        """Begin as long after the anchor as the cell says; with no delay at once."""
        if self.begins_us is None:
            within_us = self.cell.begin.within_us
            self.begins_us = anchor_us + (self.cell.chance.randrange(within_us) + 1 if within_us else 0)
            self.act(now_us)

    def next_us(self) -> int | None:
        """The next moment at which this has something to do."""
        if self.begins_us is None or self.began_us is None:
            return self.begins_us
        return None if self.ended else self._ends_us()

    def act(self, now_us: int) -> None:
        """Begin or end the fault if it is time."""
        if self.begins_us is not None and self.began_us is None and now_us >= self.begins_us:
            self.boot = self._boot()
            self._all("fault")
            self.begins_us = self.began_us = now_us
            self.ended = self.cell.ends_after_us is None
        elif not self.ended and self._ends_us() is not None and now_us >= (self._ends_us() or 0):
            self.ended = True
            self._all("clear")
        if self._watches(now_us) and self._boot() != self.boot:
            self.rebooted_us = now_us

    def _all(self, do: str) -> None:
        for name in self.cell.faults:
            self.simulator.control({"do": do, "name": name})

    def _watches(self, now_us: int) -> bool:
        """Whether the device may boot anew about now by this fault."""
        began_us = self.began_us
        if self.cell.fault in SWAPS:
            return False
        return self.boot != 0 and self.rebooted_us is None and began_us is not None and now_us < began_us + BOOTS_US

    def _ends_us(self) -> int | None:
        after_us = self.cell.ends_after_us
        return None if self.began_us is None or after_us is None else self.began_us + after_us

    def _boot(self) -> int:
        return int(device(self.simulator)["boot"])


class HarmedLine:
    """One line of the door, with somebody who sees each message before the guard does."""

    def __init__(self, line: FastLine, sends: Callable[[Message], None], hears: Callable[[Message], None]) -> None:
        self._line, self._sends, self._hears = line, sends, hears

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> bool:
        self._sends(Message(name, body or {}, data))
        return self._line.send(name, body, data)

    def receive(self) -> list[Message]:
        told = self._line.receive()
        for message in told:
            self._hears(message)
        return told


class Harmed:
    """The door as the engine sees it, with the fault on the way. raises: what the operator said, when it was said."""

    def __init__(self, door: FastDoor, harm: Harm, clock: ManualClock, raises: list[Act]) -> None:
        self._door, self._harm, self._clock = door, harm, clock
        self._counts: dict[tuple[str, int | str], int] = {}
        self.raises = raises

    def line(self, name: LineName) -> HarmedLine:
        return HarmedLine(self._door.line(name), partial(self._sends, name), self._told)

    def advance(self, to_us: int) -> int:
        if self._clock.now_us() > LONGEST_US:
            raise Endless(f"the session has not ended by {LONGEST_US} us")
        harm_us = self._harm.next_us()
        now_us = self._door.advance(to_us if harm_us is None else min(to_us, max(harm_us, self._clock.now_us())))
        self._harm.act(now_us)
        return now_us

    def _sends(self, line: str, said: Message) -> None:
        what = request_type(said.data) if line == "player" and said.name == "ask" else said.name
        if (line, what) == ("operator", "raise"):
            self.raises.append(Act(self._clock.now_us(), said.body["lead"], said.body["kind"]))
        key = (line, what)
        self._counts[key] = self._counts.get(key, 0) + 1
        anchor = self._harm.cell.begin.anchor
        if isinstance(anchor, Asks) and key == ("player", anchor.type) and self._counts[key] == anchor.nth:
            self._plan()
        if isinstance(anchor, Acts) and key == ("operator", anchor.name) and self._counts[key] == anchor.nth:
            self._plan()

    def _told(self, message: Message) -> None:
        anchor = self._harm.cell.begin.anchor
        if isinstance(anchor, Session) and message.name == "state" and message.body["state"] == "LIVE":
            self._plan(anchor.at_us)

    def _plan(self, after_us: int = 0) -> None:
        now_us = self._clock.now_us()
        self._harm.plan(now_us + after_us, now_us)


def request_type(frame: bytes) -> int:
    """The type of a request: behind its version, in the first block of the COBS (2.2, 2.3)."""
    chunk = frame.lstrip(b"\0")
    return chunk[2] if len(chunk) > 2 else 0


def play(cell: Cell, folder: Path) -> Evidence:
    """Play a cell; raises nothing of the product's, which is evidence as well."""
    with Simulator(
        speed=0,
        load="600",
        tcp=cell.transport == "socket",
        seed=cell.chance.randrange(1 << 31),
    ) as simulator:
        harm, clock = Harm(cell, simulator), ManualClock()
        if cell.begin.anchor is None:
            harm.plan(0, 0)
        ledger = folder / "a.ledger"
        operator = Operator(clock, goes_on=cell.goes_on, stops=cell.phase == "stop-confirm")
        raises: list[Act] = []
        end, error = _session(operator, harm, clock, ledger, raises)
        ended_us = clock.now_us()
        acted = device(simulator)["acted"]
        look_on(simulator, ended_us + AFTER_US)
        edges, stops = _edges(simulator), tuple(device(simulator)["stops"])
    records, problems = read(ledger)
    trips = sum(happened.name == "trip" for _, happened in operator.happened)
    began_us, rebooted_us = harm.began_us, harm.rebooted_us
    known = Evidence(edges, records, problems, end, error, began_us, rebooted_us, ended_us, trips, tuple(raises))
    return replace(known, stops=stops, acted=cell.fault in acted)


def look_on(simulator: Simulator, to_us: int) -> None:
    """Let time go on; each advance ends at the device's next word. Raises Endless where that would take too many."""
    for _ in range(MOST_WORDS):
        if simulator.advance(to_us, 0).t_us >= to_us:
            return
    raise Endless(f"the device has not come to {to_us} us with {MOST_WORDS} words")


def device(simulator: Simulator) -> dict[str, Any]:
    """What the simulated device holds, and what its faults have done."""
    return dict(simulator.control({"do": "state"})["device"])


def read(ledger: Path) -> tuple[tuple[LedgerRecord, ...], tuple[str, ...]]:
    """The records of a ledger and what is wrong with it; a session that never began has none."""
    if not ledger.exists() or not ledger.stat().st_size:
        return (), ()
    records: list[LedgerRecord] = []
    verify(ledger, records.append)
    return tuple(records), audit(ledger).problems


def _session(
    operator: Operator, harm: Harm, clock: ManualClock, ledger: Path, raises: list[Act]
) -> tuple[dict[str, Any], str]:
    """Run it as `eastim run --fast` does: the body of its end, and what broke, if anything did. Fills `raises`."""
    watch = Watch(str(ledger))
    try:
        door = FastDoor(ORDER, PROFILE, harm.simulator, ledger, clock)
        try:
            harmed = Harmed(door, harm, clock, raises)
            return FastLoop(cast(Any, harmed), make_player(harm.cell), operator, watch, clock).run(), ""
        finally:
            door.close()
    except EastimError as error:
        return dict(watch.fail(str(error), error.exit, 0, ledger=None).body), ""
    except Exception as error:  # noqa: BLE001, whatever it is: it is a mistake of ours, and evidence
        return {"exit": int(Exit.BUG), "zero": False, "reason": "crashed"}, f"{type(error).__name__}: {error}"


def make_player(cell: Cell) -> Player:
    most = {ordered.lead: ordered.max_ua for ordered in ORDER.leads}
    charge_pc = ORDER.limits.bound("phase_charge_pc").value
    number = 1 + cell.chance.randrange(1 << 16)
    driver = make_driver(PROFILE, ORDER.program, most, ORDER.session_us, charge_pc, number)
    return Player(driver, ORDER.program, zero_levels(ORDER.program.leads, ORDER.kinds))


def _edges(simulator: Simulator) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    since_us, more = 0, True
    while more:
        page = simulator.control({"do": "scope", "since_us": since_us})
        edges += [(t_us, lead, ua) for t_us, lead, ua in page["edges"]]
        more = page["more"]
        since_us = edges[-1][0] + 1 if edges else 0
    return tuple(edges)
