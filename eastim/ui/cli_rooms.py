"""`eastim stop` and `eastim status`: speak with running guards. Few imports on purpose: a stop must be quick."""

from __future__ import annotations

import sys

from eastim.safety.room_client import ask_all, find_rooms
from eastim.safety.room_table import Room
from eastim.text import safe_text

STOP_HELP = """Usage: eastim stop [--session ID]

  Stop every running session, from any shell; or only one. Waits until the output is proven zero, or can't be proven.

Examples:
  eastim stop                           # everything stops
  eastim stop --session 20260101-...    # only this one; eastim status names them

Exit codes: 0 zero confirmed (or nothing was running), 2 no such session, 6 zero not confirmed, or the guards can't be
listed: take the leads off.
"""

UNSEEN = "the guards can't be listed, so it is not known whether a session runs"
UNSTOPPED = (
    "NOTHING WAS STOPPED: TAKE THE LEADS OFF; then press space in the session's window, or end its guard, the process "
    "eastim.safety.process, with a plain `kill PID` (never `kill -9`): it cuts first"
)
UNCERTAIN = 6  # Exit.UNCERTAIN, which is not worth an import before a stop


def stop(args: list[str]) -> int:
    """Stop all guards, or one. Words that are not understood never keep a stop from stopping everything."""
    if args and args[0] in ("--help", "-h"):
        print(STOP_HELP, end="")
        return 0
    rooms = _rooms()
    if rooms is None:
        print(f"eastim: {UNSTOPPED}", file=sys.stderr)
        return UNCERTAIN
    session = _session(args)
    if session is not None:
        chosen = [room for room in rooms if room.session == session]
        if not chosen:
            running = ", ".join(room.session for room in rooms) or "none"
            print(f"eastim: no session {session[:64]!r} is running; there are: {running}", file=sys.stderr)
            return 2
        rooms = chosen
    elif args:
        print(f"eastim: stop does not know {' '.join(args)[:64]!r}; everything is stopped", file=sys.stderr)
    return _stop_all(rooms)


def _session(args: list[str]) -> str | None:
    if len(args) == 2 and args[0] == "--session":
        return args[1]
    if len(args) == 1 and args[0].startswith("--session="):
        return args[0].partition("=")[2]
    return None


def _stop_all(rooms: list[Room]) -> int:
    if not rooms:
        print("No session is running.")
        return 0
    answers = ask_all(rooms, "stop")
    if not answers:
        print("No session is running.")  # only names that another user holds
    for answer in answers:
        print(_stopped(answer), flush=True)
    return 0 if all(answer.get("zero") is True for answer in answers) else UNCERTAIN


def _stopped(answer: dict[str, object]) -> str:
    session = safe_text(answer.get("session"))
    if answer.get("zero") is True:
        return f"{session}: stopped, output zero confirmed."
    why = safe_text(answer.get("error") or "the device did not confirm")
    return f"{session}: ZERO IS NOT CONFIRMED, TAKE THE LEADS OFF ({why})."


def status() -> int:
    """Say what runs: session, device, state, time left."""
    rooms = _rooms()
    if rooms is None:
        return UNCERTAIN
    if not rooms:
        print("No session is running.")
        return 0
    answers = ask_all(rooms, "status")
    print("\n".join(map(_line, answers)) if answers else "No session is running.")
    return 0


def _line(answer: dict[str, object]) -> str:
    session = safe_text(answer.get("session"))
    if "error" in answer:
        return f"{session}: {safe_text(answer['error'])}"
    parts = [safe_text(answer.get("device", "?")), safe_text(answer.get("state", "?"))]
    if answer.get("use") is not None:
        parts.append(f"use {safe_text(answer['use'])}")
    left_us = answer.get("left_us")
    if type(left_us) is int:
        from eastim.units import format_left

        parts.append(f"{format_left(left_us)} left")
    if answer.get("guard"):
        parts.append(f"guard runs {safe_text(answer['guard'])}")
    return f"{session}: {', '.join(parts)}"


def _rooms() -> list[Room] | None:
    """List the running guards; None when there may be some that can't be seen."""
    try:
        return find_rooms()
    except OSError as error:
        if not sys.platform.startswith("linux"):
            return []  # without the kernel's list no guard can hold a port either
        print(f"eastim: {UNSEEN} ({safe_text(error)})", file=sys.stderr)
        return None
