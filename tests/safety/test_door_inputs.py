"""What the lines may say, at its bounds: the longest frame, name and source; and what a name may hold."""

from __future__ import annotations

import pytest

from eastim.frames import Frame
from eastim.safety.door_inputs import parse
from eastim.safety.inputs import Asked, Lower, Stop
from eastim.safety.line import Message


def test_a_frame_of_4096_bytes_is_the_longest() -> None:
    whole = b"x" * 4096
    assert parse("player", Message("ask", {"within_us": 5}, whole)) == Asked(Frame(whole, 5))
    with pytest.raises(ValueError, match="a frame of 4097 bytes, at most 4096"):
        parse("player", Message("ask", {"within_us": 5}, whole + b"x"))


def test_a_name_of_64_characters_is_the_longest() -> None:
    assert parse("operator", Message("lower", {"lead": "A" * 64, "kind": None})) == Lower("A" * 64, None)
    with pytest.raises(ValueError, match="no name of 1 to 64 printable characters"):
        parse("operator", Message("lower", {"lead": "A" * 65, "kind": None}))


@pytest.mark.hazard("H36")
@pytest.mark.parametrize("name", ["A\x1b", "\n", "A\u202e"])
def test_a_name_prints(name: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        parse("operator", Message("lower", {"lead": name, "kind": None}))


def test_a_source_of_200_characters_is_the_longest_and_a_longer_one_still_stops() -> None:
    assert parse("player", Message("stop", {"source": "s" * 200})) == Stop("s" * 200)
    assert parse("player", Message("stop", {"source": "s" * 201})) == Stop("s" * 197 + "...")
