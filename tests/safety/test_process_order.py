"""How the guard process begins, in process: its arguments, its signals, and the order that it waits for."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from eastim.errors import AskedError
from eastim.safety import process
from eastim.safety.limits import envelope
from eastim.safety.line import Line, Message, encode
from eastim.safety.order import LeadOrder, Order
from tests.safety.fake_wire import program


@pytest.fixture
def pair() -> Iterator[tuple[Line, socket.socket]]:
    ours, theirs = socket.socketpair()
    line = Line(ours)
    yield line, theirs
    line.close()
    theirs.close()


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--player-fd", "900", "--operator-fd"],
        ["--player-fd", "900", "--operator-fd", "901", "902"],
        ["--players-fd", "900", "--operator-fd", "901"],
        ["--player-fd", "900", "--operators-fd", "901"],
    ],
)
def test_nobody_else_starts_a_guard(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="eastim starts this itself"):
        process._lines(arguments)


def test_each_line_is_the_socket_of_its_number_and_no_child_gets_it() -> None:
    (ours, player), (theirs, operator) = socket.socketpair(), socket.socketpair()
    numbers = {"player": ours.detach(), "operator": theirs.detach()}
    for number in numbers.values():
        os.set_inheritable(number, True)
    lines = process._lines(["--player-fd", str(numbers["player"]), "--operator-fd", str(numbers["operator"])])
    player.sendall(encode("beat", {}))
    operator.sendall(encode("arm", {}))
    said = {name: [message.name for message in line.receive()] for name, line in lines.items()}
    inherited = [os.get_inheritable(number) for number in numbers.values()]
    open_ends: list[Line | socket.socket] = [*lines.values(), player, operator]
    for end in open_ends:
        end.close()
    assert (said, inherited) == ({"player": ["beat"], "operator": ["arm"]}, [False, False])


# --- signals ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def signals(mocker: MockerFixture) -> Iterator[tuple[int, Any]]:
    """The end that is read, and how the wake-up was asked for; all as before when it is done."""
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
    wakeup = mocker.spy(signal, "set_wakeup_fd")
    ours = process._catch_signals()
    yield ours, wakeup
    mocker.stopall()
    theirs = signal.set_wakeup_fd(-1)
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
    os.close(ours)
    if theirs >= 0:
        os.close(theirs)


@pytest.mark.parametrize(("number", "byte"), [(signal.SIGTERM, b"\x0f"), (signal.SIGHUP, b"\x01")])
def test_a_signal_that_stops_is_a_byte_to_be_read(
    signals: tuple[int, Any], number: signal.Signals, byte: bytes
) -> None:
    ours, _ = signals
    assert os.get_blocking(ours) is False
    assert callable(signal.getsignal(number))
    os.kill(os.getpid(), number)
    assert os.read(ours, 10) == byte


@pytest.mark.usefixtures("signals")
def test_ctrl_c_is_the_sessions_and_not_ours() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_signals_that_nobody_reads_are_not_complained_of(signals: tuple[int, Any]) -> None:
    """A complaint on stderr could block on a terminal that is held."""
    assert signals[1].call_args.kwargs == {"warn_on_full_buffer": False}


# --- the order --------------------------------------------------------------------------------------------------------


@dataclass
class Wait:
    """`select` and the clock: nothing comes, and each wait ends after so long, or at its end."""

    ends: list[float] = field(default_factory=list)
    now: float = 100.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def select(self, _read: object, _write: object, _other: object, within_s: float) -> None:
        self.waits.append(within_s)
        if len(self.waits) > 5:
            raise RuntimeError("it waits for ever")
        self.now += self.ends.pop(0) if self.ends else within_s


@pytest.fixture
def wait(mocker: MockerFixture) -> Wait:
    wait = Wait()
    mocker.patch.object(process, "time", wait)
    mocker.patch.object(process, "select", wait)
    return wait


def test_an_order_is_waited_for_ten_seconds(pair: tuple[Line, socket.socket], wait: Wait) -> None:
    wait.ends = [9.5]
    with pytest.raises(AskedError, match=r"^no order came: the session is gone or silent$"):
        process._task(pair[0])
    assert wait.waits == [10.0, 0.5]


def test_a_session_that_hangs_up_is_not_waited_for(pair: tuple[Line, socket.socket], wait: Wait) -> None:
    pair[1].close()
    wait.ends = [0.0]
    with pytest.raises(AskedError, match="gone or silent"):
        process._task(pair[0])
    assert wait.waits == [10.0]


def test_what_is_wrong_with_the_line_is_said(pair: tuple[Line, socket.socket]) -> None:
    pair[1].sendall(b"\xff\xff\xff\xff")
    with pytest.raises(AskedError, match=r"^no order came: a message of 4294967295 bytes"):
        process._task(pair[0])


def test_the_first_message_is_the_order(pair: tuple[Line, socket.socket]) -> None:
    pair[1].sendall(encode("arm", {}))
    with pytest.raises(AskedError, match=r"^the first message is 'arm', must be order$"):
        process._task(pair[0])


def an_order() -> Order:
    return Order(
        program(),
        (LeadOrder("A", (), 2000), LeadOrder("B", (), 2000)),
        envelope("bench", "needle"),
        "bench",
        6_000_000,
        "ea1",
    )


def test_what_comes_behind_the_order_is_kept(pair: tuple[Line, socket.socket]) -> None:
    body = {"order": an_order().to_json(), "address": "/dev/x", "ledger": "/a/b", "session": "s1"}
    pair[1].sendall(encode("order", body) + encode("stop", {"source": "x"}) + encode("arm", {}))
    task, early = process._task(pair[0])
    assert task == process.Task(an_order(), "/dev/x", Path("/a/b"), "s1")
    assert early == [Message("stop", {"source": "x"}), Message("arm", {})]


@pytest.mark.parametrize("order", [None, 5, "{", "[]", "[" * 100_000])
def test_an_order_that_can_not_be_read_is_said(order: object) -> None:
    with pytest.raises(AskedError, match="the order can't be read"):
        process._read_task({"order": order, "address": "/dev/x", "ledger": "/a/b", "session": "s1"})


@pytest.mark.parametrize("name", ["order", "address", "ledger", "session"])
def test_an_order_says_where_and_what(name: str) -> None:
    body = {"order": an_order().to_json(), "address": "/dev/x", "ledger": "/a/b", "session": "s1"}
    with pytest.raises(AskedError, match=f"the order can't be read: KeyError.'{name}'"):
        process._read_task({key: value for key, value in body.items() if key != name})


@pytest.mark.parametrize("name", ["address", "ledger", "session"])
def test_where_and_what_are_text(name: str) -> None:
    body = {"order": an_order().to_json(), "address": "/dev/x", "ledger": "/a/b", "session": "s1", name: 5}
    with pytest.raises(AskedError, match="address, ledger and session must be text"):
        process._read_task(body)
