"""What can go wrong on purpose: a table, and which rows of it are on now."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

ALL_LEADS = "ABCD"


@dataclass(frozen=True, slots=True)
class Row:
    """One fault: what it does and which clause of the manual it breaks ('' where the manual allows it)."""

    name: str
    does: str
    breaks: str
    per_lead: bool = False
    once: bool = False


FAULTS = {
    row.name: row
    for row in (
        Row("open", "the lead is off: no current flows, from its next pulse on", "", per_lead=True),
        Row("short", "the lead is shorted (10 ohm), from its next pulse on", "", per_lead=True),
        Row(
            "reset",
            "the device boots anew: silent, another boot id and epoch, its clock from 0; a begun pulse ends",
            "",
            once=True,
        ),
        Row("deaf", "a stop or BREAK is ignored", "2.6, 5.7"),
        Row(
            "stuck-on",
            "pulses go on at the last levels after playing has ended; the state denies it, the measurements do not",
            "1.5, 5.7",
        ),
        Row("leak", "100 uA flow on the lead whenever it should be at zero", "1.3, 1.4", per_lead=True),
        Row("unbalanced", "the second phase of every pulse has 4/5 of the first's current", "1.3, 1.5"),
        Row("silent", "nothing is sent any more; the device goes on", "2.5, 6.1"),
        Row("drop", "one chunk in ten, to or from the device, is lost (a stop among them)", ""),
        Row("corrupt", "one chunk in ten, to or from the device, has a bit turned over (a stop among them)", ""),
        Row("torn", "the next frame the device sends is cut in half", "2.3", once=True),
        Row("unplug", "pty, link and TCP are closed; the device has power and goes on", ""),
        Row("wrong-serial", "IDENTITY answers another serial number, from the next HELLO on", "4.1"),
    )
}
WRONG_SERIAL = "EA1-999999"
LEAK_UA = 100
_CHANCE = 0.1
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
        raise ValueError(f"fault '{text[:40]}' is not NAME, NAME@seconds or NAME:LEAD@seconds")
    known(found["name"], found["lead"])
    return Planned(round(float(found["at"] or 0) * 1_000_000), found["name"], found["lead"])


def known(name: str, lead: str | None) -> Row:
    """Return the row of a fault; raises ValueError when there is none, or it is not one of a lead."""
    row = FAULTS.get(name)
    if row is None:
        raise ValueError(f"no fault '{name[:40]}'; the faults are {', '.join(FAULTS)}")
    if lead is not None and (not row.per_lead or lead not in ALL_LEADS or len(lead) != 1):
        raise ValueError(
            f"fault '{name}' on lead '{lead[:8]}': "
            + ("leads are A, B, C, D" if row.per_lead else "it is not one of a lead")
        )
    return row


class Active:
    """The faults that are on, and the noise of the line they make (deterministic by seed)."""

    def __init__(self, seed: int = 0) -> None:
        self._on: dict[str, set[str]] = {}
        self._random = random.Random(seed)
        self.lost = 0

    def on(self, name: str, lead: str | None = None) -> bool:
        """Say whether a fault is on (on that lead, for those of a lead)."""
        return name in self._on and (lead is None or lead in self._on[name])

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

    def chunk(self, chunk: bytes) -> bytes | None:
        """Pass one chunk to the device through the noise; None: lost."""
        return self._noise(chunk) if self._on else chunk

    def frame(self, frame: bytes) -> bytes:
        """Pass one frame from the device through the noise; empty: lost."""
        if not self._on:
            return frame
        if "silent" in self._on:
            return b""
        if "torn" in self._on:
            self.end("torn", None)
            return frame[: len(frame) // 2]
        return self._noise(frame) or b""

    def _noise(self, data: bytes) -> bytes | None:
        if "drop" in self._on and self._random.random() < _CHANCE:
            self.lost += 1
            return None
        if "corrupt" in self._on and self._random.random() < _CHANCE:
            self.lost += 1
            at = self._random.randrange(len(data))
            return data[:at] + bytes([data[at] ^ 1 << self._random.randrange(8)]) + data[at + 1 :]
        return data
