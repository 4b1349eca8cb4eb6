"""Random walks: whatever comes, in whatever order, nothing rises but by a raise, and zero is reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eastim.frames import Frame
from eastim.safety import guard as g
from eastim.safety.guard_state import GuardState
from eastim.safety.inputs import (
    Arm,
    Asked,
    Beat,
    Clear,
    Cut,
    Effect,
    Gone,
    Heard,
    Hold,
    Lower,
    Pause,
    Raise,
    Record,
    Recorded,
    Resume,
    Stop,
    Tick,
    Write,
)
from eastim.safety.readers.base import Output
from tests.proof.self_raising import raises_by_itself
from tests.safety.fake_wire import QUIET, Stand, contact, order, output


def more(was: Output, now: Output) -> bool:
    """Whether there is more of anything: a later end, a run, or a level."""
    levels = {(run.lead, run.onset_us, run.count): run.phases[0][0] for run in was.runs}
    return now.ends_us > was.ends_us or any(
        run.phases[0][0] > levels.get((run.lead, run.onset_us, run.count), -1) for run in now.runs
    )


class Walker(Stand):
    """A stand that judges every step it makes."""

    def __init__(self) -> None:
        super().__init__(order(repeats=2))
        self.raises: Counter[tuple[str, str]] = Counter()
        self.ups: Counter[tuple[str, str]] = Counter()
        self.asked: dict[int, tuple[str, str]] = {}  # raises that wait for their record, by its number
        self.wire = dict.fromkeys(self.guard.given.keys, 0)

    def feed(self, what: object) -> tuple[Effect, ...]:
        was = self.guard
        effects = super().feed(what)  # type: ignore[arg-type]
        self._judge(was, what, effects)
        return effects

    def _judge(self, was: GuardState, what: object, effects: tuple[Effect, ...]) -> None:
        now = self.guard
        self._recorded(what, effects)
        risen = {key: ua - was.levels[key] for key, ua in now.levels.items() if ua > was.levels[key]}
        if risen:
            assert isinstance(what, Recorded) and list(risen) == [self.asked.pop(what.n, None)]
            assert max(risen.values()) <= 200
        assert now.state.value == "LIVE" or set(now.ceilings) == {0}
        assert all(not isinstance(effect, Cut) for effect in effects[1:]) or isinstance(effects[0], Cut)
        if isinstance(what, Stop) and not was.finished:
            assert isinstance(effects[0], Cut)
        if any(isinstance(effect, Write) for effect in effects):
            assert isinstance(what, Asked)
            self._on_the_wire(was, what.frame)
        assert hash(now) == hash(replace(now))
        assert now.finished or g.next_us(now) > self.now_us

    def _recorded(self, what: object, effects: tuple[Effect, ...]) -> None:
        """A raise is recorded in the very step in which the operator asks for it, once, and of that lead and kind."""
        raises = [e for e in effects if isinstance(e, Record) and e.body["type"] == "raise"]
        assert len(raises) <= isinstance(what, Raise), "a raise that nobody asked for"
        for record in raises:
            lead, kind = record.body["lead"], record.body["kind"]
            assert isinstance(what, Raise) and lead == what.lead and what.kind in (None, kind)
            self.raises[lead, kind] += 1
            self.asked[record.n] = (lead, kind)

    def _on_the_wire(self, was: GuardState, frame: Frame) -> None:
        """Follow the strength on the wire; count its steps up."""
        assert was.state.value not in ("STOPPING", "TRIPPED", "UNCERTAIN")
        word = frame.data.split(b" ")[0]
        if word in (b"play", b"odd"):
            # A frame that adds nothing passes everywhere (the same buy, or a lower one, in the same microsecond).
            adds = more(was.shadow.out, self.guard.shadow.out)
            assert was.state.value in ("ARMED", "LIVE") or not adds
            for run in self.guard.shadow.out.runs:
                kind = "2" if run.phases[0][1] == 600 else "100"
                ua = int(run.phases[0][0])
                assert ua <= was.levels[run.lead, kind] or not adds
                self.ups[run.lead, kind] += ua > self.wire[run.lead, kind]
                self.wire[run.lead, kind] = ua
        if word == b"hush":
            self.wire = dict.fromkeys(self.wire, 0)


LEADS, KINDS = st.sampled_from("AB"), st.sampled_from(["2", "100", None])
BAD_FRAMES = st.one_of(
    st.binary(min_size=1, max_size=12), st.sampled_from([b"play", b"contact A", b"odd 0", b"oddtest 0"])
)
READINGS = st.fixed_dictionaries(
    {},
    optional={
        "open": st.booleans(),
        "short": st.booleans(),
        "parked": st.booleans(),
        "kind": st.sampled_from(["2", "100", None]),
        "z_ohm": st.sampled_from([None, 0, 1, 49, 600, 5001, 1 << 31]),
        "plus_ua": st.sampled_from([None, 0, 100, 65_535]),
        "minus_ua": st.sampled_from([None, 0, 100, 104]),
        "residual_mv": st.sampled_from([None, -32_768, 0, 101]),
        "net_pc": st.sampled_from([0, -(1 << 62), 1 << 62]),
    },
)
REPORTS = st.fixed_dictionaries(
    {},
    optional={
        "quiet": st.booleans(),
        "agrees": st.booleans(),
        "ended": st.booleans(),
        "stop_answer": st.booleans(),
        "device": st.sampled_from(["", "EA1-1", "EA1-2"]),
        "boot": st.sampled_from([7, 8]),
        "faults": st.sampled_from([(), ("LEASE",)]),
        "section": st.sampled_from([None, 0, 1, 77]),
        "hold": st.sampled_from([None, "2", "xyz"]),
    },
)
ACTIONS = st.one_of(
    st.tuples(st.just("time"), st.sampled_from([1, 50, 200, 400, 3000])),
    st.tuples(st.just("run"), st.sampled_from([200, 600, 3000])),
    st.tuples(st.just("raise"), st.tuples(LEADS, KINDS)),
    st.tuples(st.just("raised"), st.tuples(LEADS, KINDS)),
    st.tuples(st.just("lower"), st.tuples(LEADS, KINDS)),
    st.tuples(st.just("too high"), st.tuples(LEADS, st.sampled_from([1, 100, 100_000]))),
    st.tuples(st.just("hold"), KINDS),
    st.tuples(st.just("frame"), st.one_of(BAD_FRAMES, st.sampled_from([b"hush", b"arm", b"contact A,B 10 100 100"]))),
    st.tuples(st.just("report"), REPORTS),
    st.tuples(st.just("reading"), READINGS),
    st.tuples(st.just("noise"), st.binary(max_size=8)),
    st.tuples(st.just("record"), st.tuples(st.integers(-1, 40), st.sampled_from(["", "", "", "no space left"]))),
    st.tuples(st.just("act"), st.sampled_from([Arm(), Pause(), Resume(), Clear(), Tick(), Beat("player")])),
    st.tuples(st.just("again"), st.none()),
    st.tuples(st.just("stop"), st.sampled_from([Stop("shell"), Gone("player"), Gone("operator"), Gone("port")])),
)
# Most walks should get somewhere before something ends them.
BEGINNINGS: tuple[Callable[[Stand], object], ...] = (
    lambda s: None,
    lambda s: s.safe(),
    lambda s: s.live().run(400),
    lambda s: s.live().run(400).raised().run(400).raised("B"),
)


def do(walker: Walker, action: tuple[str, object]) -> None:
    name, what = action
    acts: dict[str, Callable[[], object]] = {
        "time": lambda: walker.at(what),  # type: ignore[arg-type]
        "run": lambda: walker.run(what),  # type: ignore[arg-type]
        "raise": lambda: walker.feed(Raise(*what)),  # type: ignore[misc]
        "raised": lambda: walker.raised(*what),  # type: ignore[misc]
        "lower": lambda: walker.feed(Lower(*what)),  # type: ignore[misc]
        "too high": lambda: walker.play(**{f"{what[0]}2": walker.guard.levels[what[0], "2"] + what[1]}),  # type: ignore[index]
        "hold": lambda: walker.feed(Hold(what)),  # type: ignore[arg-type]
        "frame": lambda: walker.feed(Asked(Frame(what, None))),  # type: ignore[arg-type]
        "report": lambda: walker.hear(replace(walker.status, **what)),  # type: ignore[arg-type]
        "reading": lambda: walker.measure(**what),  # type: ignore[arg-type]
        "noise": lambda: walker.feed(Heard(what)),  # type: ignore[arg-type]
        "record": lambda: walker.feed(Recorded(*what)),  # type: ignore[misc]
        "act": lambda: walker.feed(what),
        "again": lambda: (walker.zero_read_back(), walker.feed(Clear()), walker.feed(Arm()), walker.play()),
        "stop": lambda: walker.feed(what),
    }
    acts[name]()


def walked(start: int, actions: list[tuple[str, object]]) -> Walker:
    walker = Walker()
    walker.reader.odd = [output({("A", "2"): 1}, 0, 1 << 60)]
    walker.reader.odd_contact = [contact(["A"], 99, 5000, 100, 0)]
    BEGINNINGS[start](walker)
    for action in actions:
        do(walker, action)
    return walker


WALKS = (st.integers(0, len(BEGINNINGS) - 1), st.lists(ACTIONS, max_size=40))


@pytest.mark.hazard("H17")
@pytest.mark.hazard("H48")
@given(*WALKS)
def test_nothing_rises_but_by_a_raise(start: int, actions: list[tuple[str, object]]) -> None:
    walker = walked(start, actions)

    assert walker.ups <= walker.raises  # of each lead and kind


@pytest.mark.hazard("H17")
def test_a_guard_that_raises_by_itself_is_seen_by_the_walker() -> None:
    with raises_by_itself(), pytest.raises(AssertionError, match="a raise that nobody asked for"):
        walked(2, [])


@pytest.mark.hazard("H17")
def test_a_raise_of_another_lead_than_the_operator_said_is_seen_by_the_walker() -> None:
    walker = walked(2, [])
    act = g._ACTS[Raise]

    with patch.dict(g._ACTS, {Raise: lambda turn, _: act(turn, Raise("A", None))}), pytest.raises(AssertionError):
        walker.feed(Raise("B", None))


@pytest.mark.hazard("H13")
@given(*WALKS)
def test_from_everywhere_a_stop_ends_the_session_when_the_device_answers(
    start: int, actions: list[tuple[str, object]]
) -> None:
    walker = walked(start, actions)
    walker.feed(Stop("operator"))
    known = walker.guard.status
    walker.hear(replace(QUIET, stop_answer=True, device=known.device if known is not None else "EA1-1"))

    assert walker.guard.finished


@pytest.mark.hazard("H13")
@given(*WALKS)
def test_from_everywhere_a_stop_ends_the_session_when_nobody_answers(
    start: int, actions: list[tuple[str, object]]
) -> None:
    walker = walked(start, actions)
    walker.auto = set()
    walker.feed(Stop("operator"))
    walker.at(11_000)

    assert walker.guard.finished


@given(*WALKS)
def test_a_guard_that_is_left_alone_comes_to_zero_by_itself(start: int, actions: list[tuple[str, object]]) -> None:
    walker = walked(start, actions)
    walker.auto = set()
    walker.at(300)

    assert walker.guard.state.value in ("OFF", "STOPPING", "TRIPPED", "UNCERTAIN")


@given(*WALKS)
def test_the_same_walk_leads_to_the_same_place(start: int, actions: list[tuple[str, object]]) -> None:
    one, two = walked(start, actions), walked(start, actions)

    assert one.effects == two.effects
