"""When two states of the guard are the same: times from now on, numbers by rank, words that nothing reads left out.

Every rule here joins states that behave alike; why, stands beside it. A time field that this page doesn't know is an
error, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple

from eastim.errors import Exit
from eastim.safety.changed import replace
from eastim.safety.guard_state import FRESH_US, NEVER, TICK_US, GuardState, Over, Times, Trip, Watch
from eastim.safety.interlock import FAULTS, State
from eastim.safety.readers.base import Status
from eastim.safety.readers.ea1_parts.shadow import Is, Play, Shadow
from proof.model import words

NOW_US = 1_000_000_000
"""The moment of every step: after each one the state is moved back to it."""

STOPS = 2
"""Unanswered stops are counted to here. A bound of the model, not a rule: after a third the real reader waits for one
answer more before it believes that the device is silent, so it believes it later than the model's."""

NEVER_CLEARED = {
    "player",
    "overrun",
    "other-device",
    "reset",
    "suspend",
    "port-gone",
    "unanswered",
    "clock",
    "rate",
    "guard",
    "ledger",
}
"""The faults after which no session goes on, said here a second time."""

CLOSED = (State.STOPPING, State.TRIPPED, State.UNCERTAIN)
"""The states in which nothing is permitted, said here a second time."""

DOUBT_US = 200_000
"""For so long the second report that disagrees trips here."""

GIVE_UP_US = 2_000_000
"""For so long an output that can't be seen is cut here, and not for the guard's 10 s: it only is more of the same."""

ENDED_US = 500_000
"""What ended, or was sent, longer ago than this ended just so long ago: no rule looks back so far (0.25 s at most)."""

MOMENTS = {"until_us", "live_since_us", "delivered_us", "sent_us", "starts_us", "play_end_us"}
LENGTHS = {"live_us", "lease_us", "played_us", "at_us", "width_us", "gap_us", "duration_us"}
_NOTHING = Status("", 0, True, True, "", False, False, False, 0, None, None, (), (), (), "measured", False)
_READ_WHEN_CLOSED = ("tail", "serial", "boot", "epoch", "void", "locked", "loaded")
_ROWS = {"raise_us", "faded"}
_NUMBERS = {"number", "step", "step_was"}
_LEFT = {"given", "status", "watches", "marks", "clocks", "rates", "trip", "over", "loaded", "locked"}


