"""What must come: every session ends, zero is reached from everywhere, an accepted raise arrives. The worst is counted.

Steps of time are 100 ms. `Session ends` looks at the guard alone, whatever it is given: more than can happen. `Zero` is
tried from every state that the search reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from eastim.safety.guard_state import NEVER, GuardState
from eastim.safety.interlock import State
from proof.model.guard_part import TIMES
from proof.model.line import Line
from proof.model.search import unpack
from proof.model.words import STEP_UA
from proof.model.world import Spot, World

NEW_EPOCH = 60  # an epoch that no small search draws
PATIENCE = 400  # steps of time after which something that must come counts as never coming


@dataclass(slots=True)
class Comes:
    """The worst that was found, in steps of time; wrong: what does not come.

    ends: from the arming, or the end's first cause, to the end, whatever happens. alone: until no current can flow,
    when nothing more is asked and the line does its worst. stopped, quiet: until the device is silent after a stop on
    an honest line, and after both lines fall silent on an honest line. closed: from a stop until the session is closed
    there. raises: how many accepted raises were followed; arrived, ended: what became of them.
    """

    ends: int = 0
    alone: int = 0
    stopped: int = 0
    quiet: int = 0
    closed: int = 0
    raises: int = 0
    arrived: int = 0
    ended: int = 0
    clean: int = 0
    wrong: list[str] = field(default_factory=list)


def comes(world: World, spots: Iterable[int]) -> Comes:
    """Try all of it from every state."""
    found = Comes()
    known = list({unpack(key)._replace(watch=0) for key in spots})
    found.ends, wrong = longest(world)
    found.wrong += wrong
    found.alone = alone(world, {(spot.device, world.lines.states[spot.line].down) for spot in known})
    _calm(world, known, found)
    _raises(world, known, found)
    return found


# --- every session ends -----------------------------------------------------------------------------------------------


def _must_end(guard: GuardState) -> bool:
    """Armed once, or over for whatever cause, and not finished yet."""
    return not guard.finished and (guard.times.wall != NEVER or guard.over is not None)


def left_alone(world: World, acts: Iterable[str]) -> None:
    """Take every step of the guard by itself that these acts lead to, with nothing heard of any device."""
    todo, known = [world.start.guard], {world.start.guard}
    while todo:
        guard = todo.pop()
        for act in acts:
            to = world.guards.take(guard, act).guard
            if to not in known:
                known.add(to)
                todo.append(to)


def longest(world: World) -> tuple[int, list[str]]:
    """The longest time that the guard can be kept from ending a session that must end; a circle in time is wrong."""
    states = world.guards.states
    after: dict[int, list[tuple[int, int]]] = {n: [] for n, guard in enumerate(states) if _must_end(guard)}
    for guard, act, to in world.guards.edges():
        if guard in after and guard != to:
            after[guard].append((to, TIMES[act][1] if act in TIMES else 0))
        elif guard in after and act in TIMES and TIMES[act][1]:
            return 0, [f"time passes in {states[guard].state.value} and nothing changes: the session need not end"]
    worst: dict[int, int] = {}
    group: dict[int, int] = {}
    for number, members in enumerate(circles({n: [to for to, _ in row if to in after] for n, row in after.items()})):
        for member in members:
            group[member] = number
        inside = [weight for n in members for to, weight in after[n] if group.get(to) == number]
        if any(inside):
            return 0, [f"a circle in time through {states[members[0]].state.value}: the session need not end"]
        steps = max((weight + worst.get(to, 0) for n in members for to, weight in after[n]), default=0)
        for member in members:
            worst[member] = steps
    return max(worst.values(), default=0), []


def circles(after: dict[int, list[int]]) -> Iterable[list[int]]:
    """The strongly connected components, each after all that it leads to (Tarjan 1972, without recursion)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    placed: set[int] = set()
    for root in after:
        if root in order:
            continue
        work = [(root, 0)]
        while work:
            node, at = work.pop()
            if at == 0:
                order[node] = low[node] = len(order)
                stack.append(node)
            deeper = _deeper(node, at, after, order, low, placed)
            if deeper is not None:
                work += [(node, deeper + 1), (after[node][deeper], 0)]
            elif low[node] == order[node]:
                members = _pop(stack, node)
                placed.update(members)
                yield members


def _deeper(
    node: int, at: int, after: dict[int, list[int]], order: dict[int, int], low: dict[int, int], placed: set[int]
) -> int | None:
    """Where to go on from a node: the next successor that is new. Takes over what the last one brought."""
    if at:
        low[node] = min(low[node], low[after[node][at - 1]])
    for n in range(at, len(after[node])):
        to = after[node][n]
        if to not in order:
            return n
        if to not in placed:
            low[node] = min(low[node], order[to])
    return None


def _pop(stack: list[int], node: int) -> list[int]:
    members = []
    while True:
        members.append(stack.pop())
        if members[-1] == node:
            return members


# --- zero is reached --------------------------------------------------------------------------------------------------

Below = tuple[int, tuple[tuple[int, int], ...]]  # a device, and what is on its way to it


def alone(world: World, places: set[Below]) -> int:
    """After so many steps of time no current flows from any of these, whatever the line does. Nothing more is sent."""
    worst = steps = 0
    while True:
        places = _settled(world, places)
        moving = {place for place in places if _may_flow(world, place)}
        if any(max(world.devices[device].output) for device, _ in moving):
            worst = steps + 1
        if not moving:
            return worst
        if steps == PATIENCE:
            raise OverflowError(f"current flows after {PATIENCE} steps of time with nothing sent")
        places, steps = _later(world, moving), steps + 1


