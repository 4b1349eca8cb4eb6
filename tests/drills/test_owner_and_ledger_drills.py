"""Drills of the port's owner and of the ledger: processes that race, and processes killed while they write."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from eastim.ledger_verify import verify
from proof import race
from tests.drills.conftest import Drill

pytestmark = pytest.mark.drill

WRITER = """
import sys
from pathlib import Path
from eastim.ledger import Entry, LedgerFile, LedgerWriter
writer = LedgerWriter(LedgerFile(Path(sys.argv[1])))
n = 0
while True:
    n += 1
    writer.put(Entry(n, n, {"type": "open" if n == 1 else "frame", "hex": "00" * 40}, wait=n % 50 == 0))
    if n % 50 == 0:
        while not any(ack == (n, "") for ack in writer.acks()):
            pass
        print(n, flush=True)
"""


@pytest.mark.hazard("H23")
def test_of_two_processes_that_race_for_a_port_one_owns_it() -> None:
    """Sixty races and a pair of whole sessions here; a thousand and twenty in `python -m proof race`."""
    found = race.prove("bounded", lambda _: None)

    assert (found.count, found.failures) == (60, ())


@pytest.mark.hazard("H33")
def test_a_ledger_whose_writer_was_killed_is_whole_up_to_its_end(tmp_path: Path) -> None:
    for i in range(20):
        path = tmp_path / f"{i}.ledger"
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            durable = [int(writer.stdout.readline()) for _ in range(1 + i % 5)][-1]
            writer.kill()
        result = verify(path)
        assert (result.problems, result.ended_open) == ((), True)
        assert result.records >= durable


@pytest.mark.hazard("H32")
def test_a_disk_that_is_full_in_the_middle_of_a_session_takes_the_strength_to_zero(drill: Drill) -> None:
    """The kernel refuses the guard's next write: its files may not grow any more. Exit code 7."""
    drill.hear_strength(300)
    written = drill.ledger.stat().st_size
    full_us = drill.now_us()
    resource.prlimit(drill.guard_pid, resource.RLIMIT_FSIZE, (written, written))

    assert drill.silent_after_us(full_us) < 2_000_000
    assert "the ledger can't be written" in drill.hear("notice", priority="high")["text"]
    drill.say("stop")
    assert drill.hear("end")["exit"] == 7
    assert drill.hear("left")["code"] == 7
    assert verify(drill.ledger).problems == ()
