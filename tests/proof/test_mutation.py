"""The mutation of our own modules: which mutants there are, and what counts as a kill."""

from __future__ import annotations

import ast
import marshal
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from proof.mutation import run
from proof.mutation.choice import Choice, Stage
from proof.mutation.cover import Cover
from proof.mutation.finder import Mutant, mutants
from proof.mutation.judge import Judge, Module, Verdict
from proof.mutation.pool import Worker
from proof.mutation.scope import ROOT, files, rows
from proof.mutation.tables import TableMutant, table_mutants


def changes(source: str) -> list[tuple[str, str]]:
    return [(mutant.before, mutant.after) for mutant in mutants(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("a = b < c", "a = b <= c"),
        ("a = b < c", "a = b >= c"),
        ("a = b in c", "a = b not in c"),
        ("a = b + c", "a = b - c"),
        ("a = b // c", "a = b * c"),
        ("a = not b", "a = b"),
        ("a = b and c", "a = b or c"),
        ("a = b and c", "a = c"),
        ("LIMIT = 50", "LIMIT = 51"),
        ("LIMIT = 50", "LIMIT = 49"),
        ("LIMIT = 50", "LIMIT = 0"),
        ("a = True", "a = False"),
        ("a = f('stop')", "a = f('stop~x')"),
        ("a = b == 'two words'", "a = b == 'two words~x'"),
        ("a = Struct('<HB')", "a = Struct('>HB')"),
        ("a = Struct('<HB')", "a = Struct('<hB')"),
        ("a = S.OFF, S.ON", "a = (S.ON, S.ON)"),
        ("a = {'b': 1}", "{..., ...}"),
        ("ALLOWED = (b, c)", "(..., ...)"),
        ("a = b[c:]", "a = b[:]"),
        ("a = min(b, c)", "a = max(b, c)"),
        ("a = any(b)", "a = all(b)"),
        ("a = sorted(b)", "a = list(b)"),
        ("a = b(c=d)", "a = b()"),
        ("if a:\n    b()", "False"),
        ("if a:\n    b()", "True"),
        ("while a:\n    b()", "False"),
        ("for a in b:\n    c()", "()"),
        ("def f():\n    return g()", "return None"),
        ("f(a)", "pass"),
        ("a.b = c", "pass"),
        ("if a:\n    raise b", "pass"),
        ("with suppress(E):\n    f()", "if True: ..."),
        ("try:\n    f()\nexcept (A, B):\n    g()", "(..., ...)"),
        ("try:\n    f()\nexcept A:\n    g()", "except ():\n    g()"),
        ("def f(a):\n    if a:\n        return\n    g()", "pass"),
        ("def f(a):\n    if a:\n        return None\n    return g()", "pass"),
        ("def f(a):\n    for b in a:\n        return", "pass"),
        ("def f(a):\n    try:\n        return\n    except A:\n        pass\n    else:\n        g()", "pass"),
        ("def f(a):\n    a = g(a)\n    return a", "pass"),
        ("def f():\n    a = 1\n    if b:\n        a = c\n    return a", "pass"),
        ("def f(self):\n    self.a: int = b", "pass"),
        ("class A:\n    find: int = NEVER", "find: int = 0"),
        ("a = f'human_{b}'", "a = f'human_~x{b}'"),
    ],
)
def test_a_module_has_this_mutant(source: str, after: str) -> None:
    assert after in [new for _, new in changes(source)]


@pytest.mark.parametrize(
    "source",
    [
        '"""Words."""',
        "import a",
        "def f(a: int, b: str) -> bool:\n    pass",
        "def f(a):\n    b = a",
        "def f(a):\n    b = a\n    return None",
        "def f(a):\n    try:\n        b = a\n    finally:\n        return",
        "def f():\n    a: int",
        "a = 'a sentence is for people'",
        "Use = Literal['a', 'b']",
        "Reply = A | B",
        "a = f'{b + 1} of them'",
        "if TYPE_CHECKING:\n    a = 1",
        "if __name__ == '__main__':\n    main(1)",
        "@cache\ndef f():\n    pass",
        "class A:\n    def __repr__(self):\n        return g(1)",
    ],
)
def test_a_module_has_no_mutant_of_this(source: str) -> None:
    assert changes(source) == []


def test_the_words_of_an_error_are_left_alone_and_its_raise_is_not() -> None:
    assert changes("if a:\n    raise E('word', f'{b + 1}')")[2:] == [("raise E('word', f'{b + 1}')", "pass")]


def test_every_entry_of_a_table_is_left_out_once() -> None:
    left_out = [before for before, _ in changes("ALLOWED = (b, c, d)")]

    assert left_out == ["(..., b, ...)", "(..., c, ...)", "(..., d, ...)"]


def test_a_mutant_keeps_its_name_when_something_else_is_edited() -> None:
    before = {mutant.id for mutant in mutants(ast.parse("def f():\n    return a < 1"))}
    after = {mutant.id for mutant in mutants(ast.parse("X = 9\n\n\ndef f():\n    g()\n    return a < 1"))}

    assert before < after


def test_two_mutants_never_share_a_name() -> None:
    names = [mutant.id for mutant in mutants(ast.parse("def f():\n    g(1)\n    g(1)\n    return 1 + 1"))]

    assert len(set(names)) == len(names)


