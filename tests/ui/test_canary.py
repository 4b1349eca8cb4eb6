"""A patient's name may stand in a prescription or in the surroundings; it gets into no file of ours (H34)."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

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


def _operated(run: subprocess.Popen[bytes], screen: str) -> int:
    """Act, and wait for the end that comes by itself; the code."""
    assert run.stdin is not None and run.stdout is not None
    if screen == "plain":
        next(line for line in run.stdout if b"Press Enter" in line)
    run.stdin.write(ACTS[screen])
    run.stdin.flush()
    if screen == "json":
        run.stdin.close()  # keys stay open: closed, they would stop the session
    run.stdout.read()
    return run.wait(30)


ACTS = {"json": b'{"do": "arm"}\n{"do": "raise", "lead": "A"}\n', "plain": b"\n"}


@pytest.fixture(scope="module", params=[("json", "--fast"), ("plain",)], ids=["fast and json", "live and plain"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one whole session was run, with the name wherever somebody may put it."""
    home, (screen, *way) = tmp_path_factory.mktemp("home"), request.param
    for folder in ("tmp", CANARY):
        (home / folder).mkdir()
    rx = home / CANARY / "rx.toml"
    rx.write_text(PRESCRIPTION, "utf-8")
    names = {"PATIENT": CANARY, "HOSTNAME": CANARY, "USER": CANARY, "LOGNAME": CANARY}
    places = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_STATE_HOME": str(home / "state")}
    env = {**os.environ, **names, **places, "TMPDIR": str(home / "tmp")}
    words = [sys.executable, "-m", "eastim", "run", str(rx), "--ui", screen, *way]
    with subprocess.Popen(words, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=env) as run:
        code = _operated(run, screen)
        assert code == 0, run.stderr and run.stderr.read()
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
