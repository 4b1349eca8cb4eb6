"""One lead: its load, its levels and counts, and what was measured at its last pulse (5.6, 6.3 to 6.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from firmware_sim.load import Load, Reading, Shape

CONTACT: Final = 0xFE  # 6.3 (manual): the measured pulse was one of the contact test
NO_KIND: Final = 0xFF
SHORT_BELOW_OHM: Final = 50  # 6.3 (manual)


class Tally:
    """The counts of one kind on one lead (6.3, 6.5): whole pulses, counted at their end."""

    __slots__ = ("at_level", "felt", "level", "pulses", "since_us")

    def __init__(self) -> None:
        self.level = 0
        self.since_us = 0
        self.at_level = 0
        self.pulses = 0
        self.felt = 0

    def set(self, level: int, since_us: int) -> None:
        """Bring a level into force; the same level again changes nothing."""
        if level != self.level:
            self.level, self.since_us, self.at_level = level, since_us, 0

    def count(self, level: int, onset_us: int, pulses: int = 1) -> None:
        """Count whole pulses of one level, the first of them begun at `onset_us`."""
        self.pulses += pulses
        if level:
            self.felt += pulses
        if level == self.level and onset_us >= self.since_us:
            self.at_level += pulses


class Measured:
    """The readings of one lead since the last HELLO (6.3, 6.4)."""

    __slots__ = ("kind", "minus_ua", "net_pc", "open", "peak_ua", "plus_ua", "residual_uv", "short", "volt_uv", "z_ohm")

    def __init__(self) -> None:
        self.kind = NO_KIND
        self.plus_ua = self.minus_ua = self.peak_ua = 0
        self.volt_uv = self.residual_uv = 0.0
        self.z_ohm = self.net_pc = 0
        self.open = self.short = False

    def take(self, kind: int, reading: Reading, shape: Shape) -> None:
        """Take the readings of one pulse above level 0, as sensed; the contact test stays out of charge and peak."""
        self.kind = kind
        one, two = abs(reading.first_ua), abs(reading.second_ua)
        self.plus_ua, self.minus_ua = (one, two) if shape.sign > 0 else (two, one)
        self.volt_uv, self.residual_uv, self.z_ohm = abs(reading.volt_uv), reading.residual_uv, reading.z_ohm
        self.open, self.short = reading.limited, reading.z_ohm < SHORT_BELOW_OHM
        if kind != CONTACT:
            self.net_pc += (reading.first_ua + reading.second_ua) * shape.width_us
            self.peak_ua = max(self.peak_ua, one, two)


class Lead:
    """One isolated output and what hangs on it."""

    def __init__(self, name: str, load: Load) -> None:
        self.name = name
        self.load = load
        self.at_us = 0  # the moment `load` holds the voltage of
        self.parked = False
        self.odd_pulses = 0  # unbalanced ones in a row (6.6)
        self.broken = ""  # the fault that hangs in the load's place (faults open, short)
        self.sense = 100  # percent of what flows that the current sense makes of it (faults measured-*, level-lie)
        self.measured = Measured()
        self.tallies: list[Tally] = []

    def tally(self, kind: int) -> Tally:
        """Return where a kind is counted; a stuck train whose program is gone counts nowhere."""
        return self.tallies[kind] if kind < len(self.tallies) else Tally()

    def level(self, kind: int) -> int:
        """Return the level in force, 0 while parked (5.6)."""
        return self.tallies[kind].level

    def set_levels(self, levels: tuple[int, ...], since_us: int) -> None:
        """Bring the levels of a PLAY into force, one for each kind. A parked lead stays at 0, until all are 0 (5.6)."""
        if self.parked and any(levels):
            return
        self.parked = False
        for tally, level in zip(self.tallies, levels, strict=True):
            tally.set(level, since_us)

    def sensed(self, ua: int) -> int:
        """Return what the current sense makes of a current."""
        return ua if self.sense == 100 else round(ua * self.sense / 100)

    def _sensed(self, reading: Reading) -> Reading:
        if self.sense == 100:
            return reading
        return replace(reading, first_ua=self.sensed(reading.first_ua), second_ua=self.sensed(reading.second_ua))

    def silence(self, since_us: int) -> None:
        """Put every level to 0; a parked lead stays parked."""
        for tally in self.tallies:
            tally.set(0, since_us)

    def begin(self, onset_us: int, ua: int, shape: Shape, second_part: float) -> Reading:
        """Play one pulse at the load, from its onset to its end."""
        self.load.rest(onset_us - self.at_us)
        self.at_us = onset_us + shape.length_us
        return self.load.pulse(ua, shape, second_part)

    def finish(self, kind: int, reading: Reading, shape: Shape, end_us: int) -> None:
        """Measure a pulse above level 0 at its end; one that reached the compliance parks the lead (5.6)."""
        self.measured.take(kind, self._sensed(reading), shape)
        if kind == CONTACT:
            return  # 5.6: the contact test neither parks a lead nor minds that it is parked
        if reading.limited:
            self.parked = True
            self.silence(end_us)
        one, two = abs(reading.first_ua), abs(reading.second_ua)
        self.odd_pulses = self.odd_pulses + 1 if 10 * abs(one - two) > max(one, two) else 0
