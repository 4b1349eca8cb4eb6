"""Answer those who knock at the stop-only socket, from what the guard last said to the operator."""

from __future__ import annotations

import os
from typing import Any

from eastim.safety.room import Asker

_SILENT = ("OFF", "SAFE", "TRIPPED")  # states that the guard enters only after it has read zero back


class Desk:
    """Remember the guard's last words; answer a status at once, and a stop when zero is proven or given up."""

    def __init__(self, session: str, device: str, runs: str = "") -> None:
        self._fixed = {"session": session, "device": device, "pid": os.getpid(), "guard": runs}
        self._state: dict[str, Any] = {"state": "OFF"}
        self._status: dict[str, Any] = {}
        self._end: dict[str, Any] | None = None
        self._stoppers: list[Asker] = []

    def see(self, name: str, body: dict[str, Any]) -> None:
        """Take note of one message to the operator."""
        if name == "state":
            self._state = body
        elif name == "status":
            self._status = body
        elif name == "end":
            self._end = body

    def status(self, asker: Asker) -> None:
        asker.answer(self._picture())

    def await_zero(self, asker: Asker) -> None:
        """Answer this one once the stop, which the guard has been fed, is confirmed or given up."""
        self._stoppers.append(asker)

    def settle(self) -> None:
        """Answer the waiting stops, if there is something to say."""
        zero = self._zero()
        if zero is None:
            return
        for asker in self._stoppers:
            asker.answer({**self._picture(), "zero": zero})
        self._stoppers.clear()

    def _zero(self) -> bool | None:
        """Whether the output is proven zero (True), can't be proven (False), or that is still open (None)."""
        if self._end is not None:
            return bool(self._end.get("zero", False))
        state = self._state.get("state")
        if state == "UNCERTAIN":
            return False
        return True if state in _SILENT else None

    def _picture(self) -> dict[str, Any]:
        told = {key: self._status.get(key) for key in ("left_us", "played_us", "section", "kind", "levels")}
        end = {} if self._end is None else {"reason": self._end.get("reason")}
        return {**self._fixed, **self._state, **told, **end}
