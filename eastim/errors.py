"""Every error eastim raises, in one tree.

    EastimError
    |-- AskedError            you asked for something illegal; nothing was sent
    |   |-- OrderError        the order has mistakes; carries all of them as Problems
    |   |-- LimitError        outside the limits; says which bound and who set it
    |   `-- LedgerError       a ledger that can't be read, or can't be written
    |-- DeviceError           the device, or the way to it, did something
    |   |-- PortError         no such port, busy, refused, gone
    |   |-- WrongDevice       something answers, but not the device that was ordered
    |   |-- Garbled           bytes that are no message of this wire
    |   `-- Rejected          the device refused a request; carries its code
    `-- Refused               the door's own no to a frame: never clamped, always said, and it trips

Messages are lower case and say what, where, the bound, who set it and what to do next.
Foreign exceptions (OSError, serial, VISA) are mapped where they happen, in `transports`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of `eastim`; documented in docs/exit-codes.md."""

    DONE = 0
    BUG = 1
    BAD_INPUT = 2
    NO_DEVICE = 3
    STOPPED = 4
    TRIPPED = 5
    UNCERTAIN = 6
    BAD_LEDGER = 7


class EastimError(Exception):
    """Base of all; never raised itself."""

    exit = Exit.BUG


class AskedError(EastimError):
    """Say that the request is illegal; nothing has been sent. sentences: one for each mistake."""

    exit = Exit.BAD_INPUT

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in an order: where it stands, what is wrong, and the way out."""

    place: str
    what: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}; {self.way_out}"


class OrderError(AskedError):
    """Carry every mistake of an order at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(*map(str, problems))
        self.problems = problems


class LimitError(AskedError):
    """Say that a value is outside its bound, and who set the bound."""


class LedgerError(AskedError):
    """Say that a ledger can't be trusted, read or written."""

    exit = Exit.BAD_LEDGER


class DeviceError(EastimError):
    """Say what the device, or the way to it, did."""

    exit = Exit.NO_DEVICE


class PortError(DeviceError):
    """Say that the port is absent, busy, refused or gone."""


class WrongDevice(DeviceError):
    """Say that what answers is not the device that was ordered."""


class Garbled(DeviceError):
    """Say that bytes are no message of this wire."""


class Rejected(DeviceError):
    """Carry the device's refusal of a request: its code's name and detail."""

    def __init__(self, request: str, code: str, detail: int) -> None:
        super().__init__(f"the device refused {request}: {code} (detail {detail})")
        self.request, self.code, self.detail = request, code, detail


class Refused(EastimError):
    """Say why the door does not let a frame out."""

    exit = Exit.TRIPPED
