"""A whole treatment of 30 minutes in virtual time, from the command line, with its ledger verified."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drills.bench import ENV

pytestmark = [pytest.mark.drill, pytest.mark.timeout(240)]

# Two steps of each kind on each lead; block three begins at 12 s.
COMMANDS = [
    {"do": "arm"},
    *(
        {"do": "raise", "lead": lead, "kind": kind, "at_us": at_us}
        for kind, moments in {"2": (500_000, 1_500_000), "100": (3_500_000, 4_500_000)}.items()
        for at_us in moments
        for lead in "AB"
    ),
]


def test_thirty_minutes_deliver_every_pulse_and_end_exactly(tmp_path: Path) -> None:
    words = ["run", "2/100", "--minutes", "30", "--lead", "A:2mA", "--lead", "B:2mA", "--device", "sim", "--fast"]
    done = subprocess.run(
        [sys.executable, "-m", "eastim", *words, "--ui", "json", "--record", str(tmp_path)],
        input="".join(json.dumps(command) + "\n" for command in COMMANDS),
        capture_output=True,
        text=True,
        env=ENV,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    end = events[-1]

    assert (done.returncode, end["event"], end["reason"]) == (0, "end", "completed")
    assert end["elapsed_us"] == 1_800_000_000
    assert end["pulses"] == {"A": {"2": 1_800, "100": 90_000}, "B": {"2": 1_800, "100": 90_000}}
    assert end["net_charge_pc"] == {"A": 0, "B": 0}
    assert end["peak_ua"] == {"A": 200, "B": 200}
    # The first raise comes at 0.5 s, with the pulse there: one pulse of 2 Hz, 50 of 100 Hz have gone by at zero.
    # A raise acts from the next pulse on that is at least 100 us away, so one more may have.
    for lead in "AB":
        assert end["pulses_felt"][lead]["2"] in (1_798, 1_799)
        assert end["pulses_felt"][lead]["100"] in (89_949, 89_950)

    verified = subprocess.run(
        [sys.executable, "-m", "eastim", "verify", end["ledger"]], capture_output=True, text=True, env=ENV, check=False
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "8 raises" in verified.stdout
