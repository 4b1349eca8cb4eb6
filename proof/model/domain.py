"""A domain: one small world, with its own choice of what can happen and what can go wrong."""

from __future__ import annotations

from dataclasses import dataclass

from proof.model.same import Rules
from proof.model.words import Setting

HEARD = 3
"""Steps of time, 300 ms: for so long may nothing be heard of a line or of the device."""


@dataclass(frozen=True, slots=True)
class Domain:
    """One small world. limits: bounds tightened, name to value. times, acts: of guard_part, what may happen.

    line: of `lose`, `double`, `overtake`. most_down, most_up: messages in flight; delay: for how many steps of time.
    resets: of the device, at most. late: steps of time for which current may outlast what the operator allows.
    begin: acts that lead to the first state on an honest line.
    """

    name: str
    setting: Setting
    limits: tuple[tuple[str, int], ...]
    times: tuple[str, ...]
    acts: tuple[str, ...]
    line: tuple[str, ...] = ("lose", "double", "overtake")
    most_down: int = 2
    most_up: int = 2
    delay: int = 1
    resets: int = 0
    lease_ms: int = 300
    begin: tuple[str, ...] = ("ask hello", "ask limits", "ask program", "time")

    @property
    def rules(self) -> Rules:
        return Rules(self.acts)

    @property
    def raises(self) -> bool:
        """Whether a raise can come to the load here."""
        return any(act.startswith("raise") for act in self.acts) and {"recorded", "ask play"} <= set(self.acts)

    @property
    def can(self) -> str:
        """What can happen here, in words."""
        line = f"the line can {', '.join(self.line)}" if self.line else "a sound line"
        late = f", up to {100 * self.delay} ms late" if self.delay else ""
        reset = ", the device is reset" if self.resets else ""
        times = f"session {self.setting.session_ms} ms, lease {self.lease_ms} ms"
        way = f"{line}{late} ({self.most_down} down, {self.most_up} up){reset}"
        return f"{times}; {way}; {', '.join((*self.times, *self.acts))}"

    @property
    def is_sound(self) -> bool:
        """What is said arrives before time goes on."""
        silences = {"time", "time, no beat", "time, no player", "time, no operator"}
        return not self.line and not self.delay and set(self.times) <= silences

    @property
    def late(self) -> int:
        """A frame of before may still be on its way, and its lease runs from when it is read."""
        if self.is_sound:
            return HEARD  # to follow a lower takes 250 ms, then it is cut
        leases = [2000 if "ask play too long" in self.acts else 0, self.lease_ms]
        return self.delay + min(max(leases) // 100, self.setting.session_ms // 100)
