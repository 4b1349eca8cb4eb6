"""The size of the measured current against the level that it is of: a device that agrees may play otherwise."""

from __future__ import annotations

from eastim.safety.changed import replace
from eastim.safety.guard_faults import fault
from eastim.safety.guard_state import Watch
from eastim.safety.guard_turn import Turn
from eastim.safety.readers.base import Measured, Status


def current(turn: Turn, status: Status, now: Measured, watch: Watch) -> Watch:
    """Compare a reading with its level, once a reading before was of that level, too.

    A reading is of the lead's last felt pulse. When the device counts a whole pulse of that kind at the level in force,
    it was that pulse; and two readings at one level leave no doubt about which of two levels it was (H14).
    """
    level_ua = _sounded_ua(status, now)
    known, watch = watch.level_ua, replace(watch, level_ua=level_ua)
    if not level_ua or level_ua != known or now.plus_ua is None or now.minus_ua is None:
        return watch
    given, measured_ua = turn.guard.given, max(now.plus_ua, now.minus_ua)
    beyond = (measured_ua - level_ua - given.limit("excess_ua")) * 1_000_000
    if beyond > level_ua * given.limit("excess_ppm"):
        fault(turn, "excess", f"{measured_ua} uA at a level of {level_ua} uA", now.lead)
    elif _is_weak(turn, now, measured_ua, level_ua):
        fault(turn, "weak-notice", f"{measured_ua} uA at a level of {level_ua} uA", now.lead)
    return watch


def _sounded_ua(status: Status, now: Measured) -> int:
    """The level in force of the measured kind, 0 while no whole pulse has sounded at it."""
    for count in status.counts:
        if (count.lead, count.kind) == (now.lead, now.kind):
            return count.level_ua if count.sounded else 0
    return 0


def _is_weak(turn: Turn, now: Measured, measured_ua: int, level_ua: int) -> bool:
    """Whether far less flows than was asked, with no load to blame: open, short and parked have rows of their own."""
    given = turn.guard.given
    if now.open or now.short or now.parked or level_ua < given.limit("weak_from_ua"):
        return False
    return (level_ua - measured_ua) * 1_000_000 > level_ua * given.limit("weak_ppm")
