"""Random walks of a fixed seed: over the interlock's tables, and over the whole guard with the tests' own trivial wire.

What must hold is written here a second time, as literals and in words; nothing of it is read from the tables.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eastim.safety.inputs import Arm, Beat, Clear, Effect, Gone, Input, Pause, Resume, Stop, Tick
from eastim.safety.interlock import Event, State, Unlisted, after
from proof.cores import cores, spread
from proof.row import Finding, Say, Size
from tests.safety.fake_wire import contact, output
from tests.safety.test_guard_walk import BEGINNINGS, Walker, do

SEED = 20_260_101
INTERLOCK_MOVES = {"bounded": 700_000, "full": 20_000_000}
GUARD_STEPS = {"bounded": 20_000, "full": 1_200_000}
LEAST_UPS_IN = 2_000  # steps of the guard for one step up on the wire: walks that raise nothing show nothing
_AT_ONCE = 10_000
_DRAWN = 1 << 16  # far more than a row is long, so what is left over in dividing weighs nothing
_ANY_IN = 4  # one draw in so many is of every event, listed there or not; the others of what is listed, so they move

# What happens where, in a word each: event>state.
RULES = {
    "OFF": "found>SAFE stop>STOPPING fault>STOPPING lost>OFF end>OFF",
    "SAFE": "arm>ARMED stop>STOPPING fault>STOPPING lost>UNCERTAIN",
    "ARMED": "start>LIVE pause>PAUSED stop>STOPPING fault>STOPPING lost>UNCERTAIN",
    "LIVE": "pause>PAUSED stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF",
    "PAUSED": "resume>ARMED stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF",
    "STOPPING": "zero>TRIPPED unconfirmed>UNCERTAIN stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF",
    "TRIPPED": "clear>SAFE stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF",
    "UNCERTAIN": "zero>TRIPPED stop>UNCERTAIN fault>UNCERTAIN lost>UNCERTAIN end>OFF",
}
EVENTS = ("found", "arm", "start", "pause", "resume", "clear", "stop", "fault", "lost", "zero", "unconfirmed", "end")
# How often each is drawn: what ends a session less often, or it would hardly ever be LIVE.
OFTEN = (4, 4, 4, 4, 4, 4, 1, 1, 1, 4, 4, 1)

Move = Callable[[State, Event], State]


def prove(size: Size, say: Say) -> Finding:
    """Walk on every core, each with a seed of its own."""
    many, of_guard = (-(-steps[size] // cores()) for steps in (INTERLOCK_MOVES, GUARD_STEPS))
    shares = [Share(SEED + core, many, of_guard) for core in range(cores())]
    steps: Counter[str] = Counter()
    failures: list[str] = []
    for counted, broken in spread(_share, shares):
        steps.update(counted)
        failures += broken
        say(f"{steps['moves']} moves of the interlock, {steps['guard']} steps of the guard")
    figures = {
        "and refused as unlisted": str(steps["unlisted"]),
        "times LIVE, TRIPPED, UNCERTAIN": ", ".join(str(steps[state]) for state in ("LIVE", "TRIPPED", "UNCERTAIN")),
        "guard steps with the tests' own wire": str(steps["guard"]),
        "guard walks, raises accepted in them, steps up on the wire": ", ".join(
            str(steps[name]) for name in ("walks", "raises", "ups")
        ),
    }
    if steps["ups"] < GUARD_STEPS[size] // LEAST_UPS_IN:
        failures.append(f"{steps['ups']} steps up on the wire in {steps['guard']} steps of the guard are too few")
    return Finding(steps["moves"], "moves of the interlock", figures, tuple(failures[:20]))


@dataclass(frozen=True, slots=True)
class Share:
    """What one core walks."""

    seed: int
    moves: int
    guard_steps: int


def _share(share: Share) -> tuple[dict[str, int], list[str]]:
    steps, failures = walk_interlock(share.seed, share.moves)
    more, broken = walk_guard(share.seed, share.guard_steps)
    return {**steps, **more}, [*failures, *broken]


# --- the interlock ----------------------------------------------------------------------------------------------------


def walk_interlock(seed: int, moves: int, move: Move = after) -> tuple[dict[str, int], list[str]]:
    """Let events happen by chance until so many have moved it; stop at the first thing that is wrong."""
    expected = {name: dict(rule.split(">") for rule in row.split(" ")) for name, row in RULES.items()}
    if {state.value for state in State} != set(expected) or {event.value for event in Event} != set(EVENTS):
        return {}, ["the interlock has other states or events than the rules"]
    listed, every = {name: _weighed(row) for name, row in expected.items()}, _weighed(EVENTS)
    chance, steps, state, past = random.Random(seed), Counter[str](), State.OFF, Past()
    while steps["moves"] < moves:
        drawn = chance.choices(range(_ANY_IN * _DRAWN), k=min(_AT_ONCE, moves - steps["moves"]))
        for number in drawn:
            row = listed[state.value] if number % _ANY_IN else every
            event = row[number // _ANY_IN % len(row)]
            to, wrong = _moved(move, state, event, expected[state.value])
            wrong = wrong or (past.wrong(state.value, event.value, to.value) if to else "")
            if wrong:
                return dict(steps), [f"{event.value} in {state.value} {f'leads to {to.value}: ' if to else ''}{wrong}"]
            steps[to.value if to else "unlisted"] += 1
            steps["moves"] += to is not None
            state = to or state
    return dict(steps), []


def _weighed(names: Iterable[str]) -> tuple[Event, ...]:
    """The events of these names, each as often as it is drawn."""
    often = dict(zip(EVENTS, OFTEN, strict=True))
    return tuple(Event(name) for name in names for _ in range(often[name]))


def _moved(move: Move, state: State, event: Event, expected: dict[str, str]) -> tuple[State | None, str]:
    """Where it leads, None when it is refused; and what is wrong with that by the rules, "" when nothing."""
    try:
        to = move(state, event)
    except Unlisted:
        return None, "is refused" if event.value in expected else ""
    return to, "" if expected.get(event.value) == to.value else "is not in the rules"


@dataclass(slots=True)
class Past:
    """What must be remembered to judge a move: whether somebody armed since output was last forbidden."""

    armed: bool = False

    def wrong(self, was: str, event: str, to: str) -> str:
        """Say what rule a move breaks, in words; "" when none."""
        found = ""
        if to == "LIVE" and (was, event) != ("ARMED", "start"):
            found = "LIVE comes by a start in ARMED alone"
        elif to in ("ARMED", "LIVE", "PAUSED") and not (self.armed or event == "arm"):
            found = "after a stop, a fault or a lost port output is permitted only once somebody has armed"
        elif was == "TRIPPED" and to not in ("TRIPPED", "STOPPING", "UNCERTAIN", "OFF") and event != "clear":
            found = "a trip is latched until it is cleared"
        elif was == "UNCERTAIN" and to != "UNCERTAIN" and event not in ("zero", "end"):
            found = "nothing but silence read back leads out of UNCERTAIN, or giving up"
        elif to == "TRIPPED" and event != "zero" and was != "TRIPPED":
            found = "TRIPPED says that zero was read back"
        elif event in ("stop", "fault", "lost") and to in ("SAFE", "ARMED", "LIVE", "PAUSED", "TRIPPED"):
            found = "a stop, a fault or a lost port takes every permission"
        if event == "arm":
            self.armed = True
        elif event in ("stop", "fault", "lost", "end"):
            self.armed = False
        return found


# --- the guard --------------------------------------------------------------------------------------------------------


class Counting(Walker):
    """The tests' walker, which judges each of its steps; counted."""

    steps = 0

    def feed(self, what: object) -> tuple[Effect, ...]:
        self.steps += 1
        return super().feed(what)


