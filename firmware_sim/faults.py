"""What can go wrong on purpose: a table, and which rows of it are on now."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass

ALL_LEADS = "ABCD"


@dataclass(frozen=True, slots=True)
class Row:
    """One fault: what it does, what of it a host can see, and the clause it breaks ('' where the manual allows it).

    beyond: by the device's own doing the load may get more, or get it for longer, than the host has asked for.
    """

    name: str
    does: str
    breaks: str
    per_lead: bool = False
    once: bool = False
    beyond: bool = False


_DEVICE = (
    Row("open", "the lead is off: no current flows, from its next pulse on", "", per_lead=True),
    Row("short", "the lead is shorted (10 ohm), from its next pulse on", "", per_lead=True),
    Row(
        "reset",
        "the device boots anew: silent, another boot id and epoch, its clock from 0; a begun pulse ends",
        "",
        once=True,
    ),
    Row(
        "brown-out",
        "the supply dips: for 250 ms each pulse has half its current (measured so), then the device boots as by reset",
        "5.3",
        once=True,
    ),
    Row(
        "reboot-with-output",
        "the device boots anew, and its stage goes on with train and levels of before until a stop; the state and the "
        "counts deny it, boot id, quiet flag and measurements do not",
        "1.4",
        once=True,
        beyond=True,
    ),
    Row("deaf", "a stop or BREAK is ignored", "2.6, 5.7", beyond=True),
    Row(
        "wedge",
        "nothing is read or sent any more, stop and BREAK included; the pulses go on until the lease ends them",
        "2.5, 2.6, 6.1",
        beyond=True,
    ),
    Row(
        "lease-dead",
        "the lease never ends the output; seen only once no PLAY comes: 0 ms are left, and it plays",
        "5.5",
        beyond=True,
    ),
    Row(
        "stuck-on",
        "pulses go on at the last levels after playing has ended; the state denies it, the measurements do not",
        "1.5, 5.7",
        beyond=True,
    ),
    Row("leak", "100 uA flow on the lead whenever it should be at zero", "1.3, 1.4", per_lead=True, beyond=True),
    Row("unbalanced", "the second phase of every pulse has 4/5 of the first's current", "1.3, 1.5", beyond=True),
    Row("twice", "every pulse has twice the current of its level; the measurements say so", "5.3", beyond=True),
    Row(
        "level-lie",
        "every pulse has twice the current of its level, and the measured current says the level; seen only in the "
        "impedance, which reads double, and in an early open",
        "5.3, 6.3",
        beyond=True,
    ),
    Row(
        "measured-zero",
        "measured current, charge and peak are 0 while it flows, and the impedance is FFFFFFFF without the open flag",
        "6.3, 6.4",
    ),
    Row(
        "measured-low",
        "measured current, charge and peak are half of what flows, and the impedance reads double",
        "6.3, 6.4",
    ),
    Row(
        "measured-double",
        "measured current, charge and peak are twice what flows, and the impedance reads half",
        "6.3, 6.4",
    ),
    Row("frozen-status", "each STATUS has a new number and the body of the last one before, its cause too", "6.1, 6.2"),
    Row("count-off", "each count that is not 0 is reported one too high", "6.3, 6.5"),
    Row(
        "clock-fast",
        "the device's clock runs 6/5 as fast: rates up, widths and the lease shorter; seen only against another clock",
        "1.2",
        beyond=True,
    ),
    Row(
        "clock-slow",
        "the device's clock runs 4/5 as fast: rates down, widths (so charges) and the lease 5/4 as long; seen only "
        "against another clock",
        "1.2",
        beyond=True,
    ),
    Row(
        "rate-fast",
        "pulses come 3/2 as often as asked, from the next one on; each is counted, and the clock is true; seen only in "
        "the counts",
        "4.4",
        beyond=True,
    ),
    Row("wrong-serial", "IDENTITY answers another serial number, from the next HELLO on", "4.1"),
)
_LINE = (
    Row("silent", "nothing is sent any more; the device goes on", "2.5, 6.1"),
    Row("drop", "one chunk in ten, to or from the device, is lost (a stop among them)", ""),
    Row("corrupt", "one chunk in ten, to or from the device, has a bit turned over (a stop among them)", ""),
    Row("torn", "the next frame the device sends is cut in half", "2.3", once=True),
    Row(
        "half-write",
        "of the next frame to the device the first half arrives, and of what is sent in the 200 ms after it nothing",
        "",
        once=True,
    ),
    Row("duplicate", "one chunk in ten, to or from the device, arrives twice", "2.1"),
    Row(
        "delay",
        "every chunk, to or from the device, is late by up to 40 ms, one in ten by 60 to 100 ms; the order is kept",
        "",
    ),
    Row(
        "reorder",
        "one chunk in ten, to or from the device, is overtaken by the next one, or 150 ms late when none comes",
        "2.1",
    ),
    Row(
        "half-duplex",
        "the line stands still one way while the other works: from 50 to 250 ms of every second to the device, from "
        "550 to 750 ms from it; all arrives at the end, in order",
        "",
    ),
    Row("unplug", "pty, link and TCP are closed; the device has power and goes on", ""),
    Row(
        "other-serial",
        "unplug; after 500 ms another device, silent and of another serial number, answers at the same path, while the "
        "first has power and goes on; its leads are 2A to 2D",
        "",
    ),
    Row(
        "swap",
        "the line leads to another device at once and without a hang-up, else as other-serial",
        "",
    ),
)
FAULTS = {row.name: row for row in (*_DEVICE, *_LINE)}
WRONG_SERIAL = "EA1-999999"
OTHER_SERIAL = "EA1-000002"
LEAK_UA = 100
_SPEC = re.compile(r"(?P<name>[a-z-]{1,32})(?::(?P<lead>[A-D]))?(?:@(?P<at>[0-9]{1,6}(?:\.[0-9]{1,6})?))?")


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A fault that begins at a device time; lead None is every lead."""

    at_us: int
    name: str
    lead: str | None = None


