"""When the guard itself fails: cut first, then a trip by the guard, and where it fails again, cuts without it."""

from __future__ import annotations

import gc
import json
import os
import select
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from eastim.errors import Exit, PortError
from eastim.frames import Frame
from eastim.ledger import Entry
from eastim.safety import door_loop, process
from eastim.safety.door import Body
from eastim.safety.guard_state import CUT_US
from eastim.safety.inputs import Beat, Effect, Failed, Gone, Input, Record, Tell, Tick, Write
from tests.safety.test_door import MACHINE, STOP, Script, Tape
from tests.safety.test_door_loop import Rig, message

TOO_LONG = Tell("player", "heard", {}, bytes(65_536))
WHY = "ValueError('message heard has 65560 bytes, at most 65536; send less at once')"


# --- the body ---------------------------------------------------------------------------------------------------------


class Deaf(Tape):
    """Hands that can tell nobody anything."""

    def tell(self, *_said: Any) -> None:
        raise ValueError("a bug")

    def record(self, entry: Entry) -> None:
        self.did.append(entry)


def failed(hands: Tape, *effects: Effect) -> Body[Script]:
    """A body whose hands have failed over these effects, and that was told so."""
    body = Body(MACHINE, Script(effects), hands, (STOP,))
    with pytest.raises(ValueError, match="a bug"):
        body.feed(Tick(), 7)
    body.fail("a bug", 8)
    return body


@pytest.mark.hazard("H42")
def test_a_failure_is_a_cut_and_then_the_guards_to_know() -> None:
    hands = Deaf()
    body = failed(hands, TOO_LONG)
    assert (hands.did, body.guard.seen) == ([("cut", (STOP,))], (Tick(), Failed("a bug")))


def test_what_was_to_be_recorded_is_recorded_and_nothing_else_is_done() -> None:
    hands = Deaf()
    frame = Write(Frame(b"\x01\x00", 5000))
    failed(hands, Record(1, {"type": "a"}), TOO_LONG, frame, Record(2, {"type": "b"}), TOO_LONG, Record(3, {}))
    kept = [Entry(1, 7, {"type": "a"}), Entry(2, 8, {"type": "b"}), Entry(3, 8, {})]
    assert hands.did == [kept[0], ("cut", (STOP,)), *kept[1:]]


def test_a_failure_comes_before_what_waits() -> None:
    frame = Write(Frame(b"\x01\x00", 5000))
    assert failed(Deaf(broken=True), frame, TOO_LONG).guard.seen == (Tick(), Failed("a bug"), Gone("port"))


def test_a_second_failure_is_recorded_without_the_guard() -> None:
    hands = Deaf()
    body = Body(MACHINE, Script((Record(1, {}), Record(2, {}))), hands, (STOP,))
    body.feed(Tick(), 7)
    body.record_failure("a bug", 9)
    assert hands.did[2:] == [Entry(3, 9, {"type": "trip", "fault": "guard", "text": "a bug"})]
    assert body.guard.seen == (Tick(),)


def test_before_any_record_it_is_the_first() -> None:
    hands = Deaf()
    Body(MACHINE, Script(), hands, (STOP,)).record_failure("a bug", 9)
    assert hands.did == [Entry(1, 9, {"type": "trip", "fault": "guard", "text": "a bug"})]


# --- the loop ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    rig.guard.next_us = rig.clock.now_us()  # nothing is waited for
    yield rig
    rig.close()


def only_stops(rig: Rig) -> bool:
    """Whether stops came to the device and nothing else: each cut drops what of the last still waits."""
    return rig.wire().replace(STOP, b"") == b""


