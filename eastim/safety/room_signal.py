"""Stop a guard by SIGTERM: for `eastim stop`, when the stop socket gives no answer (another user's connects fill it).

Only a process that says itself that it is a guard is signalled, so that a forged line of the kernel's table can at
worst stop another guard of the same user.
"""

from __future__ import annotations

import os
import signal

from eastim.safety.room_client import TABLE, Room, sockets

GUARD = b"\0-m\0eastim.safety.process\0"  # words of its command line (door_start)


def stop_by_signal(room: Room, table: str = TABLE) -> bool:
    """Send SIGTERM, which the guard takes for a stop, to the guard that listens here; False when none is found."""
    try:
        held = {f"socket:[{inode}]" for found, inode in sockets(table) if found == room}
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    except OSError:
        return False
    return sum(_stop(pid, held) for pid in pids) > 0


def _stop(pid: int, held: set[str]) -> bool:
    """Signal this process if it is a guard that holds one of these sockets."""
    try:
        # Opened before it is looked at: the number may be another process's by the time of the signal.
        process = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not _is_guard(pid) or held.isdisjoint(_open_files(pid)):
            return False
        signal.pidfd_send_signal(process, signal.SIGTERM)
    except OSError:
        return False
    finally:
        os.close(process)
    return True


def _is_guard(pid: int) -> bool:
    with open(f"/proc/{pid}/cmdline", "rb") as words:
        return GUARD in words.read()


def _open_files(pid: int) -> set[str]:
    folder = f"/proc/{pid}/fd"
    return {os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}
