"""The guard's own priority: asked for with a bound, and what it got is said. Tried in processes of their own."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from eastim.safety import priority

pytestmark = pytest.mark.hazard("H42")

TRY = """
import os, resource
from eastim.safety.priority import take_priority
before = os.sched_getscheduler(0)
said = take_priority()
now = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
print(said, now == os.SCHED_FIFO, os.sched_getparam(0).sched_priority, resource.getrlimit(resource.RLIMIT_RTTIME))
"""
FIRST = "import os\nos.setgroups([])\nos.setgid(65534)\nos.setuid(65534)\n"
NO_RIGHT = "import resource\nresource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))\n"


def child(text: str) -> str:
    run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=20)
    return run.stdout.strip()


def permitted() -> bool:
    ask = "import os\nos.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))"
    return subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode == 0


def test_what_it_says_is_what_it_got() -> None:
    got = "real-time (SCHED_FIFO) True 10 (500000, 1000000)"
    assert child(TRY) == (got if permitted() else "at normal priority False 0 (500000, 1000000)")


def test_without_the_right_it_runs_on_at_normal_priority() -> None:
    """For root the right is given away first, for good; others have none once the limit is 0."""
    text = NO_RIGHT + (FIRST if os.getuid() == 0 else "") + TRY.replace("import os, resource\n", "", 1)
    imports = "import os, resource\nfrom eastim.safety.priority import take_priority\n"
    assert child(imports + text).startswith("at normal priority False 0")


class System:
    """The system's calls, in the order in which they come."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails: type[Exception] | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        monkeypatch.setattr(signal, "signal", self.note("signal"))
        monkeypatch.setattr(resource, "setrlimit", self.note("limit"))
        monkeypatch.setattr(os, "sched_setscheduler", self.note("scheduler", fails))
        monkeypatch.setattr(priority, "_stay_in_memory", self.note("memory"))

    def note(self, name: str, fails: type[Exception] | None = None) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            self.calls.append((name, *arguments[:2]))
            if fails is not None:
                raise fails

        return call


def test_the_bound_stands_before_the_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(monkeypatch)

    assert priority.take_priority() == "real-time (SCHED_FIFO)"
    assert [name for name, *_ in system.calls] == ["signal", "limit", "scheduler", "memory"]
    assert system.calls[1] == ("limit", resource.RLIMIT_RTTIME, (500_000, 1_000_000))
    assert system.calls[2] == ("scheduler", 0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK)


@pytest.mark.parametrize("error", [PermissionError, OSError])
def test_a_refusal_is_no_failure(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    system = System(monkeypatch, error)

    assert priority.take_priority() == "at normal priority"
    assert "memory" not in [name for name, *_ in system.calls]


def test_where_there_is_no_such_scheduler_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(monkeypatch)
    monkeypatch.setattr(sys, "platform", "darwin")

    assert (priority.take_priority(), system.calls) == ("at normal priority", [])


RUNS_AWAY = """
import os, time
from eastim.safety.priority import take_priority
said = take_priority()
until = time.monotonic() + 0.9
while time.monotonic() < until:
    pass
print(os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_OTHER)
"""
HANGS_IN_C = """
import hashlib
from eastim.safety.priority import take_priority
take_priority()
hashlib.pbkdf2_hmac("sha256", b"", b"", 20_000_000)  # seconds in C, in which no Python handler runs
print("done")
"""


def test_a_guard_that_runs_away_gives_way_after_half_a_second() -> None:
    assert child(RUNS_AWAY) == "True"


def test_one_that_takes_no_signal_is_ended_by_the_kernel() -> None:
    run = subprocess.run([sys.executable, "-c", HANGS_IN_C], capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stdout) == ((-signal.SIGKILL, "") if permitted() else (0, "done\n"))
