"""Races of the operator's acts with one another, with records that come late and with frames under way (H48).

A schedule is a handful of acts at moments that chance has drawn, from the same microsecond to a quarter of a second
apart, with every record of a raise durable only some time later. Device, line and beats are honest: so nothing may
trip, and after a stop or a pause no pulse may begin, whatever a raise beside it was at. proof/bedside.py judges it.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from typing import Any

from eastim.ledger import Entry
from eastim.safety.inputs import Recorded
from proof.bedside import SILENT, Bedside, Broken, order_of
from proof.cores import cores, spread
from proof.row import Finding, Say, Size

SCHEDULES = {"bounded": 600, "full": 100_000}
_BATCH = 500  # of one part, with a seed of its own
_APART_US = ((0,), (0, 1, 2, 50, 100, 101), (500, 1_000, 5_000), (20_000, 50_000, 100_000), (200_000, 250_000))
_LATE_US = (0, 0, 1, 100, 1_000, 20_000, 120_000, 249_999, 250_000, 300_000)
_ACTS = ("raise", "raise", "raise", "raise", "lower", "lower", "pause", "resume", "hold", "release", "arm", "clear")
_STOPS_IN = 6  # of so many schedules one has a stop among its acts, and ends its session
_LONGEST = 40  # schedules of one session


class Late:
    """A ledger whose records become durable later: the answers wait here."""

    def __init__(self, bed: Bedside, chance: random.Random) -> None:
        self._bed, self._chance, self._put = bed, chance, bed.paper.put
        self.waiting: list[tuple[int, Recorded]] = []
        bed.paper.put = self.put  # type: ignore[method-assign]

    def put(self, entry: Entry) -> Recorded | None:
        answer = self._put(entry)
        if answer is not None:
            self.waiting.append((self._bed.rig.now_us + self._chance.choice(_LATE_US), answer))
            self.waiting.sort(key=lambda row: row[0])
        return None

    def run(self, for_us: int) -> None:
        """Let time pass, and each record be durable at its moment."""
        rig = self._bed.rig
        until_us = rig.now_us + for_us
        while self.waiting and self.waiting[0][0] <= until_us:
            at_us, answer = self.waiting.pop(0)
            self._bed.run(max(0, at_us - rig.now_us))
            rig.feed(answer)
        self._bed.run(until_us - rig.now_us)


class Races:
    """Schedule after schedule, in one session until one of them stops it."""

    def __init__(self, seed: int, counted: Counter[str]) -> None:
        self._chance = random.Random(f"races {seed}")
        self._seed, self._made, self._left = seed, 0, 0
        self.counted = counted
        self._begin()

    def _begin(self) -> None:
        self._made += 1
        self.counted["sessions"] += 1
        # 30 minutes: that a session ends in the middle of a schedule is another proof's.
        self.bed = Bedside(order_of("AB", "30"), self._seed + self._made, "600", clean=True)
        self.late = Late(self.bed, self._chance)
        self.late.run(100_000)
        self.bed.act("arm")
        self.late.run(600_000)
        self._left = _LONGEST

    def one(self) -> None:
        """Play one schedule; raises Broken."""
        chance, apart = self._chance, self._chance.choice(_APART_US)
        acts = [chance.choice(_ACTS) for _ in range(chance.randrange(2, 6))]
        if chance.randrange(_STOPS_IN) == 0:
            acts.insert(chance.randrange(len(acts) + 1), "stop")
        for name in acts:
            self._act(name)
            self.late.run(chance.choice(apart))
        self.late.run(chance.choice((20_000, 260_000, 300_000)))
        self.counted["schedules"] += 1
        self._go_on()

    def _act(self, name: str) -> None:
        lead = self._chance.choice("AB")
        self.counted[name] += 1
        body: dict[str, dict[str, Any]] = {
            "raise": {"lead": lead, "kind": None}, "lower": {"lead": lead, "kind": None},
            "hold": {"kind": self._chance.choice(("2", "100"))}, "release": {"kind": None},
        }  # fmt: skip
        self.bed.act("hold" if name == "release" else name, **body.get(name, {}))
        if name == "stop" and self.bed.state not in SILENT:
            raise Broken(f"a stop was said, and the session is {self.bed.state}")

    def _go_on(self) -> None:
        self._left -= 1
        if self.bed.state == "PAUSED":
            self.late.run(300_000)
            self.bed.act("resume")
            self.late.run(100_000)
        if self._left <= 0 or self.bed.rig.body.finished or self.bed.state != "LIVE":
            self.close()
            self._begin()

    def close(self) -> None:
        """See the session to its end: it stops, if it has not, and nothing begins after that."""
        if not self.bed.rig.body.finished:
            self.bed.act("stop")
        self.late.run(600_000)
        if not (self.bed.rig.body.finished and self.bed.ended):
            raise Broken(f"600 ms after a stop the session is {self.bed.state}")
        self.counted["raised"] += sum(self.bed.paper.raises.values())
        self.counted["pulses"] += self.bed.pulses


def prove(size: Size, say: Say) -> Finding:
    """Play all schedules on every core."""
    wanted = SCHEDULES[size]
    counted: Counter[str] = Counter()
    failures: list[str] = []
    batch = min(_BATCH, wanted // cores())
    for done, wrong in spread(functools.partial(races, batch), range(-(-wanted // batch))):
        counted.update(done)
        failures += wrong
        say(f"{counted['schedules']} of {wanted} schedules")
    if counted["raised"] < counted["schedules"] // 10:
        failures.append(f"only {counted['raised']} raises were accepted: nothing raced")
    figures = {
        "acts, stops among them": f"{sum(counted[name] for name in {*_ACTS, 'stop'})}, {counted['stop']}",
        "raises accepted": str(counted["raised"]),
        "sessions": str(counted["sessions"]),
        "pulses judged": str(counted["pulses"]),
    }
    return Finding(counted["schedules"], "schedules", figures, tuple(failures[:20]))


def races(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Play so many schedules; what was wrong in the first that was wrong."""
    counted: Counter[str] = Counter()
    try:
        played = Races(seed, counted)
        for _ in range(count):
            played.one()
        played.close()
    except Broken as error:
        return counted, [f"seed {seed}, schedule {counted['schedules']}: {error}"]
    return counted, []
