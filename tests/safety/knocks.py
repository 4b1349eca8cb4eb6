"""Who knocks at a stop-only socket, and a socket that is closed with all that it let in."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator

from eastim.safety.room import StopSocket
from eastim.safety.room_table import Room


def connect(session: str, *, waits: bool = True) -> socket.socket:
    """Knock; without `waits`, raise BlockingIOError where the queue is full, and read nothing that is not there."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(waits)
    try:
        sock.connect(Room(os.getuid(), session).name)
    except OSError:
        sock.close()
        raise
    return sock


@contextlib.contextmanager
def listening(session: str) -> Iterator[StopSocket]:
    """The guard's end, open."""
    server = StopSocket(session)
    yield server
    server.close()
    # So that who is not hung up on here, by mistake, disturbs only the test that asks for it.
    for asker in server._askers:
        asker.close()
