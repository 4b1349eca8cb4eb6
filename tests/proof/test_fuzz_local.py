"""The targets of what comes from this machine see what is planted, and their seeds reach what they look at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from eastim.front import Act
from eastim.safety.room_table import Room
from eastim.ui import jsonl
from eastim.ui.cli_rooms import _stopped
from eastim.ui.plain import PlainFront
from firmware_sim import control
from firmware_sim.simulation import Simulation
from proof.fuzz.local_targets import Said, Steered
from proof.fuzz.target import Broken
from proof.fuzz.targets import TARGETS

LOCAL = "proof.fuzz.local_targets."
ESC = "\x1b[2J"
ZERO = b'{"session": "x", "zero": true}\n'
STOPPED = "20260101-asked: stopped, output zero confirmed."


# --- a guard's answer -------------------------------------------------------------------------------------------------


def shown(data: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a stop would say of this answer."""
    said: list[str] = []

    def kept(answer: dict[str, object]) -> str:
        said.append(_stopped(answer))
        return said[0]

    monkeypatch.setattr(f"{LOCAL}_stopped", kept)
    TARGETS["reply"].run(data)
    return said[0]


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("data", "zero"),
    [
        (ZERO, True),
        (ZERO.decode().encode("utf-16"), True),
        (ZERO.replace(b"zero", rb"\u007aero"), True),
        (ZERO.replace(b"true", b"1"), False),
        (ZERO.rstrip(b"\n"), False),
        (ZERO + ZERO[:5], False),
        (b"", False),
    ],
)
def test_a_zero_is_read_where_it_is_said_and_nowhere_else(
    data: bytes, zero: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (shown(data, monkeypatch) == STOPPED) is zero


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({"session": "20260101-asked", "zero": True}, "a zero that nobody said"),
        ({"session": "20260101-other", "zero": False}, "it speaks for another session"),
    ],
)
def test_a_zero_that_nobody_said_and_another_session_are_seen(
    answer: dict[str, Any], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{LOCAL}room_client._heard", lambda *_: answer)
    with pytest.raises(Broken, match=what):
        TARGETS["reply"].run(b'{"zero": false, "x": true}\n')


@pytest.mark.hazard("H36")
@pytest.mark.parametrize("sentence", ["_stopped", "_line"])
def test_an_escape_in_what_is_told_of_an_answer_is_seen(sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{LOCAL}{sentence}", lambda _: f"20260101-asked: {ESC}")
    with pytest.raises(Broken, match="a control character in"):
        TARGETS["reply"].run(ZERO)


def test_the_bytes_come_in_two_pieces_and_end() -> None:
    said = Said(b"abc")
    assert [said.recv(9) for _ in range(4)] == [b"a", b"bc", b"", b""]


# --- the kernel's table -----------------------------------------------------------------------------------------------

FORGED = b"1: 00000002 00000000 00010000 0001 01 12 @eastim/guard/0/a"
OURS = (Room(1000, "20260101-ours"), "4711")


def test_a_forged_guard_stands_in_the_table() -> None:
    TARGETS["table"].run(FORGED)
    TARGETS["table"].run(FORGED.replace(b" 12 ", b" \xff "))


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ([OURS, (Room(0, "a"), "12")], "a guard is hidden"),
        ([(Room(0, "a"), "12"), OURS], "a guard is hidden"),
        ([OURS, (Room(0, "b"), "12"), OURS], "stands nowhere"),
        ([OURS, (Room(7, "a"), "12"), OURS], "stands nowhere"),
        ([OURS, (Room(0, "a"), "13"), OURS], "stands nowhere"),
        ([OURS, (Room(0, "a" * 65), "12"), OURS], "stands nowhere"),
    ],
    ids=["last", "first", "session", "user", "inode", "long"],
)
def test_a_guard_that_is_hidden_or_made_up_is_seen(
    found: list[tuple[Room, str]], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{LOCAL}sockets", lambda _: found)
    with pytest.raises(Broken, match=what):
        TARGETS["table"].run(FORGED + b"a" * 65)


# --- keys -------------------------------------------------------------------------------------------------------------

PLUS, STOP, UP = b"\1\0+", Act("stop", {"source": "operator"}), Act("raise", {"lead": "A", "kind": None})


def pressed(acts: list[Act], data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the keys with a front end that gives these acts for each read, and a stop at the end."""
    passes = iter([[], *[acts] * data.count(b"+"), [STOP]])
    monkeypatch.setattr(f"{LOCAL}PlainFront.pass_", lambda *_: next(passes))
    TARGETS["keys"].run(data)


@pytest.mark.hazard("H26")
@pytest.mark.parametrize(
    ("acts", "data", "what"),
    [
        ([UP], b"\1\0+\xff\1+\xff\x26+", "3 raises within 390000 us"),
        ([UP, UP], PLUS, "came of these keys"),
        ([Act("raise", {"lead": "C", "kind": None})], PLUS, "no single step of a lead"),
        ([Act("raise", {"lead": "A", "kind": None, "ua": 500})], PLUS, "no single step of a lead"),
        ([Act("fly")], PLUS, "came of these keys"),
        ([STOP], PLUS, "a stop that nobody pressed"),
        ([STOP, UP], b"\1\0+s", "an act after a stop"),
        ([], b"\1\0+s", "a stop is lost"),
        ([], b"\1\0+\xe3\xff\0\x80\x80+", "a stop is lost"),
    ],
)
def test_what_no_keys_may_give_is_seen(
    acts: list[Act], data: bytes, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Broken, match=what):
        pressed(acts, data, monkeypatch)


@pytest.mark.parametrize(
    ("acts", "data"),
    [([UP], b"\1\0+\xff\1+\xff\x27+"), ([STOP], b"\1\0+s"), ([], b"\1\0+\x1b[0A")],
    ids=["apart", "stop", "sequence"],
)
def test_what_keys_may_give_is_well(acts: list[Act], data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    pressed(acts, data, monkeypatch)


def test_keys_that_end_without_a_stop_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{LOCAL}PlainFront.pass_", lambda *_: [])
    with pytest.raises(Broken, match="no stop"):
        TARGETS["keys"].run(b"\1")


def test_the_seeds_hold_raises_and_a_go(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    press = PlainFront.pass_

    def kept(*words: Any) -> list[Act]:
        acts = press(*words)
        names.extend(act.name for act in acts)
        return acts

    monkeypatch.setattr(f"{LOCAL}PlainFront.pass_", kept)
    for data in TARGETS["keys"].seeds:
        TARGETS["keys"].run(data)

    assert (names.count("raise"), names.count("arm"), names.count("hold")) == (4, 2, 1)


# --- lines ------------------------------------------------------------------------------------------------------------

LINES = b"\0ab\ncd\n\xffef"


@pytest.mark.parametrize("first", [b"\0", b"\xff"], ids=["as they come", "to the end"])
@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"ab\n\xffcd", b"x" * 32 + b"\n" + b"y" * 33 + b"\n", b"x" * 200 + b"\nend", b"x" * 97]
)
def test_lines_of_all_lengths_are_cut_well(first: bytes, data: bytes) -> None:
    TARGETS["jsonl"].run(first + data)
    assert vars(jsonl)["MAX_LINE"] == 65_536


@pytest.mark.parametrize(
    "found",
    [[b"ab", b"cd"], [b"cd", b"ab", b"ef"], [b"ab", b"ab", b"cd", b"ef"], [b"ab", b"c", b"ef"], [b"abcd", b"ef"]],
    ids=["lost", "order", "twice", "cut", "joined"],
)
def test_lines_that_are_lost_or_changed_are_seen(found: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{LOCAL}jsonl.Lines.take", lambda _: [])
    monkeypatch.setattr(f"{LOCAL}jsonl.Lines.take_all", lambda _: found)
    with pytest.raises(Broken, match="came of"):
        TARGETS["jsonl"].run(b"\xff" + LINES[1:])


def test_a_long_line_that_is_cut_to_a_command_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{LOCAL}jsonl.Lines.take_all", lambda _: [b"x" * 32])
    with pytest.raises(Broken, match="came of"):
        TARGETS["jsonl"].run(b"\xff" + b"x" * 100)


def test_lines_that_are_kept_without_bound_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(one: jsonl.Lines) -> list[bytes]:
        one._rest = b"x" * 33
        return []

    monkeypatch.setattr(f"{LOCAL}jsonl.Lines.take", take)
    with pytest.raises(Broken, match="33 bytes are kept"):
        TARGETS["jsonl"].run(LINES)


# --- commands to the simulator ----------------------------------------------------------------------------------------

STATE = b'\xfe{"do": "state"}'


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"ok": False, "error": ESC, "t_us": 10_000}, "a control character in"),
        ({"ok": False, "t_us": 10_000}, "neither is well"),
        ({"ok": True, "error": "x", "t_us": 10_000}, "neither is well"),
        ({"ok": True, "t_us": 9_999}, "time went back from 10000 us to 9999 us"),
    ],
    ids=["escape", "no reason", "both", "time"],
)
def test_an_answer_that_may_not_be_is_seen(said: dict[str, Any], what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{LOCAL}control.answer", lambda *_: json.dumps(said).encode() + b"\n")
    with pytest.raises(Broken, match=what):
        TARGETS["control"].run(STATE)


@pytest.mark.parametrize(
    "said", [b'{"ok": true, "t_us": 10000}', b'{"ok": true,\n"t_us": 10000}\n'], ids=["none", "two"]
)
def test_an_answer_that_is_not_one_line_is_seen(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{LOCAL}control.answer", lambda *_: said)
    with pytest.raises(Broken):
        TARGETS["control"].run(STATE)


def test_another_error_than_a_refusal_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> dict[str, Any]:
        raise TypeError("a bug")

    monkeypatch.setattr(Simulation, "picture", breaks)
    with pytest.raises(TypeError, match="a bug"):
        TARGETS["control"].run(STATE)


@pytest.mark.parametrize(("first", "state"), [(b"\0", "PLAYING"), (b"\xfe", "IDLE")])
def test_commands_reach_a_device_that_plays_and_one_that_does_not(
    first: bytes, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[dict[str, Any]] = []
    answer = control.answer

    def kept(server: Steered, line: bytes) -> bytes:
        said.append(json.loads(answer(server, line)))
        return json.dumps(said[-1]).encode() + b"\n"

    monkeypatch.setattr(f"{LOCAL}control.answer", kept)
    TARGETS["control"].run(first + b'{"do": "state"}\n{"do": "advance", "to_us": 9000000, "after_rx": 1}')

    assert (said[0]["state"], said[1]["error"]) == (state, "no bytes come here")
