"""A warm pytest that forks once for every mutant of one file.

Started by pool: `python -m proof.mutation.worker FILE FOLDER IN OUT`. It reads jobs from the file number IN, one JSON
line each, and answers each with a line on OUT. It has imported pytest, the libraries, and of our own modules those that
need nothing of FILE (see early): the child that it forks puts the mutant in its place first and imports the rest and
the tests then. So a name that a module takes from another at import is the mutant's, too.

What a child says:
    killed     a test failed while it was called. Not: an error in a fixture, a collection error, a time-out
    survived   tests ran, and none failed
    stillborn  the mutated module can't be imported at all
    timeout    a test, or the whole, took longer than its limit
    crash      it ended without a word, or nothing but errors outside tests
    nothing    no test ran
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from proof.mutation import early
from proof.mutation.site import sitecustomize

ROOT = Path(__file__).parents[2]
WARM = (
    "hypothesis.strategies",
    "numpy",
    "pydantic",
    "typer.testing",
    "serial",
    "cobs.cobs",
    "unittest.mock",
    "asyncio",
)
# A test may calculate for so long, and may take so long altogether (on a busy machine, too).
CALCULATES_S, TAKES_S = 4.0, 25.0
# One whose time is known may take so many times that, and so long for what it sets up: a mutant without end costs less.
STARTS_S, TIMES = 12.0, 20.0  # some tests wait for a process for ten seconds, and fail then
_LATE_TESTS = 3
# As they are before a test puts something else in their place.
_READ, _WRITE, _EXIT, _NOW = os.read, os.write, os._exit, time.monotonic


class Plugin:
    """Before anything is collected: fork for each job. In the child: run what was asked for, and say what came out."""

    def __init__(self, file: str, folder: Path, jobs: int, answers: int) -> None:
        self._file, self._folder, self._answers = file, folder, answers
        self._jobs = os.fdopen(jobs, encoding="utf-8")
        self._out = -1
        self._job: dict[str, Any] = {}
        self._began = 0.0
        self._ran = 0
        self._errors: list[str] = []
        self._late: list[str] = []
        self._fresh: Fresh | None = None
        self._is_late = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        for name in WARM:
            importlib.import_module(name)
        _refuse_early_imports()
        early.load(self._file)
        gc.collect()
        gc.freeze()  # no child's collector walks through what is here: each page that it touched would be copied
        _explain_nothing()
        for line in self._jobs:
            job = json.loads(line)
            ours, theirs = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(ours)
                self._become(job, theirs)
                session.config.args = job["files"]
                return
            os.close(theirs)
            answer = _wait(pid, ours, job["limit_s"])
            shutil.rmtree(self._folder / "tmp", ignore_errors=True)
            os.write(self._answers, json.dumps(answer).encode() + b"\n")
        os._exit(0)

    def _become(self, job: dict[str, Any], out: int) -> None:
        """Be the child: in a session of its own, with the mutant in place."""
        os.setsid()
        _die_with_parent()
        self._out, self._job, self._began = out, job, time.monotonic()
        os.close(self._answers)
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        what, file = job["mutant"]
        os.environ["EASTIM_MUTANT"] = f"{what}:{file}"
        site = str(Path(sitecustomize.__file__).parent)
        os.environ["PYTHONPATH"] = os.pathsep.join([site, *filter(None, [os.environ.get("PYTHONPATH")])])
        if what in sys.modules or (what.endswith(".toml") and Path(what).resolve() != (ROOT / self._file).resolve()):
            self._say("crash", f"{what} was here before its mutant")
        sitecustomize.inject(what, file)
        self._import(what)

    def _import(self, what: str) -> None:
        if what.endswith(".toml"):
            return
        self._limit(CALCULATES_S, TAKES_S)
        try:
            importlib.import_module(what)
        except BaseException as error:  # noqa: BLE001, whatever it is, there is no such program
            self._say("timeout" if self._is_late else "stillborn", f"{type(error).__name__}: {error}"[:200])
        self._limit(0.0, 0.0)

    def _limit(self, calculates_s: float, takes_s: float) -> None:
        """Stop what runs now when it takes too long, again each second; 0 takes the limit off."""

        def late(*_: object) -> NoReturn:
            self._is_late = True
            pytest.fail("too late")

        self._is_late = False
        for number, timer, seconds in (
            (signal.SIGPROF, signal.ITIMER_PROF, calculates_s),
            (signal.SIGALRM, signal.ITIMER_REAL, takes_s),
        ):
            signal.signal(number, late)
            signal.setitimer(timer, seconds, 1.0 if seconds else 0.0)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        known_s: float = (self._job["tests"] or {}).get(item.nodeid, TAKES_S)
        self._limit(CALCULATES_S, min(TAKES_S, STARTS_S + TIMES * known_s))
        try:
            return (yield)
        finally:
            self._limit(0.0, 0.0)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that were asked for and those that only the mutant has, the fast ones first."""
        asked: dict[str, float] | None = self._job["tests"]
        if asked is None:
            return
        known = set(self._job["known"])
        items[:] = [item for item in items if item.nodeid in asked or item.nodeid not in known]
        items.sort(key=lambda item: round(asked.get(item.nodeid, 0.0), 2))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Keep a copy of this process, in which no test was called yet: see Fresh."""
        self._fresh = Fresh.copy()
        if self._fresh is None:  # this is the copy; it must not keep the worker from seeing the child's end
            os.close(self._out)
            name, self._out = Fresh.wait()
            session.items[:] = [item for item in session.items if item.nodeid == name]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._errors.append(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        self._ran += call.when == "call"
        if call.excinfo is None or report.passed or report.skipped:
            return report
        if self._is_late:
            # However it ended: hypothesis, for one, calls a test flaky that was late and is not so again.
            self._late.append(item.nodeid)
            if len(self._late) >= _LATE_TESTS:
                self._say("timeout", item.nodeid)
        elif call.when == "call":
            self._limit(0.0, 0.0)  # the copy has a limit of its own
            self._say("killed", item.nodeid, alone=self._fresh is not None and self._fresh.fails(item.nodeid))
        else:
            self._errors.append(item.nodeid)
        return report

    def pytest_internalerror(self) -> None:
        """End: what broke is the running of tests, so nothing was found out about the mutant."""
        self._say("crash", "pytest itself")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        if self._late:
            self._say("timeout", self._late[0])
        if self._errors:
            self._say("crash", self._errors[0])
        self._say("survived" if self._ran else "nothing", "")

    def _say(self, verdict: str, by: str, *, alone: bool = False) -> NoReturn:
        """Tell the worker and be gone: nothing is torn down, what we started is ended by the worker."""
        taken = round(_NOW() - self._began, 3)
        _WRITE(self._out, json.dumps({"verdict": verdict, "by": by, "alone": alone, "seconds": taken}).encode())
        _EXIT(0)


class Fresh:
    """A copy of a child from before its first test, which waits to be told one: nothing was left behind in it.

    To fork it costs milliseconds, to import and collect everything anew a tenth of a second.
    """

    _told = _out = -1  # in the copy: where it is told a test, and where it says what came out

    def __init__(self, tell: int, answers: int) -> None:
        self._tell, self._answers = tell, answers

    @classmethod
    def copy(cls) -> Fresh | None:
        """Make it; None in the copy itself."""
        told, tell = os.pipe()
        answers, out = os.pipe()
        if os.fork() == 0:
            os.close(tell)
            os.close(answers)
            cls._told, cls._out = told, out
            return None
        os.close(told)
        os.close(out)
        return cls(tell, answers)

    @classmethod
    def wait(cls) -> tuple[str, int]:
        """In the copy: the test to run, and where to say what came out; no return when none is told."""
        name = _READ(cls._told, 65536).decode()
        if not name:
            _EXIT(0)
        return name, cls._out

    def fails(self, test: str) -> bool:
        """Whether the test fails there, too; False where the copy is gone. (Its own limit bounds it: see _limit.)"""
        try:
            _WRITE(self._tell, test.encode())
            text = _READ(self._answers, 65536)
        except OSError:
            return False
        return bool(text) and json.loads(text)["verdict"] == "killed"


def _refuse_early_imports() -> None:
    """End when something of eastim is here already: no mutant of it would ever be in its place, and all survive."""
    if here := sorted(name for name in sys.modules if name.partition(".")[0] == "eastim"):
        raise pytest.UsageError(f"imported before any mutant: {', '.join(here)}; a conftest may import it later only")


def _explain_nothing() -> None:
    """Have hypothesis stop at the first example that fails; which one is simplest does not matter here."""
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "mutation",
        parent=settings.get_profile("fast"),
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def _wait(pid: int, out: int, limit_s: float) -> dict[str, Any]:
    """Take the child's word; end it and all that it left behind."""
    said, _, _ = select.select([out], [], [], limit_s)
    text = os.read(out, 65536) if said else b""
    os.close(out)
    if said and not text:
        _, status = os.waitpid(pid, 0)
        answer = {"verdict": "crash", "by": f"ended with {status}", "alone": False, "seconds": 0.0}
    else:
        answer = json.loads(text) if text else {"verdict": "timeout", "by": "all", "alone": False, "seconds": limit_s}
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    _end_orphans()
    return answer


def _end_orphans() -> None:
    """End the grandchildren: the kernel gave them to us, since we asked for that."""
    while True:
        children = _children()
        if not children:
            return
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _children() -> list[int]:
    me = str(os.getpid())
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8").rpartition(") ")[2].split()
        except OSError:
            continue
        if fields[1] == me:
            found.append(int(stat.parent.name))
    return found


def main(file: str, folder: Path, jobs: int, answers: int) -> int:
    """Wait for jobs until the input ends."""
    _die_with_parent()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    sys.path.insert(0, str(ROOT))
    os.environ["TMPDIR"] = str(folder)
    plain = ["-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist", "--tb=line", "-m", "not drill"]
    limits = ["--timeout=0", "--continue-on-collection-errors"]
    start = [f"--basetemp={folder / 'tmp'}", f"--rootdir={ROOT}", "tests/conftest.py"]
    return pytest.main([*plain, *limits, *start], plugins=[Plugin(file, folder, jobs, answers)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
