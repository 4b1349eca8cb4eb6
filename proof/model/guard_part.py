"""The real guard with the real ea1 reader as a finite automaton: states are numbered, each step is taken once.

Time is moved on by moving the state's moments back (proof.model.same). What goes out passes the real body of the door.
Every step is judged by itself here: what may never happen whatever the device does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from eastim.frames import Frame
from eastim.ledger import Entry
from eastim.profiles.profile import load_profile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety import guard as g
from eastim.safety import inputs as i
from eastim.safety.changed import replace
from eastim.safety.door import Body, Machine
from eastim.safety.guard_state import GuardState
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order, Use
from eastim.safety.readers.ea1 import Ea1Reader
from proof.model import claims
from proof.model import same as s
from proof.model.words import (
    NO_HOLD,
    STEP_UA,
    STOP,
    Report,
    Request,
    Said,
    Setting,
    request_bytes,
    request_of,
    said_bytes,
)

QUANTUM_US = 100_000
NAMES = ("a", "b")
MACHINE = Machine(g.step, g.next_us, g.finished, g.exit_code)
_BROKEN = (KeyError, ValueError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError)


class Took(NamedTuple):
    """What one input did: the state after it, what went out, the ledger's news, and what was wrong in the step itself.

    raised: the kind of a raise that came into force, -1 for none. cause: the fault that is the first cause of a cut.
    """

    guard: int
    wire: tuple[Request, ...]
    news: tuple[str, ...]
    wrong: tuple[str, ...]
    raised: int = -1
    cause: str = ""


@dataclass(slots=True)
class Hands:
    """The world as the door's body touches it: everything is kept in order."""

    setting: Setting
    wire: list[Request] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.wire.append(request_of(data, self.setting))

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        self.wire += [request_of(frame, self.setting) for frame in frames]
        return True

    def record(self, entry: Entry) -> None:
        self.records.append(entry.body)

    def tell(self, *_: object) -> None:
        """Nobody listens: the lines are inputs of their own."""

    def alarm(self, text: str) -> None:
        """Nobody listens."""


