"""What every reader is: the guard's own decoder of one wire, pure, made from the profile.

The guard knows nothing of any wire. It asks the reader what the device would put out, and compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol, TypeVar

from eastim.frames import Frame


@dataclass(frozen=True, slots=True)
class Run:
    """Equal pulses on one lead.

    Onset of pulse k, in us after the block's start: onset_us + round half up of k*period_us.
    phases: (uA, us) each, in order, a gap as (0, us). count: whole pulses, 1 or more.
    """

    lead: str
    onset_us: int
    phases: tuple[tuple[Fraction, Fraction], ...]
    period_us: Fraction
    count: int


@dataclass(frozen=True, slots=True)
class Output:
    """What comes out if nothing more is ever sent. Endless output can't be written.

    runs: of one block, levels of 0 included; those on one lead that begin together are alternatives, the one in force
    first, while the reader can't know which will sound. starts_us: start of the current block on the guard's clock.
    block_us: its length. ends_us: when all output has ended, on the guard's clock. rest_ua: current between pulses.
    No runs means silence.
    """

    runs: tuple[Run, ...] = ()
    starts_us: int = 0
    block_us: int = 0
    ends_us: int = 0
    rest_ua: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Count:
    """Whole pulses of one (lead, kind), those of strength 0 included; `felt` are those above 0.

    level_ua: in force on the device. sounded: a whole pulse has been played at that level since it came into force.
    """

    lead: str
    kind: str
    level_ua: int
    sounded: bool
    pulses: int
    felt: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What the device measured on one lead, in uA, mV and ohm; None where it did not.

    kind: of the measured pulse. fresh: felt pulses of that kind so far, so that two readings of one pulse are
    seen as one.
    """

    lead: str
    kind: str | None
    plus_ua: int | None
    minus_ua: int | None
    volt_mv: int | None
    residual_mv: int | None
    z_ohm: int | None
    open: bool
    short: bool
    parked: bool
    net_pc: int
    peak_ua: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Status:
    """One report of the device.

    device: serial number ("" until known). boot: boot id. quiet: the output is at zero, as `source` says.
    agrees: with the shadow; when not, `disagreement` says in what. ended: the program is played out.
    played_us: play time as the device counted it. section: number of the sounding section, None when silent.
    ready: limits locked and the ordered program loaded. faults: in the device's own words.
    source: "measured", "read" back from registers, or merely "answered".
    stop_answer: this report answers a stop. clock_us: the device's own clock, since boot; None where it tells none.
    A reader hands on only what is news: a report that is older than the last one, or repeats it, is dropped.
    """

    device: str
    boot: int
    quiet: bool
    agrees: bool
    disagreement: str
    ready: bool
    playing: bool
    ended: bool
    played_us: int
    section: int | None
    hold: str | None
    counts: tuple[Count, ...]
    measured: tuple[Measured, ...]
    faults: tuple[str, ...]
    source: Literal["measured", "read", "answered"]
    stop_answer: bool
    clock_us: int | None = None


@dataclass(frozen=True, slots=True)
class Locks:
    """The limits that the device itself will hold: uA of each of its leads, charge of a phase, play time."""

    max_ua: tuple[tuple[str, int], ...]
    phase_charge_pc: int
    play_us: int


S = TypeVar("S")


class Reader(Protocol[S]):
    """Decode one wire for the guard. S is a frozen, hashable shadow: what the device holds, opaque to the guard."""

    def blank(self) -> S:
        """The shadow before anything was said: assume nothing."""

    def sent(self, shadow: S, frame: Frame, now_us: int) -> S:
        """The device after this frame; raises Refused. "Off" counts only when answered, all else when sent."""

    def stopped(self, shadow: S, now_us: int) -> S:
        """The device after the guard's own stop bytes: nothing more is permitted; not yet proven silent."""

    def heard(self, shadow: S, data: bytes, now_us: int) -> tuple[S, tuple[Status, ...]]:
        """Take bytes in any cut; never raises: what is no message is dropped, as the manual says."""

    def output(self, shadow: S) -> Output:
        """What comes out if nothing more is sent."""

    def asked(self, shadow: S) -> Output:
        """What the last frame asks for, once the device has taken it up: no alternatives, no hold but its own."""

    def contact(self, shadow: S) -> Output:
        """The contact test that is running or was bought by the last frame; silence otherwise."""

    def locks(self, shadow: S) -> Locks | None:
        """The limits locked on the device, or asked of it; None where there are none."""

    def settled(self, shadow: S) -> S:
        """As if every open question had been answered as asked: what a frame asks for. Never kept as the shadow."""
