"""Which test runs which line of eastim: measured once for all modules, kept in .proof/mutation.

A line that runs in a process that a test started counts for that test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from proof.cores import cores
from proof.keep import fingerprint
from proof.mutation.scope import ROOT, files

KEPT = ROOT / ".proof/mutation"
# Real time, other programs, and proofs: none of them is a test of a module.
_NOT_FOR_THIS = ("tests/drills/", "tests/proof/", "tests/house/", "tests/firmware_sim/", "tests/ui/")
SLOW_S = 1.5
LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Cover:
    """seconds: each test that passed, and how long it took; lines: file to line to tests, "" being the import.

    failing: tests that fail as the sources stand. They kill nothing, and no row holds while there are any.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]
    failing: tuple[str, ...] = ()


def sources() -> str:
    """Name what a verdict is true of, as it is now: all that a test may read, but the list of equivalents."""
    return fingerprint(but=("proof/mutation/equivalent.toml",))


def measured() -> str:
    """Name what the map is true of. It says where to look first: an old one could hide a kill, and invent none."""
    total = sha256(sys.version.encode())
    for path in sorted(path for top in ("eastim", "firmware_sim", "tests") for path in (ROOT / top).rglob("*.*")):
        name = str(path.relative_to(ROOT))
        if path.suffix in {".py", ".toml", ".txt"} and not name.startswith(_NOT_FOR_THIS):
            total.update(name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def test_files() -> list[str]:
    found = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py"))
    return [name for name in found if not name.startswith(_NOT_FOR_THIS)]


def helpers() -> list[str]:
    """What those tests share."""
    found = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.py"))
    own = [name for name in found if not Path(name).name.startswith(("test_", "conftest"))]
    return [name for name in own if not name.startswith(_NOT_FOR_THIS)]


def cover() -> Cover:
    """Load the map, or measure it. Raises RuntimeError when that is not possible."""
    place = KEPT / "cover.json"
    raw: dict[str, Any] = json.loads(place.read_text("utf-8")) if place.exists() else {}
    of = measured()
    if raw.get("of") != of:
        raw = {"of": of, **_measure()}
        if measured() != of:
            raise RuntimeError("the sources changed while it was measured which test runs which line; run it again")
        KEPT.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(raw), "utf-8")
        part.rename(place)
    names = [*raw["seconds"], ""]
    lines = {
        file: {int(line): [names[number] for number in numbers] for line, numbers in rows.items()}
        for file, rows in raw["lines"].items()
    }
    return Cover(raw["seconds"], lines, tuple(raw["failing"]))


def _measure() -> dict[str, Any]:
    """Run the tests, shared out to every core by their files, and put the maps together."""
    shares = cores()
    with tempfile.TemporaryDirectory() as folder:
        children = [_start(Path(folder, str(share)), share, shares) for share in range(shares)]
        try:
            for child, log in children:
                child.wait(LIMIT_S)
                if child.returncode != 0:
                    raise RuntimeError(f"the tests can't be run as they stand:\n{log.read_text('utf-8')[-3000:]}")
        finally:
            for child, _ in children:
                child.kill()
                child.wait()
        return _joined([json.loads(Path(folder, str(share), "map").read_text("utf-8")) for share in range(shares)])


def _start(folder: Path, share: int, shares: int) -> tuple[subprocess.Popen[bytes], Path]:
    folder.mkdir()
    environment = {
        **os.environ,
        "EASTIM_COVER": f"{folder}/data",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent / "site"), str(ROOT)]),
    }
    command = [sys.executable, "-m", "proof.mutation.cover", str(folder), str(share), str(shares)]
    log = folder / "log"
    with log.open("wb") as out:
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    return child, log


def _joined(maps: list[dict[str, Any]]) -> dict[str, Any]:
    """One map of many, its tests numbered anew; the last name of each is "", the import."""
    seconds = {name: each["seconds"][name] for each in maps for name in each["seconds"]}
    numbers = {name: number for number, name in enumerate([*seconds, ""])}
    lines: dict[str, dict[str, set[int]]] = {}
    for each in maps:
        names = [*each["seconds"], ""]
        for file, rows in each["lines"].items():
            for line, found in rows.items():
                lines.setdefault(file, {}).setdefault(line, set()).update(numbers[names[at]] for at in found)
    whole = {file: {line: sorted(found) for line, found in rows.items()} for file, rows in lines.items()}
    return {"seconds": seconds, "lines": whole, "failing": [name for each in maps for name in each["failing"]]}


class _Names:
    """Say before each test which one it is, to us and to the processes that it starts.

    What eastim remembers of the tests before is forgotten first: a line that is run once for all would count for one.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.failing: list[str] = []
        self._caches = Caches()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        import coverage

        os.environ["EASTIM_TEST"] = item.nodeid
        self._caches.clear()
        now = coverage.Coverage.current()
        if now is not None:
            now.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = round(report.duration, 4)
        elif report.failed:
            self.failing.append(report.nodeid)


class Caches:
    """What stands in the modules of a package and has a `cache_clear`: functions that remember, and their like."""

    def __init__(self, package: str = "eastim") -> None:
        self._package = package
        self._seen: dict[str, list[Callable[[], None]]] = {}

    def clear(self) -> None:
        """Forget; modules that were loaded since are looked through first."""
        for name in [name for name in sys.modules if name.partition(".")[0] == self._package]:
            if name not in self._seen:
                values = [value for value in vars(sys.modules[name]).values() if not isinstance(value, type)]
                found = [getattr(value, "cache_clear", None) for value in values]
                self._seen[name] = [clear for clear in found if callable(clear)]
        for clears in self._seen.values():
            for clear in clears:
                clear()


def _main(folder: Path, share: int, shares: int) -> int:
    """Be a process that is measured."""
    import coverage

    names = _Names()
    plain = ["-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist", "--tb=line", "-m", "not drill"]
    code = pytest.main([*plain, f"--basetemp={folder / 'tmp'}", *test_files()[share::shares]], plugins=[names])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return int(code)
    now = coverage.Coverage.current()
    if now is None:
        return 70
    now.stop()
    now.save()
    now.combine([str(folder)], keep=False)
    kept = {name: seconds for name, seconds in names.seconds.items() if seconds <= SLOW_S and name not in names.failing}
    lines = dict(_lines(now.get_data(), {name: number for number, name in enumerate([*kept, ""])}))
    (folder / "map").write_text(json.dumps({"seconds": kept, "lines": lines, "failing": names.failing}), "utf-8")
    return 0


def _lines(data: Any, numbers: dict[str, int]) -> Iterator[tuple[str, dict[int, list[int]]]]:
    for file in files():
        by_line: dict[int, list[str]] = data.contexts_by_lineno(str(ROOT / file))
        yield file, {line: [numbers[test] for test in tests if test in numbers] for line, tests in by_line.items()}


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
