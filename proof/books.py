"""A session's ledger on disk, and what a judge counts in it while it is written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from eastim.ledger import Entry, LedgerFile
from eastim.safety.inputs import Recorded
from proof.asked import Asked

_BATCH = 256


class Disk:
    """A ledger file, written in batches as the guard's own writer does.

    asked: the operator's raises, as they were said; raises: records of them that have an act of their own, by (lead,
    kind); alone: those that have none, in words.
    """

    def __init__(self, path: Path) -> None:
        self._file = LedgerFile(path)
        self._waiting: list[Entry] = []
        self.kept: Counter[str] = Counter()  # records by type
        self.asked = Asked()
        self.raises: Counter[tuple[str, str]] = Counter()
        self.alone: list[str] = []

    def put(self, entry: Entry) -> Recorded | None:
        self._waiting.append(entry)
        self.kept[str(entry.body["type"])] += 1
        if entry.body["type"] == "raise":
            self._raise(entry.t_us, entry.body["lead"], entry.body["kind"])
        if entry.wait or len(self._waiting) >= _BATCH:
            self.flush()
        return Recorded(entry.n) if entry.wait else None

    def _raise(self, at_us: int, lead: str, kind: str) -> None:
        if self.asked.take(at_us, lead, kind):
            self.raises[lead, kind] += 1
        else:
            self.alone.append(f"{kind} of lead {lead} is raised on record at {at_us} us, and nobody asked for it")

    def flush(self) -> None:
        self._file.append(self._waiting)
        self._waiting = []

    def close(self) -> None:
        self.flush()
        self._file.close()
