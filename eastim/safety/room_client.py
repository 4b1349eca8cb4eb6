"""Find running guards and ask them to stop, or for their status: all that `eastim stop` loads.

A guard listens at the abstract socket `eastim/guard/<uid>/<session>`. Its name lives in the kernel, so no environment
variable, folder or lost file can hide a running guard. Few imports on purpose: a stop answers before anything heavy.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import time

PREFIX = "eastim/guard/"
MAX_LINE = 65_536
WITHIN_S = 2.0
FOREIGN = "the socket belongs to another user"
_BUSY = "the guard can't be reached: its queue is full; perhaps another user holds its name"
_AGAIN_S = 0.01
_LISTENING = 0x10000  # flag of a listening socket in /proc/net/unix
_PEER = struct.Struct("3i")  # pid, uid, gid (unix(7), SO_PEERCRED)


class Room:
    """One running guard: the user that runs it, and its session."""

    __slots__ = ("session", "uid")

    def __init__(self, uid: int, session: str) -> None:
        self.uid, self.session = uid, session

    @property
    def name(self) -> str:
        """The name of its socket, as `connect` and `bind` take it."""
        return f"\0{PREFIX}{self.uid}/{self.session}"

    def __repr__(self) -> str:
        return f"Room({self.uid}, {self.session!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Room) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def good_session(session: str) -> bool:
    """Whether a session id is `[a-z0-9-]{1,64}`; names become socket names only so."""
    return 0 < len(session) <= 64 and all(char in "abcdefghijklmnopqrstuvwxyz0123456789-" for char in session)


def find_rooms(table: str = "/proc/net/unix") -> list[Room]:
    """List the guards that we may speak with: our own, or everybody's for root."""
    with open(table, "rb") as lines:
        found = [_room(line.decode("ascii", "replace").split()) for line in lines]
    ours = [room for room in found if room is not None and os.geteuid() in (0, room.uid)]
    return sorted(set(ours), key=lambda room: (room.uid, room.session))


def ask(room: Room, do: str, within_s: float = WITHIN_S) -> dict[str, object]:
    """Ask one guard to `stop` or for its `status`.

    The answer to a stop comes once the output is proven zero (`zero` true) or can't be proven (`zero` false). No answer
    is an answer too: `zero` false and `error`.
    """
    answers = ask_all([room], do, within_s)
    return next(iter(answers), {"session": room.session, "zero": False, "error": FOREIGN})


def ask_all(rooms: list[Room], do: str, within_s: float = WITHIN_S) -> list[dict[str, object]]:
    """Ask all of them first and only then wait for answers: a guard that hangs delays no other's stop.

    A name that another user holds is no guard, and is left out: anybody may take one, and it must not look like a
    session that can't be stopped. One whose queue is full is asked again, for half of the time.
    """
    began_s = time.monotonic()
    asked = {room: _say(room, do) for room in rooms}
    while _BUSY in asked.values() and time.monotonic() < began_s + within_s / 2:
        time.sleep(_AGAIN_S)
        asked.update({room: _say(room, do) for room, sock in asked.items() if sock == _BUSY})
    until_s = began_s + within_s
    known = [(room, sock) for room, sock in asked.items() if sock != FOREIGN]
    return [{"session": room.session, **_answer(sock, until_s)} for room, sock in known]


def _room(words: list[str]) -> Room | None:
    if len(words) != 8 or not words[7].startswith("@" + PREFIX) or not int(words[3], 16) & _LISTENING:
        return None
    uid, _, session = words[7].removeprefix("@" + PREFIX).partition("/")
    return Room(int(uid), session) if uid.isdecimal() and good_session(session) else None


def _say(room: Room, do: str) -> socket.socket | str:
    """Put the question to one guard; its open socket, or why not. Nothing here waits."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        sock.connect(room.name)
        # Anybody may take a name; only the user it names, or root, is a guard that we believe.
        if peer_uid(sock) not in (0, room.uid):
            sock.close()
            return FOREIGN
        sock.sendall(json.dumps({"do": do}).encode() + b"\n")  # a fresh socket takes that much at once
    except BlockingIOError:
        sock.close()
        return _BUSY
    except OSError as error:
        sock.close()
        return f"the guard can't be reached: {error}"
    return sock


def _answer(sock: socket.socket | str, until_s: float) -> dict[str, object]:
    if isinstance(sock, str):
        return {"zero": False, "error": sock}
    data = b""
    try:
        with sock:
            while b"\n" not in data and len(data) < MAX_LINE:
                left_s = until_s - time.monotonic()
                # What is there already is read even late, for another's wait took the time; a trickle is not.
                if data and left_s <= 0:
                    raise TimeoutError
                sock.settimeout(max(0.001, left_s))
                more = sock.recv(MAX_LINE)
                if not more:
                    return {"zero": False, "error": "the guard hung up without an answer"}
                data += more
        answer = json.loads(data)
    except TimeoutError:
        return {"zero": False, "error": "the guard did not answer in time"}
    except (OSError, ValueError) as error:
        return {"zero": False, "error": f"the guard's answer can't be read: {error}"}
    return answer if type(answer) is dict else {"zero": False, "error": "the guard's answer is no object"}


def peer_uid(sock: socket.socket) -> int:
    """Give the user at the other end, by the kernel's word."""
    _, uid, _ = _PEER.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)
