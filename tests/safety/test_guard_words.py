"""What comes of one input, whole and word by word: guard_words.txt says it, written out and read by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

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
from tests.safety.fake_wire import Stand
from tests.safety.said import lines
from tests.safety.stories import STANDS

ACTS: tuple[Input, ...] = (
    Arm(), Pause(), Resume(), Clear(), Stop("operator"), Stop("player: 3 refusals"), Gone("port"), Gone("operator"),
    Slept(51_999), Hold("100"), Hold("50"), Hold(None), Lower("A", None), Lower("B", "2"), Lower("A", "50"),
    Lower("C", None), Raise("A", None), Raise("B", "2"), Recorded(1, "disk full"), Asked(Frame(b"bad", 5000)),
    Asked(Frame(b"load", 5000)),
)  # fmt: skip
NAMES = (
    "arm", "pause", "resume", "clear", "stop", "the player stops", "the port is gone", "the session is gone",
    "a sleep", "hold 100", "hold 50", "release", "lower A", "lower B 2", "lower A 50", "lower C", "raise A",
    "raise B 2", "the disk is full", "ask bad", "ask load",
)  # fmt: skip
INPUTS = dict(zip(NAMES, ACTS, strict=True))


def _cases() -> list[tuple[str, str, str, list[str]]]:
    parts = Path(__file__).with_name("guard_words.txt").read_text("utf-8").split("\n== ")[1:]
    cases = []
    for part in parts:
        head, *said = part.strip().split("\n")
        state, _, rest = head.partition(": ")
        act, _, after = rest.partition(" -> ")
        cases.append((state, act, after, said))
    return cases


@pytest.mark.parametrize(("state", "act", "after", "said"), _cases())
def test_what_comes_of_it(state: str, act: str, after: str, said: list[str]) -> None:
    stand = STANDS[state]()
    stand.feed(INPUTS[act])

    assert (stand.state, lines(stand.last)) == (after, said)


def test_every_act_is_written_there() -> None:
    assert {act for _, act, _, _ in _cases()} == set(INPUTS)


def test_the_first_words_of_a_session() -> None:
    opened, *others = lines(Stand().effects)

    assert opened.startswith("record open, order={'device': 'EA1-1', ") and opened.endswith(", guard=")
    assert others == [
        "player set OFF A:2=0 A:100=0 B:2=0 B:100=0 hold=None",
        "operator state state=OFF, use=human, cause=",
    ]


def test_the_words_of_a_device_that_is_found() -> None:
    assert lines(Stand().safe().last) == [
        "record state, state=SAFE, by=found",
        "operator state state=SAFE, use=human, cause=",
        "record found, device=EA1-1, boot=7",
        "player set SAFE A:2=0 A:100=0 B:2=0 B:100=0 hold=None",
    ]
