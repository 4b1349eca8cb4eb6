"""A trivial wire of the tests' own, and a stand that plays the world around the guard. It keeps the guard wire-neutral.

Frames: b"load", b"arm", b"hush", b"bad", b"lock UA PC US", b"contact A,B PULSES UA WIDTH",
b"play LEASE_MS HOLD A:2=0,A:100=100",
b"odd N" (an output that the test made itself). What the device says is a number of a `Status` in `FakeReader.said`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeVar

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety import guard as g
from eastim.safety.guard_state import GuardState
from eastim.safety.inputs import Arm, Asked, Beat, Cut, Effect, Heard, Input, Raise, Record, Recorded, Tell, Tick, Write
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.base import Count, Locks, Measured, Output, Run, Status

F = Fraction
SILENCE = Output()
BLOCK_US = 6_000_000
# 3 s of 2 Hz / 600 us, then 3 s of 100 Hz / 200 us, as literals: onset, period, count, width of each kind's run.
RUNS = {"2": (0, 500_000, 6, 600), "100": (3_000_000, 10_000, 300, 200)}
# The same sections with the other kind held in them (whole periods that fit 3 s).
HELD = {"2": (3_000_000, 500_000, 6, 600), "100": (0, 10_000, 300, 200)}


def program(leads: tuple[str, ...] = ("A", "B"), repeats: int = 300) -> Program:
    two = PulseTrain("2", PulseShape(600), F(2))
    hundred = PulseTrain("100", PulseShape(200), F(100))
    return Program("2/100", (Section(two, 3_000_000, 6, leads), Section(hundred, 3_000_000, 300, leads)), repeats)


def order(use: Any = "human", repeats: int = 300, max_ua: int = 2000, device: str | None = "EA1-1") -> Order:
    prog = program(repeats=repeats)
    leads = (LeadOrder("A", ("ST36.L", "SP6.L"), max_ua), LeadOrder("B", ("LI4.R", "LI11.R"), max_ua))
    return Order(prog, leads, envelope(use, "needle"), use, prog.session_us, "ea1", device)


def run(lead: str, kind: str, ua: int, held: bool = False) -> Run:
    onset_us, period_us, count, width_us = (HELD if held else RUNS)[kind]
    return Run(lead, onset_us, ((F(ua), F(width_us)), (F(-ua), F(width_us))), F(period_us), count)


def output(levels: dict[tuple[str, str], int], starts_us: int, ends_us: int, hold: str | None = None) -> Output:
    runs = [run(lead, kind, ua) for (lead, kind), ua in levels.items() if hold in (None, kind)]
    runs += [run(lead, kind, ua, held=True) for (lead, kind), ua in levels.items() if hold == kind]
    return Output(tuple(runs), starts_us, BLOCK_US, ends_us)


@dataclass(frozen=True, slots=True)
class FakeShadow:
    """What the fake device holds. open: a hush that is not answered yet."""

    out: Output = SILENCE
    test: Output = SILENCE
    open: bool = False
    locks: Locks | None = None


@dataclass(slots=True)
class FakeReader:
    """Decode the fake wire."""

    said: list[Status] = field(default_factory=list)
    odd: list[Output] = field(default_factory=list)
    odd_contact: list[Output] = field(default_factory=list)
    old: list[Run] = field(default_factory=list)  # what still may sound, as the device has not taken up a hold yet

    def locks(self, shadow: FakeShadow) -> Locks | None:
        return shadow.locks

    def blank(self) -> FakeShadow:
        return FakeShadow()

    def sent(self, shadow: FakeShadow, frame: Frame, now_us: int) -> FakeShadow:
        try:
            return self._sent(shadow, frame, now_us)
        except (ValueError, IndexError, KeyError) as error:
            raise Refused(f"no such frame: {error}") from error

    def _sent(self, shadow: FakeShadow, frame: Frame, now_us: int) -> FakeShadow:
        word, _, rest = frame.data.decode("ascii", "replace").partition(" ")
        if word == "play":
            return FakeShadow(self._play(shadow, rest, now_us))
        if word == "contact":
            return replace(shadow, test=_contact(rest, now_us))
        if word == "odd":
            return FakeShadow(self.odd[int(rest)], shadow.test)
        if word == "oddtest":
            return replace(shadow, test=self.odd_contact[int(rest)])
        if word == "hush":
            return replace(shadow, open=True)
        if word == "lock":
            ua, phase_pc, play_us = map(int, rest.split(" "))
            return replace(shadow, locks=Locks((("A", ua), ("B", 0)), phase_pc, play_us))
        if word in ("load", "arm"):
            return shadow
        raise Refused(f"no such frame: {word}")

    def _play(self, shadow: FakeShadow, rest: str, now_us: int) -> Output:
        lease_ms, hold, text = rest.split(" ")
        levels = {}
        for part in text.split(","):
            name, _, ua = part.partition("=")
            lead, _, kind = name.partition(":")
            levels[lead, kind] = int(ua)
        old = shadow.out
        starts_us = old.starts_us if old.runs else now_us + 1000
        return output(levels, starts_us, now_us + int(lease_ms) * 1000 + 1200, None if hold == "-" else hold)

    def stopped(self, shadow: FakeShadow, now_us: int) -> FakeShadow:
        return replace(shadow, out=replace(shadow.out, ends_us=min(shadow.out.ends_us, now_us + 5000)), open=True)

    def heard(self, shadow: FakeShadow, data: bytes, now_us: int) -> tuple[FakeShadow, tuple[Status, ...]]:
        if not data.isdigit() or int(data) >= len(self.said):
            return shadow, ()
        status = self.said[int(data)]
        if status.quiet and shadow.open:
            shadow = FakeShadow()
        if status.quiet:
            shadow = replace(shadow, test=Output())
        return shadow, (status,)

    def output(self, shadow: FakeShadow) -> Output:
        return replace(shadow.out, runs=(*self.old, *shadow.out.runs)) if self.old else shadow.out

    def asked(self, shadow: FakeShadow) -> Output:
        return self.settled(shadow).out

    def contact(self, shadow: FakeShadow) -> Output:
        return shadow.test

    def settled(self, shadow: FakeShadow) -> FakeShadow:
        return FakeShadow() if shadow.open else shadow


def _contact(rest: str, now_us: int) -> Output:
    leads, pulses, ua, width_us = rest.split(" ")
    return contact(leads.split(","), int(pulses), int(ua), int(width_us), now_us)


def contact(leads: Sequence[str], pulses: int, ua: int, width_us: int, now_us: int) -> Output:
    phases = ((F(ua), F(width_us)), (F(-ua), F(width_us)))
    runs = tuple(Run(lead, i * 100_000, phases, F(10_000), pulses) for i, lead in enumerate(leads))
    return Output(runs, now_us + 1000, 0, now_us + 600_000)


QUIET = Status(
    device="EA1-1", boot=7, quiet=True, agrees=True, disagreement="", ready=True, playing=False, ended=False,
    played_us=0, section=None, hold=None, counts=(), measured=(), faults=(), source="measured", stop_answer=False,
)  # fmt: skip
CLEAN = Measured("A", "2", 100, 100, 60, 0, 600, False, False, False, 0, 100, 1)
E = TypeVar("E")


class Stand:
    """Play the world: keep time, the lines' beats and the device's reports; keep every effect.

    auto: whether beats and reports come by themselves each 100 ms while time passes.
    """

    def __init__(self, order_: Order | None = None, profile: str = "ea1") -> None:
        self.order = order_ or order()
        self.reader = FakeReader()
        self.now_us = 1_000_000
        self.guard, effects = g.begin(self.order, load_profile(profile), self.reader, self.now_us)
        self.effects: list[Effect] = list(effects)
        self.last: tuple[Effect, ...] = effects
        self.status = QUIET
        self.auto = {"player", "operator", "device"}
        self.played_us = 0

    # --- one input ------------------------------------------------------------------------------------------------

    def feed(self, what: Input) -> tuple[Effect, ...]:
        self.guard, effects = g.step(self.guard, what, self.now_us)
        self.last = effects
        self.effects.extend(effects)
        return effects

    def ask(self, data: bytes) -> tuple[Effect, ...]:
        return self.feed(Asked(Frame(data, 5000)))

    def hear(self, status: Status | None = None) -> tuple[Effect, ...]:
        self.reader.said.append(status or self.status)
        return self.feed(Heard(str(len(self.reader.said) - 1).encode()))

    def at(self, ms: int) -> Stand:
        """Let `ms` pass, with beats, reports and ticks; what they cause is kept in `effects` and in `last`."""
        until_us, since = self.now_us + ms * 1000, len(self.effects)
        while self.now_us < until_us:
            self.now_us = min(until_us, (self.now_us // 50_000 + 1) * 50_000)
            if "device" in self.auto:
                self.hear()
            for line in ("player", "operator"):
                if line in self.auto:
                    self.feed(Beat(line))
            self.feed(Tick())
        self.last = tuple(self.effects[since:])
        return self

    # --- whole stories --------------------------------------------------------------------------------------------

    def safe(self) -> Stand:
        self.ask(b"load")
        self.hear()
        return self

    def armed(self) -> Stand:
        self.safe().feed(Arm())
        self.ask(b"arm")
        return self

    def live(self) -> Stand:
        self.armed()
        self.play()
        return self

    def play(self, lease_ms: int = 500, **levels: int) -> tuple[Effect, ...]:
        """Ask for what the player would: the ceilings, and play them. levels: A2=..., B100=... instead."""
        ceilings = dict(self.guard.levels)
        for name, ua in levels.items():
            ceilings[name[0], name[1:]] = ua
        text = ",".join(f"{lead}:{kind}={ua}" for (lead, kind), ua in ceilings.items())
        effects = self.ask(f"play {lease_ms} {self.guard.hold or '-'} {text}".encode())
        if any(isinstance(effect, Write) for effect in effects):
            self.status = replace(
                self.status, quiet=False, playing=True, counts=tuple(
                    Count(lead, kind, ua, True, 0, 0) for (lead, kind), ua in ceilings.items()
                ),
            )  # fmt: skip
        return effects

    def run(self, ms: int) -> Stand:
        """Play on for `ms`, renewed each 200 ms."""
        since = len(self.effects)
        for _ in range(0, ms, 200):
            self.play()
            self.at(200)
        self.last = tuple(self.effects[since:])
        return self

    def raised(self, lead: str = "A", kind: str | None = None) -> Stand:
        """Raise one step, its record kept, and let the player follow."""
        self.feed(Raise(lead, kind))
        for record in [effect for effect in self.last if isinstance(effect, Record) and effect.wait]:
            self.feed(Recorded(record.n))
        self.play()
        return self

    def hush(self) -> Stand:
        self.ask(b"hush")
        self.status = QUIET
        self.hear()
        return self

    def zero_read_back(self) -> Stand:
        self.status = replace(QUIET, measured=self.status.measured, faults=self.status.faults)
        self.hear(replace(self.status, stop_answer=True))
        return self

    def measure(self, level_ua: int | None = None, **changes: Any) -> tuple[Effect, ...]:
        """One report with a reading of lead A: a new felt pulse, unless `fresh` is given, of the level it shows."""
        known = self.status.measured[0] if self.status.measured else replace(CLEAN, fresh=0)
        reading = replace(CLEAN, **{"fresh": known.fresh + 1, **changes})
        self.status = replace(self.status, measured=(reading,))
        if level_ua is None and {"plus_ua", "minus_ua"} & set(changes):
            level_ua = max(reading.plus_ua or 0, reading.minus_ua or 0)
        if level_ua is not None:
            self._count(Count("A", reading.kind or "", level_ua, True, 0, 0))
        return self.hear()

    def _count(self, count: Count) -> None:
        others = (old for old in self.status.counts if (old.lead, old.kind) != (count.lead, count.kind))
        self.status = replace(self.status, counts=(count, *others))

    # --- what came of it ------------------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        return self.guard.state.value

    def told(self, line: str, name: str, effects: Sequence[Effect] | None = None) -> list[dict[str, Any]]:
        chosen = self.last if effects is None else effects
        return [e.body for e in chosen if isinstance(e, Tell) and (e.line, e.name) == (line, name)]

    def all_told(self, line: str, name: str) -> list[dict[str, Any]]:
        return self.told(line, name, self.effects)

    def records(self, type_: str) -> list[dict[str, Any]]:
        return [e.body for e in self.effects if isinstance(e, Record) and e.body["type"] == type_]

    def of(self, cls: type[E]) -> list[E]:
        return [effect for effect in self.last if isinstance(effect, cls)]

    @property
    def cut(self) -> bool:
        """Whether the last input cut, before everything else."""
        return bool(self.last) and isinstance(self.last[0], Cut)

    @property
    def wrote(self) -> bool:
        return bool(self.of(Write))


def level(guard: GuardState, lead: str, kind: str) -> int:
    return guard.levels[lead, kind]
