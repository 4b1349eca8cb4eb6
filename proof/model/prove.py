"""The row `model`: search every domain, each in a process of its own, and add up."""

from __future__ import annotations

import gc
from dataclasses import dataclass

from eastim.safety import guard_state
from proof.cores import spread
from proof.model import causes, same
from proof.model.domain import Domain
from proof.model.domains import BOUNDED, DOMAINS
from proof.model.live import Comes, comes
from proof.model.search import Found, search
from proof.model.world import World
from proof.row import Finding, Say, Size

MOST = 4_000_000
"""States of one domain; a search that comes to more is given up, and has not held."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of one domain. raises: its operator raises, and its player plays."""

    name: str
    can: str
    raises: bool
    found: Found
    comes: Comes
    guards: int
    devices: int
    lines: int


def prove(size: Size, say: Say) -> Finding:
    """Search the domains; bounded: the small ones."""
    domains = BOUNDED if size == "bounded" else DOMAINS
    done: list[Searched] = []
    for searched in spread(look, domains):
        done.append(searched)
        say(f"{sum(one.found.states for one in done)} states")
    return finding(done, whole=size == "full")


def look(domain: Domain) -> Searched:
    """Search one domain, then try from each of its states what must come."""
    gc.disable()  # all that is found is kept: to look for what could go takes a fifth of the time
    world = World(domain)
    found = search(world, MOST)
    came = Comes() if found.wrong or found.open else comes(world, found.spots)
    found.spots = []
    return Searched(
        domain.name,
        domain.can,
        domain.raises,
        found,
        came,
        len(world.guards.states),
        len(world.devices),
        len(world.lines.states),
    )


def finding(done: list[Searched], whole: bool = False) -> Finding:
    """Add up; a frontier that is not empty is a failure, for then nothing is exhausted.

    whole: these are all the domains, so that every fault that they can bring about must have been a cause of a cut.
    """
    failures = []
    for one in done:
        failures += [f"{one.name}: {claim}; {' > '.join(way)}" for claim, way in one.found.wrong.items()]
        failures += [f"{one.name}: {claim}" for claim in dict.fromkeys(one.comes.wrong)]
        if one.raises and not (one.comes.arrived and one.comes.clean) and not one.found.wrong:
            failures.append(f"{one.name}: no accepted raise came to the load of a sound device: nothing was tried")
        if one.found.open and not one.found.wrong:
            failures.append(f"{one.name}: {one.found.open} states were not gone on from")
    fired = causes.together(one.found.causes for one in done)
    failures += causes.refuted(fired, whole)
    figures = {f"domain {one.name}": domain_text(one) for one in sorted(done, key=lambda one: one.name)}
    return Finding(
        sum(one.found.states for one in done),
        "distinct states",
        {"frontier": f"{sum(one.found.open for one in done)} open", **_worst(done), **causes.figures(fired), **figures},
        tuple(failures),
    )


def domain_text(one: Searched) -> str:
    """One domain: what can happen in it, and what came of it."""
    found = one.found
    return (
        f"{one.can}: {found.states:,} states ({one.guards:,} of the guard, {one.devices:,} of the device,"
        f" {one.lines:,} of the line), {found.steps:,} transitions, depth {found.depth}, {found.open} open,"
        f" {found.seconds:.0f} s"
    )


def _until_ms(done: list[Searched], name: str) -> int:
    """The longest until an end, in ms; what the guard goes on cutting for longer than the model does is added."""
    worst_us = 100_000 * max(int(getattr(one.comes, name)) for one in done)
    gave_up = worst_us >= same.GIVE_UP_US
    return (worst_us + gave_up * (guard_state.GIVE_UP_US - same.GIVE_UP_US)) // 1000


def _worst(done: list[Searched]) -> dict[str, str]:
    """The computed worst cases over all domains, in ms; a step of time is 100 ms."""

    def ms(name: str) -> str:
        return f"{100 * max(int(getattr(one.comes, name)) for one in done)} ms"

    def total(name: str) -> int:
        return sum(int(getattr(one.comes, name)) for one in done)

    return {
        "no current from any state, nothing more asked, the line at its worst: at most": ms("alone"),
        "device silent from any state after a stop, honest line: at most": ms("stopped"),
        "device silent from any state after both lines fall silent, honest line: at most": ms("quiet"),
        "session closed from any state after a stop, honest line: at most": f"{_until_ms(done, 'closed')} ms",
        "current beyond what the operator allows: at most": f"{100 * max(one.found.late for one in done)} ms",
        "a session that is over, or armed with a wall clock, ends: at most": f"{_until_ms(done, 'ends')} ms",
        "accepted raises followed": f"{total('raises')}; {total('arrived')} arrived, {total('ended')} ended by a trip;"
        f" of {total('clean')} on a sound device and line all arrived",
    }