def walk_guard(seed: int, count: int) -> tuple[dict[str, int], list[str]]:
    """Walk after walk until so many steps are done; a walk goes on for 60 acts of world, player and operator."""
    chance = random.Random(seed)
    steps: Counter[str] = Counter()
    failures: list[str] = []
    while steps["guard"] < count and not failures:
        walker = Counting()
        walker.reader.odd = [output({("A", "2"): 1}, 0, 1 << 60)]
        walker.reader.odd_contact = [contact(["A"], 99, 5000, 100, 0)]
        acts: list[tuple[str, object]] = []
        try:
            chance.choice(BEGINNINGS)(walker)
            for _ in range(60):
                acts.append(_act(chance))
                do(walker, acts[-1])
            if not walker.ups <= walker.raises:
                failures.append(f"{dict(walker.ups)} steps up on the wire, {dict(walker.raises)} raises: {acts}")
        except AssertionError as error:
            failures.append(f"walk {steps['walks']} of seed {seed}: {str(error) or 'a step is wrong'}; acts {acts}")
        steps.update(guard=walker.steps, walks=1, raises=walker.raises.total(), ups=walker.ups.total())
    return dict(steps), failures


_INPUTS: tuple[Input, ...] = (Arm(), Pause(), Resume(), Clear(), Tick(), Beat("player"))
_ENDS: tuple[Input, ...] = (Stop("shell"), Gone("player"), Gone("operator"), Gone("port"))
_FRAMES = (b"hush", b"arm", b"contact A,B 10 100 100", b"play", b"contact A", b"odd 0", b"oddtest 0", b"xyz")
# How often, by chance: most acts let a session live, a few end it.
_OFTEN = {
    "run": 20, "raised": 20, "raise": 8, "lower": 8, "hold": 6, "act": 8, "again": 10, "time": 3, "reading": 3,
    "report": 2, "noise": 2, "record": 2, "frame": 2, "too high": 1, "stop": 1,
}  # fmt: skip


