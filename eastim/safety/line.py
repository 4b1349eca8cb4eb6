"""The two lines between the session process and the guard: messages over a stream socket. Standard library only.

A message is `u32 LE length of the rest | u32 LE length of the head | head, JSON {"name": ..., fields} | raw bytes`, at
most 64 kB. Both ends use this module; neither trusts the other. The operator's line is a socket of its own, so that
its stop never queues behind the player's upload.
"""

from __future__ import annotations

import json
import socket
from typing import Any, NamedTuple

from eastim.frames import Frame

MAX_MESSAGE = 65_536
MAX_DEPTH = 8
# What may wait for a peer that does not read. A peer that far behind is frozen, and is treated as gone.
MAX_OUTBOX = 16 * MAX_MESSAGE


class Message(NamedTuple):
    """One message: its name, its fields, its raw bytes."""

    name: str
    body: dict[str, Any]
    data: bytes = b""


def encode(name: str, body: dict[str, Any], data: bytes = b"") -> bytes:
    """Pack one message; raises ValueError above 64 kB."""
    head = json.dumps({**body, "name": name}, separators=(",", ":"), allow_nan=False).encode()
    rest = 4 + len(head) + len(data)
    if 4 + rest > MAX_MESSAGE:
        raise ValueError(f"message {name} has {4 + rest} bytes, at most {MAX_MESSAGE}; send less at once")
    return rest.to_bytes(4, "little") + len(head).to_bytes(4, "little") + head + data


class Line:
    """One end of a line. Nothing here blocks.

    closed: the peer is gone, or sent what is no message; `fault` then says what ("" for a plain end).
    For one thread; a signal handler must not call it (it could cut into a half-written message).
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._inbox = bytearray()
        self._outbox = bytearray()
        self._unheard = False
        self.closed = False
        self.fault = ""

    def fileno(self) -> int:
        return self._sock.fileno()

    @property
    def waiting(self) -> bool:
        """Whether bytes wait to be sent: poll for writing, then `flush`."""
        return bool(self._outbox)

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> bool:
        """Queue one message and send what the socket takes; False when the peer can't have it."""
        if self.closed:
            return False
        self._outbox += encode(name, body or {}, data)
        self.flush()
        if len(self._outbox) > MAX_OUTBOX:
            self._break(f"{len(self._outbox)} bytes wait and nobody reads them")
        return not self._unheard

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it."""
        try:
            while self._outbox:
                del self._outbox[: self._sock.send(self._outbox)]
        except BlockingIOError:
            pass
        except OSError:
            # The peer hung up. What it said before that may still wait to be read (its `end`, say), so the line counts
            # as closed only when `receive` has come to the end.
            self._unheard = True
            self._outbox.clear()

    def receive(self, most: int = MAX_MESSAGE) -> list[Message]:
        """Take the messages that are whole by now; one read of `most` bytes, so no peer can keep the caller here."""
        if not self.closed:
            self._fill(most)
        messages = []
        try:
            while (message := self._next()) is not None:
                messages.append(message)
        except (ValueError, RecursionError) as error:
            self._break(str(error))
        return messages

    def close(self) -> None:
        self.closed = True
        self._sock.close()

    def _fill(self, most: int) -> None:
        try:
            data = self._sock.recv(most)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._inbox += data
        self.closed = not data

    def _next(self) -> Message | None:
        if len(self._inbox) < 4:
            return None
        rest = int.from_bytes(self._inbox[:4], "little")
        # Judged before anything is awaited or allocated: a false length must not make the guard wait for 4 GB.
        if not 4 < rest <= MAX_MESSAGE - 4:
            raise ValueError(f"a message of {rest} bytes, must be 5 to {MAX_MESSAGE - 4}")
        if len(self._inbox) < 4 + rest:
            return None
        whole = bytes(self._inbox[: 4 + rest])
        del self._inbox[: 4 + rest]
        return _decode(whole)

    def _break(self, fault: str) -> None:
        self.closed = self._unheard = True
        self.fault = fault
        self._inbox.clear()
        self._outbox.clear()


class PlayerLine(Line):
    """The player's end: it may ask for frames, beat and stop, and nothing else."""

    def ask(self, frame: Frame) -> bool:
        return self.send("ask", {"within_us": frame.within_us}, frame.data)

    def beat(self) -> bool:
        """Say that a pass of the player's loop is complete; only as its last act (H03)."""
        return self.send("beat")

    def stop(self, source: str) -> bool:
        return self.send("stop", {"source": source})


def _decode(whole: bytes) -> Message:
    size = int.from_bytes(whole[4:8], "little")
    if size > len(whole) - 8:
        raise ValueError(f"a head of {size} bytes in a message of {len(whole) - 4}")
    # "utf-8" strictly: json.loads on bytes would also take UTF-16 and 32.
    body = json.loads(whole[8 : 8 + size].decode("utf-8"), parse_float=_no_float, parse_constant=_no_float)
    name = body.pop("name", None) if type(body) is dict else None
    if type(name) is not str or not name:
        raise ValueError("a message without a name")
    if _depth(body) > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    return Message(name, body, whole[8 + size :])


def _no_float(text: str) -> Any:
    # Time, current and charge are integers; a float here is a mistake or an attack (NaN, 1e400).
    raise ValueError(f"{text[:20]} is no whole number")


def _depth(value: Any) -> int:
    """Count the levels of nesting of parsed JSON, without recursion."""
    depth, row = 0, [value]
    while row:
        inner: list[Any] = []
        for item in row:
            inner.extend(item.values() if type(item) is dict else item if type(item) is list else ())
        depth, row = depth + 1, inner
    return depth
