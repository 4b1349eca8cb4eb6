"""The output stage: begins pulses, always finishes them, measures and counts them at their end (1.5, 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from firmware_sim.ea1.lead import CONTACT, Lead, Measured, Tally
from firmware_sim.ea1.program import Section
from firmware_sim.faults import Active
from firmware_sim.load import Load, Reading, Shape
from firmware_sim.scope import Scope, Train

LEVEL_UA: Final = 10  # 1.1 (manual)
ODD_IN_A_ROW: Final = 10  # 6.6 (manual)
WEAK_PART: Final = 0.8  # fault `unbalanced`
# The faults that change each pulse above level 0, or what is measured of it.
OF_PULSES: Final = ("unbalanced", "brown-out", "twice", "level-lie", "measured-zero", "measured-low", "measured-double")
CONTACT_WIDTH_US: Final = 100  # 4.8 (manual)


@dataclass(slots=True)
class Flight:
    """One begun pulse of one lead. `tally` is where it counts; None: the contact test, or the counts were cleared."""

    lead: Lead
    kind: int
    tally: Tally | None
    level: int
    onset_us: int
    end_us: int
    shape: Shape
    reading: Reading | None


class Stage:
    """Four leads, and the pulses begun and not yet ended."""

    def __init__(self, loads: dict[str, Load], scope: Scope, faults: Active | None = None) -> None:
        self.leads = tuple(Lead(name, load) for name, load in loads.items())
        self.scope = scope
        self.flights: list[Flight] = []
        self._faults = faults or Active()
        self.weak = False  # fault `unbalanced`
        self.drive = 100  # percent of its level's current that a pulse gets (faults brown-out, twice, level-lie)
        self._masks = tuple(tuple(lead for i, lead in enumerate(self.leads) if mask >> i & 1) for mask in range(16))

    @property
    def busy_until_us(self) -> int:
        """Return the end of the last begun pulse above level 0; 0 when none is under way."""
        return max((f.end_us for f in self.flights if f.reading is not None), default=0)

    @property
    def unbalanced(self) -> bool:
        """Say whether ten pulses in a row of one lead had phases more than 10 % apart (6.6)."""
        return any(lead.odd_pulses >= ODD_IN_A_ROW for lead in self.leads)

    def forget_odd(self) -> None:
        """Count unbalanced pulses anew."""
        for lead in self.leads:
            lead.odd_pulses = 0

    def new_program(self, kinds: int) -> None:
        """Clear the counts, for a program of so many kinds (4.3); pulses under way are finished uncounted."""
        for lead in self.leads:
            lead.tallies = [Tally() for _ in range(kinds)]
        for flight in self.flights:
            flight.tally = None

    def new_session(self) -> None:
        """Clear counts and what was measured (4.1); a parked lead stays parked (5.6, manual)."""
        self.new_program(0)
        for lead in self.leads:
            lead.measured = Measured()

    def reset(self) -> None:
        """Boot: nothing parked, nothing known to be under way (the load still has its whole pulse)."""
        self.flights = []
        self.new_session()
        for lead in self.leads:
            lead.parked, lead.odd_pulses = False, 0

    def silence(self, now_us: int) -> None:
        """Put every level to 0 (5.7)."""
        for lead in self.leads:
            lead.silence(now_us)

    def set_levels(self, levels: tuple[tuple[int, ...], ...], since_us: int) -> None:
        """Bring levels into force, `levels[kind][lead]`."""
        for lead, own in zip(self.leads, zip(*levels, strict=True), strict=True):
            lead.set_levels(own, since_us)

    def settle(self, to_us: int) -> None:
        """End the pulses whose end has come: count and measure them."""
        if self.flights and any(f.end_us <= to_us for f in self.flights):
            ended = [f for f in self.flights if f.end_us <= to_us]
            self.flights = [f for f in self.flights if f.end_us > to_us]
            for flight in ended:
                self._finish(flight)

    def play(
        self, section: Section, start_us: int, k: int, last: int, to_us: int, levels: dict[str, int] | None = None
    ) -> None:
        """Begin the pulses k .. last - 1 of a section begun at `start_us`, all due by `to_us`; end those over by then.

        `levels` stand in for those in force (a stuck stage has its own).
        """
        self.settle(start_us + section.onset_us(k))
        shape = section.shape
        ended = last if start_us + section.onset_us(last - 1) + shape.length_us <= to_us else last - 1
        for lead in self._masks[section.leads]:
            level = lead.level(section.kind) if levels is None else levels[lead.name]
            self._run(lead, section, shape, start_us, k, ended, level)
            if ended < last:
                self._begin(lead, section, shape, start_us, ended, level)

    def _run(self, lead: Lead, section: Section, shape: Shape, start_us: int, k: int, end: int, level: int) -> None:
        """Play whole pulses k .. end - 1 of one lead, at once where nothing can happen on the way."""
        tally = lead.tally(section.kind)
        while k < end and level and not lead.parked:
            many = end - k - 1
            if many > 0 and not self.weak and self._train(lead, section, shape, start_us, k, many, level):
                k += many
            self._begin(lead, section, shape, start_us, k, level)
            self._finish(self.flights.pop())
            k += 1
        if k < end:
            tally.count(0, start_us + section.onset_us(k), end - k)

    def _train(self, lead: Lead, section: Section, shape: Shape, start_us: int, k: int, many: int, level: int) -> bool:
        """Play `many` equal pulses in closed form; False if one of them could reach the compliance."""
        ua = self._ua(level)
        first, after = start_us + section.onset_us(k), start_us + section.onset_us(k + many)
        lead.load.rest(first - lead.at_us)
        lead.at_us = first
        if not lead.load.train(ua, shape, many, (after - first) / many):
            return False
        lead.at_us = after
        signed = shape.sign * ua
        self.scope.add(_trace(lead, section, start_us, k, k + many, signed, -signed))
        self._count_faults(lead)
        lead.measured.peak_ua = max(lead.measured.peak_ua, lead.sensed(ua))
        lead.odd_pulses = 0
        lead.tally(section.kind).count(level, first, many)
        return True

    def _begin(self, lead: Lead, section: Section, shape: Shape, start_us: int, k: int, level: int) -> None:
        onset = start_us + section.onset_us(k)
        reading = None
        if level and not lead.parked:
            reading = lead.begin(onset, self._ua(level), shape, WEAK_PART if self.weak else 1.0)
            self.scope.add(_trace(lead, section, start_us, k, k + 1, reading.first_ua, reading.second_ua))
            self._count_faults(lead)
        played = level if reading is not None else 0
        tally = lead.tally(section.kind)
        self.flights.append(Flight(lead, section.kind, tally, played, onset, onset + shape.length_us, shape, reading))

    def _ua(self, level: int) -> int:
        """Return the current this stage makes of a level."""
        return level * LEVEL_UA * self.drive // 100

    def contact(self, lead: Lead, onset_us: int, level: int) -> None:
        """Begin one pulse of the contact test: 100 us a phase, positive first, no gap (4.8)."""
        self.settle(onset_us)
        shape = Shape(CONTACT_WIDTH_US, 0, 1)
        reading = lead.begin(onset_us, self._ua(level), shape, WEAK_PART if self.weak else 1.0)
        self.scope.add(Train(lead.name, onset_us, 1, 1, 0, 1, CONTACT_WIDTH_US, 0, reading.first_ua, reading.second_ua))
        self._count_faults(lead)
        self.flights.append(Flight(lead, CONTACT, None, level, onset_us, onset_us + shape.length_us, shape, reading))

    def _count_faults(self, lead: Lead) -> None:
        """Count what a pulse of a lead meets: the faults of the stage, and of what hangs on it."""
        if not self._faults.any:
            return
        for name in OF_PULSES:
            self._faults.acts(name)
        if lead.broken:
            self._faults.acts(lead.broken, lead.name)

    def _finish(self, flight: Flight) -> None:
        if flight.tally is not None:
            flight.tally.count(flight.level, flight.onset_us)
        if flight.reading is not None:
            flight.lead.finish(flight.kind, flight.reading, flight.shape, flight.end_us)


def _trace(lead: Lead, section: Section, start_us: int, k: int, last: int, first_ua: int, second_ua: int) -> Train:
    return Train(
        lead.name,
        start_us,
        section.rate_num,
        section.rate_den,
        k,
        last,
        section.width_us,
        section.gap_us,
        first_ua,
        second_ua,
    )
