"""Verdicts on disk: a run that was broken off goes on, and another run knows which test killed what."""

from __future__ import annotations

import json
import os
import time
from threading import Lock
from typing import Any

from proof.mutation.cover import KEPT, sources
from proof.mutation.judge import Verdict

_EVERY_S = 10.0


class Kept:
    """verdicts: of these very sources. hints: the tests that killed, of any sources: where to begin, no verdict.

    seconds: what it took to find the verdicts, in all runs together.
    """

    def __init__(self, file: str, of: str) -> None:
        self._place = KEPT / f"{file.replace('/', '.')}.json"
        self._of = of
        self._lock = Lock()
        self._written = self._began = time.monotonic()
        raw: dict[str, Any] = json.loads(self._place.read_text("utf-8")) if self._place.exists() else {}
        rows = {name: Verdict(**row) for name, row in raw.get("verdicts", {}).items()}
        self.verdicts = rows if raw.get("of") == of else {}
        self.seconds: float = raw["seconds"] if self.verdicts else 0.0
        self.hints = {name: row.by for name, row in rows.items() if row.verdict == "killed"}

    def keep(self, verdicts: dict[str, Verdict], now: bool = False) -> None:
        """Write down, now and then; nothing when the sources are others by now, for what was found may be of those."""
        with self._lock:
            if not now and time.monotonic() - self._written < _EVERY_S:
                return
            self._written = time.monotonic()
            if sources() != self._of:
                return
            seconds = round(self.seconds + self._written - self._began, 1)
            rows = {name: verdict.to_json() for name, verdict in dict(verdicts).items()}
            self._place.parent.mkdir(parents=True, exist_ok=True)
            part = self._place.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps({"of": self._of, "seconds": seconds, "verdicts": rows}), "utf-8")
            part.rename(self._place)
