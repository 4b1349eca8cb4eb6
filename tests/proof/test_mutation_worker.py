"""What comes of a mutant: a test file is run against it in a child of a warm pytest."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from proof.mutation.choice import Choice, Stage
from proof.mutation.cover import Cover
from proof.mutation.finder import Mutant
from proof.mutation.judge import Judge, Module, Verdict
from proof.mutation.pool import Worker
from proof.mutation.scope import ROOT
from proof.mutation.tables import TableMutant


def verdict(tmp_path: Path, source: str, mutant: str, test: str, worker: Worker) -> Verdict:
    """Put `source` in the place of eastim/text.py, mutate it to `mutant`, and run one test file against that."""
    module = Module("eastim/text.py", source)
    file = tmp_path / "test_it.py"
    file.write_text(f"import os, subprocess, sys, time, pytest\nfrom eastim import text\n{test}", "utf-8")
    [chosen] = [each for each in module.mutants if mutant in each.after][:1]
    judge = Judge(module, Choice(module.file, Cover({}, {})))
    return judge.over([Stage((str(file),), None)], module.data(chosen), worker)


ADDS = "def f(a):\n    return a + 1\n"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker("eastim/text.py") as warm:
        yield warm


@pytest.mark.parametrize(
    ("source", "mutant", "test", "expected"),
    [
        (ADDS, "a - 1", "assert text.f(2) == 3", "killed"),
        (ADDS, "a - 1", "assert callable(text.f)", "survived"),
        (ADDS, "a - 1", "assert text.f(2) == 4", "unsound"),
        (ADDS, "a - 1", "if text.f(2) != 3: os.abort()", "crash"),
        (ADDS, "a - 1", "if text.f(2) != 3: os._exit(1)", "crash"),
        (ADDS, "a - 1", "while text.f(2) != 3: time.sleep(0.01)", "timeout"),
        ("X = 1\nif X != 1:\n    raise ValueError\n", "X = 2", "assert text.X == 1", "stillborn"),
    ],
)
def test_only_a_test_that_fails_kills(
    source: str, mutant: str, test: str, expected: str, tmp_path: Path, worker: Worker
) -> None:
    assert verdict(tmp_path, source, mutant, f"def test_it():\n    {test}\n", worker).verdict == expected


@pytest.fixture
def always_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("always_switching")
def test_mutants_that_two_workers_ask_for_at_once_do_not_mix() -> None:
    module = Module("eastim/text.py", "".join(f"def f{n}(a):\n    return a + {n}\n" for n in range(40)))
    third, fourth = (next(mutant for mutant in module.mutants if mutant.after == f"return a - {n}") for n in (3, 4))

    def seen(mutant: Mutant | TableMutant | None) -> set[tuple[int, int]]:
        return {_third_and_fourth(module.data(mutant) if mutant else module.unmutated) for _ in range(30)}

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(seen, [third, fourth, None])) == [{(7, 14)}, {(13, 6)}, {(13, 14)}]


def _third_and_fourth(mutant: tuple[str, bytes]) -> tuple[int, int]:
    names: dict[str, Any] = {}
    exec(marshal.loads(mutant[1]), names)
    return names["f3"](10), names["f4"](10)


@pytest.mark.parametrize("what", ["eastim.units", str(ROOT / "eastim/safety/limits.toml")])
def test_a_mutant_that_comes_too_late_for_its_place_is_no_survivor(what: str, tmp_path: Path, worker: Worker) -> None:
    """The worker is one for eastim/text.py, so it has imported, or read, all else."""
    file = tmp_path / "test_it.py"
    file.write_text("def test_it():\n    pass\n", "utf-8")
    found = worker.run(Stage((str(file),), None), (what, marshal.dumps(compile("", what, "exec"))))

    assert found.verdict == "crash"
    assert found.by == f"{what} was here before its mutant"


def test_a_test_that_fails_only_after_another_kills_nothing(tmp_path: Path, worker: Worker) -> None:
    first = "LEFT = []\n\n\ndef test_first():\n    LEFT.append(text.f(2))\n\n\n"
    second = "def test_second():\n    assert LEFT != [1]\n"

    assert verdict(tmp_path, ADDS, "a - 1", first + second, worker).verdict == "unsound"


@pytest.mark.parametrize(("second", "alone"), [("text.f(2) == 3", True), ("not LEFT", False)])
def test_a_kill_is_tried_again_in_a_copy_that_has_called_no_test(
    second: str, alone: bool, tmp_path: Path, worker: Worker
) -> None:
    test = "LEFT = []\n\ndef test_first():\n    LEFT.append(1)\n\n"
    file = tmp_path / "test_it.py"
    file.write_text(f"from eastim import text\n{test}def test_second():\n    assert {second}\n", "utf-8")
    mutant = "eastim.text", marshal.dumps(compile("def f(a):\n    return a - 1\n", "text.py", "exec"))

    found = worker.run(Stage((str(file),), None), mutant)

    assert (found.verdict, found.alone) == ("killed", alone)


def test_a_test_that_ends_the_copy_can_kill_too(tmp_path: Path, worker: Worker) -> None:
    test = "def test_first():\n    pass\n\ndef test_it():\n    from tests.conftest import children\n"
    test += "    [os.kill(pid, 9) for pid in children()]\n    assert text.f(2) == 3\n"

    assert verdict(tmp_path, ADDS, "a - 1", test, worker).verdict == "killed"


def test_what_a_failing_test_holds_makes_no_kill_of_chance(tmp_path: Path, worker: Worker) -> None:
    """It fails once by chance, while it holds a name that its second try, in the copy, then can't have."""
    test = f"""SOCKET = "\\0{tmp_path.name}-" + str(os.getpid())
def test_it():
    import socket
    held = socket.socket(socket.AF_UNIX)
    held.bind(SOCKET)
    if not os.path.exists({str(tmp_path / "once")!r}):
        open({str(tmp_path / "once")!r}, "w").close()
        assert False
"""
    assert verdict(tmp_path, ADDS, "a - 1", test, worker).verdict == "unsound"


def test_an_error_in_a_fixture_kills_nothing(tmp_path: Path, worker: Worker) -> None:
    test = "@pytest.fixture\ndef two():\n    assert text.f(1) == 2\n\n\ndef test_it(two):\n    pass\n"

    assert verdict(tmp_path, ADDS, "a - 1", test, worker).verdict == "crash"


def test_an_error_while_tests_are_collected_kills_nothing(tmp_path: Path, worker: Worker) -> None:
    assert verdict(tmp_path, ADDS, "a - 1", "assert text.f(1) == 2\n", worker).verdict == "crash"


def test_a_test_that_stands_in_for_the_kernel_can_kill_too(tmp_path: Path, worker: Worker) -> None:
    test = "def test_it(monkeypatch):\n    monkeypatch.setattr(os, 'write', None)\n    assert text.f(2) == 3\n"

    assert verdict(tmp_path, ADDS, "a - 1", test, worker).verdict == "killed"


def test_a_process_that_a_test_starts_runs_the_mutant_too(tmp_path: Path, worker: Worker) -> None:
    test = """def test_it():
        code = "from eastim import text; print(text.f(2))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert done.stdout == b"3\\n"
    """

    assert verdict(tmp_path, ADDS, "a - 1", test, worker).verdict == "killed"
