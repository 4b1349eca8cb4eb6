"""What a worker imports before any mutant: all modules that take nothing from the module to be mutated, and no tests.

Found out by trying: while the others are imported, whoever needs that module (or reads that table) fails, and is left
to the children. So nothing that is here has a name of it, and a child has to import only what the mutant can change.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from proof.mutation.cover import helpers
from proof.mutation.scope import ROOT, module_of

_OURS = ("eastim", "firmware_sim", "tests", "proof", "benchmarks")


class _Needed(BaseException):
    """Say that somebody wants what is mutated. No `except` but ours may take it for an answer."""


class _OutOfReach(MetaPathFinder):
    def __init__(self, module: str) -> None:
        self._module = module

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:  # noqa: ARG002
        if fullname == self._module:
            raise _Needed(fullname)


def load(file: str) -> None:
    """Import what can be imported without a file (from the root of the project); raises RuntimeError, see `_stale`."""
    with _out_of_reach(file):
        for name in _names():
            try:
                importlib.import_module(name)
            except _Needed:
                continue
    if stale := sorted(set(_stale())):
        raise RuntimeError(f"{', '.join(stale)} kept something of a module that is not there: is there a ring?")


def _names() -> list[str]:
    files = sorted(path for top in ("eastim", "firmware_sim") for path in (ROOT / top).rglob("*.py"))
    names = [module_of(file) for file in (*(str(path.relative_to(ROOT)) for path in files), *helpers())]
    return [name for name in names if not name.endswith("__main__")]


@contextmanager
def _out_of_reach(file: str) -> Iterator[None]:
    """Refuse a module to whoever imports it, a table to whoever reads it."""
    place, before, kept = (ROOT / file).resolve(), Path.read_text, _OutOfReach(module_of(file))

    def read_text(self: Path, *arguments: Any, **named: Any) -> str:
        if self.resolve() == place:
            raise _Needed(file)
        return before(self, *arguments, **named)

    Path.read_text = read_text  # type: ignore[method-assign]
    sys.meta_path.insert(0, kept)
    try:
        yield
    finally:
        sys.meta_path.remove(kept)
        Path.read_text = before  # type: ignore[method-assign]


def _stale() -> Iterator[str]:
    """Modules with, at their top level, something of one that is not here: of a ring of modules one may have failed."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in _OURS:
            continue
        for value in vars(module).values():
            home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
            if isinstance(home, str) and home.partition(".")[0] in _OURS and home not in sys.modules:
                yield name
