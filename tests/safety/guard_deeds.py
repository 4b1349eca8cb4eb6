"""What happens to a stand, by a name that guard_words.txt uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from eastim.frames import Frame
from eastim.safety.inputs import (
    Arm,
    Asked,
    Clear,
    Gone,
    Hold,
    Input,
    Lower,
    Pause,
    Raise,
    Recorded,
    Resume,
    Slept,
    Stop,
)
from tests.safety.fake_wire import QUIET, Stand
from tests.safety.stories import mute

_INPUTS: dict[str, Input] = {
    "arm": Arm(),
    "pause": Pause(),
    "resume": Resume(),
    "clear": Clear(),
    "stop": Stop("operator"),
    "the player stops": Stop("player: 3 refusals"),
    "the port is gone": Gone("port"),
    "the session is gone": Gone("operator"),
    "a sleep": Slept(51_999),
    "hold 100": Hold("100"),
    "hold 50": Hold("50"),
    "release": Hold(None),
    "lower A": Lower("A", None),
    "lower B 2": Lower("B", "2"),
    "lower A 50": Lower("A", "50"),
    "lower C": Lower("C", None),
    "raise A": Raise("A", None),
    "raise B 2": Raise("B", "2"),
    "the disk is full": Recorded(1, "disk full"),
    "ask bad": Asked(Frame(b"bad", 5000)),
    "ask load": Asked(Frame(b"load", 5000)),
}


def _feeds(what: Input) -> Callable[[Stand], object]:
    return lambda stand: stand.feed(what)


def _unheard(ms: int) -> Callable[[Stand], object]:
    return lambda stand: mute(stand, "device", ms)


def _just(ms: int) -> Callable[[Stand], object]:
    """Hear nothing of the device for so long; what comes of the last millisecond."""

    def deed(stand: Stand) -> None:
        mute(stand, "device", ms - 1)
        stand.at(1)

    return deed


def _disagrees(stand: Stand) -> None:
    stand.status = replace(stand.status, agrees=False, disagreement="levels")
    stand.at(100)


def _not_followed(what: Input) -> Callable[[Stand], object]:
    return lambda stand: (stand.feed(what), stand.at(250))


def _not_ready(stand: Stand) -> None:
    stand.status = replace(QUIET, ready=False, disagreement="no program")
    stand.at(10_000)


def _never_heard(stand: Stand) -> None:
    stand.feed(Stop("operator"))
    stand.auto = set()
    stand.at(749).at(1)


def _unanswered(stand: Stand) -> None:
    stand.auto = set()
    stand.hear(QUIET)
    stand.at(500).hear(QUIET)


def _port_gone_for_good(stand: Stand) -> None:
    stand.feed(Gone("port"))
    stand.auto = set()
    stand.at(2_254).at(1)


def _ends(stand: Stand) -> None:
    stand.feed(Hold("2"))
    stand.hear(replace(QUIET, ended=True, played_us=1_800_000_000))


DEEDS: dict[str, Callable[[Stand], object]] = {
    **{name: _feeds(what) for name, what in _INPUTS.items()},
    "no beat of the player": lambda stand: mute(stand, "player", 300),
    "no beat of the operator": lambda stand: mute(stand, "operator", 300),
    "no report for 300 ms": _unheard(300),
    "the levels disagree": _disagrees,
    "a pause not followed": _not_followed(Pause()),
    "a lower not followed": _not_followed(Lower("A", None)),
    "a hold not followed": _not_followed(Hold("100")),
    "no program for 10 s": _not_ready,
    "no device for 10 s": _just(10_000),
    "another device": lambda stand: stand.hear(replace(stand.status, device="EA1-2")),
    "another boot": lambda stand: stand.hear(replace(stand.status, boot=8)),
    "current": lambda stand: stand.hear(replace(QUIET, quiet=False)),
    "two faults": lambda stand: stand.hear(replace(stand.status, faults=("LEASE: ended", "HEAT"))),
    "unheard for 250 ms": _unheard(250),
    "unheard for 500 ms": _just(500),
    "unheard for 750 ms": _just(750),
    "unheard for 2 s more": _just(2_000),
    "its answer": lambda stand: stand.zero_read_back(),
    "never heard": _never_heard,
    "silence without an answer": _unanswered,
    "the port stays gone": _port_gone_for_good,
    "a hold, then the end": _ends,
}
