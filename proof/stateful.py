"""Stateful properties: chance acts as operator, rogue player, time, line and fault on driver, guard and simulator.

hypothesis chooses the acts and makes a failure small; proof/bedside.py judges each step at the loads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from eastim.safety.inputs import Gone, Heard
from eastim.safety.interlock import State
from firmware_sim.faults import FAULTS
from proof import rogue
from proof.bedside import Bedside, order_of
from proof.cores import cores, spread
from proof.row import Finding, Say, Size

RUNS = {"bounded": 100, "full": 10_000}
STEPS = 50  # what a run must have done to be counted as one: acts that did something, the beginning not among them
# Some acts do nothing (`stop` by nobody), and hypothesis breaks off some runs, which are not counted.
_MOST_STEPS = 60
_MOST_ROUNDS = 20
# A proof over loads at which nothing flows proves nothing. Of what a run usually has, less than a half.
LEAST_RAISES = 1  # a run, on the average
LEAST_FELT = 10  # pulses a run, the contact test's not counted
SEED = 20_260_102

LEADS, KINDS = st.sampled_from("AB"), st.sampled_from(("2", "100", None))
# Every deadline of the guard, a microsecond on both sides of some, and the pulses' own periods.
SPANS = st.sampled_from(
    (1, 100, 101, 1_000, 5_000, 10_000, 45_000, 100_000, 150_000, 200_000, 249_999, 250_000, 299_999, 300_000, 500_000)
)
LONG = st.sampled_from((600_000, 1_000_000, 3_000_000))
# Pulled, the port stays gone for the session; so it is drawn by `end`, seldom.
FAULT_NAMES = tuple(name for name in FAULTS if name not in ("unplug", "other-serial"))
_orders = {minutes: order_of("AB", minutes) for minutes in ("0.1", "0.5", "30")}


class Acts(RuleBasedStateMachine):
    """One run. way: clean (operator and time alone), rogue (somebody writes on the player's line), harmed (faults)."""

    counted: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.counted["runs"] += 1
        self.way, self.load, self.minutes = "clean", "600", "0.5"
        self.made = self.acts = 0
        self.bed: Bedside | None = None

    @property
    def now(self) -> Bedside:
        """The session that goes on; a new one where the last has ended, up to eight. On an ended one nothing counts."""
        if self.bed is None or (self.bed.rig.body.finished and self.made < 8):
            self._begin(armed=True)
        if self.bed is None:
            raise RuntimeError("no session was begun")
        if not self.bed.rig.body.finished:
            self.acts += 1
            self.counted["steps"] += 1
            self.counted[self.bed.state] += 1
        return self.bed

    def _begin(self, *, armed: bool) -> None:
        self._leave()
        self.made += 1
        self.bed = Bedside(_orders[self.minutes], self.made, self.load, clean=self.way == "clean")
        if armed:
            self.bed.run(100_000)
            self.bed.act("arm")
            self.bed.run(300_000)

    def _leave(self) -> None:
        if self.bed is not None:
            self.bed.close(stop=self.made % 2 == 0)
            self.counted["pulses"] += self.bed.pulses
            self.counted["felt"] += self.bed.felt
            self.counted["raises"] += sum(self.bed.paper.raises.values())
            self.counted["sessions"] += 1
            self.counted["tripped"] += self.bed.tripped

    def teardown(self) -> None:
        self._leave()
        self.counted["whole runs"] += self.acts >= STEPS

    # --- operator and time --------------------------------------------------------------------------------------------

    @initialize(
        way=st.sampled_from(("clean", "rogue", "harmed", "harmed")),
        load=st.sampled_from(("600", "needle", "1000+2uF")),
        minutes=st.sampled_from(("0.1", "0.5", "30")),
        armed=st.sampled_from((True, True, True, False)),
    )
    def begin(self, way: str, load: str, minutes: str, armed: bool) -> None:
        self.way, self.load, self.minutes = way, load, minutes
        self._begin(armed=armed)

    @rule(us=SPANS)
    def wait(self, us: int) -> None:
        self.now.run(us)

    @rule(us=LONG)
    def play_on(self, us: int) -> None:
        self.now.run(us)

    @rule(lead=LEADS, kind=KINDS)
    def raise_(self, lead: str, kind: str | None) -> None:
        self.now.act("raise", lead=lead, kind=kind)

    @rule(lead=LEADS, times=st.integers(1, 4))
    def titrate(self, lead: str, times: int) -> None:
        bed = self.now
        for _ in range(times):
            bed.act("raise", lead=lead, kind=None)
            bed.run(510_000)

    @rule(lead=LEADS, kind=KINDS)
    def lower(self, lead: str, kind: str | None) -> None:
        self.now.act("lower", lead=lead, kind=kind)

    @rule(kind=KINDS)
    def hold(self, kind: str | None) -> None:
        self.now.act("hold", kind=kind)

    @rule(us=SPANS)
    def pause(self, us: int) -> None:
        bed = self.now
        bed.act("pause")
        bed.run(us)

    @rule(name=st.sampled_from(("resume", "arm", "clear")))
    def go_on(self, name: str) -> None:
        self.now.act(name)

    @rule()
    def recover(self) -> None:
        bed = self.now
        bed.heal()
        for name, us in (("resume", 150_000), ("clear", 150_000), ("arm", 400_000)):
            bed.act(name)
            bed.run(us)

    @rule(who=st.sampled_from(("nobody", "nobody", "nobody", "operator", "shell")))
    def stop(self, who: str) -> None:
        if who != "nobody":
            self.now.act("stop", source=who)

    @precondition(lambda self: self.way != "harmed")
    @rule(times=st.integers(1, 3))
    def again(self, times: int) -> None:
        self.now.rig.cable.twice = times  # the manual's retry (3.2): it harms nobody

    # --- somebody else on the player's line ---------------------------------------------------------------------------

    @precondition(lambda self: self.way == "rogue")
    @rule(
        lead=LEADS, kind=st.integers(0, 1), more=st.sampled_from((-10, 0, 1, 10, 100, 2000)),
        lease_ms=st.sampled_from((200, 500, 2000, 2001, 60_000)), hold=st.sampled_from((255, 0, 1, 2)),
    )  # fmt: skip
    def rogue_play(self, lead: str, kind: int, more: int, lease_ms: int, hold: int) -> None:
        bed = self.now
        rows = rogue.ceilings(bed.rig)
        rows[kind]["ABCD".index(lead)] = max(0, rows[kind]["ABCD".index(lead)] + more)
        bed.ask(rogue.play(bed.rig, rows, lease_ms, hold))

    @precondition(lambda self: self.way == "rogue")
    @rule(mask=st.sampled_from((1, 3, 15)), pulses=st.sampled_from((1, 10, 11)), level=st.sampled_from((1, 10, 11)))
    def rogue_contact(self, mask: int, pulses: int, level: int) -> None:
        bed = self.now
        bed.ask(rogue.contact(bed.rig, mask, pulses, level))

    @precondition(lambda self: self.way == "rogue")
    @rule(
        name=st.sampled_from(("hello", "hush", "clear", "last", "stop", "limits", "program", "arm")),
        number=st.sampled_from((1, 200, 2000, 2001)),
    )
    def rogue_request(self, name: str, number: int) -> None:
        bed = self.now
        rig = bed.rig
        asked: dict[str, Callable[[], bytes]] = {
            "hello": lambda: rogue.hello(rig), "hush": lambda: rogue.hush(rig), "clear": lambda: rogue.clear(rig),
            "last": lambda: rig.body.guard.shadow.last, "stop": lambda: b"\0\x18\0",
            "limits": lambda: rogue.limits(rig, number), "program": lambda: rogue.program(rig, min(200, number)),
            "arm": lambda: rogue.arm(rig, number.to_bytes(8, "little")),
        }  # fmt: skip
        bed.ask(asked[name]())

    @precondition(lambda self: self.way == "rogue")
    @rule(data=st.binary(max_size=40))
    def rogue_bytes(self, data: bytes) -> None:
        self.now.ask(data)

    # --- what breaks --------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.way == "harmed")
    @rule(name=st.sampled_from(FAULT_NAMES), lead=st.sampled_from(("A", "B", None)), us=SPANS)
    def fault(self, name: str, lead: str | None, us: int) -> None:
        bed = self.now
        bed.fault(name, lead)
        bed.run(us)

    @precondition(lambda self: self.way == "harmed")
    @rule(up=st.booleans(), us=SPANS)
    def cable(self, up: bool, us: int) -> None:
        bed = self.now
        bed.harm(lambda: setattr(bed.rig.cable, "up", up))
        bed.run(us)

    @precondition(lambda self: self.way == "harmed")
    @rule(what=st.sampled_from(("player", "operator", "plays")), us=SPANS)
    def mute(self, what: Any, us: int) -> None:
        bed = self.now
        if what == "plays":
            bed.harm(lambda: setattr(bed.rig, "plays", False))
        else:
            bed.harm(lambda: bed.rig.beats.update({what: False}))
        bed.run(us)

    @precondition(lambda self: self.way == "harmed")
    @rule(data=st.binary(max_size=64))
    def noise(self, data: bytes) -> None:
        bed = self.now
        bed.harm(lambda: bed.rig.feed(Heard(data)))

    @precondition(lambda self: self.way == "harmed")
    @rule(lead=LEADS, load=st.sampled_from(("open", "short", "600", "needle", "8000")))
    def hang(self, lead: str, load: str) -> None:
        bed = self.now
        bed.harm(lambda: bed.rig.simulation.set_load(lead, load))

    @precondition(lambda self: self.way == "harmed")
    @rule(what=st.sampled_from(("nothing",) * 8 + ("ledger", "player", "operator", "unplug", "other-serial")))
    def end(self, what: Any) -> None:
        if what == "nothing":
            return
        bed = self.now
        if what == "ledger":
            bed.harm(lambda: setattr(bed.paper, "fails", True))
        elif what in ("player", "operator"):
            bed.harm(lambda: bed.rig.feed(Gone(what)))
        else:
            bed.fault(what, None)


# --- the proof --------------------------------------------------------------------------------------------------------


def prove(size: Size, say: Say) -> Finding:
    """Run the machine on every core, each with a seed of its own."""
    share = -(-RUNS[size] // cores())
    counted: Counter[str] = Counter()
    failures: list[str] = []
    for more, broken in spread(_share, [(SEED + core, share) for core in range(cores())]):
        counted.update(more)
        failures += broken
        say(f"{counted['whole runs']} runs")
    figures = {
        "steps": f"{counted['steps']}, those of {counted['runs'] - counted['whole runs']} shorter runs among them",
        "steps by state": ", ".join(f"{counted[state.value]} {state.value}" for state in State),
        "sessions begun, of them tripped": f"{counted['sessions']}, {counted['tripped']}",
        "raises accepted": str(counted["raises"]),
        "pulses at the load, each judged": f"{counted['pulses']}, of them {counted['felt']} not of a contact test",
    }
    failures += _too_little(counted, RUNS[size])
    return Finding(counted["whole runs"], f"runs of {STEPS} steps", figures, tuple(failures))


def _too_little(counted: Counter[str], runs: int) -> list[str]:
    """Say whether too little was tried, or too little flowed, for anything to be shown by it."""
    least = {
        f"runs of {STEPS} steps or more": (counted["whole runs"], runs),
        "raises accepted": (counted["raises"], LEAST_RAISES * runs),
        "pulses with current, the contact test's not counted": (counted["felt"], LEAST_FELT * runs),
    }
    return [f"{number} {words}, must be {must}" for words, (number, must) in least.items() if number < must]


def _share(share: tuple[int, int]) -> tuple[dict[str, int], list[str]]:
    """Run one core's share: round after round, until so many runs were whole ones."""
    number, runs = share
    counted: Counter[str] = Counter()
    failures: list[str] = []
    for at in range(_MOST_ROUNDS):
        more, failures = run(number + 1_000 * at, runs - counted["whole runs"])
        counted.update(more)
        if failures or counted["whole runs"] >= runs:
            break
    return dict(counted), failures


def run(number: int, runs: int, machine: type[Acts] = Acts) -> tuple[dict[str, int], list[str]]:
    """Run a machine with a seed; give what was counted, and the smallest failure with the acts that lead to it."""
    seeded: type[Acts] = type("Seeded", (machine,), {"counted": Counter()})
    found: list[str] = []
    try:
        run_state_machine_as_test(
            seed(number)(seeded),
            settings=settings(
                max_examples=runs,
                stateful_step_count=_MOST_STEPS,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
                print_blob=False,
                report_multiple_bugs=False,
            ),
        )
    except Exception as error:  # noqa: BLE001  whatever it is, it refutes the claim
        notes = "\n".join(getattr(error, "__notes__", ()))
        found.append(f"{type(error).__name__}: {error}\n{notes}")
    return dict(seeded.counted), found
