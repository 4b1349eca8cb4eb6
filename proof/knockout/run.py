"""The knock-out proof: `python -m proof knockout`, or `python -m proof.knockout H05` for one hazard while writing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from proof.knockout.table import ROOT, Knockout, controls, knockouts, tests_of
from proof.realtime import is_real
from proof.row import Finding, Say, Size
from tests.house.tree import committed

_WITHIN_S = 240
_REAL = ("tests/drills/", "tests/proof/")
_SHARE = 36  # the bounded proof tries one in so many


def prove(size: Size, say: Say) -> Finding:
    """Switch off every control; first see that the hazards' tests pass with all of them on.

    The share of `make test` leaves the second out: there those tests have just passed.
    """
    chosen = knockouts() if size == "full" else knockouts()[::_SHARE]
    failures = [f"{hazard}: nothing switches off {part!r}" for hazard, part in unproven()]
    hazards = sorted({one.hazard for one in chosen})
    with ThreadPoolExecutor(2) as pool:
        seen = hazards if size == "full" else []
        for hazard, failed in zip(seen, pool.map(_baseline, seen), strict=True):
            failures += [f"{hazard}: with every control on, {failed[0]} fails"] if failed else []
            say(f"baseline of {hazard}")
        for one, caught in zip(chosen, pool.map(knock, chosen), strict=True):
            failures += [] if caught else [f"{one.name}: switched off, and no test of {one.hazard} fails"]
            say(one.name)
    switched_off = {(one.hazard, one.control) for one in chosen}
    simulated = sum(one.file.startswith("firmware_sim/") for one in chosen)
    figures = {"hazards": str(len(hazards)), "changes": f"{len(chosen)}, {simulated} of them of the simulated device"}
    return Finding(len(switched_off), "controls switched off", figures, tuple(failures))


def unproven() -> list[tuple[str, str]]:
    """The controls that no knock-out switches off."""
    proven = {(one.hazard, one.control) for one in knockouts()}
    return [(hazard, part) for hazard, parts in controls().items() for part in parts if (hazard, part) not in proven]


def knock(one: Knockout) -> list[str]:
    """Switch one control off in a copy; the tests of its hazard that fail there."""
    failed = _failed(one.hazard, one, tests_of(one.hazard))
    if not failed or not _may_fail_by_chance(failed):
        return failed
    # What failed may have failed without the control being off: the same test passes with it on, and fails again.
    return [] if _failed(one.hazard, None, failed[:1]) else _failed(one.hazard, one, failed[:1])


def _baseline(hazard: str) -> list[str]:
    """What fails with every control on, of the very tests, in the very order, that a knock-out of the hazard runs."""
    failed = _failed(hazard, None, tests_of(hazard))
    return _failed(hazard, None, tests_of(hazard)) if _may_fail_by_chance(failed) else failed


def _may_fail_by_chance(failed: Sequence[str]) -> bool:
    """Tell who lives in real time, on a machine that does other things, too: what counts has to come twice."""
    files = [test.partition("::")[0] for test in failed]
    return any(file.startswith(_REAL) or ((ROOT / file).is_file() and is_real(file)) for file in files)


def _failed(hazard: str, one: Knockout | None, tests: Sequence[str]) -> list[str]:
    """Run the tests of a hazard in a copy, with a control switched off there or none."""
    with tempfile.TemporaryDirectory(prefix="eastim-knockout-") as folder:
        copy = Path(folder) / "tree"
        copy_tree(copy)
        if one is not None:
            one.apply(copy)
        failed = Path(folder) / "failed"
        failed.touch()
        words = ["-q", "-x", "-p", "proof.knockout.select", "-p", "no:cacheprovider", *tests]
        env = {**os.environ, "PYTHONPATH": str(copy), "EASTIM_HAZARD": hazard, "EASTIM_FAILED": str(failed)}
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", *words], cwd=copy, env=env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as child:  # fmt: skip
            try:
                child.wait(_WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        if one is None and child.returncode != 0 and not failed.read_text("utf-8"):
            return [f"pytest itself ({child.returncode})"]
        return failed.read_text("utf-8").splitlines()


def copy_tree(to: Path) -> None:
    """Copy what is or could be committed; the copy is no git tree."""
    for name in committed():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)