def test_a_table_has_its_numbers_and_its_lines_mutated_and_not_its_words_for_people() -> None:
    found = table_mutants('[[bound]]\nname = "peak"\nsays = "the peak"\nhuman = 50\n')

    section, *lines = found
    assert [mutant.after for mutant in lines] == ["", 'name = "peak~x"', "", "human = 51", "human = 49", "human = 0"]
    assert lines[3].text('[[bound]]\nname = "peak"\nsays = "the peak"\nhuman = 50\n').endswith("human = 51\n")
    assert section.text('[[bound]]\nname = "peak"\nsays = "the peak"\nhuman = 50\n') == ""


def test_each_section_of_a_table_is_left_out_once() -> None:
    source = "[[bound]]\nhuman = 50\n\n[[bound]]\nhuman = 60\n"
    left_out = [mutant.text(source) for mutant in table_mutants(source) if mutant.operator == "section"]

    assert left_out == ["\n[[bound]]\nhuman = 60\n", "[[bound]]\nhuman = 50\n\n"]


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


def test_quick_tests_of_near_files_come_first_and_their_slow_ones_before_those_of_all_others() -> None:
    seconds = {"text": 0.1, "text_a": 0.3, "text_a_b": 0.1, "text_a_b_c": 0.31, "lines": 0.1, "text_a_slow": 1.0}
    seconds |= {f"other{number:02}": 0.1 for number in range(12)}
    tests = {f"tests/test_{name.removesuffix('_slow')}.py::{name}": s for name, s in seconds.items()}
    [mutant, *_] = mutants(ast.parse(ADDS))
    ran = {2: [*tests], 1: ["tests/test_lines.py::lines"]}
    choice = Choice("eastim/text.py", Cover(tests, {"eastim/text.py": ran}))

    found = [sorted(test.partition("::")[2] for test in stage.tests or ()) for stage in choice.stages(mutant)]

    far = ["lines", *(f"other{number:02}" for number in range(11))]
    assert found == [["text"], ["text_a", "text_a_b"], far, ["text_a_b_c", "text_a_slow"], ["other11"]]


MODULE = Module("eastim/text.py", ADDS)
NAMES = [mutant.id for mutant in MODULE.mutants]
KILLED = dict.fromkeys(NAMES, Verdict("killed", "a test", 0.1))


def test_a_module_whose_mutants_are_all_killed_holds() -> None:
    found = run.finding(MODULE, KILLED, {})

    assert found.ok and found.count == len(NAMES)


@pytest.mark.parametrize("word", ["survived", "timeout", "crash", "unsound"])
def test_a_mutant_that_is_not_killed_refutes_the_claim(word: str) -> None:
    assert not run.finding(MODULE, {**KILLED, NAMES[0]: Verdict(word, "", 0.1)}, {}).ok


def test_a_mutant_that_was_not_tried_refutes_the_claim() -> None:
    found = run.finding(MODULE, {name: KILLED[name] for name in NAMES[1:]}, {})

    assert found.failures == (f"not tried: {NAMES[0]}",)


def test_an_equivalent_may_survive() -> None:
    verdicts = {**KILLED, NAMES[0]: Verdict("survived", "", 0.1)}

    assert run.finding(MODULE, verdicts, {NAMES[0]: "nobody can see it"}).ok


def test_an_equivalent_that_is_killed_or_gone_or_unexplained_refutes_the_claim() -> None:
    listed = {NAMES[0]: "nobody can see it", "f:gone:00000000": "nobody can see it"}

    assert len(run.finding(MODULE, KILLED, listed).failures) == 2
    assert not run.finding(MODULE, {**KILLED, NAMES[0]: Verdict("survived", "", 0.1)}, {NAMES[0]: ""}).ok


@pytest.mark.parametrize("word", ["timeout", "crash", "unsound"])
def test_an_equivalent_that_did_not_plainly_survive_refutes_the_claim(word: str) -> None:
    verdicts = {**KILLED, NAMES[0]: Verdict(word, "", 0.1)}

    assert not run.finding(MODULE, verdicts, {NAMES[0]: "nobody can see it"}).ok


def test_a_module_of_which_no_mutant_can_be_imported_does_not_hold() -> None:
    assert not run.finding(MODULE, dict.fromkeys(NAMES, Verdict("stillborn", "", 0.1)), {}).ok


def test_every_file_that_safety_rests_on_has_a_row() -> None:
    parts = {row.part for row in rows()}
    drivers = {str(path.relative_to(ROOT)) for path in (ROOT / "eastim/drivers").glob("*/*.py")}
    tables = {str(path.relative_to(ROOT)) for path in (ROOT / "eastim/profiles").glob("*.toml")}

    words_of_a_plan = "eastim/drivers/ea1/show.py"
    assert {path for path in drivers if not path.endswith("__init__.py")} - {words_of_a_plan} <= parts
    assert {"eastim/safety/judge.py", "eastim/ledger.py", "eastim/profiles/profile.py", *tables} <= parts
    assert "eastim/safety/limits.toml" in parts
    assert all((ROOT / part).exists() for part in parts)
    assert sum(row.in_test for row in rows()) == 1


def test_at_most_one_mutant_in_a_hundred_is_called_equivalent() -> None:
    listed = tomllib.loads(run.EQUIVALENT.read_text("utf-8")).get("equivalent", [])

    assert {row["module"] for row in listed} <= set(files())
    assert len(listed) * 100 <= sum(len(Module(file).mutants) for file in files())


def test_no_operator_is_lost() -> None:
    """Of all files together; a change of the sources may move it, a lost operator would take hundreds."""
    assert sum(len(Module(file).mutants) for file in files()) > 10_800
