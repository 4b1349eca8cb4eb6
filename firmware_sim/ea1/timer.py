"""The pulse timer: which pulse begins when. Section 5 of the manual; knows nothing of the link (1.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from firmware_sim.ea1.lead import Lead
from firmware_sim.ea1.output import Stage
from firmware_sim.ea1.program import Program, Section

NO_HOLD: Final = 0xFF
LEAD_IN_US: Final = 1000  # 5.1, 4.8 (manual)
ACTS_AFTER_US: Final = 100  # 5.3 (manual)
CONTACT_EVERY_US: Final = 10_000  # 4.8 (manual)
Levels = tuple[tuple[int, ...], ...]  # levels[kind][lead]


class Playing:
    """One start of a program, from its PLAY to whatever ends it. hurried: is called whenever pulses begin too early."""

    def __init__(
        self, program: Program, stage: Stage, start_us: int, budget_us: int, hurried: Callable[[], object]
    ) -> None:
        self.program = program
        self._hurried = hurried
        self.stage = stage
        self.start_us = start_us
        self.end_us = start_us + budget_us
        self.lease_end_us = start_us
        self.lease_dead = False  # fault `lease-dead`
        self.blocks = 0
        self.section = 0
        self.hold = NO_HOLD  # in force
        self._wanted_hold = NO_HOLD
        self._wanted: Levels = ()
        self._waiting: deque[tuple[int, Levels]] = deque()
        self._section_us = start_us
        self._block_us = start_us
        self._fast = False  # fault `rate-fast`
        self._train_us = start_us  # onset 0 of the train: its section's start, or where its rate changed since
        self._asked: Section | None = None  # what should play now, at its own rate
        self._train: Section | None = None
        self._k = 0

    def renew(self, now_us: int, levels: Levels, hold: int, lease_ms: int) -> None:
        """Take a PLAY: its levels act on onsets more than 100 us later (5.3), its hold from the next section (5.4)."""
        if levels != self._wanted or any(lead.parked for lead in self.stage.leads):
            self._waiting.append((now_us + ACTS_AFTER_US + 1, levels))
            self._wanted = levels
        self._wanted_hold = hold
        self.lease_end_us = now_us + lease_ms * 1000  # 5.5 (manual)

    @property
    def until_us(self) -> int:
        """Return the moment from which no pulse begins: the end of the lease (5.5), never after the end of play."""
        return self.end_us if self.lease_dead else min(self.end_us, self.lease_end_us)

    def played_us(self, now_us: int) -> int:
        """Return the play time of this start so far (5.2)."""
        return min(max(0, now_us - self.start_us), self.end_us - self.start_us)

    def position_us(self, now_us: int) -> int:
        """Return the position in the block."""
        return max(0, now_us - self._block_us)

    def advance(self, to_us: int) -> None:
        """Begin every pulse with an onset up to a moment."""
        while self._section_us <= to_us and self._section_us < self.end_us:
            section = self.program.sections[self.section]
            train = self._train = self._train or self._enter(section)
            self._pulses(train, to_us)
            after_us = self._section_us + section.duration_us
            if after_us > to_us or after_us >= self.end_us:
                break
            self._train, self._section_us = None, after_us
            self.section = (self.section + 1) % len(self.program.sections)
        self._apply_levels(to_us)

    def _enter(self, section: Section) -> Section:
        """Begin a section: choose what plays in it, by the hold asked for before this moment (5.4)."""
        self._k, self._train_us = 0, self._section_us
        self.hold = self._wanted_hold
        if self.section == 0:
            self.blocks += 1
            self._block_us = self._section_us
        held = self.hold not in (NO_HOLD, section.kind)
        self._asked = self.program.first(self.hold).held_for(section.duration_us) if held else section
        return self._asked.hurried_for(section.duration_us) if self._fast else self._asked

    def run_fast(self, fast: bool) -> None:
        """Begin or end fault `rate-fast`, from the next onset on."""
        if fast is self._fast:
            return
        self._fast = fast
        if self._train is not None and self._asked is not None:
            self._train_us, self._k = self._train_us + self._train.onset_us(self._k), 0
            left_us = self._section_us + self.program.sections[self.section].duration_us - self._train_us
            self._train = self._asked.hurried_for(left_us) if fast else self._asked.held_for(left_us)

    def _pulses(self, train: Section, to_us: int) -> None:
        # No onset at or after the end of the lease (5.5), none whose pulse would end after the end of play (5.2).
        last_us = min(to_us, self.until_us - 1, self.end_us - train.shape.length_us)
        end = min(train.count, train.onsets_until(last_us - self._train_us))
        if self._fast and end > max(self._k, 1):
            self._hurried()
        while self._k < end:
            self._apply_levels(self._train_us + train.onset_us(self._k))
            until = end
            if self._waiting:
                until = min(end, train.onsets_until(self._waiting[0][0] - 1 - self._train_us))
            self.stage.play(train, self._train_us, self._k, until, to_us)
            self._k = until

    def _apply_levels(self, now_us: int) -> None:
        while self._waiting and self._waiting[0][0] <= now_us:
            from_us, levels = self._waiting.popleft()
            self.stage.set_levels(levels, from_us)

    def next_onset_us(self) -> int:
        """Return a moment up to which no further pulse begins (the next onset, or the next section start)."""
        if self._train is None:
            return self._section_us
        if self._k < self._train.count:
            return self._train_us + self._train.onset_us(self._k)
        return self._section_us + self.program.sections[self.section].duration_us

    def stuck(self, by: Callable[[], object]) -> Stuck | None:
        """Return what goes on if the stage does not let go now: this section's train, endlessly. None if silent.

        by: is called whenever pulses begin so.
        """
        if self._train is None:
            return None
        levels = {lead.name: lead.level(self._train.kind) for lead in self.stage.leads}
        if not any(levels.values()):
            return None
        return Stuck(self.stage, self._train, self._train_us, self._k, levels, by)


class Stuck:
    """Faults `stuck-on`, `reboot-with-output`: a train that goes on after its end, at the levels it had."""

    def __init__(
        self, stage: Stage, train: Section, start_us: int, k: int, levels: dict[str, int], by: Callable[[], object]
    ) -> None:
        self._stage, self._train, self._start_us, self._k, self._levels = stage, train, start_us, k, levels
        self._by = by

    def advance(self, to_us: int) -> None:
        """Begin every pulse with an onset up to a moment."""
        end = self._train.onsets_until(to_us - self._start_us)
        if end > self._k:
            self._by()
            self._stage.play(self._train, self._start_us, self._k, end, to_us, self._levels)
            self._k = end


class Contact:
    """One contact test: one lead after another from A, a pulse every 10 ms (4.8)."""

    def __init__(self, stage: Stage, mask: int, pulses: int, level: int, asked_us: int, number: int) -> None:
        self.leads = tuple(lead for i, lead in enumerate(stage.leads) if mask >> i & 1)
        self.mask = mask
        self.number = number
        # 4.8, 5.1 (manual): a pulse still being finished by 1.5 is waited for, here and before playing.
        self._from_us = max(asked_us, stage.busy_until_us)
        self._stage, self._pulses, self._level = stage, pulses, level
        self._next = 0
        self.end_us = self._from_us + CONTACT_EVERY_US * pulses * len(self.leads)

    def advance(self, to_us: int) -> None:
        """Begin every pulse with an onset up to a moment."""
        while self._next < self._pulses * len(self.leads):
            onset_us = self._from_us + LEAD_IN_US + self._next * CONTACT_EVERY_US
            if onset_us > to_us:
                return
            self._stage.contact(self.leads[self._next // self._pulses], onset_us, self._level)
            self._next += 1

    def z_ohm(self, lead: Lead) -> int:
        """Return what the test found at a lead; 0 for one not asked."""
        return lead.measured.z_ohm if lead in self.leads else 0
