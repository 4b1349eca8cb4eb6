"""The one check of a session's way against its device: port, virtual time, operating system."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from eastim.discover import serial_ports
from eastim.errors import OrderError, PortError, Problem
from eastim.profiles.profile import Profile

SIMULATED = "sim"


def starts_simulator(profile: Profile) -> bool:
    """Whether eastim starts this device itself: then there is no port to name, and time may be virtual."""
    return profile.name == SIMULATED


def way_problems(profile: Profile, address: str | None, *, fast: bool) -> Iterator[Problem]:
    """Every mistake of port and virtual time, in the words of the command line."""
    if starts_simulator(profile):
        if address is not None:
            what = f"the device {profile.name} starts its own simulator"
            yield Problem("--port", what, "leave --port away, or name the device at that port with --device")
        return
    if fast:
        what = f"virtual time exists on the simulator only, not on {profile.name}"
        yield Problem("--fast", what, f"leave --fast away, or say --device {SIMULATED}")
    if address is None:
        what = f"the device {profile.name} needs one; {_ports()}"
        yield Problem("--port", what, "give --port /dev/... or socket://127.0.0.1:PORT")


def check_way(profile: Profile, address: str | None, *, fast: bool) -> None:
    """Raise OrderError with all of them; PortError where a real port can't be locked to one owner (H23)."""
    problems = tuple(way_problems(profile, address, fast=fast))
    if problems:
        raise OrderError(problems)
    if address is not None and not sys.platform.startswith("linux"):
        raise PortError("real ports are supported on Linux only, where they can be locked to one owner")


def _ports() -> str:
    found = [f"{port.address} ({port.title})" for port in serial_ports()[:8]]
    return f"serial ports here: {', '.join(found)}" if found else "there are no serial ports here"
