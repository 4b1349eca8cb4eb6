"""The guard starts without numpy, pydantic or waveforms; import-linter does not follow package files, so look."""

from __future__ import annotations

import json
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Lines of code of ours that the guard loads, comments and docstrings left out. Who needs more says why in the commit.
BUDGET = 5_100
OURS_AND_PYTHON = {"eastim", "__main__", *sys.stdlib_module_names, *sys.builtin_module_names}
LOOK = """
import json, sys
before = set(sys.modules)
import eastim.safety.process
import serial  # as transports does when a port is opened
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Modules that a fresh interpreter holds once the guard process is imported whole."""
    run = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True, timeout=30)
    return set(json.loads(run.stdout))


@pytest.mark.hazard("H45")
def test_the_guard_loads_nothing_foreign_but_pyserial(loaded: set[str]) -> None:
    assert {name.split(".")[0] for name in loaded} - OURS_AND_PYTHON == {"serial"}


def test_the_guard_loads_no_room_above_safety(loaded: set[str]) -> None:
    above = ("eastim.waveforms", "eastim.drivers", "eastim.player", "eastim.treatment", "eastim.ui", "eastim.plan")

    assert {name for name in loaded if name.startswith(above)} == set()


def test_the_guard_loads_its_own_judge(loaded: set[str]) -> None:
    """Else the two tests above could pass by looking at nothing."""
    assert {"eastim.safety.guard", "eastim.safety.judge", "eastim.transports"} <= loaded


def code_lines(path: Path) -> int:
    """Lines that hold code: a token that is neither a comment nor a string that stands alone."""
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    begins = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    none = {*begins, tokenize.COMMENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for before, token in zip([None, *tokens], tokens, strict=False):
        stands_alone = token.type == tokenize.STRING and (before is None or before.type in begins)
        if token.type not in none and not stands_alone:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines)


def test_code_lines_are_counted_without_words(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text('"""Say.\n\nMore.\n"""\n\n# why\ndef f() -> str:\n    """Do."""\n    return """a\nb"""  # c\n')

    assert code_lines(path) == 3


@pytest.mark.hazard("H42")
def test_the_guard_stays_small_enough_to_be_read(loaded: set[str]) -> None:
    names = [name.replace(".", "/") for name in loaded if name.split(".")[0] == "eastim"]
    files = [path for name in names for path in (ROOT / f"{name}.py", ROOT / name / "__init__.py") if path.exists()]

    assert len(files) == len(names)
    assert sum(map(code_lines, files)) <= BUDGET
