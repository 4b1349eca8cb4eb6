"""Put a mutant in the place of its module, in this process or, through the environment, in every child of it.

EASTIM_MUTANT=MODULE:FILE means: load MODULE from FILE, which holds marshalled code. EASTIM_MUTANT=PATH:FILE with a PATH
that ends with .toml means: who reads PATH reads FILE. Python imports a `sitecustomize` that stands on PYTHONPATH by
itself, so that the guard's process, too, runs the mutant.

EASTIM_COVER=FILE says: measure which lines of eastim this process runs, for the test named in EASTIM_TEST.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


class _Loader(SourceFileLoader):
    """Load a module as if from its file, with other code in it."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002, as importlib calls it
        return self._code


class _Finder(MetaPathFinder):
    def __init__(self, module: str, code: CodeType) -> None:
        self._module, self._code = module, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._code)
        return spec


def inject(what: str, file: str) -> None:
    """Put the mutant that `file` holds in the place of the module or the TOML file `what`."""
    data = Path(file).read_bytes()
    if what.endswith(".toml"):
        _inject_text(Path(what).resolve(), data.decode())
    else:
        sys.meta_path.insert(0, _Finder(what, marshal.loads(data)))


def _inject_text(path: Path, text: str) -> None:
    before = Path.read_text

    def read_text(self: Path, *arguments: Any, **named: Any) -> str:
        return text if self.resolve() == path else before(self, *arguments, **named)

    Path.read_text = read_text  # type: ignore[method-assign]


def _measure(file: str) -> None:
    import atexit

    import coverage

    measured = coverage.Coverage(data_file=file, data_suffix=True, config_file=False, source=["eastim"])
    measured.start()
    measured.switch_context(os.environ.get("EASTIM_TEST", ""))

    def save() -> None:
        measured.stop()
        measured.save()

    atexit.register(save)


if os.environ.get("EASTIM_MUTANT"):
    inject(*os.environ["EASTIM_MUTANT"].rsplit(":", 1))
if os.environ.get("EASTIM_COVER"):
    _measure(os.environ["EASTIM_COVER"])
