"""The mutation of our own modules: which mutants there are, and what counts as a kill."""

from __future__ import annotations

import ast
import tomllib

import pytest

from proof.mutation import run
from proof.mutation.choice import Choice
from proof.mutation.cover import Cover
from proof.mutation.finder import mutants
from proof.mutation.judge import Module, Verdict
from proof.mutation.scope import ROOT, files, rows
from proof.mutation.tables import table_mutants


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


ADDS = "def f(a):\n    return a + 1\n"


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
