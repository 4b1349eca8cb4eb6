"""Find running guards and ask them to stop, or for their status, for `eastim stop` and `eastim status`.

Few imports on purpose: a stop answers before anything heavy.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import time

from eastim.safety.room_table import TABLE, Room, sockets

MAX_LINE = 65_536
WITHIN_S = 2.0
FOREIGN = "the socket belongs to another user"
GONE = "the guard can't be reached: nobody listens there"
ENDED = "the guard ended while it was asked; its session says whether zero was confirmed"
_BUSY = "the guard can't be reached: its queue is full; perhaps another user holds its name"
_AGAIN_S = 0.01
_PEER = struct.Struct("3i")  # pid, uid, gid (unix(7), SO_PEERCRED)


def find_rooms(table: str = TABLE) -> list[Room]:
    """List the guards that we may speak with: our own, or everybody's for root. Raises OSError."""
    ours = {room for room, _ in sockets(table) if os.geteuid() in (0, room.uid)}
    return sorted(ours, key=lambda room: (room.uid, room.session))


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
    return {**answer, "session": room.session}  # whatever it says: nobody answers for another session


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
