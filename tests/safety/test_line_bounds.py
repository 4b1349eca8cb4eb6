"""The lines at their bounds: the largest message, the deepest, the longest queue; and what a closed line does."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from eastim.frames import Frame
from eastim.safety.line import Line, Message, PlayerLine, encode
from tests.safety.throat import Throat, line_of


@pytest.fixture
def pair() -> Iterator[tuple[Line, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    line = Line(ours)
    yield line, theirs
    line.close()
    theirs.close()


def raw(head: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<II", 4 + len(head) + len(data), len(head)) + head + data


# --- sending ----------------------------------------------------------------------------------------------------------


def test_a_message_of_65536_bytes_is_the_largest() -> None:
    """Twice 4 bytes of lengths, 12 of `{"name":"x"}`, and the data."""
    assert len(encode("x", {}, b"d" * 65_516)) == 65_536
    with pytest.raises(ValueError, match="message x has 65537 bytes, at most 65536"):
        encode("x", {}, b"d" * 65_517)


def test_a_message_has_no_bytes_unless_given() -> None:
    assert Message("x", {}).data == b""


def test_what_is_no_number_in_json_is_not_sent() -> None:
    with pytest.raises(ValueError):
        encode("x", {"level": float("nan")})


def test_sixteen_largest_messages_may_wait_and_no_byte_more() -> None:
    line = line_of(Throat())
    for _ in range(16):
        assert line.send("x", {}, b"d" * 65_516) is True
    assert (line.closed, line.waiting) == (False, True)
    assert line.send("x") is False
    assert (line.closed, line.waiting) == (True, False)
    assert line.fault == "1048596 bytes wait and nobody reads them"


def test_what_is_not_taken_waits_and_the_line_stays_open() -> None:
    throat = Throat(22)
    line = line_of(throat)
    assert line.send("beat") is True
    assert (line.waiting, line.closed) == (True, False)
    throat.takes = [1]
    line.flush()
    assert (throat.taken[-2:], line.waiting) == (b'"}', False)


def test_to_a_peer_that_has_hung_up_nothing_is_kept(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.close()
    assert [line.send("beat"), line.waiting, line.send("beat"), line.waiting] == [False] * 4
    assert (line.closed, line.fault) == (False, "")


def test_to_a_line_that_is_closed_nothing_is_sent(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.shutdown(socket.SHUT_WR)
    line.receive()
    assert line.send("beat") is False
    with pytest.raises(BlockingIOError):
        theirs.recv(100)


def test_every_word_of_the_player_says_that_it_went_out(pair: tuple[Line, socket.socket]) -> None:
    player = PlayerLine(pair[1])
    assert [player.ask(Frame(b"\x01", None)), player.beat(), player.stop("x")] == [True] * 3


# --- receiving --------------------------------------------------------------------------------------------------------


def heard(line: Line, most: int = 100) -> list[Any]:
    found: list[Any] = []
    for _ in range(most):
        found += line.receive()
    return found


def test_a_message_of_65536_bytes_is_heard(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.sendall(raw(b'{"name":"x"}', b"d" * 65_516))
    assert heard(line) == [("x", {}, b"d" * 65_516)]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (b"\x04\x00\x00\x00", "a message of 4 bytes, must be 5 to 65532"),
        (b"\x13\x00\x00\x01", "a message of 16777235 bytes, must be 5 to 65532"),
        (b"\xfd\xff\x00\x00", "a message of 65533 bytes, must be 5 to 65532"),
        (b"\x05\x00\x00\x00\x00\x00\x00\x00x", "Expecting value: line 1 column 1 (char 0)"),
        (b"\x13\x00\x00\x00\x10\x00\x00\x00" + b'{"name":"beat"}', "a head of 16 bytes in a message of 19"),
        (b"\x13\x00\x00\x00\xff\xff\xff\xff" + b'{"name":"beat"}', "a head of 4294967295 bytes in a message of 19"),
        (raw(b'{"name":""}'), "a message without a name"),
        (raw(b'{"name":1}'), "a message without a name"),
        (raw(b'["name"]'), "a message without a name"),
        (raw(b'{"name":"x","ua":1.5}'), "1.5 is no whole number"),
        (raw(b'{"name":"x","ua":NaN}'), "NaN is no whole number"),
        (raw(b'{"name":"x","ua":0.1234567890123456789012}'), "0.123456789012345678 is no whole number"),
    ],
)
def test_what_is_wrong_with_a_message_is_said(pair: tuple[Line, socket.socket], said: bytes, fault: str) -> None:
    line, theirs = pair
    theirs.sendall(said)
    assert (line.receive(), line.closed, line.fault) == ([], True, fault)


def test_three_bytes_of_a_length_say_nothing_yet(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.sendall(b"\xff\xff\xff")
    assert (line.receive(), line.closed) == ([], False)


@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"x":', b"}")])
@pytest.mark.parametrize(("inner", "fault"), [(7, ""), (8, "nested deeper than 8")])
def test_eight_levels_of_nesting_are_taken(
    pair: tuple[Line, socket.socket], opens: bytes, closes: bytes, inner: int, fault: str
) -> None:
    """The fields themselves are the first level, and the 1 in the middle is one, too."""
    line, theirs = pair
    nested = opens * (inner - 1) + b"1" + closes * (inner - 1)
    theirs.sendall(raw(b'{"name":"x","x":' + nested + b"}"))
    assert (len(line.receive()), line.fault) == (0 if fault else 1, fault)


def test_after_a_fault_nothing_more_is_heard(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.sendall(raw(b"{") + raw(b'{"name":"arm"}'))
    line.receive()
    theirs.sendall(raw(b'{"name":"arm"}'))
    assert (line.receive(), line.closed) == ([], True)


def test_after_a_fault_nothing_more_is_sent(pair: tuple[Line, socket.socket]) -> None:
    line, theirs = pair
    theirs.sendall(raw(b"{"))
    line.receive()
    assert (line.send("beat"), line.waiting) == (False, False)
    with pytest.raises(BlockingIOError):
        theirs.recv(100)


def test_a_peer_that_dies_with_words_unread_is_a_plain_end(pair: tuple[Line, socket.socket]) -> None:
    """The kernel reports a reset then, and no end."""
    line, theirs = pair
    line.send("beat")
    theirs.close()
    assert (line.receive(), line.closed, line.fault) == ([], True, "")
