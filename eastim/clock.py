"""Time, passed in everywhere: integer microseconds that never go back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

SLEPT_NS = 50_000_000
"""By how much the two clocks must part; they never do but by a sleep of the computer."""


class Clock(Protocol):
    """Tell the time in us since an unsaid start."""

    def now_us(self) -> int: ...


class SystemClock:
    """Tell the kernel's monotonic time. Wall time is for labels only (H06)."""

    def now_us(self) -> int:
        return time.monotonic_ns() // 1000


class SleepWatch:
    """Tell whether the computer has slept: the boot clock counts the time asleep, the monotonic one stands still (H05).

    Both clocks give ns. Where there is no boot clock (other systems than Linux), no sleep is ever seen.
    """

    def __init__(
        self, boot_ns: Callable[[], int] | None = None, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._boot_ns, self._monotonic_ns = boot_ns or _boot_ns, monotonic_ns
        self._ahead_ns = max(self._now_ahead_ns() for _ in range(3))

    def slept_us(self) -> int:
        """How long it has slept since the last time this was more than 50 ms; 0 when not."""
        slept_ns = self._now_ahead_ns() - self._ahead_ns
        if slept_ns <= SLEPT_NS:
            return 0
        self._ahead_ns += slept_ns
        return slept_ns // 1000

    def _now_ahead_ns(self) -> int:
        # The boot clock first: when this process is held up between the two, it seems to have slept less, never more.
        boot_ns = self._boot_ns()
        return boot_ns - self._monotonic_ns()


def _boot_ns() -> int:
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


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