def parse_fault(text: str) -> Planned:
    """Read `NAME`, `NAME@seconds` or `NAME:LEAD@seconds`; raises ValueError."""
    found = _SPEC.fullmatch(text)
    if found is None:
        raise ValueError(f"fault {text[:40]!r} is not NAME, NAME@seconds or NAME:LEAD@seconds")
    known(found["name"], found["lead"])
    return Planned(round(float(found["at"] or 0) * 1_000_000), found["name"], found["lead"])


def known(name: str, lead: str | None) -> Row:
    """Return the row of a fault; raises ValueError when there is none, or it is not one of a lead."""
    row = FAULTS.get(name)
    if row is None:
        raise ValueError(f"no fault {name[:40]!r}; the faults are {', '.join(FAULTS)}")
    if lead is not None and (not row.per_lead or lead not in ALL_LEADS or len(lead) != 1):
        raise ValueError(
            f"fault {name!r} on lead {lead[:8]!r}: "
            + ("leads are A, B, C, D" if row.per_lead else "it is not one of a lead")
        )
    return row


class Active:
    """The faults that are on; `random` is their chance, the same for the same seed.

    acted: how often each has changed something so far. One that is on need not have: a deaf device is as good as a
    whole one until it is told to stop. Whoever does what a fault says counts it here.
    """

    def __init__(self, seed: int = 0) -> None:
        self._on: dict[str, set[str]] = {}
        self.acted: Counter[str] = Counter()
        self.random = random.Random(seed)

    @property
    def any(self) -> bool:
        """Say whether any fault is on."""
        return bool(self._on)

    def on(self, name: str, lead: str | None = None) -> bool:
        """Say whether a fault is on (on that lead, for those of a lead)."""
        return name in self._on and (lead is None or lead in self._on[name])

    def acts(self, name: str, lead: str | None = None) -> bool:
        """Say whether a fault is on, and count it: the caller does now what it says."""
        on = self.on(name, lead)
        if on:
            self.count(name)
        return on

    def count(self, name: str) -> None:
        """Count that a fault changes something now; one of them (reset) is over as it begins, and never on."""
        self.acted[name] += 1

    def begin(self, name: str, lead: str | None) -> None:
        """Switch a fault on."""
        self._on.setdefault(name, set()).update(lead or ALL_LEADS)

    def end(self, name: str, lead: str | None) -> None:
        """Switch a fault off."""
        left = self._on.get(name, set()) - set(lead or ALL_LEADS)
        self._on.pop(name, None)
        if left:
            self._on[name] = left

    def names(self) -> dict[str, str]:
        """Return what is on, with the leads of those that are of a lead."""
        return {name: "".join(sorted(leads)) if FAULTS[name].per_lead else "" for name, leads in self._on.items()}
