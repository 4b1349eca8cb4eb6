"""When two states of the guard are the same: times from now on, numbers by rank, words that nothing reads left out.

Every rule here joins states that behave alike; why, stands beside it. A time field that this page doesn't know is an
error, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from eastim.safety.changed import replace
from eastim.safety.guard_state import NEVER, TICK_US, GuardState, Mark, Over, Times, Trip
from eastim.safety.interlock import FAULTS
from eastim.safety.readers.base import Status
from eastim.safety.readers.ea1_parts.shadow import Shadow
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
    "ledger",
}
"""The faults after which no session goes on, said here a second time."""

DOUBT_US = 200_000
"""For so long the second report that disagrees trips here."""

MOMENTS = {"until_us", "live_since_us", "delivered_us", "sent_us", "starts_us", "play_end_us"}
LENGTHS = {"live_us", "lease_us", "played_us", "at_us", "width_us", "gap_us", "duration_us"}
_ROWS = {"raise_us", "faded"}
_NUMBERS = {"number", "step", "step_was"}
_LEFT = {"given", "status", "watches", "marks", "clocks", "trip", "over", "loaded", "locked"}


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


def same(guard: GuardState, asks_again: bool) -> GuardState:
    """The one state that stands for all that behave like this one. At NOW_US.

    asks_again: an answered request may be asked again in this world, so its bytes are kept.
    """
    if guard.finished:
        blank = guard.given.reader.blank()
        return GuardState(
            guard.given, guard.state, blank, (0,) * len(guard.ceilings), (0,) * len(guard.raise_us), (), Times(NEVER),
            zero=guard.zero, finished=True,
        )  # fmt: skip
    times = Times(*(_deadline(getattr(guard.times, name)) for name in _fields(Times)))
    times = replace(times, tick=NOW_US + TICK_US, alarm=NEVER, fresh=max(times.fresh, NOW_US))
    # A doubt lasts for 10 s; one that ends sooner trips less, so what goes on is more, not less.
    times = replace(times, doubt=min(times.doubt, NOW_US + DOUBT_US))
    # Clocks that drift apart are left out: their comparison begins anew with each report.
    unlike: dict[str, Any] = {"clocks": ()} if "clocks" in _fields(GuardState) else {}
    return replace(
        guard,
        **unlike,
        n=10,  # records are known by their number only, and only those of raises are asked for again
        pending=tuple(replace(pending, n=i) for i, pending in enumerate(guard.pending)),
        times=times,
        shadow=_same_shadow(guard.shadow, asks_again),
        status=_same_status(guard.status),
        trip=guard.trip and Trip(_alike(guard.trip.fault), ""),
        over=guard.over and Over("", guard.over.exit),
        delivered_us=NOW_US,
        marks=tuple(Mark(0, mark.net_pc) for mark in guard.marks[:1]),
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
    if shadow.open is None and not asks_again:
        changes["last"] = b""
    if not shadow.armed:  # the answer to ARM sets them (answers.granted), and what is asked now has a larger step
        changes |= {"step": 0, "step_was": 0, "started": False, "contacted": 0}
    if shadow.worst_play is None:  # the next PLAY sets them (requests._asked)
        changes |= {"starts_us": 0, "play_end_us": 0}
    return replace(shadow, **changes)


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
