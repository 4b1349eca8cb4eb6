"""The lines: framing, bounds, and what hostile bytes do. Real socket pairs."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from eastim.frames import Frame
from eastim.safety.line import MAX_MESSAGE, MAX_OUTBOX, Line, Message, PlayerLine, encode
from eastim.safety.operator import Operator
from tests.safety.throat import Throat, line_of


@pytest.fixture
def pair() -> Iterator[tuple[Line, socket.socket]]:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    yield line, theirs
    line.close()
    theirs.close()


def raw(head: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<II", 4 + len(head) + len(data), len(head)) + head + data


def test_a_line_that_is_closed_holds_no_socket() -> None:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    line.close()
    number = line.fileno()
    ours.close()
    theirs.close()
    assert (number, line.closed) == (-1, True)


def test_a_line_never_blocks(pair: tuple[Line, socket.socket]) -> None:
    assert pair[0]._sock.getblocking() is False


def test_what_is_taken_bit_by_bit_goes_out_once_and_in_order() -> None:
    throat = Throat(5, 1, 30)
    line = line_of(throat)
    line.send("beat")
    assert (throat.taken, line.waiting) == (b"\x13\x00\x00\x00\x0f\x00\x00\x00" + b'{"name":"beat"}', False)


def test_a_message_is_taken_once(pair: tuple[Line, socket.socket]) -> None:
    """In a thread: what is taken and left there would be taken for ever."""
    line, theirs = pair
    got: list[list[Message]] = []
    theirs.sendall(raw(b'{"name":"arm"}'))
    thread = threading.Thread(target=lambda: got.append(line.receive()), daemon=True)
    thread.start()
    thread.join(2)
    assert got == [[("arm", {}, b"")]]


def test_a_message_has_the_written_layout() -> None:
    assert encode("beat", {}) == b"\x13\x00\x00\x00\x0f\x00\x00\x00" + b'{"name":"beat"}'


def test_a_message_arrives_whole_however_it_is_cut(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    got: list[Message] = []
    for byte in raw(b'{"name":"ask","within_us":5000}', b"\x00\x18\x00"):
        theirs.send(bytes([byte]))
        got += line.receive()
    assert got == [("ask", {"within_us": 5000}, b"\x00\x18\x00")]


def test_two_messages_in_one_read_come_in_order(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.send(raw(b'{"name":"arm"}') + raw(b'{"name":"stop","source":"space"}'))
    assert [message.name for message in line.receive()] == ["arm", "stop"]


def test_what_was_said_before_hanging_up_is_still_read(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.send(raw(b'{"name":"stop","source":"space"}'))
    theirs.close()
    assert line.send("tick") is False
    assert [message.name for message in line.receive()] == ["stop"]
    assert (line.receive(), line.closed, line.fault) == ([], True, "")


HOSTILE = {
    "length 4 GB": b"\xff\xff\xff\xff",
    "length 0": b"\x00\x00\x00\x00",
    "one byte too long": struct.pack("<I", MAX_MESSAGE - 3),
    "head longer than message": struct.pack("<II", 8, 5) + b"abcd",
    "no JSON": raw(b"{"),
    "no object": raw(b"[1]"),
    "no name": raw(b'{"lead":"A"}'),
    "name is a number": raw(b'{"name":1}'),
    "a float": raw(b'{"name":"ask","within_us":1.5}'),
    "NaN": raw(b'{"name":"ask","within_us":NaN}'),
    "1e400": raw(b'{"name":"ask","within_us":1e400}'),
    "utf-16": raw('{"name":"beat"}'.encode("utf-16")),
    "bytes that are no text": raw(b'{"name":"\xff"}'),
    "nested 9 deep": raw(b'{"name":"a","x":' + b"[" * 8 + b"]" * 8 + b"}"),
    "nested 20000 deep": raw(b'{"name":"a","x":' + b"[" * 20000 + b"]" * 20000 + b"}"),
    "an integer of 5000 digits": raw(b'{"name":"a","x":' + b"1" * 5000 + b"}"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_message_closes_the_line_with_a_reason(pair: tuple[Line, socket.socket], data: bytes) -> None:
    line, theirs = pair
    theirs.sendall(data)
    assert line.receive() == []
    assert line.closed
    assert line.fault


def test_messages_before_a_hostile_one_count(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.send(raw(b'{"name":"stop","source":"x"}') + b"\xff\xff\xff\xff")
    assert [message.name for message in line.receive()] == ["stop"]
    assert line.fault


def test_a_message_above_64_kb_is_not_sent() -> None:
    with pytest.raises(ValueError, match="at most 65536"):
        encode("heard", {}, b"x" * MAX_MESSAGE)


def test_a_peer_that_never_reads_blocks_nothing_and_is_given_up(pair: tuple[Line, socket.socket]) -> None:
    line, _ = pair
    sent = 0
    while line.send("heard", {}, b"x" * 60_000):
        sent += 60_000
        assert sent < MAX_OUTBOX + 4_000_000
    assert line.closed
    assert "nobody reads" in line.fault


def test_what_waited_goes_out_by_flush(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    for _ in range(40):
        line.send("heard", {}, b"" if line.waiting else b"x" * 60_000)
    assert line.waiting
    other = Line(theirs)
    for _ in range(100):
        other.receive()
        line.flush()
    assert line.send("tick") is True
    assert [message.name for message in other.receive()] == ["tick"]


def test_the_player_can_ask_beat_and_stop(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    player = PlayerLine(theirs)
    player.ask(Frame(b"\x01\x00", 5000))
    player.beat()
    player.stop("player: no answer")
    assert line.receive() == [
        ("ask", {"within_us": 5000}, b"\x01\x00"),
        ("beat", {}, b""),
        ("stop", {"source": "player: no answer"}, b""),
    ]


def test_every_act_of_the_operator_is_one_message(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    operator = Operator(Line(theirs))
    said = [
        *(operator.arm(), operator.raise_("A"), operator.raise_("A", "2"), operator.lower("B"), operator.hold("100")),
        *(operator.hold(None), operator.pause(), operator.resume(), operator.clear()),
        *(operator.stop("space"), operator.beat()),
    ]
    assert said == [True] * 11
    assert [json.dumps([name, body]) for name, body, _ in line.receive()] == [
        '["arm", {}]',
        '["raise", {"lead": "A", "kind": null}]',
        '["raise", {"lead": "A", "kind": "2"}]',
        '["lower", {"lead": "B", "kind": null}]',
        '["hold", {"kind": "100"}]',
        '["hold", {"kind": null}]',
        '["pause", {}]',
        '["resume", {}]',
        '["clear", {}]',
        '["stop", {"source": "space"}]',
        '["beat", {}]',
    ]
