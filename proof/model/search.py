"""The search: breadth first, so that the first way to a state is a shortest one. Exact: no state is known by a hash."""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass, field

from proof.model.world import Spot, World

_LINE_BITS, _WATCH_BITS, _DEVICE_BITS = 22, 12, 16


@dataclass(slots=True)
class Found:
    """What a search came to. open: states that were reached and not gone on from. wrong: claim to a shortest way.

    causes: of cuts, by World.causes.
    """

    states: int = 0
    steps: int = 0
    depth: int = 0
    open: int = 0
    late: int = 0
    seconds: float = 0.0
    causes: dict[str, bool] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    spots: list[int] = field(default_factory=list)


def pack(spot: Spot) -> int:
    guard, device, line, watch = spot
    return ((guard << _DEVICE_BITS | device) << _LINE_BITS | line) << _WATCH_BITS | watch


def unpack(key: int) -> Spot:
    watch, key = key & ((1 << _WATCH_BITS) - 1), key >> _WATCH_BITS
    line, key = key & ((1 << _LINE_BITS) - 1), key >> _LINE_BITS
    return Spot(key >> _DEVICE_BITS, key & ((1 << _DEVICE_BITS) - 1), line, watch)


def search(world: World, most: int = 1 << 62, wrongs: int = 1) -> Found:
    """Go on until nothing is left, `wrongs` claims are broken, or `most` states are known."""
    began, found = time.monotonic(), Found()
    start = pack(world.start)
    known, parents = {start}, array("q", [-1])
    spots = [start]
    layer_ends, at = 1, 0
    _judge(world, found, spots, parents, 0, ())
    while at < len(spots) and len(found.wrong) < wrongs and len(spots) < most:
        if at == layer_ends:
            found.depth, layer_ends = found.depth + 1, len(spots)
        spot = unpack(spots[at])
        for _, to, wrong in world.next(spot):
            found.steps += 1
            key = pack(to)
            new = key not in known
            if new:
                known.add(key)
                spots.append(key)
                parents.append(at)
            if new or wrong:
                _judge(world, found, spots, parents, len(spots) - 1 if new else at, wrong)
        at += 1
    _check_room(world)
    found.states, found.open, found.spots = len(spots), len(spots) - at, spots
    found.late = max(watch.late for watch in world.watches)
    found.causes = dict(world.causes)
    found.seconds = time.monotonic() - began
    return found


def _check_room(world: World) -> None:
    rooms = ((world.devices, _DEVICE_BITS), (world.lines.states, _LINE_BITS), (world.watches, _WATCH_BITS))
    if any(len(part) > 1 << bits for part, bits in rooms):
        raise OverflowError("a part has more states than a key has room for")


def _judge(world: World, found: Found, spots: list[int], parents: array[int], at: int, wrong: tuple[str, ...]) -> None:
    for claim in (*wrong, *world.judge(unpack(spots[at]))):
        if claim not in found.wrong:
            found.wrong[claim] = way(world, spots, parents, at)


def way(world: World, spots: list[int], parents: array[int], at: int) -> list[str]:
    """The names of what happened on the way to a state."""
    names: list[str] = []
    while parents[at] >= 0:
        before = parents[at]
        target = spots[at]
        names.append(next(name for name, to, _ in world.next(unpack(spots[before])) if pack(to) == target))
        at = before
    return names[::-1]
