"""The door's body: what it passes on of the guard, and a port that is lost in either way; and a ledger taken back."""

from __future__ import annotations

import os
import pty
from pathlib import Path

from eastim.errors import Exit
from eastim.frames import Frame
from eastim.safety.door import Body, Machine, drop_ledger, open_port
from eastim.safety.inputs import Cut, Gone, Record, Tick, Write
from tests.safety.test_door import STOP, Script, Tape, fed, step


def test_the_guards_code_and_next_moment_are_passed_on() -> None:
    machine = Machine(step, lambda _: 77, lambda guard: guard.finished, lambda _: Exit.TRIPPED)
    body = Body(machine, Script(), Tape(), (STOP,))
    assert (body.exit_code, body.next_us(), body.finished) == (Exit.TRIPPED, 77, False)


def test_a_lost_port_is_told_to_the_guard_at_once() -> None:
    body = fed(Tape())
    body.lose_port(8)
    assert body.guard.seen == (Tick(), Gone("port"))


def test_a_frame_that_did_not_go_out_is_told_to_the_guard_at_once() -> None:
    assert fed(Tape(broken=True), Write(Frame(b"\x01\x00", 5000))).guard.seen == (Tick(), Gone("port"))


def test_of_a_record_that_is_written_later_nothing_is_told() -> None:
    assert fed(Tape(), Record(1, {}, wait=True)).guard.seen == (Tick(),)


def test_a_cut_says_nothing_to_anybody() -> None:
    hands = Tape()
    fed(hands, Cut((STOP,)))
    assert hands.did == [("cut", (STOP,))]


def test_a_port_that_is_opened_can_be_read() -> None:
    device, slave = pty.openpty()
    port = open_port(os.ttyname(slave), 460_800)
    os.close(slave)
    try:
        assert port.read() == b""
    finally:
        port.close()
        os.close(device)


def test_a_ledger_is_taken_back_and_one_that_is_gone_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    drop_ledger(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
    drop_ledger(tmp_path / "a")
