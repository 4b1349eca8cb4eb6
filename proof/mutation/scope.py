"""Which modules are mutated, and the row of each."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from proof.row import Row

ROOT = Path(__file__).parents[2]
_FILES = (
    "eastim/ledger.py",
    "eastim/ledger_verify.py",
    *(f"eastim/drivers/ea1/{name}.py" for name in ("codec", "program", "check", "replies", "driver")),
    "eastim/profiles/profile.py",
    "eastim/safety/limits.toml",
    "eastim/profiles/ea1.toml",
    "eastim/profiles/sim.toml",
)
BOUNDED = "eastim/safety/interlock.py"


@cache
def files() -> tuple[str, ...]:
    """Every file that is mutated, from the root of the project; none that holds nothing but words and imports."""
    safety = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "eastim/safety").rglob("*.py"))
    return tuple(file for file in (*safety, *_FILES) if file.endswith(".toml") or _does_something(file))


def row_name(file: str) -> str:
    """`mutation:readers.ea1` for eastim/safety/readers/ea1.py."""
    short = file.removeprefix("eastim/").removeprefix("safety/").removeprefix("drivers/").removesuffix(".py")
    return f"mutation:{short.replace('/', '.')}"


def rows() -> tuple[Row, ...]:
    """One row for each file."""
    return tuple(
        Row(
            row_name(file),
            f"every mutant of {file} that is not equivalent fails a test",
            "proof.mutation.run:prove",
            at_least=1,
            part=file,
            in_test=file == BOUNDED,
        )
        for file in files()
    )


def module_of(file: str) -> str:
    """The name under which Python imports a file."""
    return file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def _does_something(file: str) -> bool:
    return any(
        not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)
        for node in ast.parse((ROOT / file).read_text("utf-8")).body
    )
