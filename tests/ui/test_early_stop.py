"""A stop before the device is found: real processes, on the simulator that eastim starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = (sys.executable, "-m", "eastim", "run", "2/100", "--minutes", "0.2", "--device", "sim", "--ui", "json")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "stopped by stdin closed"),
        ('{"do":"stop"}\n{"do":"arm"}\n', "stopped by "),
        ('{"do":"arm"}\n{"do":"raise","lead":"A","at_us":9000}\n', "stopped by stdin closed"),
    ],
    ids=["EOF", "stop, then arm", "arm, a held raise, EOF"],
)
def test_a_stop_or_eof_before_the_device_is_found_ends_the_session(said: str, reason: str, tmp_path: Path) -> None:
    words = [*RUN, "--record", str(tmp_path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, input=said, capture_output=True, text=True, timeout=8, check=False, env=env)

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert "LIVE" not in [event.get("state") for event in events]
    assert events[-1]["event"] == "end" and events[-1]["zero"] and events[-1]["reason"].startswith(reason)
