"""Device time: real, faster or slower, or standing still until advanced."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Whole microseconds since the start. `speed` 1 is real time, 2 twice as fast, 0 stands still."""

    def __init__(self, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        if not 0 <= speed <= 1000:
            raise ValueError(f"speed {speed} is outside 0 to 1000; 1 is real time, 0 stands still until advanced")
        self.speed = speed
        self._monotonic = monotonic
        self._zero = monotonic()

    @property
    def still(self) -> bool:
        """Say whether time only moves when told."""
        return self.speed == 0

    def now_us(self) -> int:
        """Return the device time that real time asks for; 0 when standing still."""
        return int((self._monotonic() - self._zero) * self.speed * 1_000_000)

    def wait_s(self, until_us: int) -> float:
        """Return the real seconds until a device time; a poll of a little longer never wakes too early."""
        return max(0.0, until_us / (self.speed * 1_000_000) - (self._monotonic() - self._zero))
