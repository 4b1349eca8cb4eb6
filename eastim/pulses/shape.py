"""The shape of one pulse."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of constant current.

    weight: what the level is multiplied with (+1, -1; 0 in a gap). width_us: above 0.
    """

    weight: int
    width_us: int

    def __post_init__(self) -> None:
        if self.weight not in (-1, 0, 1) or type(self.width_us) is not int or self.width_us < 1:
            raise ValueError(
                f"a phase of weight {self.weight!r} and {self.width_us!r} us; give -1, 0 or 1, and 1 us or more"
            )


@dataclass(frozen=True, slots=True)
class PulseShape:
    """A symmetric biphasic pulse: two phases of equal width and opposite sign, a gap between them if asked.

    width_us: of each phase, 1 us or more (the limits bind orders, not shapes). gap_us: 0 or more.
    sign: +1 leads with the positive phase, -1 with the negative. Raises ValueError.
    """

    width_us: int
    gap_us: int = 0
    sign: int = 1

    def __post_init__(self) -> None:
        for name in ("width_us", "gap_us", "sign"):
            if type(getattr(self, name)) is not int:
                raise ValueError(f"{name} is {getattr(self, name)!r}, must be a whole number")
        if self.width_us < 1:
            raise ValueError(f"width_us is {self.width_us}, must be at least 1")
        if self.gap_us < 0:
            raise ValueError(f"gap_us is {self.gap_us}, must be at least 0")
        if self.sign not in (1, -1):
            raise ValueError(f"sign is {self.sign}, must be 1 or -1")

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases in order; a gap is a phase of weight 0."""
        gap = (Phase(0, self.gap_us),) if self.gap_us else ()
        return (Phase(self.sign, self.width_us), *gap, Phase(-self.sign, self.width_us))

    @property
    def length_us(self) -> int:
        """From the first edge to the last."""
        return sum(phase.width_us for phase in self.phases)

    @property
    def net_weight_us(self) -> int:
        """The charge of a pulse in pC per uA of level; 0 for a balanced pulse (1 uA x 1 us = 1 pC)."""
        return sum(phase.weight * phase.width_us for phase in self.phases)
