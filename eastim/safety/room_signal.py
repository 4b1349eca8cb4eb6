"""Stop a guard by SIGTERM: for `eastim stop`, when the stop socket gives no answer (another user's connects fill it).

Only a process that says itself that it is a guard is signalled, so that a forged line of the kernel's table can at
worst stop another guard of the same user.
"""

from __future__ import annotations

import os
import signal

from eastim.safety.room_table import TABLE, Room, sockets

GUARD = b"\0-m\0eastim.safety.process\0"  # words of its command line (door_start)


def stop_by_signal(room: Room, table: str = TABLE) -> bool:
    """Send SIGTERM, which the guard takes for a stop, to the guard that listens here; False when none is found."""
    try:
        held = {f"socket:[{inode}]" for found, inode in sockets(table) if found == room}
        # Looked at one after the other, so that no single mistake here signals what is no guard.
        guards = [pid for pid in processes() if _is_guard(pid)]
    except OSError:
        return False
    return sum(_stop(pid, held) for pid in guards) > 0


def processes() -> list[int]:
    """Number all processes that run. Tests put their own children here, and nobody else's."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _stop(pid: int, held: set[str]) -> bool:
    """Signal this process if it holds one of these sockets."""
    try:
        # Opened before it is looked at: the number may be another process's by the time of the signal.
        process = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if held.isdisjoint(_open_files(pid)):
            return False
        signal.pidfd_send_signal(process, signal.SIGTERM)
    except OSError:
        return False
    finally:
        os.close(process)
    return True


def _is_guard(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            return GUARD in words.read()
    except OSError:
        return False  # it has ended meanwhile


def _open_files(pid: int) -> set[str]:
    folder = f"/proc/{pid}/fd"
    return {os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}
