"""How the fast door lets time go on, against a device and a guard that say what they are told to: which moment is asked
for, which one is reached, and what the guard is fed there.

The guard's clock stands at 1000 us where the device's stands at 300; the device has sent 7 bytes and read 11 before.
"""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from eastim.clock import ManualClock
from eastim.errors import Exit
from eastim.safety import door_fast
from eastim.safety.door_fast import FastDoor
from eastim.safety.inputs import Heard, Stop, Tick
from eastim.simulator import Advanced
from tests.safety.test_door_fast import ORDER, PROFILE

NEVER_US = 1_000_000


class Device:
    """A simulator that answers as written down; one answer more than that is an error."""

    address = "nowhere"

    def __init__(self) -> None:
        self.answers: deque[Advanced] = deque()
        self.asked: list[tuple[int, int]] = []

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        assert request == {"do": "state"}
        return {"ok": True, "t_us": 300, "tx": 7, "rx": 11}

    def advance(self, to_us: int, after_rx: int) -> Advanced:
        self.asked.append((to_us, after_rx))
        return self.answers.popleft()


class Port:
    """A port whose bytes come in the pieces that were sent."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def fileno(self) -> int:
        return self.ours.fileno()

    def write(self, data: bytes) -> None:
        self.ours.send(data)

    def read(self) -> bytes:
        return self.ours.recv(100)

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


class Body:
    """A guard that writes down what it is fed, and when."""

    def __init__(self) -> None:
        self.fed: list[tuple[Any, int]] = []
        self.finished, self.exit_code, self.wanted_us = False, Exit.STOPPED, NEVER_US

    def next_us(self) -> int:
        return self.wanted_us

    def feed(self, what: Any, now_us: int) -> None:
        self.fed.append((what, now_us))

    def lose_port(self, now_us: int) -> None:
        self.fed.append(("port gone", now_us))

    def cut(self) -> None:
        self.fed.append(("cut", 0))


class Bench:
    """A fast door between these three."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.device, self.port, self.body, self.clock = Device(), Port(), Body(), ManualClock(1000)
        monkeypatch.setattr(door_fast, "open_port", lambda _address, _baud: self.port)
        monkeypatch.setattr(door_fast, "open_guard", lambda *_: self.body)
        self.door = FastDoor(ORDER, PROFILE, cast(Any, self.device), folder / "a", self.clock)

    def advance(self, to_us: int, t_us: int, tx: int = 7) -> int:
        """Ask for a moment; the device answers with its own clock and the bytes that it has sent since its start."""
        self.device.answers.append(Advanced(t_us, tx))
        return self.door.advance(to_us)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(tmp_path, monkeypatch)
    yield bench
    bench.door.close()


def test_time_goes_to_the_moment_asked_for_and_nothing_is_fed(bench: Bench) -> None:
    assert bench.advance(2000, t_us=1300) == 2000
    assert (bench.device.asked, bench.clock.now_us(), bench.body.fed) == ([(1300, 11)], 2000, [])


def test_at_the_guards_moment_it_ticks(bench: Bench) -> None:
    bench.body.wanted_us = 1500
    assert bench.advance(9000, t_us=800) == 1500
    assert (bench.device.asked, bench.body.fed) == ([(800, 11)], [(Tick(), 1500)])


def test_one_microsecond_before_it_does_not(bench: Bench) -> None:
    bench.body.wanted_us = 1500
    assert bench.advance(1499, t_us=799) == 1499
    assert bench.body.fed == []


def test_a_guard_whose_moment_has_passed_ticks_at_once(bench: Bench) -> None:
    bench.body.wanted_us = 400
    assert bench.advance(9000, t_us=300) == 1000
    assert (bench.device.asked, bench.body.fed) == ([(300, 11)], [(Tick(), 1000)])


def test_a_guard_that_has_finished_ticks_no_more(bench: Bench) -> None:
    bench.body.wanted_us, bench.body.finished = 1500, True
    assert bench.advance(9000, t_us=800) == 1500
    assert bench.body.fed == []


def test_time_is_never_asked_to_go_back(bench: Bench) -> None:
    assert bench.advance(10, t_us=300) == 1000
    assert bench.device.asked == [(300, 11)]


def test_what_the_device_says_is_heard_at_its_moment(bench: Bench) -> None:
    bench.port.theirs.send(b"ab")
    assert bench.advance(2000, t_us=500, tx=9) == 1200
    assert bench.body.fed == [(Heard(b"ab"), 1200)]


def test_what_was_heard_is_not_heard_again(bench: Bench) -> None:
    bench.port.theirs.send(b"ab")
    bench.advance(2000, t_us=500, tx=9)
    bench.advance(2000, t_us=1300, tx=9)
    assert bench.body.fed == [(Heard(b"ab"), 1200)]


def test_bytes_that_come_in_pieces_are_heard_as_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, real = [0], select.select

    def counted(*fds: Any) -> Any:
        asked[0] += 1
        if asked[0] > 3:
            raise AssertionError("it waits for what it does not read")
        return real(*fds)

    monkeypatch.setattr(select, "select", counted)
    for piece in (b"a", b"bc", b"d"):
        bench.port.theirs.send(piece)
    bench.advance(2000, t_us=500, tx=11)
    assert (bench.body.fed, asked) == ([(Heard(b"abcd"), 1200)], [3])


def test_what_is_heard_comes_before_the_tick(bench: Bench) -> None:
    bench.body.wanted_us = 1500
    bench.port.theirs.send(b"ab")
    bench.advance(9000, t_us=800, tx=9)
    assert bench.body.fed == [(Heard(b"ab"), 1500), (Tick(), 1500)]


def test_a_device_that_is_ahead_takes_the_clock_no_further_than_was_asked(bench: Bench) -> None:
    assert bench.advance(2000, t_us=1302) == 2000
    assert bench.clock.now_us() == 2000


def test_a_device_that_is_behind_does_not_take_the_clock_back(bench: Bench) -> None:
    assert bench.advance(2000, t_us=200) == 1000


def test_what_the_door_has_written_is_waited_for(bench: Bench) -> None:
    bench.door._hands.write(b"abc")
    bench.advance(2000, t_us=1300)
    assert bench.device.asked == [(1300, 14)]


def test_a_cable_that_was_pulled_is_told_before_time_goes_on(bench: Bench) -> None:
    bench.port.theirs.close()
    bench.advance(2000, t_us=1300)
    assert bench.body.fed == [("port gone", 1000)]


def test_a_message_is_fed_at_the_moment_and_is_taken(bench: Bench) -> None:
    assert bench.door.line("operator").send("stop", {"source": "space"}) is True
    assert bench.body.fed == [(Stop("space"), 1000)]


def test_what_is_said_to_a_guard_that_has_finished_is_not_taken(bench: Bench) -> None:
    bench.body.finished = True
    assert bench.door.line("operator").send("stop", {"source": "space"}) is False
    assert bench.body.fed == []


def test_the_end_is_the_guards(bench: Bench) -> None:
    assert (bench.door.exit_code, bench.door.finished, bench.door.next_us()) == (4, False, 1_000_000)
