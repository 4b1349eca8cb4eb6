"""The names of running guards, and the kernel's table of them.

A guard listens at the abstract socket `eastim/guard/<uid>/<session>`. Its name lives in the kernel, so no environment
variable, folder or lost file can hide a running guard.
"""

from __future__ import annotations

TABLE = "/proc/net/unix"
PREFIX = "eastim/guard/"
_LISTENING = 0x10000  # flag of a listening socket in /proc/net/unix
_HEX = "0123456789ABCDEFabcdef"


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


def sockets(table: str = TABLE) -> list[tuple[Room, str]]:
    """Give what the kernel's table says to be guards' sockets, with the inode of each. Raises OSError.

    A name stands there as it is, line ends and all, so anybody may forge lines; none of them hides another. What they
    name proves nothing before the kernel has said who is at the other end.
    """
    with open(table, "rb") as lines:
        found = [_socket(line.decode("ascii", "replace").split()) for line in lines]
    return [socket for socket in found if socket is not None]


def _socket(words: list[str]) -> tuple[Room, str] | None:
    if len(words) != 8 or not words[7].startswith("@" + PREFIX) or not _listens(words[3]):
        return None
    uid, _, session = words[7].removeprefix("@" + PREFIX).partition("/")
    return (Room(int(uid), session), words[6]) if uid.isdecimal() and good_session(session) else None


def _listens(flags: str) -> bool:
    return len(flags) == 8 and all(char in _HEX for char in flags) and bool(int(flags, 16) & _LISTENING)
