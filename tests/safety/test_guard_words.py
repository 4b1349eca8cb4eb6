"""What comes of one deed, whole and word by word: guard_words.txt says it, written out and read by a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.safety.fake_wire import Stand
from tests.safety.guard_deeds import DEEDS
from tests.safety.said import lines
from tests.safety.stories import STANDS


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
    DEEDS[act](stand)

    assert (stand.state, lines(stand.last)) == (after, said)


def test_every_deed_is_written_there() -> None:
    assert {act for _, act, _, _ in _cases()} == set(DEEDS)


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
