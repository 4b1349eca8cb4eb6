"""Sections, and the block of sections that is repeated: a program, without strength."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eastim.pulses.train import PulseTrain


@dataclass(frozen=True, slots=True)
class Section:
    """A train on some leads for a time.

    count: whole pulses in it, 1 or more; all end within `duration_us`. leads: names, at least one, none twice.
    """

    train: PulseTrain
    duration_us: int
    count: int
    leads: tuple[str, ...]

    def __post_init__(self) -> None:
        if type(self.count) is not int or type(self.duration_us) is not int:
            raise ValueError(f"count {self.count!r} and duration_us {self.duration_us!r} must be whole numbers")
        if self.count < 1:
            raise ValueError(
                f"a section of {self.duration_us} us holds no whole pulse of kind {self.train.kind}; make it longer"
            )
        last_us = self.train.onset_us(self.count - 1) + self.train.shape.length_us
        if last_us > self.duration_us:
            raise ValueError(f"pulse {self.count} ends at {last_us} us, after its section's {self.duration_us} us")
        if not self.leads or len(set(self.leads)) != len(self.leads):
            raise ValueError(f"a section's leads are {self.leads!r}; give at least one, none twice")


@dataclass(frozen=True, slots=True)
class Program:
    """A block of sections, one after another, and how often it is played. It has no strength.

    Trains of one kind are equal; so each (lead, kind) has one level.
    """

    name: str
    sections: tuple[Section, ...]
    repeats: int

    def __post_init__(self) -> None:
        if not self.sections:
            raise ValueError("a program needs at least one section")
        if type(self.repeats) is not int or self.repeats < 1:
            raise ValueError(f"repeats is {self.repeats!r}, must be a whole number of at least 1")
        for train in (section.train for section in self.sections):
            if train != self.train(train.kind):
                raise ValueError(f"kind {train.kind} names two different trains; give each its own kind")

    @property
    def block_us(self) -> int:
        return sum(section.duration_us for section in self.sections)

    @property
    def session_us(self) -> int:
        return self.block_us * self.repeats

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds in order of their first section; a wire numbers them so."""
        return tuple(dict.fromkeys(section.train.kind for section in self.sections))

    @property
    def leads(self) -> tuple[str, ...]:
        return tuple(sorted({lead for section in self.sections for lead in section.leads}))

    def sounding(self, section: Section, hold: str | None = None) -> tuple[PulseTrain, int, tuple[str, ...]]:
        """What sounds in a section while a kind is held (None: none is): the train, its whole pulses, its leads.

        A held kind sounds in the others' sections on the leads of its own first one, as many pulses as have their whole
        period inside: the largest n whose onset n is at or before the section's end. It is the rule of the wire manual
        ea1, clause 5.4, taken as the rule of a hold on every device. Raises KeyError for an unknown kind.
        """
        if hold in (None, section.train.kind):
            return section.train, section.count, section.leads
        first = next((own for own in self.sections if own.train.kind == hold), None)
        if first is None:
            raise KeyError(hold)
        # Onset n is rounded half up, so it may lie inside though n periods are half a microsecond longer.
        count = int(section.duration_us / first.train.period_us) + 1
        while first.train.onset_us(count) > section.duration_us:
            count -= 1
        return first.train, count, first.leads

    def train(self, kind: str) -> PulseTrain:
        """The train of a kind; raise KeyError when the program has none."""
        for section in self.sections:
            if section.train.kind == kind:
                return section.train
        raise KeyError(kind)


def build_program(name: str, parts: Sequence[tuple[PulseTrain, int]], leads: tuple[str, ...], repeats: int) -> Program:
    """Lay trains end to end, (train, duration in us) each, on the same leads.

    Over each switch (the one from the last section to the next block's first too) the time from the last onset to the
    next is never shorter than the shorter of the two periods: a pulse that would break this is left out.
    """
    sections = []
    for i, (train, duration_us) in enumerate(parts):
        follower = parts[(i + 1) % len(parts)][0]
        seam_us = min(train.period_us, follower.period_us)
        sections.append(Section(train, duration_us, train.whole_pulses(duration_us, seam_us), leads))
    return Program(name, tuple(sections), repeats)
