"""The guard's end of the stop-only socket: it takes `stop` and `status`, and nothing else.

A raise can't be said here, in any form: whoever reaches the socket can only end a session or look at it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import Any, Literal

from eastim.errors import PortError
from eastim.safety.room_client import peer_uid
from eastim.safety.room_table import Room, good_session

# So many are let in a turn, too, so that who is let in is read once at least before it must make room.
MAX_ASKERS = 16
MAX_STRANGERS = 32  # other users who are hung up on in one turn: nobody can keep the guard at its door
MAX_REQUEST = 1024


class Asker:
    """One connection of somebody who asks; one request, one answer."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._said = b""
        self.open = True

    def fileno(self) -> int:
        return self._sock.fileno()

    def take(self) -> Literal["stop", "status"] | None:
        """Read what is there; the request, once it is whole. Anything else hangs up."""
        try:
            more = self._sock.recv(MAX_REQUEST)
        except BlockingIOError:
            return None
        except OSError:
            more = b""
        self._said += more
        if b"\n" in self._said:
            return self._request()
        if not more or len(self._said) >= MAX_REQUEST:
            self.close()
        return None

    def answer(self, body: dict[str, Any]) -> None:
        """Send the answer and hang up. One line fits a fresh socket's buffer, so nothing waits here."""
        with contextlib.suppress(OSError):
            self._sock.send(json.dumps(body).encode() + b"\n")
        self.close()

    def close(self) -> None:
        self.open = False
        self._sock.close()

    def _request(self) -> Literal["stop", "status"] | None:
        try:
            do = json.loads(self._said.partition(b"\n")[0])["do"]
        except (ValueError, KeyError, TypeError, RecursionError):
            do = None
        if do == "stop":
            return "stop"
        if do == "status":
            return "status"
        self.answer({"error": "only stop and status can be asked here"})
        return None


class StopSocket:
    """Listen for stops from any shell of the same user, or of root. Raises PortError when the name is taken."""

    def __init__(self, session: str) -> None:
        if not good_session(session):
            raise PortError(f"session id {session[:64]!r} must be 1 to 64 of a-z, 0-9 and -")
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._askers: list[Asker] = []
        self.crowded = False  # whether there were as many other users in the last turn as it takes
        try:
            self._sock.bind(Room(os.getuid(), session).name)
        except OSError as error:
            self._sock.close()
            raise PortError(f"session {session} is running already; `eastim status` shows it") from error
        # As many as the kernel lets wait: another user's connects stand in the same queue as a stop.
        self._sock.listen(socket.SOMAXCONN)
        self._sock.setblocking(False)

    def filenos(self) -> list[int]:
        """All that must be polled for reading."""
        return [self._sock.fileno(), *(asker.fileno() for asker in self._askers)]

    def take(self) -> list[tuple[Asker, Literal["stop", "status"]]]:
        """Let in whoever knocks, and give the requests that are whole. The caller answers them, at once or later."""
        self._let_in()
        taken = []
        for asker in tuple(self._askers):
            request = asker.take()
            if request is not None:
                taken.append((asker, request))
            if request is not None or not asker.open:
                self._askers.remove(asker)
        return taken

    def close(self) -> None:
        for asker in self._askers:
            asker.close()
        self._sock.close()

    def _let_in(self) -> None:
        friends = strangers = 0
        while friends < MAX_ASKERS and strangers < MAX_STRANGERS:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                break
            if peer_uid(sock) in (0, os.getuid()):
                self._seat(Asker(sock))
                friends += 1
            else:
                sock.close()
                strangers += 1
        self.crowded = strangers == MAX_STRANGERS

    def _seat(self, asker: Asker) -> None:
        # The oldest idle one makes room: nobody can keep a stop out by connecting and saying nothing.
        if len(self._askers) >= MAX_ASKERS:
            self._askers.pop(0).close()
        self._askers.append(asker)
