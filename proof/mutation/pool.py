"""The workers, as seen by who gives them jobs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from proof.mutation.choice import Stage
from proof.mutation.scope import ROOT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a child said (see worker). by: the test, or what went wrong.

    alone: the test that killed fails a second time, in a process in which it is the first that is called.
    """

    verdict: str
    by: str
    seconds: float
    alone: bool = False


class Worker:
    """One warm pytest for the mutants of one file, and its folder; one job at a time."""

    def __init__(self, file: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mutation-"))
        jobs, self._jobs = os.pipe()
        self._answers, answers = os.pipe()
        with (self.folder / "log").open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "proof.mutation.worker", file, str(self.folder), str(jobs), str(answers)],
                cwd=ROOT,
                env={**os.environ, "PYTHONHASHSEED": "0"},  # else the order of a set would kill now and then
                pass_fds=(jobs, answers),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        os.close(jobs)
        os.close(answers)
        self._lines = os.fdopen(self._answers, "rb")

    def run(self, stage: Stage, mutant: tuple[str, bytes]) -> Outcome:
        """Run a stage against a mutant: what it replaces, and the data that does."""
        place = self.folder / "mutant"
        place.write_bytes(mutant[1])
        job = {
            "mutant": [mutant[0], str(place)],
            "files": stage.files,
            "tests": stage.tests,
            "known": stage.known,
            "limit_s": stage.limit_s,
        }
        os.write(self._jobs, json.dumps(job).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            raise RuntimeError(f"a worker ended: {(self.folder / 'log').read_text('utf-8')[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return Outcome(answer["verdict"], answer["by"], answer["seconds"], answer["alone"])

    def close(self) -> None:
        os.close(self._jobs)
        try:
            self._child.wait(30)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._lines.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
