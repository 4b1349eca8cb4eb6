"""Whole pulses at one exact rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from eastim.pulses.shape import PulseShape

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class PulseTrain:
    """Pulses of one shape at one exact rate, under the name (kind) by which a mode titrates them.

    rate_hz: pulses per second, above 0, a Fraction: never a float.
    Raises ValueError when pulses would overlap.
    """

    kind: str
    shape: PulseShape
    rate_hz: Fraction

    def __post_init__(self) -> None:
        if not self.kind:
            raise ValueError("a train needs the name of its kind")
        if type(self.rate_hz) is not Fraction:
            raise ValueError(f"rate_hz is {self.rate_hz!r}, must be a Fraction (rates are exact)")
        if self.rate_hz <= 0:
            raise ValueError(f"rate_hz is {self.rate_hz}, must be above 0")
        if self.shape.length_us > self.period_us:
            raise ValueError(f"a pulse of {self.shape.length_us} us does not fit a period of {self.period_us} us")

    @property
    def period_us(self) -> Fraction:
        return MICRO / self.rate_hz

    def onset_us(self, k: int) -> int:
        """Onset of pulse k after the train's start: round half up of k periods, computed from k, never accumulated."""
        return (2 * k * MICRO * self.rate_hz.denominator + self.rate_hz.numerator) // (2 * self.rate_hz.numerator)

    def whole_pulses(self, duration_us: int, seam_us: Fraction | int = 0) -> int:
        """Count the pulses that end within `duration_us` and whose exact onset leaves `seam_us` to its end.

        The end is judged on the rounded onset, which is what sounds; the seam on the exact one, since rounding moves
        an onset by half a tick and must not cost a pulse.
        """
        if duration_us < max(self.shape.length_us, seam_us):
            return 0
        count = floor((duration_us - seam_us) / self.period_us) + 1
        while self.onset_us(count - 1) + self.shape.length_us > duration_us:
            count -= 1
        return count
