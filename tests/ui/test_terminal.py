"""The terminal is given back as it was, however the front end ends."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator

import pytest

from eastim.ui.keys import Keys

LOCAL_FLAGS, INPUT_FLAGS = 3, 0


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    leader, follower = pty.openpty()
    yield leader, follower
    os.close(leader)
    os.close(follower)


def test_keys_come_at_once_and_unechoed(terminal: tuple[int, int]) -> None:
    leader, follower = terminal
    keys = Keys(follower)

    os.write(leader, b"+")

    assert keys.take() == "+"
    assert not termios.tcgetattr(follower)[LOCAL_FLAGS] & (termios.ECHO | termios.ICANON)
    keys.restore()


def test_ctrl_c_stays_a_signal(terminal: tuple[int, int]) -> None:
    keys = Keys(terminal[1])

    assert termios.tcgetattr(terminal[1])[LOCAL_FLAGS] & termios.ISIG
    keys.restore()


def test_ctrl_s_freezes_nothing(terminal: tuple[int, int]) -> None:
    keys = Keys(terminal[1])

    assert not termios.tcgetattr(terminal[1])[INPUT_FLAGS] & termios.IXON
    keys.restore()


def test_close_restores_and_may_be_called_twice(terminal: tuple[int, int]) -> None:
    before = termios.tcgetattr(terminal[1])
    keys = Keys(terminal[1])
    keys.restore()
    keys.restore()

    assert termios.tcgetattr(terminal[1]) == before


def test_an_exception_restores_too(terminal: tuple[int, int]) -> None:
    """As a real process: whoever forgets to close, the interpreter's end does it."""
    before = termios.tcgetattr(terminal[1])
    code = "from eastim.ui.keys import Keys; Keys(0); raise SystemExit('crash')"

    subprocess.run([sys.executable, "-c", code], stdin=terminal[1], stderr=subprocess.DEVNULL, check=False, timeout=20)

    assert termios.tcgetattr(terminal[1]) == before


def test_a_terminal_that_is_gone_is_the_end_of_input() -> None:
    leader, follower = pty.openpty()
    tty.setraw(follower)
    keys = Keys(follower)
    os.close(leader)

    keys.take()

    assert keys.closed
    keys.restore()
    os.close(follower)


def test_a_pipe_is_no_terminal_and_works() -> None:
    read_fd, write_fd = os.pipe()
    keys = Keys(read_fd)
    os.write(write_fd, b"ab")

    assert keys.take() == "ab"
    os.close(read_fd)
    os.close(write_fd)
