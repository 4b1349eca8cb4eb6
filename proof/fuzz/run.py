"""The fuzz rows: inputs for each parser (see counts), found by coverage; the corpus that came of it is replayed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from proof.fuzz.counts import whole
from proof.fuzz.pace import Pace, too_slow
from proof.fuzz.targets import TARGETS
from proof.row import Finding, Say, Size

CORPUS = Path(__file__).parent / "corpus"
BOUNDED = 4_000
_PROCESSES = 2
_MEMORY = Path("/dev/shm")  # no disk is worn out by two million files


def prove(size: Size, say: Say, part: str) -> Finding:
    """Fuzz one parser in two processes that draw differently."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        runs = whole(part) if size == "full" else BOUNDED
        found = _fuzz(part, runs // _PROCESSES, Path(folder), say)
    tried = sum(one["tried"] for one in found)
    failures = [f"{one['broke']} on {one['input'][:400]}" for one in found if one["broke"]]
    failures += [slow for one in found for slow in too_slow(one)]
    cpu_s, wall_s = (max(float(one[clock]) for one in found) for clock in ("cpu_s", "wall_s"))
    slowest = f"{cpu_s * 1000:.1f} ms of CPU, {wall_s * 1000:.1f} ms of wall time"
    return Finding(tried, "inputs", {"slowest": slowest}, tuple(failures))


def _fuzz(name: str, runs: int, folder: Path, say: Say) -> list[dict[str, Any]]:
    children = [_start(name, runs, seed, folder) for seed in range(1, _PROCESSES + 1)]
    began = time.monotonic()
    while any(child.poll() is None for child in children):
        say(f"{time.monotonic() - began:.0f} s")
        time.sleep(0.5)
    return [_result(folder / f"{seed}.json", child.returncode) for seed, child in enumerate(children, start=1)]


def _start(name: str, runs: int, seed: int, folder: Path) -> subprocess.Popen[bytes]:
    corpus = folder / f"corpus-{seed}"
    corpus.mkdir()
    for i, data in enumerate((*TARGETS[name].seeds, *kept(name))):
        (corpus / str(i)).write_bytes(data)
    words = [name, str(runs), str(seed), str(corpus), str(folder / f"{seed}.json")]
    with (folder / f"{seed}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "proof.fuzz", *words],
            cwd=CORPUS.parents[2],
            env=os.environ | {"TMPDIR": str(folder)},  # what a target writes goes with the folder
            stdout=log,
            stderr=log,
        )


def _result(path: Path, code: int) -> dict[str, Any]:
    """Read what a process left; one that died or hung left nothing, which breaks the claim."""
    if not path.exists():
        log = path.with_suffix(".log").read_text("utf-8", "replace")[-600:]
        return {
            "tried": 0,
            **Pace(lambda _: None).found(),
            "broke": f"the fuzzer ended with {code}: {log}",
            "input": "",
        }
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def kept(name: str) -> list[bytes]:
    """The corpus of one target: inputs that reached something new, one a line in hex."""
    path = CORPUS / f"{name}.hex"
    return [bytes.fromhex(line) for line in path.read_text("ascii").split()] if path.exists() else []