def _may_flow(world: World, place: Below) -> bool:
    device, down = place
    return world.devices[device].playing or any(_word(world, message) == "play" for message, _ in down)


def _word(world: World, message: int) -> str:
    return str(getattr(world.lines.messages[message], "word", ""))


def _settled(world: World, places: set[Below]) -> set[Below]:
    """All that the line can make of them before time goes on."""
    todo, known = list(places), set(places)
    while todo:
        device, down = todo.pop()
        for at, (message, _) in enumerate(down):
            rest = down[:at] + down[at + 1 :]
            read, _ = world.read(device, message, NEW_EPOCH)
            new = {(read, rest), (read, down), (device, rest)} - known
            known |= new
            todo += new
    return known


def _later(world: World, places: set[Below]) -> set[Below]:
    found = set()
    for device, down in places:
        if all(age < world.lines.delay for _, age in down):
            found.add((world.read(device, -1, NEW_EPOCH)[0], tuple((message, age + 1) for message, age in down)))
    return found


def _calm(world: World, known: list[Spot], found: Comes) -> None:
    """From every state on an honest line: a stop, and nobody saying anything."""
    silent: dict[Spot, int] = {}
    closed: dict[Spot, int] = {}
    for spot in known:
        if not world.guards.states[spot.guard].finished and spot.line != world.lines.gone:
            stopped = world.act(spot, "stop")[0]
            found.stopped = max(found.stopped, _steps(world, stopped, silent, _is_silent))
            found.closed = max(found.closed, _steps(world, stopped, closed, _is_finished))
        found.quiet = max(found.quiet, _steps(world, spot, silent, _is_silent))
    for name, steps in (("the device", found.stopped), ("the session", found.closed), ("the device", found.quiet)):
        if steps >= PATIENCE:
            found.wrong.append(f"{name} does not fall silent on an honest line")


def _is_silent(world: World, spot: Spot) -> bool:
    return not _may_flow(world, (spot.device, world.lines.states[spot.line].down))


def _is_finished(world: World, spot: Spot) -> bool:
    return world.guards.states[spot.guard].finished


def _steps(world: World, spot: Spot, known: dict[Spot, int], there: Callable[[World, Spot], bool]) -> int:
    """Steps of time on an honest line, with nothing said on the lines, until it is so."""
    way: list[Spot] = []
    spot = spot._replace(watch=0)
    while spot not in known:
        calm = world.honest(spot)[0]
        if there(world, calm):
            known[spot] = 0
        elif len(way) == PATIENCE:
            known[spot] = PATIENCE
        else:
            way.append(spot)
            passed = world.time(calm, "time, no beat")
            spot = (passed[0] if passed else calm)._replace(watch=0)
            if spot in way:
                known[spot] = PATIENCE
    for before, was in zip((spot, *reversed(way)), reversed(way), strict=False):
        known[was] = min(PATIENCE, known[before] + 1)
    return known[way[0] if way else spot]


# --- an accepted raise arrives ----------------------------------------------------------------------------------------


def _raises(world: World, known: list[Spot], found: Comes) -> None:
    """Follow each raise that can be accepted: its record is kept at once, the line is honest, the player follows."""
    for spot in known:
        guard = world.guards.states[spot.guard]
        if guard.state is not State.LIVE or guard.pending:
            continue
        for act in [act for act in world.domain.acts if act.startswith("raise")]:
            if "raise" in world.guards.take(spot.guard, act).news:
                _follow(world, spot, act, found)


def _follow(world: World, spot: Spot, act: str, found: Comes) -> None:
    found.raises += 1
    clean = _is_clean(world, spot)
    found.clean += clean
    now = world.act(spot, act)[0]
    took = world.guards.take(now.guard, "recorded")
    if took.raised < 0:
        found.wrong.append(f"a raise whose record is kept at once does not come into force: {took.news}")
        return
    now = world.act(now, "recorded")[0]
    wanted, asked = tuple(ua // STEP_UA for ua in world.guards.states[now.guard].ceilings), False
    for _ in range(8):
        now = world.honest(now)[0]
        guard = world.guards.states[now.guard]
        if guard.state is not State.LIVE:
            found.ended += 1
            if clean:
                found.wrong.append(f"a raise on a sound device ends in {guard.state.value} ({guard.trip})")
            return
        if world.devices[now.device].output == wanted:
            found.arrived += 1
            return
        lost = guard.shadow.open is not None
        if lost or asked:  # its answer is lost, or was a refusal: a player waits for a while
            passed = world.time(now, "time")
            now, asked = passed[0] if passed else now, False
        if lost:
            now = world.act(now, "again")[0]
        elif world.guards.states[now.guard].shadow.open is None:
            now, asked = world.act(now, "ask play")[0], True
    found.wrong.append("an accepted raise does not arrive")


def _is_clean(world: World, spot: Spot) -> bool:
    """The device plays what the guard takes it to play, and nothing is on its way."""
    shadow, device = world.guards.states[spot.guard].shadow, world.devices[spot.device]
    line: Line = world.lines.states[spot.line]
    asked = shadow.open is None and not shadow.lost
    return device.playing and asked and not line.down and not line.up and shadow.epoch == device.epoch
