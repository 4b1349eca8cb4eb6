"""The guard's own priority: before every other program where that is permitted, and never so that it locks the machine.

A guard that has to wait for its turn cuts late, so it asks for SCHED_FIFO and for its memory to stay in memory. What it
got is recorded and told (H42). Without either the device's lease still ends the output.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

REAL_TIME = "real-time (SCHED_FIFO)"
NORMAL = "at normal priority"
VIRTUAL = "in the session's own process, in virtual time"
PRIORITY = 10  # above all normal programs, below the kernel's own threads (50)
# The longest time on the processor without once waiting. No step of the guard takes a tenth of it.
RUNAWAY_US = 500_000
KILLED_US = 1_000_000
_MCL_CURRENT = 1


def take_priority() -> str:
    """Go before every normal program, if permitted; give what it came to, for the ledger and the operator.

    Only this thread does: the ledger's may wait. A guard that runs away gets a signal after half a second, by which it
    gives way and stops the session; if it doesn't take that either, the kernel ends it half a second later.
    """
    if not sys.platform.startswith("linux"):
        return NORMAL
    try:
        # The limit first: there must be no moment in which nothing bounds it.
        signal.signal(signal.SIGXCPU, _run_away)
        resource.setrlimit(resource.RLIMIT_RTTIME, (RUNAWAY_US, KILLED_US))
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except (OSError, ValueError):
        return NORMAL
    _stay_in_memory()
    return REAL_TIME


def _run_away(_number: int, _frame: object) -> None:
    """Give way to the others. The signal itself is read by the loop, as every signal, and stops."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _stay_in_memory() -> None:
    """Keep what is loaded out of the swap. What comes later is not locked: a refused allocation would be worse."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mlockall(_MCL_CURRENT)