@cache
def _fields(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


def _moment(at_us: Any, by: int) -> Any:
    """0 and None say that there is none, NEVER that it doesn't come."""
    if at_us is None or at_us == 0:
        return at_us
    return NEVER if at_us >= NEVER else at_us + by


def _rows(rows: Any, by: int) -> Any:
    """Moments, or pairs that begin with one."""
    return tuple((_moment(row[0], by), *row[1:]) if isinstance(row, tuple) else _moment(row, by) for row in rows)


def moved(value: Any, by: int) -> Any:
    """The same state `by` us later on the clock."""
    if isinstance(value, Times):
        return Times(*(_moment(getattr(value, name), by) for name in _fields(Times)))
    if isinstance(value, tuple):
        return tuple(moved(item, by) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes: dict[str, Any] = {}
    for name in _fields(type(value)):
        if name in _LEFT:
            continue
        item = getattr(value, name)
        if name in _ROWS:
            changes[name] = _rows(item, by)
        elif name in MOMENTS:
            changes[name] = _moment(item, by)
        elif name.endswith("_us") and name not in LENGTHS:
            raise TypeError(f"{type(value).__name__}.{name}: the model doesn't know whether it is a moment or a length")
        elif is_dataclass(item) or isinstance(item, tuple):
            changes[name] = moved(item, by)
    return replace(value, **changes)


class Rules(NamedTuple):
    """What can be done in a world: its acts, by name."""

    acts: tuple[str, ...]

    @property
    def asks_again(self) -> bool:
        """Whether an answered request may be asked again, so that its bytes are kept."""
        return "again" in self.acts or "ask play of an old number" in self.acts

    @property
    def clears(self) -> bool:
        """Whether a trip may be cleared."""
        return "clear" in self.acts


def same(guard: GuardState, rules: Rules) -> GuardState:
    """The one state that stands for all that behave like this one in a world of these rules. At NOW_US."""
    if guard.finished:
        blank = guard.given.reader.blank()
        return GuardState(
            guard.given, guard.state, blank, (0,) * len(guard.ceilings), (0,) * len(guard.raise_us), (), Times(NEVER),
            zero=guard.zero, finished=True,
        )  # fmt: skip
    if closed(guard, rules):
        guard = _cut_off(guard)
    times = Times(*(_deadline(getattr(guard.times, name)) for name in _fields(Times)))
    times = replace(times, tick=NOW_US + TICK_US, alarm=NEVER, fresh=max(times.fresh, NOW_US))
    # A doubt lasts for 10 s; one that ends sooner trips less, so what goes on is more, not less.
    times = replace(times, doubt=min(times.doubt, NOW_US + DOUBT_US))
    if times.give_up != NEVER:
        times = replace(times, give_up=min(times.give_up, NOW_US + GIVE_UP_US))
    # Clocks that drift apart are left out: their comparison begins anew with each report.
    unlike: dict[str, Any] = {"clocks": ()} if "clocks" in _fields(GuardState) else {}
    return replace(
        guard,
        **unlike,
        n=10,  # records are known by their number only, and only those of raises are asked for again
        pending=tuple(replace(pending, n=i) for i, pending in enumerate(guard.pending)),
        times=times,
        shadow=_same_shadow(guard.shadow, rules.asks_again),
        status=_same_status(guard.status),
        trip=guard.trip and Trip(_alike(guard.trip.fault), ""),
        over=guard.over and Over("", guard.over.exit),
        delivered_us=NOW_US,
        marks=(),  # the model's device reports no charge
        rates=(),  # no stretch of playing is as long as they look back at the least
        said=(),  # a notice that is given once more changes nothing
    )


def closed(guard: GuardState, rules: Rules) -> bool:
    """Whether nothing is ever permitted again: the session is over, or tripped where nobody clears a trip."""
    return guard.over is not None or (not rules.clears and guard.state in CLOSED)


def wordless(guard: GuardState) -> GuardState:
    """Without what is told and never looked at: the number of the next record, words of a trip, an end, a notice."""
    trip = guard.trip and Trip(guard.trip.fault, "")
    return replace(guard, n=10, trip=trip, over=guard.over and Over("", guard.over.exit), said=())


def _cut_off(guard: GuardState) -> GuardState:
    """One that is closed writes nothing but cuts, and of a report it reads only what confirms one.

    That is: whose it is, whether its epoch is another than the one cut, and which faults are new. What is left out
    stands as where it would permit most, so that a guard that is not closed in its deeds is seen; and what it does with
    what is left out is tried as it closes (GuardPart.ajar).
    """
    shadow, told = guard.shadow, guard.status
    faults = told.faults if told is not None and guard.over is None else ()
    kept = {name: getattr(shadow, name) for name in _READ_WHEN_CLOSED}
    state = Is.READY if shadow.loaded else None
    return replace(
        guard,
        shadow=replace(guard.given.reader.blank(), state=state, **kept),
        raise_us=(0,) * len(guard.raise_us),
        watches=tuple(Watch() for _ in guard.watches),
        times=replace(guard.times, fresh=NOW_US + FRESH_US, doubt=0),
        status=told and replace(_NOTHING, device=told.device, boot=told.boot, faults=faults),
        contacted=(),
        live_us=0,
        trip=guard.trip and (Trip("player", "") if guard.over else guard.trip),
        over=guard.over and Over("", Exit.STOPPED),
    )


def _deadline(at_us: int) -> int:
    """One that has passed is passed, whenever that was; a length that is NEVER, from some moment on, is NEVER."""
    return at_us if at_us == 0 else max(NOW_US, _moment(at_us, 0))


def _alike(fault: str) -> str:
    """A fault that clears as this one: only that is looked at later. judge_step sees the cause itself."""
    row, never = FAULTS[fault], fault in NEVER_CLEARED
    return next(name for name in FAULTS if FAULTS[name].clears == row.clears and (name in NEVER_CLEARED) == never)


def _same_status(status: Status | None) -> Status | None:
    """What is looked at once, when it comes, and afterwards only told or recorded, is left out."""
    if status is None:
        return None
    said = "x" if status.disagreement else ""
    unlike: dict[str, Any] = {"clock_us": None} if "clock_us" in _fields(Status) else {}
    return replace(status, **unlike, disagreement=said, played_us=0, stop_answer=False, ended=False, playing=False)


def _same_shadow(shadow: Shadow, asks_again: bool) -> Shadow:
    changes: dict[str, Any] = {
        "dropped": 0,
        "quarrel": "x" if shadow.quarrel else "",
        "told": b"",  # no report comes after a later one: the line leaves those out (World.arrive_up)
        "stops": min(shadow.stops, STOPS),
    }
    changes["faded"] = tuple(sorted({row for row in shadow.faded if row[0] >= NOW_US}))
    if shadow.loaded is not None:
        changes |= _same_block(shadow, shadow.loaded.block.block_us)
    if shadow.open is None and not asks_again:
        changes["last"] = b""
    if not shadow.armed:  # the answer to ARM sets them (answers.granted), and what is asked now has a larger step
        changes |= {"step": 0, "step_was": 0, "started": False, "contacted": 0}
    if shadow.worst_play is None:  # the next PLAY sets them (requests._asked)
        changes |= {"starts_us": 0, "play_end_us": 0}
    return replace(shadow, **changes)


def _same_block(shadow: Shadow, block_us: int) -> dict[str, Any]:
    """Of a start in the past only where its block stands now is looked at; of an end in the past, that it is past."""
    past_us = max(0, NOW_US - shadow.starts_us) // block_us * block_us
    asked = shadow.open
    if asked is not None and isinstance(asked.what, Play):
        asked = replace(asked, what=_same_play(asked.what))
    return {
        "starts_us": shadow.starts_us and shadow.starts_us + max(0, past_us - block_us),
        "play_end_us": shadow.play_end_us and max(shadow.play_end_us, NOW_US - ENDED_US),
        "play": shadow.play and _same_play(shadow.play),
        "lost": tuple(_same_play(play) for play in shadow.lost),
        "open": asked,
    }


def _same_play(play: Play) -> Play:
    return replace(play, sent_us=max(play.sent_us, NOW_US - play.lease_us - ENDED_US))


# --- numbers and epochs -----------------------------------------------------------------------------------------------

Names = dict[int, int]


def numbers(value: Any) -> frozenset[int]:
    """Every request and step number in a shadow."""
    found: set[int] = set()
    _walk(value, found.add)
    return frozenset(number for number in found if number > 0)


def _walk(value: Any, take: Callable[[int], object]) -> None:
    if isinstance(value, tuple):
        for item in value:
            _walk(item, take)
    elif is_dataclass(value) and not isinstance(value, type):
        for name in _fields(type(value)):
            item = getattr(value, name)
            if name in _NUMBERS:
                take(item)
            elif name == "last" and item:
                parts = words.unwire(item)
                take(parts[1] if parts else 0)
            elif name not in _LEFT:
                _walk(item, take)


def epochs(shadow: Shadow) -> tuple[int, ...]:
    """Every epoch that the shadow remembers, in frames that it keeps, too; always in the same order."""
    found = [shadow.epoch, shadow.void]
    if shadow.open is not None:
        found.append(words.epoch_in(int(shadow.open.ask), shadow.open.body))
    parts = words.unwire(shadow.last) if shadow.last else None
    if parts is not None:
        found.append(words.epoch_in(parts[0], parts[2]))
    return tuple(epoch for epoch in dict.fromkeys(found) if epoch)


def renamed(shadow: Shadow, numbers_to: Names, epochs_to: Names) -> Shadow:
    """The same shadow with its numbers and epochs renamed, in frames that it keeps, too."""
    now: Shadow = _renumbered(shadow, numbers_to)
    asked = now.open
    if asked is not None:
        asked = replace(asked, body=words.renamed_body(int(asked.ask), asked.body, numbers_to, epochs_to))
    return replace(
        now,
        epoch=epochs_to.get(now.epoch, now.epoch),
        void=epochs_to.get(now.void, now.void),
        last=words.renamed_frame(now.last, numbers_to, epochs_to),
        open=asked,
    )


def _renumbered(value: Any, to: Names) -> Any:
    if isinstance(value, tuple):
        return tuple(_renumbered(item, to) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes: dict[str, Any] = {}
    for name in _fields(type(value)):
        item = getattr(value, name)
        if name in _NUMBERS:
            changes[name] = to.get(item, item)
        elif name not in _LEFT and (is_dataclass(item) or isinstance(item, tuple)):
            changes[name] = _renumbered(item, to)
    return replace(value, **changes)
