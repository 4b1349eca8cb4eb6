"""One step in the making: the state as it changes, and the effects in order. It lives inside one `step` only."""

from __future__ import annotations

from typing import Any

from eastim.safety.changed import quick, replace
from eastim.safety.guard_state import FOLLOW_US, NEVER, TAKEN_US, GuardState, Lately
from eastim.safety.inputs import Alarm, Cut, Effect, LineName, Record, Tell
from eastim.safety.interlock import Event, State, after
from eastim.safety.readers.base import Output, Status

_tell = quick(Tell)  # twice and more at each report


class Turn:
    """Collect what one input does. A cut always stands before every other effect."""

    def __init__(self, guard: GuardState, now_us: int) -> None:
        self.guard, self.now_us = guard, now_us
        self.begun = guard
        self.effects: list[Effect] = []
        self._seen: tuple[object, Output] | None = None  # a shadow, and its output

    # --- the state ----------------------------------------------------------------------------------------------------

    def set(self, **changes: Any) -> None:
        self.guard = replace(self.guard, **changes)

    def times(self, **changes: int) -> None:
        self.guard = replace(self.guard, times=replace(self.guard.times, **changes))

    @property
    def state(self) -> State:
        return self.guard.state

    @property
    def output(self) -> Output:
        """What the device would put out if nothing more were sent."""
        shadow = self.guard.shadow
        if self._seen is None or self._seen[0] is not shadow:
            self._seen = shadow, self.guard.given.reader.output(shadow)
        return self._seen[1]

    def move(self, event: Event) -> None:
        """Move by the table; say it when the state is another one then."""
        to = after(self.state, event)
        if to is self.state:
            return
        self.set(state=to)
        if to is not State.LIVE:
            self._stop_clock()
        trip = self.guard.trip
        self.record("state", state=to.value, by=event.value)
        self.tell("operator", "state", state=to.value, use=self.guard.given.order.use, cause=trip.text if trip else "")

    def _stop_clock(self) -> None:
        """Session time runs while LIVE and only then."""
        self.set(live_us=self.guard.played_us(self.now_us), live_since_us=None)
        self.times(session=NEVER)

    # --- strength and hold --------------------------------------------------------------------------------------------

    def lower_to(self, ceilings: tuple[int, ...], why: str) -> None:
        """Take ceilings down, and give the player its time to follow."""
        if ceilings == self.guard.ceilings:
            return
        self.must_follow()
        self.ceil(ceilings, why)
        if self.guard.times.follow == NEVER:
            self.times(follow=self.now_us + FOLLOW_US)
            self.set(target=ceilings)

    def ceil(self, ceilings: tuple[int, ...], why: str) -> None:
        """Set the ceilings and say what changed."""
        changed = zip(self.guard.given.keys, self.guard.ceilings, ceilings, strict=True)
        for (lead, kind), was_ua, now_ua in changed:
            if was_ua != now_ua:
                self.tell("operator", "level", lead=lead, kind=kind, ua=now_ua, why=why)
        self.set(ceilings=ceilings)

    def must_follow(self) -> None:
        """Remember what was allowed until now, for frames that are already on their way."""
        was, guard = self.guard.lately, self.guard
        ceilings, holds, state = guard.ceilings, {guard.hold}, guard.state
        if was is not None:
            ceilings = tuple(max(pair) for pair in zip(ceilings, was.ceilings, strict=True))
            holds, state = holds | set(was.holds), was.state if state is State.PAUSED else state
        known = tuple(sorted(kind for kind in holds if kind is not None))
        self.set(lately=Lately(self.now_us + FOLLOW_US, ceilings, known, state))

    def by_lead(self, ceilings: tuple[int, ...], indices: list[int]) -> dict[str, dict[str, int]]:
        """Some of these ceilings by lead, then by kind, as a record says them."""
        found: dict[str, dict[str, int]] = {}
        for lead, kind, ua in ((*self.guard.given.keys[i], ceilings[i]) for i in indices):
            found.setdefault(lead, {})[kind] = ua
        return found

    def zeros(self) -> tuple[int, ...]:
        return (0,) * len(self.guard.ceilings)

    def watch_hold(self) -> None:
        """Give the player its time to ask for what is held, and the device its own to take it up."""
        self.times(hold=self.now_us + FOLLOW_US)
        self.watch_taken()

    def watch_taken(self) -> None:
        longest_us = max(section.duration_us for section in self.guard.given.order.program.sections)
        self.times(taken=self.now_us + FOLLOW_US + longest_us + TAKEN_US)

    def set_hold(self, kind: str | None) -> None:
        if kind != self.guard.hold:
            self.set(hold=kind)
            self.tell("operator", "hold", kind=kind)

    # --- effects ------------------------------------------------------------------------------------------------------

    def cut(self) -> None:
        """Put the stop bytes before everything else."""
        given = self.guard.given
        self.effects.insert(0, Cut(given.profile.stop_frames))
        self.set(shadow=given.reader.stopped(self.guard.shadow, self.now_us))

    def tell(self, line: LineName, name: str, data: bytes = b"", **body: Any) -> None:
        self.effects.append(_tell(line, name, body, data))

    def alarm(self, text: str) -> None:
        self.effects.append(Alarm(text))

    def record(self, type_: str, wait: bool = False, **body: Any) -> int:
        """Append a record; answer its number."""
        n = self.guard.n
        self.effects.append(Record(n, {"type": type_, **body}, wait))
        self.set(n=n + 1)
        return n

    def notice(self, text: str, priority: str = "low") -> None:
        self.tell("operator", "notice", text=text, priority=priority)

    def delivered(self, status: Status | None) -> None:
        """Record what the device counted so far."""
        if status is not None:
            self.record("delivered", **totals(status, self.guard.given.leads))
            self.set(delivered_us=self.now_us)

    # --- the end of the step ------------------------------------------------------------------------------------------

    def close(self) -> tuple[GuardState, tuple[Effect, ...]]:
        """Tell the player what it has to follow, when that changed."""
        was, now = self.begun, self.guard
        if (was.state, was.ceilings, was.hold) != (now.state, now.ceilings, now.hold):
            tell_set(self)
        return self.guard, tuple(self.effects)


def tell_set(turn: Turn) -> None:
    """Tell the player state, ceilings and hold: all that it follows."""
    guard = turn.guard
    levels = [[lead, kind, ua] for (lead, kind), ua in guard.levels.items()]
    turn.tell("player", "set", state=guard.state.value, levels=levels, hold=guard.hold)


def totals(status: Status, leads: tuple[str, ...]) -> dict[str, Any]:
    """The device's own counts of the ordered leads since the session began, keyed by lead (and kind)."""
    pulses: dict[str, dict[str, int]] = {}
    felt: dict[str, dict[str, int]] = {}
    for count in (count for count in status.counts if count.lead in leads):
        pulses.setdefault(count.lead, {})[count.kind] = count.pulses
        felt.setdefault(count.lead, {})[count.kind] = count.felt
    return {
        "elapsed_us": status.played_us,
        "pulses": pulses,
        "pulses_felt": felt,
        "net_charge_pc": {measured.lead: measured.net_pc for measured in status.measured if measured.lead in leads},
        "peak_ua": {measured.lead: measured.peak_ua for measured in status.measured if measured.lead in leads},
    }
