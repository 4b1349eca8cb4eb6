"""The interlock as tables: states, events, transitions, faults. The tables are the machine; there is no other.

`render` gives them as markdown for docs/safety.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class State(StrEnum):
    """Where a session stands. Output is permitted in ARMED (the contact test) and in LIVE, nowhere else."""

    OFF = "OFF"
    SAFE = "SAFE"
    ARMED = "ARMED"
    LIVE = "LIVE"
    PAUSED = "PAUSED"
    STOPPING = "STOPPING"
    TRIPPED = "TRIPPED"
    UNCERTAIN = "UNCERTAIN"


class Event(StrEnum):
    """What moves the interlock."""

    FOUND = "found"
    ARM = "arm"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CLEAR = "clear"
    STOP = "stop"
    FAULT = "fault"
    LOST = "lost"
    ZERO = "zero"
    UNCONFIRMED = "unconfirmed"
    END = "end"


MEANING: dict[Event, str] = {
    Event.FOUND: "the ordered device is found, checked, loaded and silent",
    Event.ARM: "the operator's go",
    Event.START: "a first buy of output, at zero strength, was admitted",
    Event.PAUSE: "the operator pauses: zero strength, silence",
    Event.RESUME: "the operator goes on, from zero",
    Event.CLEAR: "the operator acknowledges a trip",
    Event.STOP: "anyone stops, or the session's time is over",
    Event.FAULT: "a fault whose action is cut",
    Event.LOST: "the port is gone",
    Event.ZERO: "silence is read back after a trip",
    Event.UNCONFIRMED: "three cuts, and no silence read back",
    Event.END: "the session is over",
}

S, E = State, Event

# A stop, a fault and a lost port are possible everywhere: their rows have no hole.
TRANSITIONS: dict[State, dict[Event, State]] = {
    S.OFF: {E.FOUND: S.SAFE, E.STOP: S.STOPPING, E.FAULT: S.STOPPING, E.LOST: S.OFF, E.END: S.OFF},
    S.SAFE: {E.ARM: S.ARMED, E.STOP: S.STOPPING, E.FAULT: S.STOPPING, E.LOST: S.UNCERTAIN},
    S.ARMED: {
        E.START: S.LIVE, E.PAUSE: S.PAUSED, E.STOP: S.STOPPING, E.FAULT: S.STOPPING, E.LOST: S.UNCERTAIN,
    },
    S.LIVE: {
        E.PAUSE: S.PAUSED, E.STOP: S.STOPPING, E.FAULT: S.STOPPING, E.LOST: S.UNCERTAIN, E.END: S.OFF,
    },
    S.PAUSED: {
        E.RESUME: S.ARMED, E.STOP: S.STOPPING, E.FAULT: S.STOPPING, E.LOST: S.UNCERTAIN, E.END: S.OFF,
    },
    S.STOPPING: {
        E.ZERO: S.TRIPPED, E.UNCONFIRMED: S.UNCERTAIN, E.STOP: S.STOPPING, E.FAULT: S.STOPPING,
        E.LOST: S.UNCERTAIN, E.END: S.OFF,
    },
    S.TRIPPED: {
        E.CLEAR: S.SAFE, E.STOP: S.STOPPING, E.FAULT: S.STOPPING, E.LOST: S.UNCERTAIN, E.END: S.OFF,
    },
    # A stop in UNCERTAIN cuts again and stays: nothing but silence read back leads out, or giving up, which is said.
    S.UNCERTAIN: {
        E.ZERO: S.TRIPPED, E.STOP: S.UNCERTAIN, E.FAULT: S.UNCERTAIN, E.LOST: S.UNCERTAIN, E.END: S.OFF,
    },
}  # fmt: skip


class Unlisted(KeyError):
    """Say that the table has no such transition: a mistake of the guard, never of its surroundings."""


def after(state: State, event: Event) -> State:
    """Look up where `event` leads; raises Unlisted, since an event that is not in the table is never ignored."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise Unlisted(f"the interlock lists no {event.value} in {state.value}") from None


