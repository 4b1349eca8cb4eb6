"""What the guard knows between two inputs: frozen, hashable, small, and the same for the same situation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from eastim.errors import Exit
from eastim.profiles.profile import Profile
from eastim.safety.interlock import State
from eastim.safety.order import Order
from eastim.safety.readers.base import Reader, Status

NEVER = 1 << 62
"""A moment that does not come."""

BEAT_US = 300_000  # a line's silence, after which the output is cut
FRESH_US = 300_000  # the age of the last agreeing status, at which the output is cut
LATE_US = 250_000  # the age of the last agreeing status, from which no raise is taken
FOLLOW_US = 250_000  # how long the player has to follow a lower, a pause or a hold
TAKEN_US = 600_000  # after that and a section: what may lie between a device that has taken up a hold and its report
DOUBT_US = 10_000_000  # two reports that disagree trip within this, whatever the reports between them say
CUT_US = 250_000  # a cut not confirmed within this is sent again
CUTS = 3  # cuts without confirmation, after which the output is UNCERTAIN
MUTE_CUTS = 3  # when a silent device has left two cuts unanswered, its silence is taken without the answer
FIND_US = 10_000_000  # the time in which the device must be found and loaded
TICK_US = 100_000  # how often the guard says that it lives
GIVE_UP_US = 10_000_000  # how long a session that is over goes on cutting an output it can't see
RECORD_US = 250_000  # how long the record of a raise may take
ALARM_US = 2_000_000  # how often the alarm is repeated while UNCERTAIN
DELIVERED_US = 6_000_000  # no more often than this are the counts recorded while playing
MARK_STEP_US = 5_000_000  # net charge, clock and counts are compared with those of one to two of these before
CLOCK_LEAST_US = 2_000_000  # over less than this its clock is not judged
CLOCK_PPM = 50_000  # how far its clock may run apart from the guard's
CLOCK_LATE_US = 250_000  # and so much more, for a report may be late on its way


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What never changes in a session. Compared by identity, so a search over states hashes it for nothing.

    keys: every ordered (lead, kind); ceilings stand in this order.
    """

    order: Order
    profile: Profile
    reader: Reader[Any]
    keys: tuple[tuple[str, str], ...]

    @property
    def leads(self) -> tuple[str, ...]:
        return tuple(ordered.lead for ordered in self.order.leads)

    def limit(self, name: str) -> int:
        """The bound of this name, or NEVER where this use has none."""
        value = self.order.limits.get(name)
        return NEVER if value is None else value


@dataclass(frozen=True, slots=True)
class Times:
    """Deadlines in us on the guard's clock: at that moment it is too late. NEVER where none runs.

    guard_time.DEADLINES says in which states each of them counts and what it does. Two are none: bought, when all
    output has ended that a written frame ever bought, the contact test included, if no stop is heard; and doubt, until
    when a report that disagrees is not the first. 0 when they have passed.
    """

    tick: int
    find: int = NEVER
    player: int = NEVER
    operator: int = NEVER
    fresh: int = 0
    bought: int = 0
    doubt: int = 0
    follow: int = NEVER
    hold: int = NEVER
    taken: int = NEVER
    pause: int = NEVER
    session: int = NEVER
    wall: int = NEVER
    cut: int = NEVER
    alarm: int = NEVER
    give_up: int = NEVER


@dataclass(frozen=True, slots=True)
class Pending:
    """A raise whose record is not yet durable: its record number, which ceiling, to what, how long it is good.

    hold: what was held when it was made.
    A raise is felt when it is made or not at all: a record that takes longer voids it.
    """

    n: int
    index: int
    to_ua: int
    until_us: int
    hold: str | None


@dataclass(frozen=True, slots=True)
class Lately:
    """What was allowed before the last lower, hold or pause: a frame already on its way may still carry it.

    Such a frame is dropped and told, but it does not trip (H48).
    """

    until_us: int
    ceilings: tuple[int, ...]
    holds: tuple[str, ...]
    state: State


