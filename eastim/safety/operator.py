"""The operator's words to the guard. Only `treatment` imports this module: raising is the operator's alone."""

from __future__ import annotations

from typing import Any, Protocol


class Sends(Protocol):
    """The operator's line, or its stand-in under `--fast`."""

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = ...) -> bool: ...


class Operator:
    """Say what the operator wants. Every act returns False when the guard can't hear it any more.

    There is no act that names a strength: one `raise_` is one step, and how big it is, or whether it is taken at all,
    the guard decides.
    """

    def __init__(self, line: Sends) -> None:
        self._line = line

    def arm(self) -> bool:
        return self._line.send("arm")

    def raise_(self, lead: str, kind: str | None = None) -> bool:
        """Ask for one step up; kind None is the kind that is sounding."""
        return self._line.send("raise", {"lead": lead, "kind": kind})

    def lower(self, lead: str, kind: str | None = None) -> bool:
        """Take one step down; kind None is every kind of the lead."""
        return self._line.send("lower", {"lead": lead, "kind": kind})

    def hold(self, kind: str | None) -> bool:
        """Keep one kind sounding on all leads; None releases it."""
        return self._line.send("hold", {"kind": kind})

    def pause(self) -> bool:
        return self._line.send("pause")

    def resume(self) -> bool:
        return self._line.send("resume")

    def clear(self) -> bool:
        """Acknowledge a trip."""
        return self._line.send("clear")

    def stop(self, source: str) -> bool:
        """Stop now; `source` says who asked: operator, sigint, stdin ..."""
        return self._line.send("stop", {"source": source})

    def beat(self) -> bool:
        """Say that a pass of the front end's loop is complete; only as its last act (H03)."""
        return self._line.send("beat")
