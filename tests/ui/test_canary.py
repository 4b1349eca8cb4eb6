"""A patient's name may stand in a prescription or in the surroundings; it gets into no file of ours (H34)."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from eastim.safety.audit import audit

CANARY = "Jane-Canary-Doe"
PRESCRIPTION = f"""\
# for {CANARY}
mode = "100"
minutes = 0.1
notes = "{CANARY}, born 1970"
[leads.A]
highest = "0.5 mA"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one whole session was run, with the name wherever somebody may put it."""
    home = tmp_path_factory.mktemp("home")
    for folder in ("tmp", CANARY):
        (home / folder).mkdir()
    rx = home / CANARY / "rx.toml"
    rx.write_text(PRESCRIPTION, "utf-8")
    names = {"PATIENT": CANARY, "HOSTNAME": CANARY, "USER": CANARY, "LOGNAME": CANARY}
    places = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_STATE_HOME": str(home / "state")}
    env = {**os.environ, **names, **places, "TMPDIR": str(home / "tmp")}
    words = [sys.executable, "-m", "eastim", "run", str(rx), "--fast", "--ui", "json"]
    done = subprocess.run(
        words,
        input='{"do": "arm"}\n{"do": "raise", "lead": "A"}\n',
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return home


def made(home: Path) -> list[Path]:
    """Everything below, but the prescription and its folder."""
    return [path for path in home.rglob("*") if CANARY not in path.parts]


@pytest.mark.hazard("H34")
def test_the_session_left_a_ledger_and_the_name_is_in_no_file(home: Path) -> None:
    files = [path for path in made(home) if path.is_file()]

    assert len([path for path in files if path.name.endswith(".ledger.jsonl")]) == 1
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


@pytest.mark.hazard("H34")
def test_the_name_is_in_no_name_of_a_file(home: Path) -> None:
    assert [path for path in made(home) if CANARY in path.name] == []


@pytest.mark.hazard("H34")
def test_what_a_session_leaves_is_its_users_alone(home: Path) -> None:
    """0600 for files; 0700 for the folders that eastim made. `tmp` was there before, and is the system's."""
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in made(home) if path.name != "tmp"}

    assert {path: mode for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}


def test_the_ledger_of_it_is_whole(home: Path) -> None:
    (ledger,) = home.rglob("*.ledger.jsonl")

    assert audit(ledger).problems == ()
