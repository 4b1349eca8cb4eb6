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
    _known: dict[str, tuple[str, ...]] = field(init=False, default_factory=dict)
    _found: dict[tuple[int, int] | None, dict[str, dict[str, float]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for tests in self.cover.lines.get(self.file, {}).values():
            self.reach.update({_file(test) for test in tests})
        known: dict[str, list[str]] = {}
        for test in self.cover.seconds:
            known.setdefault(_file(test), []).append(test)
        self._known = {file: tuple(tests) for file, tests in known.items()}

    def stages(self, mutant: Mutant | TableMutant) -> list[Stage]:
        """The runs that try a mutant one after another until one kills it; no run when no test reaches it."""
        tests = self._tests(mutant)
        ordered = sorted(tests, key=self._rank)
        near, further, far, rest = (ordered[a:b] for a, b in pairwise((0, _NEAR, _FURTHER, _FAR, None)))
        late = sorted(file for file in (*near, *further, *far) if any(map(_is_slow, tests[file].values())))
        parts = ((near, False), (further, False), (far, False), (late, True), (rest, None))
        stages = [self._stage(files, tests, slow) for files, slow in parts]
        return [stage for stage in stages if stage.tests]

    def _stage(self, files: list[str], tests: dict[str, dict[str, float]], slow: bool | None) -> Stage:
        """These files with their tests; slow: only those that are, or are not; None: all."""
        asked = {
            test: seconds
            for file in files
            for test, seconds in tests[file].items()
            if slow is None or _is_slow(seconds) is slow
        }
        return Stage(tuple(files), asked, tuple(test for file in files for test in self._known[file]))

    def only(self, test: str) -> Stage:
        """A run of one test."""
        return Stage((_file(test),), {test: self.cover.seconds[test]}, self._known[_file(test)])

    def killed_by(self, test: str) -> None:
        self.kills[_file(test)] += 1

    def _tests(self, mutant: Mutant | TableMutant) -> dict[str, dict[str, float]]:
        """By file, the tests that run a mutant's lines, with their seconds."""
        where = None if isinstance(mutant, TableMutant) or mutant.loaded else mutant.lines
        if where not in self._found:
            found: dict[str, dict[str, float]] = {}
            for test in self._reaching(where):
                found.setdefault(_file(test), {})[test] = self.cover.seconds[test]
            self._found[where] = found
        return self._found[where]

    def _reaching(self, where: tuple[int, int] | None) -> list[str]:
        """The tests that run lines first to last; all of them where those run at import, or nobody knows."""
        lines = self.cover.lines.get(self.file, {})
        if where is not None:
            found = {test for line in range(where[0], where[1] + 1) for test in lines.get(line, ())}
            if "" not in found:
                return sorted(found)
        return list(self.cover.seconds)

    def _rank(self, file: str) -> tuple[int, int, int, str]:
        mine, its = _words(self.file), _words(file)
        return -self.kills[file] - 10 * len(mine & its), -self.reach[file], len(its - mine), file


def _is_slow(seconds: float) -> bool:
    return seconds > _QUICK_S


def _file(test: str) -> str:
    return test.partition("::")[0]


def _words(path: str) -> set[str]:
    names = re.split(r"[/_.]", path.removesuffix(".py").removesuffix(".toml"))
    return {name.removesuffix("s") for name in names} - {"eastim", "test", "safety", "part"}