Action = Literal["note", "hold", "lower", "cut"]
SEVERITY: tuple[Action, ...] = ("note", "hold", "lower", "cut")
"""From mild to severe: say it, take no raise, ceilings to zero (and cut when not followed), cut."""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault. clears: the operator acknowledges it, it never clears in this session, or it passes by itself."""

    name: str
    action: Action
    clears: Literal["operator", "never", "itself"]
    says: str
    hazard: str

    def __post_init__(self) -> None:
        if self.action not in SEVERITY:
            raise ValueError(f"fault {self.name}: no action {self.action!r}; there are {', '.join(SEVERITY)}")
        if self.action == "cut" and self.clears == "itself":
            raise ValueError(f"fault {self.name}: a cut never clears by itself")


_ROWS = (
    FaultRow("refused", "cut", "operator", "a frame was refused at the door", "H47"),
    FaultRow("player-beat", "cut", "operator", "the player missed its beat", "H03"),
    FaultRow("operator-beat", "cut", "operator", "the operator's front end missed its beat", "H04"),
    FaultRow("held-up", "cut", "operator", "the guard itself was held up", "H42"),
    FaultRow("stale", "cut", "operator", "the device has not reported for 300 ms", "H07"),
    FaultRow("disagrees", "cut", "operator", "the device does not report what it was told", "H14"),
    FaultRow("device-fault", "cut", "operator", "the device reports a fault", "H13"),
    FaultRow("current", "cut", "operator", "there is current while there should be none", "H13"),
    FaultRow("not-followed", "cut", "operator", "a lower, a pause or a hold was not followed within 250 ms", "H18"),
    FaultRow("excess", "cut", "operator", "more current is measured than was asked for", "H14"),
    FaultRow("imbalance", "cut", "operator", "the phases of the pulses are not of equal charge", "H22"),
    FaultRow("net-dc", "cut", "operator", "a net direct current flows", "H22"),
    FaultRow("residual", "cut", "operator", "the electrodes charge up", "H22"),
    # The player asks for nothing more once it has given up, so there is no session to go back to.
    FaultRow("player", "cut", "never", "the player failed", "H03"),
    FaultRow("overrun", "cut", "never", "the output goes on past the ordered time", "H27"),
    FaultRow("other-device", "cut", "never", "another device answers", "H08"),
    FaultRow("reset", "cut", "never", "the device was reset", "H12"),
    FaultRow("clock", "cut", "never", "the device's clock can't be trusted", "H27"),
    FaultRow("rate", "cut", "never", "more pulses are counted than their rate gives", "H27"),
    FaultRow("suspend", "cut", "never", "the computer slept", "H05"),
    FaultRow("port-gone", "cut", "never", "the port is gone", "H07"),
    FaultRow("unanswered", "cut", "never", "the device fell silent without answering a stop", "H13"),
    FaultRow("guard", "cut", "never", "the guard itself failed", "H42"),
    FaultRow("open", "lower", "itself", "the lead is open", "H15"),
    FaultRow("short", "lower", "itself", "the lead is shorted", "H16"),
    FaultRow("parked", "lower", "itself", "the device parked the lead: it reached the compliance", "H15"),
    FaultRow("ledger", "lower", "never", "the ledger can't be written", "H32"),
    FaultRow("late", "hold", "itself", "the device's last report is too old for a raise", "H07"),
    FaultRow("disagrees-notice", "note", "itself", "a report of the device contradicts what it was told", "H14"),
    FaultRow("impedance-notice", "note", "itself", "the impedance has halved or doubled since arming", "H14"),
    FaultRow("weak-notice", "note", "itself", "far less current is measured than was asked for", "H14"),
    FaultRow("imbalance-notice", "note", "itself", "the phases of the pulses differ", "H22"),
    FaultRow("net-dc-notice", "note", "itself", "a net direct current flows", "H22"),
    FaultRow("residual-notice", "note", "itself", "the electrodes begin to charge up", "H22"),
    FaultRow("contact", "note", "itself", "the contact test finds no good contact", "H15"),
)

FAULTS: dict[str, FaultRow] = {row.name: row for row in _ROWS}


def render() -> str:
    """Draw the tables as markdown: states by events, events, faults from severe to mild."""
    return f"{_render_transitions()}\n\n{_render_events()}\n\n{_render_faults()}\n"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _render_transitions() -> str:
    rows = [(state.value, *(TRANSITIONS[state].get(event, "-") for event in Event)) for state in State]
    return _table(("state", *(event.value for event in Event)), rows)


def _render_events() -> str:
    return _table(("event", "meaning"), [(event.value, MEANING[event]) for event in Event])


def _render_faults() -> str:
    ordered = sorted(FAULTS.values(), key=lambda row: -SEVERITY.index(row.action))
    rows = [(row.name, row.action, row.clears, row.says, row.hazard) for row in ordered]
    return _table(("fault", "action", "clears", "says", "hazard"), rows)