def _act(chance: random.Random) -> tuple[str, object]:
    name = chance.choices(tuple(_OFTEN), tuple(_OFTEN.values()))[0]
    lead, kind = chance.choice("AB"), chance.choice(("2", "100", None))
    known: dict[str, Callable[[], object]] = {
        "time": lambda: chance.choice((1, 50, 200, 400)),
        "run": lambda: chance.choice((200, 400, 600)),
        "too high": lambda: (lead, chance.choice((1, 100, 100_000))),
        "hold": lambda: kind,
        "frame": lambda: chance.choice(_FRAMES),
        "report": lambda: _some(chance, _REPORTS),
        "reading": lambda: _some(chance, _READINGS),
        "noise": lambda: chance.randbytes(chance.randrange(9)),
        "record": lambda: (chance.randrange(-1, 41), chance.choice(("", "", "", "no space left"))),
        "act": lambda: chance.choice(_INPUTS),
        "again": lambda: None,
        "stop": lambda: chance.choice(_ENDS),
    }
    return name, known.get(name, lambda: (lead, kind))()


_READINGS: dict[str, tuple[object, ...]] = {
    "open": (True, False), "short": (True, False), "parked": (True, False), "kind": ("2", "100", None),
    "z_ohm": (None, 0, 1, 49, 600, 5001, 1 << 31), "plus_ua": (None, 0, 100, 65_535),
    "minus_ua": (None, 0, 100, 104), "residual_mv": (None, -32_768, 0, 101), "net_pc": (0, -(1 << 62), 1 << 62),
}  # fmt: skip
_REPORTS: dict[str, tuple[object, ...]] = {
    "quiet": (True, False), "agrees": (True, False), "ended": (True, False), "stop_answer": (True, False),
    "device": ("", "EA1-1", "EA1-2"), "boot": (7, 8), "faults": ((), ("LEASE",)), "section": (None, 0, 1, 77),
    "hold": (None, "2", "xyz"),
}  # fmt: skip


def _some(chance: random.Random, table: dict[str, tuple[object, ...]]) -> dict[str, object]:
    """A few of a table's fields, each with one of its values."""
    names = chance.sample(tuple(table), chance.randrange(3))
    return {name: chance.choice(table[name]) for name in names}