@dataclass(frozen=True, slots=True)
class Trip:
    """The first cause of a trip: a fault's name, and what was seen."""

    fault: str
    text: str


@dataclass(frozen=True, slots=True)
class Over:
    """Why the session ends, and the exit code when nothing worse happens."""

    reason: str
    exit: Exit


@dataclass(frozen=True, slots=True)
class Watch:
    """What must be remembered of the measurements of one (lead, kind). fresh: its felt pulses at the last reading.

    opens: readings above the open bound in a row. bad_from: felt pulses at the first of the unbalanced readings in a
    row. base: (felt pulses, residual mV) from which drift is taken. start_ohm: first impedance since arming.
    level_ua: the level of which the last reading was; 0 when that is not known.
    """

    fresh: int = 0
    opens: int = 0
    bad_from: int | None = None
    base: tuple[int, int] | None = None
    start_ohm: int | None = None
    level_ua: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """The net charge of each lead at a moment of stimulation time, in pC in the order of `Given.leads`."""

    at_us: int
    net_pc: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClockMark:
    """What the device's clock was at when a report was heard, at a moment on the guard's own clock."""

    at_us: int
    device_us: int


@dataclass(frozen=True, slots=True)
class RateMark:
    """How long the pulses of each lead take, in the order of `Given.leads`, at a moment on the guard's own clock."""

    at_us: int
    taken_us: tuple[int, ...]


class Marked(Protocol):
    """Anything that was marked at a moment."""

    @property
    def at_us(self) -> int: ...


M = TypeVar("M", bound=Marked)


def rolled(marks: tuple[M, ...], now: M) -> tuple[M, ...]:
    """The marks with this one, if the last is a step old by now; at most two, so the older is one to two steps old."""
    if marks and now.at_us - marks[-1].at_us < MARK_STEP_US:
        return marks
    return (*marks[-1:], now)


@dataclass(frozen=True, slots=True)
class GuardState:
    """The guard between two inputs.

    ceilings: uA in the order of `given.keys`. pending: raises being recorded, one a lead at most. target: the ceilings
    that the output must have come down to at `times.follow`. n: number of the next record. raise_us: by lead, earliest
    moment of the next raise (0: any).
    status: the last of the ordered device. contacted: leads tested since arming. live_us: stimulation so far on the
    guard's clock, `live_since_us` apart, at which the present stretch began. cuts: sent and not confirmed.
    mute_cuts: in UNCERTAIN, 1 and the cuts sent while the device reports silence and answers none (0: it reports none).
    ledger_ok: no record has failed. marks, clocks, rates: at most two each; see `Mark` and its like.
    said: notices given since arming. zero: silence was read back at the end. finished: nothing follows.
    """

    given: Given
    state: State
    shadow: Any
    ceilings: tuple[int, ...]
    raise_us: tuple[int, ...]
    watches: tuple[Watch, ...]
    times: Times
    n: int = 0
    hold: str | None = None
    pending: tuple[Pending, ...] = ()
    lately: Lately | None = None
    target: tuple[int, ...] = ()
    status: Status | None = None
    contacted: tuple[str, ...] = ()
    live_us: int = 0
    live_since_us: int | None = None
    trip: Trip | None = None
    over: Over | None = None
    cuts: int = 0
    mute_cuts: int = 0
    ledger_ok: bool = True
    delivered_us: int = 0
    marks: tuple[Mark, ...] = ()
    clocks: tuple[ClockMark, ...] = ()
    rates: tuple[RateMark, ...] = ()
    said: tuple[str, ...] = ()
    zero: bool = False
    finished: bool = False

    @property
    def levels(self) -> dict[tuple[str, str], int]:
        """The ceilings by (lead, kind)."""
        return dict(zip(self.given.keys, self.ceilings, strict=True))

    def played_us(self, now_us: int) -> int:
        """Stimulation time on the guard's own clock."""
        return self.live_us + (0 if self.live_since_us is None else now_us - self.live_since_us)

    def left_us(self, now_us: int) -> int:
        return self.given.order.session_us - self.played_us(now_us)