def order_of(setting: Setting, limits: Mapping[str, int]) -> Order:
    """The order of a setting: lead A only, with needles; limits tightened as given.

    For a person where the wall clock is bounded; for an animal, where it need not be, elsewhere.
    """
    use: Use = "human" if "wall_us" in limits else "animal"
    sections = tuple(
        Section(PulseTrain(NAMES[kind], PulseShape(width_us), Fraction(rate_hz)), 100_000, count, ("A",))
        for kind, rate_hz, width_us, count in setting.sections
    )
    program = Program("model", sections, setting.session_ms // (100 * len(sections)))
    bounds = envelope(use, "needle")
    for name, value in {"step_ua": STEP_UA, "slope_ua_per_s": 500, **limits}.items():
        bounds = bounds.tighten(name, value, "model", "a small domain")
    leads = (LeadOrder("A", ("ST36.L", "SP6.L"), setting.most * STEP_UA),)
    return Order(program, leads, bounds, use, program.session_us, "ea1", "EA1-000001")


class GuardPart:
    """Number the guard's states; take each step once."""

    def __init__(self, setting: Setting, limits: Mapping[str, int], lease_ms: int, rules: s.Rules) -> None:
        profile = load_profile("ea1")
        self.setting, self.lease_ms, self.rules = setting, lease_ms, rules
        self.reader = Ea1Reader(profile, NAMES[: setting.kinds])
        self.states: list[GuardState] = []
        self.numbers: list[int] = []
        self.epochs: list[tuple[int, ...]] = []
        self._known: dict[GuardState, int] = {}
        self._took: dict[tuple[int, Any], Took] = {}
        self._renamed: dict[tuple[int, Naming], int] = {}
        self._ajar: dict[GuardState, list[str]] = {}
        start, _ = g.begin(order_of(setting, limits), profile, self.reader, s.NOW_US)
        self.start = self.number(s.same(start, rules))

    def number(self, guard: GuardState) -> int:
        """The number of a state that `same` gave."""
        found = self._known.get(guard)
        if found is None:
            found = self._known[guard] = len(self.states)
            self.states.append(guard)
            self.numbers.append(bits(s.numbers(guard.shadow)))
            self.epochs.append(s.epochs(guard.shadow))
        return found

    def rename(self, guard: int, naming: Naming) -> int:
        """Give numbers their ranks and epochs their order: nothing else of them matters (3.1, 3.4, 3.6)."""
        found = self._renamed.get((guard, naming))
        if found is None:
            state = self.states[guard]
            found = self.number(replace(state, shadow=s.renamed(state.shadow, *names(naming))))
            self._renamed[guard, naming] = found
        return found

    def take(self, guard: int, act: Any) -> Took:
        """Take an act: its name, or ("hear", what the device said)."""
        found = self._took.get((guard, act))
        if found is None:
            found = self._took[guard, act] = self._take(self.states[guard], act)
        return found

    def edges(self) -> list[tuple[int, Any, int]]:
        """Every step that was taken: from, act, to; renamings, which take no time, as the act `rename`."""
        steps = [(guard, act, took.guard) for (guard, act), took in self._took.items()]
        return steps + [(guard, "rename", to) for (guard, _), to in self._renamed.items()]

    def _take(self, state: GuardState, act: Any) -> Took:
        now, hands, wrong, inputs = self.played(state, act)
        if isinstance(act, tuple) and isinstance(act[1], Report) and not wrong:
            wrong += self.repeats(now, act[1], act[2])
        if s.closed(now, self.rules) and not s.closed(state, self.rules):
            wrong += self.ajar(now)
        news = tuple(claims.news(record) for record in hands.records)
        raised = claims.raised(state, inputs, news)
        number, cause = self.number(s.same(now, self.rules)), claims.cause(state, now)
        return Took(number, tuple(hands.wire), news, tuple(wrong), raised, cause)

    def played(self, state: GuardState, act: Any) -> tuple[GuardState, Hands, list[str], tuple[i.Input, ...]]:
        """The guard after an act, what it did, what was wrong in it, and the act as inputs. Nothing is joined here."""
        inputs = self._inputs(state, act)
        if act in TIMES:
            state = s.moved(state, -TIMES[act][1] * QUANTUM_US)
        hands, now = Hands(self.setting), state
        wrong: list[str] = []
        todo, ticks = deque(inputs), 0
        while todo:
            was, sent, kept, what = now, len(hands.wire), len(hands.records), todo.popleft()
            body = Body(MACHINE, was, hands, was.given.profile.stop_frames)
            try:
                body.feed(what, s.NOW_US)
            except _BROKEN as error:
                wrong.append(f"the guard raises {error!r}")
                break
            now = body.guard
            wrong += claims.judge_step(was, what, now, hands.wire[sent:], hands.records[kept:])
            if not todo and g.next_us(now) <= s.NOW_US:  # the door ticks at once
                ticks += 1
                todo.append(i.Tick())
            if ticks > len(now.times.__slots__):
                wrong.append("the guard asks for ticks without end")
                break
        return now, hands, wrong, inputs

    def repeats(self, guard: GuardState, what: Report, age: int) -> list[str]:
        """A report that was just heard, heard again, and one that is older, are dropped and change nothing else."""
        wrong, shadow = [], guard.shadow
        dropped = replace(guard, shadow=replace(shadow, dropped=shadow.dropped + (not guard.finished)))
        for older in (0, 1):
            hands = Hands(self.setting)
            body = Body(MACHINE, guard, hands, guard.given.profile.stop_frames)
            body.feed(i.Heard(said_bytes(what, self.setting, age + older)), s.NOW_US)
            if hands.wire or hands.records or body.guard != dropped:
                wrong.append(f"a report that is {'older than the last' if older else 'heard twice'} changes something")
        return wrong

    def ajar(self, guard: GuardState) -> list[str]:
        """What is wrong in any act on one that has just closed, with all that it still knows but words."""
        guard = s.wordless(guard)
        found = self._ajar.get(guard)
        if found is None:
            wrong = [wrong for act in self.rules.acts for wrong in self.played(guard, act)[2]]
            found = self._ajar[guard] = list(dict.fromkeys(wrong))
        return found

    # --- inputs -------------------------------------------------------------------------------------------------------

    def _inputs(self, guard: GuardState, act: Any) -> tuple[i.Input, ...]:
        if isinstance(act, tuple):
            return (i.Heard(said_bytes(act[1], self.setting, act[2])),)
        if act in TIMES:
            return TIMES[act][2]
        if act in ACTS:
            return (ACTS[act],)
        if act == "recorded":
            return (i.Recorded(guard.pending[0].n),) if guard.pending else ()
        if act == "again":
            return (i.Asked(Frame(guard.shadow.last, 5000)),) if guard.shadow.last else ()
        if act == "frame stop":
            return (i.Asked(Frame(STOP, 5000)),)
        return (i.Asked(Frame(request_bytes(self._request(guard, act), self.setting), 5000)),)

    def _request(self, guard: GuardState, act: str) -> Request:
        """What a player asks; it knows all that the guard knows."""
        shadow = guard.shadow
        levels = tuple(ua // STEP_UA for ua in guard.ceilings)
        hold = NO_HOLD if guard.hold is None else NAMES.index(guard.hold)
        number = max(shadow.number, 0) + 1
        play = Request("play", number, shadow.epoch, self.lease_ms, hold, levels)
        return FRAMES[act](play, shadow)


_PLAYER, _OPERATOR = i.Beat("player"), i.Beat("operator")
TIMES: dict[str, tuple[int, int, tuple[i.Input, ...]]] = {
    "time": (1, 1, (i.Tick(), _PLAYER, _OPERATOR)),
    "time, no beat": (1, 1, (i.Tick(),)),
    "time, no player": (1, 1, (i.Tick(), _OPERATOR)),
    "time, no operator": (1, 1, (i.Tick(), _PLAYER)),
    "time, then stop": (1, 1, (i.Stop("operator"),)),
    "stall": (3, 3, (i.Tick(), _PLAYER, _OPERATOR)),
    "jump": (1, 4, (i.Tick(), _PLAYER, _OPERATOR)),
    "second": (10, 10, (i.Tick(), _PLAYER, _OPERATOR)),
    "sleep": (3, 0, (i.Slept(300_000),)),
}
"""How time passes: steps of the device's, steps of the guard's clock, and what the guard is given then.

stall: the guard is not run for 300 ms. jump: its clock leaps ahead. sleep: it stands still while the device plays on.
"""

ACTS: dict[str, i.Input] = {
    "arm": i.Arm(),
    "raise": i.Raise("A", None),
    "raise a": i.Raise("A", "a"),
    "raise b": i.Raise("A", "b"),
    "raise lead B": i.Raise("B", None),
    "lower": i.Lower("A", None),
    "lower b": i.Lower("A", "b"),
    "hold a": i.Hold("a"),
    "hold b": i.Hold("b"),
    "release": i.Hold(None),
    "pause": i.Pause(),
    "resume": i.Resume(),
    "clear": i.Clear(),
    "stop": i.Stop("operator"),
    "player gives up": i.Stop("player: it failed"),
    "player gone": i.Gone("player"),
    "operator gone": i.Gone("operator"),
    "port gone": i.Gone("port"),
    "guard fails": i.Failed("a mistake"),
    "ledger fails": i.Recorded(0, "no space left"),
    "noise": i.Heard(b"\x07zzzz\0"),
}

FRAMES: dict[str, Callable[[Request, Any], Request]] = {
    "ask play": lambda play, _: play,
    "ask play zero": lambda play, _: play._replace(levels=(0,) * len(play.levels)),
    "ask play too strong": lambda play, _: play._replace(levels=tuple(level + 1 for level in play.levels)),
    "ask play too long": lambda play, _: play._replace(lease_ms=2000),
    "ask play short": lambda play, _: play._replace(lease_ms=200),
    "ask play on B": lambda play, _: play._replace(lead=1, levels=(1,) * len(play.levels)),
    "ask play unheld": lambda play, _: play._replace(hold=NO_HOLD),
    "ask play held": lambda play, _: play._replace(hold=0),
    "ask play of an old epoch": lambda play, shadow: play._replace(epoch=shadow.void or 77),
    "ask play of an old number": lambda play, shadow: play._replace(number=max(1, shadow.number)),
    "ask arm": lambda play, _: Request("arm", play.number, play.epoch),
    "ask hush": lambda play, _: Request("hush", play.number, play.epoch),
    "ask clear": lambda play, _: Request("clear", play.number, play.epoch),
    "ask hello": lambda play, _: Request("hello", play.number),
    "ask limits": lambda play, _: Request("limits", play.number),
    "ask program": lambda play, _: Request("program", play.number),
    "ask noise": lambda _, __: Request("noise"),
}


def bits(found: frozenset[int]) -> int:
    return sum(1 << number for number in found)


Naming = tuple[int, tuple[int, ...]]
"""The numbers in use as a mask, and the epochs in use in their order: both are named 1, 2, 3 ... by it."""


@cache
def names(naming: Naming) -> tuple[s.Names, s.Names]:
    """New names for numbers and epochs."""
    used, epochs = naming
    numbers = [number for number in range(1, used.bit_length()) if used >> number & 1]
    return {number: n for n, number in enumerate(numbers, 1)}, {epoch: n for n, epoch in enumerate(epochs, 1)}


def hearing(what: Said, age: int) -> tuple[str, Said, int]:
    """The act of hearing what the device said `age` steps of time ago; only a report tells its time."""
    return ("hear", what, age if isinstance(what, Report) else 0)
