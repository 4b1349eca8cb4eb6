"""Which tests try a mutant, in which order: those of its own file first, then whoever runs its lines."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from proof.mutation.cover import Cover
from proof.mutation.finder import Mutant
from proof.mutation.tables import TableMutant

_NEAR, _FURTHER, _FAR = 1, 4, 16  # files; to collect all of them takes seconds
# What a slow test finds, a quick one of the same files finds nearly always.
_QUICK_S = 0.3


@dataclass(frozen=True, slots=True)
class Stage:
    """One run of a child. tests: which, with their seconds; None is every test of the files."""

    files: tuple[str, ...]
    tests: dict[str, float] | None
    known: tuple[str, ...] = ()

    @property
    def limit_s(self) -> float:
        return 60.0 + 10.0 * sum((self.tests or {}).values())


@dataclass(slots=True)
class Choice:
    """The order learns: a test file that has killed many mutants of this module is tried early.

    reach: how many lines of the module each test file runs.
    """

    file: str
    cover: Cover
    kills: Counter[str] = field(default_factory=Counter)
    reach: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        for tests in self.cover.lines.get(self.file, {}).values():
            self.reach.update({_file(test) for test in tests})

    def stages(self, mutant: Mutant | TableMutant) -> list[Stage]:
        """The runs that try a mutant one after another until one kills it; no run when no test reaches it."""
        tests = self._tests(mutant)
        ordered = sorted({_file(test) for test in tests}, key=self._rank)
        near, further, far, rest = (ordered[a:b] for a, b in pairwise((0, _NEAR, _FURTHER, _FAR, None)))
        quick = [test for test in tests if self.cover.seconds[test] <= _QUICK_S]
        slow = [test for test in tests if self.cover.seconds[test] > _QUICK_S]
        late = sorted({_file(test) for test in slow} - {*rest})
        parts = ((near, quick), (further, quick), (far, quick), (late, slow), (rest, tests))
        stages = [self.stage(*part) for part in parts]
        return [stage for stage in stages if stage.tests]

    def stage(self, files: list[str], tests: list[str]) -> Stage:
        asked = {test: self.cover.seconds[test] for test in tests if _file(test) in files}
        return Stage(tuple(files), asked, tuple(test for test in self.cover.seconds if _file(test) in files))

    def only(self, test: str) -> Stage:
        """A run of one test."""
        return self.stage([_file(test)], [test])

    def killed_by(self, test: str) -> None:
        self.kills[_file(test)] += 1

    def _tests(self, mutant: Mutant | TableMutant) -> list[str]:
        everyone = list(self.cover.seconds)
        if isinstance(mutant, TableMutant) or mutant.loaded:
            return everyone
        lines = self.cover.lines.get(self.file, {})
        first, last = mutant.lines
        found = {test for line in range(first, last + 1) for test in lines.get(line, ())}
        return everyone if "" in found else sorted(found)

    def _rank(self, file: str) -> tuple[int, int, int, str]:
        mine, its = _words(self.file), _words(file)
        return -self.kills[file] - 10 * len(mine & its), -self.reach[file], len(its - mine), file


def _file(test: str) -> str:
    return test.partition("::")[0]


def _words(path: str) -> set[str]:
    names = re.split(r"[/_.]", path.removesuffix(".py").removesuffix(".toml"))
    return {name.removesuffix("s") for name in names} - {"eastim", "test", "safety", "part"}