class Reads:
    """A port that says the same at every read, and counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rig: Rig, fails: bool = False) -> None:
        self.did, self._cut, self._fails = list[str](), rig.port.cut, fails
        monkeypatch.setattr(rig.port, "cut", self.cut)
        monkeypatch.setattr(rig.port, "read", self.read)

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        self.did.append("cut")
        return self._cut(frames)

    def read(self) -> bytes:
        self.did.append("read")
        if self._fails:
            raise PortError("gone")
        return b""


def turns(rig: Rig, *ends: BaseException | None) -> None:
    """Let the turns end so: with an error, or well; after the last one the guard has finished."""
    left = list(ends)

    def turn() -> None:
        error = left.pop(0)
        rig.guard.finished = not left
        if error is not None:
            raise error

    rig.loop.turn = turn  # type: ignore[method-assign]


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "a.ledger").read_bytes().splitlines()]


@pytest.mark.hazard("H42")
def test_a_guard_that_fails_once_goes_on_to_its_end(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    turns(rig, None, RuntimeError("a bug"), None)
    rig.loop.run()
    assert (rig.guard.seen, rig.wire(), rig.loop.exit_code) == ([Failed("RuntimeError('a bug')")], STOP, Exit.DONE)
    said = capfd.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n") and said.endswith("\nRuntimeError: a bug\n")


def test_an_error_is_recorded_to_200_characters(rig: Rig) -> None:
    turns(rig, RuntimeError("x" * 1000), None)
    rig.loop.run()
    (what,) = rig.guard.seen
    assert isinstance(what, Failed)
    assert (len(what.why), what.why[:20]) == (200, "RuntimeError('xxxxxx")


@pytest.mark.hazard("H42")
@pytest.mark.parametrize("gone", [False, True])
def test_a_guard_that_fails_again_is_cut_three_times_more_and_read(
    gone: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rig = Rig(tmp_path)
    port = Reads(monkeypatch, rig, fails=gone)
    os.write(rig.device, b"\x07")  # so that no read is waited for
    turns(rig, RuntimeError("a bug"), KeyError("another"), None)
    with pytest.raises(KeyError, match="another"):
        rig.loop.run()
    rig.close()
    assert port.did == ["cut", *["cut", "read"] * 3]
    ((n, type_, body),) = [(record["n"], record["type"], record["body"]) for record in records(tmp_path)]
    assert (n, type_, body) == (1, "trip", {"fault": "guard", "text": "KeyError('another')"})


def test_what_is_no_error_of_the_guards_is_not_the_guards_to_know(rig: Rig) -> None:
    turns(rig, KeyboardInterrupt(), None)
    with pytest.raises(KeyboardInterrupt):
        rig.loop.run()
    assert rig.guard.seen == [] and only_stops(rig)


@pytest.mark.parametrize(("more_us", "ms"), [(0, 250), (749_000, 999)])
def test_a_device_that_is_silent_is_given_a_quarter_of_a_second_after_each_cut(
    rig: Rig, more_us: int, ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_loop, "CUT_US", CUT_US + more_us)
    waits: list[tuple[int, int, float]] = []

    class Poll:
        def register(self, fd: int, mask: int) -> None:
            self.fd, self.mask = fd, mask

        def poll(self, within_ms: float) -> list[Any]:
            waits.append((self.fd, self.mask, within_ms))
            return []

    turns(rig, KeyboardInterrupt(), None)
    with monkeypatch.context() as patch:
        patch.setattr(select, "poll", Poll)
        with pytest.raises(KeyboardInterrupt):
            rig.loop.run()
    assert waits == [(rig.port.fileno(), select.POLLIN, ms)] * 3


def test_what_can_not_be_recorded_keeps_no_cut_from_the_wire(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(_entry: Entry) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(rig.ledger, "put", put)
    os.write(rig.device, b"\x07")
    turns(rig, KeyboardInterrupt(), None)
    with pytest.raises((OSError, KeyboardInterrupt)):
        rig.loop.run()
    assert only_stops(rig)


def test_the_message_that_is_too_long_for_a_line_is_such_a_failure(rig: Rig) -> None:
    """The one that was found: 65,536 bytes of a device in one message to the player."""
    seen: list[Input] = rig.guard.seen
    rig.guard.answers = {Beat: (TOO_LONG,)}
    rig.player.sendall(message("beat"))
    turn = rig.loop.turn

    def until_failed() -> None:
        rig.guard.finished = any(type(what) is Failed for what in seen)
        turn()

    rig.loop.turn = until_failed  # type: ignore[method-assign]
    rig.loop.run()
    assert [what for what in seen if type(what) is not Tick] == [Beat("player"), Failed(WHY)]
    assert rig.wire() == STOP


# --- the process ------------------------------------------------------------------------------------------------------


class Dying:
    """A loop that fails for good, and whose last words may fail, too."""

    def __init__(self, silent: bool) -> None:
        self.silent, self.left = silent, 0

    def run(self) -> None:
        raise KeyError("a bug")

    def leave(self) -> bool:
        self.left += 1
        if self.silent:
            raise OSError("closed")
        return False


@pytest.mark.parametrize("silent", [False, True])
def test_a_guard_that_dies_closes_its_ledger_and_says_why(silent: bool, capfd: pytest.CaptureFixture[str]) -> None:
    dying = Dying(silent)
    try:
        code = process._guard(cast(Any, dying))
    finally:
        gc.unfreeze()
        gc.enable()
    assert (code, dying.left) == (1, 1)
    assert capfd.readouterr().err.endswith("\nKeyError: 'a bug'\n")
