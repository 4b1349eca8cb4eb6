"""The allow-list of ea1: every type and length of a request, in every state; exactly the manual's are admitted."""

from __future__ import annotations

from functools import cache

import pytest

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety.boundaries.ea1_bodies import ADMITTED, STATES, body_of
from tests.safety.ea1_states import READER
from tests.safety.ea1_words import wire

NUMBER = 5000
LONGEST = 502  # 512 bytes less head and CRC
REQUESTS = range(1, 9)
# Round every length that some request has; the proof `allow-list` takes all of them.
NEAR = sorted({*range(54), *(24 * n + 4 + by for n in range(2, 20) for by in (-1, 0, 1)), 501, 502})
FEW = (0, 4, 8, 12, 16, 28, 44, 52, 388, 502)


def is_admitted(shadow: Shadow, data: bytes) -> bool:
    try:
        return READER.sent(shadow, Frame(data, 5000), 0).number == NUMBER
    except Refused:
        return False


@cache
def request(kind: int, length: int) -> bytes:
    return wire(kind, NUMBER, body_of(kind, length))


@pytest.mark.hazard("H47")
@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("state", STATES)
def test_of_each_request_only_the_manuals_lengths_are_admitted(state: str, kind: int) -> None:
    found = {length for length in NEAR if is_admitted(STATES[state], request(kind, length))}

    assert found == ADMITTED[state].get(kind, set())


@pytest.mark.hazard("H47")
@pytest.mark.parametrize("state", STATES)
def test_no_other_type_is_admitted_at_any_length(state: str) -> None:
    others = set(range(256)) - set(REQUESTS)

    assert [(kind, n) for n in FEW for kind in others if is_admitted(STATES[state], request(kind, n))] == []


@pytest.mark.hazard("H47")
@pytest.mark.parametrize("state", STATES)
def test_no_other_version_is_admitted(state: str) -> None:
    for kind, of in ADMITTED[state].items():
        body = body_of(kind, min(of))
        assert [v for v in range(256) if is_admitted(STATES[state], wire(kind, NUMBER, body, version=v))] == [1]


@pytest.mark.parametrize("kind", REQUESTS)
def test_every_request_is_admitted_in_some_state(kind: int) -> None:
    assert any(kind in of for of in ADMITTED.values())


def test_a_request_longer_than_any_message_is_refused() -> None:
    assert not is_admitted(STATES["playing"], wire(6, NUMBER, body_of(6, LONGEST + 1)))
