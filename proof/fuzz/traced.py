"""What leads the search: every branch of the product's that an input takes, but for these.

To follow a branch costs ten times the branch itself. Left out is what reads none of an input's bytes and whose way
hardly changes with them: there the search would have nothing to find, and the two million inputs would take hours. All
of it is still run with every input, and each of its errors still is one.
"""

from __future__ import annotations

TRACED = ("eastim", "tomllib", "firmware_sim")
_PLAYS = (
    "faults", "line_noise", "load", "scope", "ea1.firmware", "ea1.lead", "ea1.leak", "ea1.output", "ea1.state",
    "ea1.status", "ea1.timer",
)  # fmt: skip
_TEXT = "eastim.text"
_CHANGED = "eastim.safety.changed"
UNTRACED = {
    "frames": (_CHANGED,),
    # COBS is followed in `frames`; here the reader's own branches tell a good chunk from a bad one.
    "answers": (_CHANGED, "eastim.safety.readers.ea1_parts.framing"),
    # How the device plays and reports. Its bytes are read by grammar, link, requests, program and session.
    "device": tuple(f"firmware_sim.{name}" for name in _PLAYS),
    # The envelope of a use and a device is the same for all words of that use.
    "prescription": ("eastim.safety.limits",),
    "words": ("eastim.safety.limits",),
    # What prints is followed in `text`.
    "ledger": (_TEXT,),
    # How the device plays and reports, and the reader of its wire; what a command changes of it is followed.
    "control": (
        *(f"firmware_sim.{name}" for name in _PLAYS if name not in ("faults", "load", "scope")),
        *(f"firmware_sim.ea1.{name}" for name in ("grammar", "link", "program", "requests", "session")),
    ),
    # The target's own writing of whole records, before what is fuzzed begins.
    "books": (_TEXT, "eastim.ledger"),
}
