"""Which tests live in real time. One that fails there may fail by chance: what it finds it has to find twice."""

from __future__ import annotations

import re
from functools import cache

from proof.keep import ROOT

_REAL = re.compile(
    r"\b(socket|subprocess|pty|threading|Thread|StopSocket|Simulator|signal|sleep|Popen|LedgerWriter|Rig)\b"
)


@cache
def is_real(file: str) -> bool:
    """Tell by the words of a test file, named from the root of the project, or by its whole path."""
    return _REAL.search((ROOT / file).read_text("utf-8")) is not None
