"""Whether a STATUS agrees with the shadow, and what it changes there (clauses 3.4, 3.5, 5, 6)."""

from __future__ import annotations

from eastim.safety.changed import replace
from eastim.safety.readers.ea1_parts.block import LEADS
from eastim.safety.readers.ea1_parts.report import NONE, STOPPED, Report
from eastim.safety.readers.ea1_parts.shadow import Ask, Is, Shadow

_AFTER: dict[Ask | None, frozenset[Is]] = {
    Ask.HELLO: frozenset({Is.IDLE}),
    Ask.PROGRAM: frozenset({Is.READY}),
    Ask.ARM: frozenset({Is.ARMED}),
    Ask.PLAY: frozenset({Is.PLAYING}),
    Ask.HUSH: frozenset({Is.ARMED}),
    Ask.CLEAR: frozenset({Is.READY, Is.IDLE}),
}
_PARKED = 4


def disagreement(shadow: Shadow, report: Report, now_us: int) -> str:
    """Say in what a report differs from the shadow, the gravest first; "" when in nothing."""
    shadow = replace(shadow, faded=tuple(row for row in shadow.faded if row[0] >= now_us))
    for judge in (_boot, _epoch, _state, _flags, _step, _played, _levels, _place):
        said = judge(shadow, report)
        if said != "":
            return said
    return ""


def follow(shadow: Shadow, report: Report, now_us: int) -> Shadow:
    """The shadow after a report of the same boot; whether it agreed is said elsewhere."""
    if shadow.boot and report.boot != shadow.boot:
        return shadow  # of this device the shadow knows nothing; the disagreement trips
    shadow = _follow_epoch(shadow, report)
    if report.state is Is.PLAYING:
        end_us = now_us + max(0, shadow.total_us - report.played_us)
        shadow = replace(shadow, starts_us=now_us - report.position_us, play_end_us=end_us)
    elif report.quiet and (not shadow.unproven or _proves_stop(shadow, report)):
        # Off because the device says so; a PLAY still unanswered stays in `open`, and so in the output.
        test = shadow.test if shadow.open is not None and shadow.open.ask is Ask.CONTACT else None
        shadow = replace(shadow, play=None, test=test, unproven=False)
    armed = shadow.armed and report.state in (Is.ARMED, Is.PLAYING)
    asked = tuple(play.hold for play in (shadow.play, *shadow.lost, shadow.asked_play) if play)
    told = None if report.hold == NONE else report.hold
    # What was asked is in `holds` since it was sent. A hold that nobody asked need not even be a kind of the program;
    # that it was told is said as a disagreement.
    holds = tuple(dict.fromkeys((*((told,) if told in shadow.holds else shadow.holds), *asked)))
    return replace(shadow, state=report.state, armed=armed, holds=holds, played_us=report.played_us)


def _follow_epoch(shadow: Shadow, report: Report) -> Shadow:
    """Adopt the device's epoch; one that a stop has voided is not taken back."""
    stops = max(0, shadow.stops - answers_stop(shadow, report))
    # Until HELLO is answered its epoch is on the way: the old one is no more worth, and IDENTITY brings the new.
    greeting = shadow.open is not None and shadow.open.ask is Ask.HELLO
    if greeting or report.epoch == shadow.void or not shadow.boot:
        return replace(shadow, stops=stops)
    armed = shadow.armed and report.epoch == shadow.epoch
    return replace(shadow, stops=stops, epoch=report.epoch, armed=armed, assumed=False)


def answers_stop(shadow: Shadow, report: Report) -> bool:
    """Whether the report answers a stop. It draws an epoch (3.4): with the one that it ended, the claim is false."""
    return report.cause == STOPPED and report.epoch != shadow.void


def _proves_stop(shadow: Shadow, report: Report) -> bool:
    """Whether the report was made after the stop was read: it carries a new epoch, or there was none and it says so."""
    return answers_stop(shadow, report) or bool(shadow.void and report.epoch != shadow.void)


def _asking(shadow: Shadow, *asks: Ask) -> bool:
    return shadow.open is not None and shadow.open.ask in asks


def _boot(shadow: Shadow, report: Report) -> str:
    if shadow.boot and report.boot != shadow.boot:
        return f"boot {report.boot:08X}, not {shadow.boot:08X}: the device has restarted, or is another (3.5)"
    return ""


