"""One line of the json front end into one act."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eastim.front import Act
from eastim.ui.commands import BadCommand, read_command

pytestmark = pytest.mark.hazard("H29")


@pytest.mark.parametrize(
    ("line", "act", "at_us"),
    [
        ('{"do": "arm"}', Act("arm", {}), None),
        ('{"do": "raise", "lead": "A"}', Act("raise", {"lead": "A", "kind": None}), None),
        ('{"do": "raise", "lead": "A", "kind": "2", "at_us": 5}', Act("raise", {"lead": "A", "kind": "2"}), 5),
        ('{"do": "lower", "lead": "B", "kind": null}', Act("lower", {"lead": "B", "kind": None}), None),
        ('{"do": "hold", "kind": "100"}', Act("hold", {"kind": "100"}), None),
        ('{"do": "hold"}', Act("hold", {"kind": None}), None),
        ('{"do": "pause", "at_us": 0}', Act("pause", {}), 0),
        ('{"do": "arm", "lead": "A", "kind": null}', Act("arm", {}), None),
        ('{"do": "hold", "lead": null, "kind": "2"}', Act("hold", {"kind": "2"}), None),
        ('{"do": "resume"}', Act("resume", {}), None),
        ('{"do": "clear"}', Act("clear", {}), None),
        ('{"do": "stop"}', Act("stop", {"source": "operator"}), None),
        ('{"do": "stop", "at_us": 9}', Act("stop", {"source": "operator"}), 9),
    ],
)
def test_a_command(line: str, act: Act, at_us: int | None) -> None:
    found = read_command(line.encode(), 1)

    assert (found.act, found.at_us) == (act, at_us)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"raise", "is no JSON"),
        (b"[]", "no JSON object"),
        (b"\xff", "is no JSON"),
        (b'{"do": "fly"}', "do is 'fly'; commands are arm, raise"),
        (b'{"do": ["stop"]}', "do is"),
        (b"{}", "do is None"),
        (b'{"do": "raise"}', "raise needs its lead"),
        (b'{"do": "raise", "lead": 1}', "raise needs its lead"),
        (b'{"do": "raise", "lead": "A", "kind": 2}', "kind is 2"),
        (b'{"do": "raise", "lead": "A", "ua": 5000}', "raise has no field 'ua'; it may have lead, kind, at_us"),
        (b'{"do": "arm", "lead": "all"}', "arm has no field 'lead'"),
        (b'{"do": "pause", "kind": "2"}', "pause has no field 'kind'"),
        (b'{"do": "pause", "at_us": -1}', "at_us is -1; give whole microseconds"),
        (b'{"do": "pause", "at_us": 1.5}', "at_us is 1.5"),
        (b'{"do": "pause", "at_us": true}', "at_us is True"),
        (b'{"do": "pause", "at_us": NaN}', "is no JSON"),
        (b'{"do": "pause", "at_us": 1e400}', "at_us is inf"),
        (b'{"do": "' + b"x" * 70_000 + b'"}', "longer than 65536 bytes"),
        (b"[" * 60_000, "is no JSON"),
        (b'{"do": "\x1b[2J"}', "is no JSON"),
    ],
)
def test_what_is_no_command(line: bytes, says: str) -> None:
    with pytest.raises(BadCommand, match=r".*") as caught:
        read_command(line, 1)

    assert says in str(caught.value)


@pytest.mark.parametrize("more", [{"at_us": "soon"}, {"lead": 7}, {"source": "x"}, {"at_us": -5}])
def test_nothing_keeps_a_stop_from_stopping(more: dict[str, object]) -> None:
    found = read_command(json.dumps({"do": "stop", **more}).encode(), 1)

    assert (found.act.name, found.at_us) == ("stop", None)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_command_or_a_bad_command(data: bytes) -> None:
    said = ""
    try:
        read_command(data, 1)
    except BadCommand as error:
        said = str(error)

    assert said.isprintable()
