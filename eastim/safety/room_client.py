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

TABLE = "/proc/net/unix"
PREFIX = "eastim/guard/"
MAX_LINE = 65_536
WITHIN_S = 2.0
FOREIGN = "the socket belongs to another user"
GONE = "the guard can't be reached: nobody listens there"
ENDED = "the guard ended while it was asked; its session says whether zero was confirmed"
_BUSY = "the guard can't be reached: its queue is full; perhaps another user holds its name"
_AGAIN_S = 0.01
_LISTENING = 0x10000  # flag of a listening socket in /proc/net/unix
_HEX = "0123456789ABCDEFabcdef"
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


def find_rooms(table: str = TABLE) -> list[Room]:
    """List the guards that we may speak with: our own, or everybody's for root. Raises OSError."""
    ours = {room for room, _ in sockets(table) if os.geteuid() in (0, room.uid)}
    return sorted(ours, key=lambda room: (room.uid, room.session))


def sockets(table: str = TABLE) -> list[tuple[Room, str]]:
    """Give what the kernel's table says to be guards' sockets, with the inode of each. Raises OSError.

    A name stands there as it is, line ends and all, so anybody may forge lines; none of them hides another. What they
    name proves nothing before the kernel has said who is at the other end.
    """
    with open(table, "rb") as lines:
        found = [_socket(line.decode("ascii", "replace").split()) for line in lines]
    return [socket for socket in found if socket is not None]


def ask(room: Room, do: str, within_s: float = WITHIN_S) -> dict[str, object]:
    """Ask one guard to `stop` or for its `status`.

    The answer to a stop comes once the output is proven zero (`zero` true) or can't be proven (`zero` false). No answer
    is an answer too: `zero` false and `error`.
    """
    until_s = time.monotonic() + within_s
    return _heard(room, do, _say_all([room], do, within_s)[room], until_s)


def ask_all(rooms: list[Room], do: str, within_s: float = WITHIN_S) -> list[dict[str, object]]:
    """Ask all of them first and only then wait for answers: a guard that hangs delays no other's stop.

    A name that another user holds, or that nobody holds, is no guard, and is left out: anybody may take or forge one,
    and it must not look like a session that can't be stopped.
    """
    until_s = time.monotonic() + within_s
    asked = _say_all(rooms, do, within_s)
    return [_heard(room, do, sock, until_s) for room, sock in asked.items() if sock not in (FOREIGN, GONE)]


def _socket(words: list[str]) -> tuple[Room, str] | None:
    if len(words) != 8 or not words[7].startswith("@" + PREFIX) or not _listens(words[3]):
        return None
    uid, _, session = words[7].removeprefix("@" + PREFIX).partition("/")
    return (Room(int(uid), session), words[6]) if uid.isdecimal() and good_session(session) else None


def _listens(flags: str) -> bool:
    return len(flags) == 8 and all(char in _HEX for char in flags) and bool(int(flags, 16) & _LISTENING)


def _say_all(rooms: list[Room], do: str, within_s: float) -> dict[Room, socket.socket | str]:
    """Put the question to all; who has a full queue is asked again for half of the time, and gets a stop by signal."""
    until_s = time.monotonic() + within_s / 2
    asked = {room: _say(room, do) for room in rooms}
    for room in [room for room, sock in asked.items() if sock == _BUSY and do == "stop"]:
        _signal(room)
    while _BUSY in asked.values() and time.monotonic() < until_s:
        time.sleep(_AGAIN_S)
        asked.update({room: _say_again(room, do) for room, sock in asked.items() if sock == _BUSY})
    return asked


def _say_again(room: Room, do: str) -> socket.socket | str:
    sock = _say(room, do)
    return ENDED if sock == GONE else sock  # it was there a moment ago, so its end is worth a word


def _heard(room: Room, do: str, sock: socket.socket | str, until_s: float) -> dict[str, object]:
    answer = _answer(sock, until_s)
    if do == "stop" and "error" in answer and _signal(room):
        answer["error"] = f"{answer['error']}; its process was sent SIGTERM, which is a stop, too"
    return {"session": room.session, **answer}


def _signal(room: Room) -> bool:
    from eastim.safety.room_signal import stop_by_signal  # lazy: a stop that is answered needs none of it

    return stop_by_signal(room)


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
    except ConnectionRefusedError:
        sock.close()
        return GONE
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
    except (OSError, ValueError, RecursionError) as error:
        return {"zero": False, "error": f"the guard's answer can't be read: {error}"}
    return answer if type(answer) is dict else {"zero": False, "error": "the guard's answer is no object"}


def peer_uid(sock: socket.socket) -> int:
    """Give the user at the other end, by the kernel's word."""
    _, uid, _ = _PEER.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)
