"""What a ledger proves of its session: ordered against delivered, and that nothing rose but by raises.

The frames are decoded again, by the guard's own reader of the wire, from the bytes that left the door.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eastim.errors import EastimError
from eastim.ledger_verify import LedgerRecord, Verification, verify
from eastim.profiles.profile import load_profile
from eastim.pulses.levels import Levels
from eastim.safety.order import Order, order_from_json
from eastim.safety.readers.ea1_parts.levels import levels_set
from eastim.text import safe_text

_LEVELS_SET: dict[str, Callable[[bytes, tuple[str, ...]], Levels | None]] = {"ea1": levels_set}
# With each of these the device falls silent, and what was raised before counts no more.
_TO_ZERO = ("stop", "trip", "cut", "pause")
_MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whole pulses of one (lead, kind): as ordered, as the device counted them, and those of them above 0 uA."""

    lead: str
    kind: str
    ordered: int
    delivered: int
    felt: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What a ledger says of its session.

    reason: as the closing record gives it, "" when the ledger ended open. ordered_us, delivered_us: stimulation.
    held, paused: the operator held a kind, or paused or cleared a trip, after which a new block begins: delivered may
    differ from ordered by kind.
    steps_up: levels that rose from one frame on the wire to the next. guard: how it ran, by
    its own word. problems: all, the chain's first.
    """

    verification: Verification
    order: Order | None
    reason: str
    ordered_us: int
    delivered_us: int
    deliveries: tuple[Delivery, ...]
    raises: int
    steps_up: int
    held: bool
    paused: bool
    guard: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def audit(path: Path) -> Audit:
    """Read a ledger whole. Raises LedgerError when it can't be read at all."""
    books = _Books()
    verification = verify(path, books.see)
    books.compare()
    problems = (*map(str, verification.problems), *books.problems[:_MAX_PROBLEMS])
    order = books.order
    return Audit(
        verification,
        order,
        books.reason,
        0 if order is None else order.session_us,
        _whole(books.counts.get("elapsed_us")),
        books.deliveries(),
        sum(books.raises.values()),
        sum(books.steps_up.values()),
        books.held,
        books.paused,
        books.guard,
        problems,
    )