def _epoch(shadow: Shadow, report: Report) -> str:
    expected = shadow.stops or report.fault or _asking(shadow, Ask.HELLO) or shadow.assumed
    if shadow.epoch and report.epoch != shadow.epoch and not expected:
        return f"epoch {report.epoch:08X}, not {shadow.epoch:08X}: somebody else stopped or greeted the device (3.4)"
    return ""


def _state(shadow: Shadow, report: Report) -> str:
    allowed = {shadow.state} if shadow.state else set(Is) - {Is.PLAYING}
    if shadow.lost:
        allowed.add(Is.PLAYING)
    if shadow.open is not None:
        allowed |= _AFTER.get(shadow.open.ask, frozenset())
    if shadow.unproven:  # what was cut off may have been run before the stop was read
        allowed |= {Is.IDLE, Is.READY} | _AFTER.get(shadow.cut_off, frozenset())
    if Is.PLAYING in allowed and report.played_us == shadow.total_us:
        allowed.add(Is.DONE)
    if (report.state is Is.FAULT) != bool(report.fault):
        return f"state {report.state.name} with fault {report.fault} (5.8)"
    if report.state is Is.DONE and shadow.total_us and report.played_us != shadow.total_us:
        # Said of every such report: the state is followed, so a second one would pass below.
        return f"state DONE after {report.played_us} us, must be after {shadow.total_us} us (5.2)"
    if report.state not in allowed and report.state is not Is.FAULT:
        return f"state {report.state.name}, must be {' or '.join(sorted(state.name for state in allowed))} (5.8)"
    return ""


def _flags(shadow: Shadow, report: Report) -> str:
    if _asking(shadow, Ask.HELLO):
        return ""
    if shadow.locked and not report.locked:
        return "the limits are no longer locked (4.2)"
    program = None if _asking(shadow, Ask.PROGRAM) else shadow.loaded
    if program and (not report.loaded or report.kinds != program.block.kinds):
        return "the program is no longer loaded (4.3)"
    return ""


def _step(shadow: Shadow, report: Report) -> str:
    counts = shadow.armed and report.state in (Is.ARMED, Is.PLAYING)
    right = (shadow.step_was, *(play.step for play in shadow.lost), shadow.step)
    if counts and report.step not in right:
        return f"step {report.step}, must be {' or '.join(map(str, dict.fromkeys(right)))} (3.6)"
    return ""


def _played(shadow: Shadow, report: Report) -> str:
    if _asking(shadow, Ask.HELLO) or shadow.loaded is None or shadow.locked is None:
        return ""
    if not shadow.played_us <= report.played_us <= shadow.total_us:
        return f"played {report.played_us} us, must be {shadow.played_us} to {shadow.total_us} us (5.2)"
    return ""


def _levels(shadow: Shadow, report: Report) -> str:
    """In force are the levels of the last PLAY, of any that is unanswered, or just before; 0 when not playing."""
    tables = [play.levels for play in (shadow.play, *shadow.lost, shadow.asked_play) if play]
    tables = [*tables, *(levels for _, levels in shadow.faded)] if report.state is Is.PLAYING else []
    for i, lead in enumerate(report.leads):
        for kind, row in enumerate(lead.kinds):
            right = {levels[kind][i] for levels in tables if kind < len(levels)} or {0}
            # A parked lead plays 0 whatever PLAY says (5.6); the manual leaves open which of both it reports.
            right |= {0} if lead.flags & _PARKED else set()
            # While a stop is on its way, either of two PLAYs may be in force, but nothing above the worst of them.
            fits = row.level <= max(right) if shadow.unproven else row.level in right
            if not fits:
                asked = " or ".join(str(level) for level in sorted(right))
                return f"level {row.level} of lead {LEADS[i]}, kind {kind}, must be {asked} (4.9)"
    return ""


def _place(shadow: Shadow, report: Report) -> str:
    """Position and section lie within the block; a hold is one that was asked, or the one still in force (5.4)."""
    if report.state is not Is.PLAYING or shadow.loaded is None:
        return ""
    block = shadow.loaded.block
    if report.section >= len(block.records) or report.position_us >= block.block_us:
        return f"section {report.section} at {report.position_us} us, beyond the block (5.1)"
    hold = None if report.hold == NONE else report.hold
    return "" if hold in shadow.holds else f"hold {report.hold}, which nobody asked (5.4)"
