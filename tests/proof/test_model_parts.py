"""The model stands for the real guard: what it joins behaves alike, and what it leaves out changes nothing."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields, is_dataclass

import pytest

from eastim.safety import guard
from eastim.safety.changed import replace as changed
from eastim.safety.guard_state import NEVER, GuardState
from eastim.safety.guard_strength import raise_
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Beat, Raise
from eastim.safety.readers import ea1
from proof.model import prove
from proof.model.device import Firmware
from proof.model.domain import Domain
from proof.model.domains import DOMAINS, LIMITS, LIVE, SHORT
from proof.model.guard_part import TIMES, GuardPart
from proof.model.live import Comes
from proof.model.same import DOUBT_US, GIVE_UP_US, NOW_US, STOPS, closed, same
from proof.model.search import Found, search
from proof.model.words import Request, Said
from proof.model.world import World

Patch = pytest.MonkeyPatch
PLAYED = Domain(
    "played", SHORT, LIMITS, ("time",), ("recorded", "stop", "ask play"), line=("double",), most_down=1, delay=0,
    lease_ms=200, begin=LIVE,
)  # fmt: skip
LIKELY = {"arm": 6, "ask arm": 6, "ask play": 9, "raise": 5, "recorded": 5, "stop": 0.2}


def test_a_report_that_counts_twice_is_found(monkeypatch: Patch) -> None:
    monkeypatch.setattr(ea1, "is_news", lambda *_: True)

    with pytest.raises(ValueError, match="a report that is heard twice changes something"):
        World(PLAYED)


def test_an_old_report_that_counts_is_found(monkeypatch: Patch) -> None:
    monkeypatch.setattr(ea1, "is_news", lambda body, told: body != told)

    with pytest.raises(ValueError, match="a report that is older than the last changes something"):
        World(PLAYED)


def test_a_guard_that_raises_by_itself_is_found_though_it_keeps_a_record(monkeypatch: Patch) -> None:
    beat = guard._ACTS[Beat]

    def by_itself(turn: Turn, what: Beat) -> None:
        beat(turn, what)
        raise_(turn, Raise("A", None))

    monkeypatch.setitem(guard._ACTS, Beat, by_itself)

    assert "a raise waits that nobody's hand asked for" in search(World(PLAYED), 20_000).wrong


def test_a_guard_that_takes_no_raise_is_no_success() -> None:
    nothing = prove.Searched("x", "", True, Found(states=9), Comes(), 1, 1, 1)

    assert prove.finding([nothing]).failures == (
        "x: no accepted raise came to the load of a sound device: nothing was tried",
    )


class Walk:
    """The real guard, nothing of it joined, and a device; the line may lose."""

    def __init__(self, domain: Domain, seed: int) -> None:
        self.domain, self.chance = domain, random.Random(seed)
        self.firmware = Firmware(domain.setting)
        self.part = GuardPart(domain.setting, dict(domain.limits), domain.lease_ms, domain.rules)
        self.device, self.guard = self.firmware.blank(), self.part.states[self.part.start]
        self.down, self.up, self.epoch, self.steps = list[Request](), list[Said](), 100, 0
        self.differs: list[str] = []
        self.met = {"open": 0, "closed": 0}

    def fresh(self) -> int:
        self.epoch += 1
        return self.epoch

    def act(self, act: object) -> None:
        """Give the act to the guard; what else could be done now is tried as well."""
        for other in (*self.domain.acts, *self.domain.times):
            self.tried(other)
        now, wire = self.tried(act)
        self.guard, self.steps = unlike(now), self.steps + 1
        self.down += wire

    def tried(self, act: object) -> tuple[GuardState, list[Request]]:
        """Give the act to the guard and to the one that stands for it: both must do the same, and be joined again."""
        merged = same(self.guard, self.domain.rules)
        now, hands, *broken = self.part.played(self.guard, act)
        stands, said, *also = self.part.played(merged, act)
        kinds = [[record["type"] for record in each.records] for each in (hands, said)]
        joined = [same(unlike(each), self.domain.rules) for each in (now, stands)]
        if (hands.wire, kinds[0], broken[0], joined[0]) != (said.wire, kinds[1], also[0], joined[1]):
            what = f"{hands.wire} {kinds} {broken[0]} {also[0]} {differences(joined[0], joined[1])}"
            self.differs.append(f"{self.guard.state}: {act}: {what}")
        self.met["closed" if closed(self.guard, self.domain.rules) else "open"] += 1
        return now, hands.wire

    def time(self, how: str) -> None:
        for _ in range(TIMES[how][0]):
            self.device, said = self.firmware.tick(self.device, self.fresh())
            self.up += said
        self.act(how)

    def arrive(self, most: int, lost: float) -> None:
        """Let so many messages arrive, from either side, each of them perhaps lost."""
        while most and (self.down or self.up):
            most -= 1
            loses = self.chance.random() < lost
            if self.down and (not self.up or self.chance.random() < 0.5):
                what = self.down.pop(0)
                if not loses:
                    self.device, said = self.firmware.read(self.device, what, self.fresh())
                    self.up += said
            else:
                answer = self.up.pop(0)
                if not loses:
                    self.act(("hear", answer, 0))

    def go(self, steps: int) -> None:
        for act in self.domain.begin:
            (self.time if act in TIMES else self.act)(act)
            self.arrive(100, 0.0)
        acts, lost = list(self.domain.acts), 0.2 * ("lose" in self.domain.line)
        for _ in range(steps):
            if self.guard.finished:
                return
            if self.chance.random() < 0.35:
                self.time(self.chance.choice(self.domain.times))
            else:
                self.act(self.chance.choices(acts, [LIKELY.get(act, 1) for act in acts])[0])
            self.arrive(self.chance.choice((0, 0, 1, 1, 2, 6)), lost)


def differences(one: object, other: object, place: str = "") -> list[str]:
    """The fields in which two values differ."""
    if not is_dataclass(one) or type(one) is not type(other):
        return [] if one == other else [place]
    names = [field.name for field in fields(one)]
    return [at for name in names for at in differences(getattr(one, name), getattr(other, name), f"{place}.{name}")]


def unlike(guard: GuardState) -> GuardState:
    """Without what the model leaves out: the last report, drift, charge, notices, further stops, a long doubt."""
    shadow = changed(guard.shadow, told=b"", stops=min(guard.shadow.stops, STOPS))
    times = changed(guard.times, doubt=min(guard.times.doubt, NOW_US + DOUBT_US))
    if times.give_up != NEVER:
        times = changed(times, give_up=min(times.give_up, NOW_US + GIVE_UP_US))
    return changed(guard, clocks=(), marks=(), said=(), shadow=shadow, times=times)


def test_guards_that_the_model_joins_go_on_alike() -> None:
    differs: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for seed in range(6 * len(DOMAINS)):
        walk = Walk(DOMAINS[seed % len(DOMAINS)], seed)
        walk.go(25)
        met.update(walk.met)
        differs.update(walk.differs)

    assert differs == Counter()
    assert met["open"] > 5_000 and met["closed"] > 5_000
