"""What a fault excuses at the load, by its nature: named one by one, each with its reason. All else is a breach."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.faults import LEAK_UA
from proof.matrix.evidence import LEASE_US, MAX_UA, PULSE_US, Breach, Rule
from proof.matrix.outcome import CUT_AGAIN


@dataclass(frozen=True, slots=True)
class Excused:
    """An excuse. why: the reason, for the page.

    late_us: how long the output may go on after a cut, while the fault acts. rules: what the device itself breaks, not
    before the fault, and with no more than most_ua. said_within_us: how soon after the said_after-th breach of one
    rule, lead and kind the ledger must tell of it; None: no host can see it. lasts: what the device breaks it may go on
    breaking when the fault is over. tells: what the ledger may say for that, see `outcome.said`; no other word does.
    """

    why: str
    late_us: int = PULSE_US
    rules: frozenset[Rule] = frozenset()
    said_within_us: int | None = 0
    most_ua: int = MAX_UA
    said_after: int = 1
    lasts: bool = False
    tells: frozenset[str] = frozenset()

    def fits(self, breach: Breach, began_us: int | None, over_us: int | None = None) -> bool:
        """Whether a breach is of this excuse. began_us, over_us: of the fault; None: it never began, never ends.

        A pulse that begins when the fault is taken away may have it still, and so may the time to the next one.
        """
        if began_us is None or breach.at_us < began_us or breach.ua > self.most_ua or breach.rule not in self.rules:
            return False
        since_us = breach.at_us if breach.since_us is None else breach.since_us
        return self.lasts or over_us is None or since_us <= over_us


NONE = Excused("")
PUTS_OUT = "never started: the device was putting out current and is being stopped"
_LOST = "a stop may be lost on the way; then the lease ends the output (5.5)"
_UNHEARD = "the device hears no stop; the lease ends the output (5.5)"
_CLOCK = "widths and rates follow the device's clock, until the guard finds the two clocks apart, in 5 s or less"
_IN_5_S = 400  # more pulses of 100 Hz than 5 s of 2/100 hold on a clock that is 6/5 as fast (3 s: 360)
_NO_WAY = "no stop reaches the device; the lease ends the output (5.5)"


def _breaks(*rules: Rule) -> frozenset[Rule]:
    return frozenset(rules)


EXCUSED: dict[str, Excused] = {
    "deaf": Excused(_UNHEARD, LEASE_US),
    "wedge": Excused(_UNHEARD, LEASE_US),
    "lease-dead": Excused(
        "with `unplug`, for else a stop comes before the lease ends: no stop arrives, and the output goes on",
        LEASE_US,
        _breaks("restart"),
        0,
        tells=frozenset({"port-gone"}),
    ),
    "drop": Excused(_LOST, LEASE_US),
    "corrupt": Excused(_LOST, LEASE_US),
    "half-write": Excused(_LOST, LEASE_US),
    "delay": Excused("a stop is late by up to 100 ms", 100_000 + PULSE_US),
    "reorder": Excused("a stop is late by up to 150 ms", 150_000 + PULSE_US),
    "half-duplex": Excused("a stop waits for up to 200 ms", 200_000 + PULSE_US),
    "unplug": Excused(_NO_WAY, LEASE_US),
    "other-serial": Excused(_NO_WAY, LEASE_US),
    "swap": Excused(_NO_WAY, LEASE_US),
    "clock-fast": Excused(_CLOCK, PULSE_US, _breaks("shape", "rate"), said_after=_IN_5_S, tells=frozenset({"clock"})),
    "clock-slow": Excused(_CLOCK, PULSE_US, _breaks("shape"), said_after=_IN_5_S, tells=frozenset({"clock"})),
    "rate-fast": Excused(
        "pulses come 3/2 as often, until the guard finds more than their time holds, in 5 s or less",
        PULSE_US,
        _breaks("rate"),
        said_after=_IN_5_S,
        tells=frozenset({"rate"}),
    ),
    "unbalanced": Excused(
        "the stage breaks the balance; ten pulses in a row are a fault (6.6)",
        PULSE_US,
        _breaks("charge"),
        200_000,
        said_after=10,
        tells=frozenset({"device-fault", "imbalance", "imbalance-notice"}),
    ),
    "twice": Excused(
        "the stage doubles every pulse; the first one of a strength is not judged, it may be of the strength before",
        PULSE_US,
        _breaks("double"),
        1_000_000,
        2 * MAX_UA,
        said_after=2,
        tells=frozenset({"excess"}),
    ),
    "level-lie": Excused(
        "the stage doubles every pulse and measures the half of it: no current that a host is told is wrong",
        PULSE_US,
        _breaks("double"),
        None,
        2 * MAX_UA,
    ),
    "stuck-on": Excused(
        "the stage goes on by itself",
        PULSE_US,
        _breaks("restart"),
        505_000,
        lasts=True,
        tells=frozenset({"current", CUT_AGAIN}),
    ),
    "reboot-with-output": Excused(
        "the stage goes on by itself",
        PULSE_US,
        _breaks("restart"),
        505_000,
        lasts=True,
        tells=frozenset({"reset"}),
    ),
    "leak": Excused(
        "the stage lets a current flow at rest",
        PULSE_US,
        _breaks("envelope", "double", "restart", "charge", "shape", "rate", "zero"),
        505_000,
        LEAK_UA,
        tells=frozenset({"current", "device-fault", PUTS_OUT}),
    ),
}
