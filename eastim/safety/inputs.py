"""What can happen to the guard, and what the guard can do. Plain frozen values; `guard.step` maps one to the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from eastim.frames import Frame

LineName = Literal["player", "operator"]

# --- from the player's line -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The player asks for one frame to be written."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Beat:
    """A line's loop has completed a pass; the last act of that very pass, never of a timer or thread (H03)."""

    line: LineName


# --- from either line, the stop socket or a signal --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop now. `source` says who: operator, player, shell, sigterm ... Anyone may."""

    source: str


# --- from the operator's line -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arm:
    """The operator's go."""


@dataclass(frozen=True, slots=True)
class Raise:
    """One step up of one lead; kind None is what is sounding."""

    lead: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Lower:
    """One step down of one lead; kind None is every kind."""

    lead: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep one kind sounding on all leads; None releases."""

    kind: str | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Go silent and to zero; session time stands still."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Begin a new block at zero."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Acknowledge a trip."""


# --- from the world ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes came from the device, in any cut."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """Record n is durable; `error` says why it is not."""

    n: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """A line or the port is closed for good."""

    what: Literal["player", "operator", "port"]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Slept:
    """The computer has slept for so long; the guard's clock stood still meanwhile (H05)."""

    us: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A step of the guard, or what carries it out, raised; `why` is the error."""

    why: str


Input = (
    Asked | Beat | Stop | Arm | Raise | Lower | Hold | Pause | Resume | Clear | Heard | Recorded | Gone | Slept | Tick
    | Failed
)  # fmt: skip

# --- effects ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Write:
    """Write one frame of the player's, whole."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Cut:
    """Write the profile's stop bytes, before anything else that waits."""

    frames: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Append to the ledger. wait: a `Recorded(n)` must come back once it is durable."""

    n: int
    body: dict[str, Any]
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Send a message to a line: a name, JSON fields, raw bytes."""

    line: LineName
    name: str
    body: dict[str, Any] = field(default_factory=dict)
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Say something that must be noticed even with nobody on the lines (the guard's own stderr)."""

    text: str


Effect = Write | Cut | Record | Tell | Alarm
