"""How the device's clock runs against the world's. Both count whole microseconds; only the device's may be wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drift:
    """From one moment on, known in both times, the device counts `num` us while `den` us pass in the world."""

    world_us: int = 0
    device_us: int = 0
    num: int = 1
    den: int = 1

    def device(self, world_us: int) -> int:
        """Return what the device's clock has counted at a moment of the world."""
        return self.device_us + (world_us - self.world_us) * self.num // self.den

    def world(self, device_us: int) -> int:
        """Return the first whole us of the world at which the device's clock has counted so far."""
        return self.world_us - (self.device_us - device_us) * self.den // self.num

    def span(self, device_us: int) -> int:
        """Return how long a span of the device is in the world, rounded to whole us."""
        return (2 * device_us * self.den + self.num) // (2 * self.num)


TRUE = Drift()