@dataclass(slots=True)
class _Books:
    """What is kept while the records pass by.

    raises, used, steps_up: by (lead, kind); used are the raises that the wire has followed, one step each. risen: what
    the last raise or lower of each allows. unused: those whose last raise allows a step still. before: by a raise's
    number, what its (lead, kind) was allowed before it, and whether a step, in case it is void.
    """

    order: Order | None = None
    kinds: tuple[str, ...] = ()
    read: Callable[[bytes, tuple[str, ...]], Levels | None] | None = None
    levels: Counter[tuple[str, str]] = field(default_factory=Counter)
    risen: Counter[tuple[str, str]] = field(default_factory=Counter)
    unused: set[tuple[str, str]] = field(default_factory=set)
    before: dict[int, tuple[tuple[str, str], int, bool]] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    guard: str = ""
    raises: Counter[tuple[str, str]] = field(default_factory=Counter)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    steps_up: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: bool = False
    paused: bool = False
    problems: list[str] = field(default_factory=list)

    def see(self, record: LedgerRecord) -> None:
        """Take one record. Its chain may be whole and its content still nonsense: then that is a problem, too."""
        try:
            self._see(record)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, EastimError) as error:
            self.problems.append(f"record {record.index}: can't be read: {error!r:.200}")

    def deliveries(self) -> tuple[Delivery, ...]:
        if self.order is None:
            return ()
        pulses, felt = self.counts.get("pulses"), self.counts.get("pulses_felt")
        return tuple(
            Delivery(lead, kind, count, _count(pulses, lead, kind), _count(felt, lead, kind))
            for (lead, kind), count in _ordered(self.order).items()
        )

    def compare(self) -> None:
        """Judge the session as a whole, once all records have passed."""
        for (lead, kind), steps in self.steps_up.items():
            used = self.used[lead, kind]
            if steps > used:
                self.problems.append(f"lead {lead}, kind {kind}: {steps} steps up on the wire, but {used} raises")
        if self.order is None:
            return
        if (elapsed_us := _whole(self.counts.get("elapsed_us"))) > self.order.session_us:
            self.problems.append(f"{elapsed_us} us delivered, {self.order.session_us} us ordered")
        # With a hold or a pause the kinds are no longer played as often as ordered, by the operator's own will.
        if self.reason == "completed" and not (self.held or self.paused):
            self.problems += [
                f"lead {row.lead}, kind {row.kind}: {row.delivered} pulses delivered, {row.ordered} ordered"
                for row in self.deliveries()
                if row.delivered != row.ordered
            ]

    def _see(self, record: LedgerRecord) -> None:
        body = record.body
        if record.type == "open":
            self._open(body)
        elif record.type == "frame":
            self._frame(record)
        elif record.type == "raise":
            self._raise(record)
        elif record.type == "void":
            self._void(*self.before.pop(body["n"]))
        elif record.type == "lower":
            self._lower(body["to_ua"])
        elif record.type in ("delivered", "close"):
            self.counts = body
            if record.type == "close":
                self.reason = body["reason"]
        elif record.type in _TO_ZERO:
            self.levels, self.risen = Counter(), Counter()
            self.unused.clear()
        self.held = self.held or (record.type == "hold" and body.get("kind") is not None)
        self.paused = self.paused or record.type in ("pause", "clear")

    def _open(self, body: dict[str, Any]) -> None:
        order = order_from_json(json.dumps(body["order"]))
        if order.sha256 != body["sha256"]:
            self.problems.append("record 1: the order does not fit its own hash")
        self.order, self.kinds, self.guard = order, order.kinds, safe_text(body.get("guard", ""))
        self.read = _LEVELS_SET[load_profile(order.profile).wire]

    def _raise(self, record: LedgerRecord) -> None:
        key, to_ua = (record.body["lead"], record.body["kind"]), int(record.body["to_ua"])
        self.before[record.n] = (key, self.risen[key], key in self.unused)
        self.raises[key] += 1
        self.risen[key] = to_ua
        self.unused.add(key)

    def _void(self, key: tuple[str, str], was_ua: int, was_unused: bool) -> None:
        self.raises[key] -= 1
        self.risen[key] = was_ua
        if not was_unused:
            self.unused.discard(key)

    def _lower(self, to_ua: dict[str, dict[str, int]]) -> None:
        """A step down undoes the last step up, whether the wire had followed it yet or not."""
        for lead, by_kind in dict(to_ua).items():
            for kind, ua in dict(by_kind).items():
                self.risen[lead, kind] = min(self.risen[lead, kind], int(ua))
                self.unused.discard((lead, kind))

    def _frame(self, record: LedgerRecord) -> None:
        if self.read is None:
            raise ValueError("a frame before the order")
        levels = self.read(bytes.fromhex(record.body["hex"]), self.kinds)
        if levels is None:
            return
        for key, ua in levels.items():
            if ua <= self.levels[key]:
                continue  # what was lowered may go on until the player follows; how long is the guard's to judge
            self.steps_up[key] += 1
            self.used[key] += key in self.unused
            self.unused.discard(key)
            if ua > self.risen[key]:
                what = f"{ua} uA on lead {key[0]}, kind {key[1]}, raised at most to {self.risen[key]} uA"
                self.problems.append(f"record {record.index}: {what}")
        self.levels = Counter(levels)


def _ordered(order: Order) -> dict[tuple[str, str], int]:
    """Pulses of each (lead, kind) in the whole program; a session shorter than that is cut at whole blocks."""
    counts: Counter[tuple[str, str]] = Counter()
    for section in order.program.sections:
        for lead in section.leads:
            counts[lead, section.train.kind] += section.count * order.program.repeats
    return counts


def _count(table: Any, lead: str, kind: str) -> int:
    row = table.get(lead) if type(table) is dict else None
    return _whole(row.get(kind)) if type(row) is dict else 0


def _whole(value: Any) -> int:
    """A number as the ledger should have it; 0 for what is none: a ledger is a document like any other, and may lie."""
    return value if type(value) is int else 0
