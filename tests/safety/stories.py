"""Short ways into a session, for the tests of the guard: each gives a stand in the state that its name says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eastim.safety.inputs import Pause, Record, Stop
from tests.safety.fake_wire import Stand, level, order


def off() -> Stand:
    return Stand()


def safe() -> Stand:
    return Stand().safe()


def armed() -> Stand:
    return Stand().armed()


def at_zero() -> Stand:
    """Live for 600 ms, nothing raised."""
    return Stand().live().run(600)


def live(**known: Any) -> Stand:
    """Live for 600 ms, lead A's 2 Hz at 100 uA for the last 200 ms; a report and both beats just came."""
    return Stand(order(**known)).live().run(400).raised().run(200)


def at_400() -> Stand:
    """Lead A's 2 Hz at 400 uA, four raises 0.4 s apart; its section still sounds."""
    stand = Stand().live().run(200)
    for _ in range(4):
        stand.raised().run(400)
    assert level(stand.guard, "A", "2") == 400
    return stand


def paused() -> Stand:
    stand = live()
    stand.feed(Pause())
    return stand.hush()


def stopping() -> Stand:
    stand = live()
    stand.feed(Stop("operator"))
    return stand


def tripped() -> Stand:
    stand = live()
    stand.ask(b"bad")
    return stand.zero_read_back()


def uncertain() -> Stand:
    """Tripped, and the device silent for 750 ms since."""
    stand = live()
    stand.ask(b"bad")
    stand.auto = {"player", "operator"}
    return stand.at(750)


STANDS: dict[str, Callable[[], Stand]] = {
    "OFF": off, "SAFE": safe, "ARMED": armed, "LIVE": live, "PAUSED": paused, "STOPPING": stopping,
    "TRIPPED": tripped, "UNCERTAIN": uncertain,
}  # fmt: skip


def notice(stand: Stand) -> str:
    """The one notice of the last input."""
    texts = [body["text"] for body in stand.told("operator", "notice")]
    assert len(texts) == 1
    return str(texts[0])


def the_record(stand: Stand) -> Record:
    """The record of the raise that was just accepted."""
    return next(record for record in stand.of(Record) if record.body["type"] == "raise")


def mute(stand: Stand, who: str, ms: int) -> None:
    """Let player, operator or device fall silent for a time."""
    stand.auto -= {who}
    stand.at(ms)
