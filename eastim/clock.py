"""Time, passed in everywhere: integer microseconds that never go back."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time in us since an unsaid start."""

    def now_us(self) -> int: ...


class SystemClock:
    """Tell the kernel's monotonic time. Wall time is for labels only (H06)."""

    def now_us(self) -> int:
        return time.monotonic_ns() // 1000


class ManualClock:
    """Stand still until set; the clock of `--fast` and of tests."""

    def __init__(self, start_us: int = 0) -> None:
        self._now_us = start_us

    def now_us(self) -> int:
        return self._now_us

    def set(self, to_us: int) -> None:
        """Move to `to_us`; raise ValueError when that lies in the past."""
        if to_us < self._now_us:
            raise ValueError(f"the clock stands at {self._now_us} us and can't go back to {to_us} us")
        self._now_us = to_us
