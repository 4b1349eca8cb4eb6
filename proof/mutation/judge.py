"""Try one mutant: run by run, until a test kills it or none is left."""

from __future__ import annotations

import ast
import marshal
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from proof.mutation.change import Assign, applied
from proof.mutation.choice import Choice, Stage
from proof.mutation.finder import Mutant, mutants
from proof.mutation.pool import Outcome, Worker
from proof.mutation.scope import ROOT, module_of
from proof.mutation.tables import TableMutant, table_mutants
from proof.realtime import is_real


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out. by: the test, or what went wrong.

    As a worker says it (killed, survived, stillborn, timeout, crash), or unsound: only tests failed that fail without
    the mutant, too, or that did not fail twice.
    """

    verdict: str
    by: str
    seconds: float

    def to_json(self) -> dict[str, object]:
        return asdict(self)


class Module:
    """A file and its mutants; `source`, for tests, is another text for it.

    All mutants are made in one tree, one at a time: those of two workers would be one mutant else.
    """

    def __init__(self, file: str, source: str | None = None) -> None:
        self.file = file
        self.source = (ROOT / file).read_text("utf-8") if source is None else source
        self._tree, self._one_at_a_time = ast.Module([], []), Lock()
        self.mutants: list[Mutant] | list[TableMutant]
        if file.endswith(".toml"):
            self.mutants = table_mutants(self.source)
        else:
            self._tree = ast.parse(self.source)
            self.mutants = mutants(self._tree)

    def data(self, mutant: Mutant | TableMutant) -> tuple[str, bytes]:
        """What the mutant replaces, and what stands there instead."""
        if isinstance(mutant, TableMutant):
            return str(ROOT / self.file), mutant.text(self.source).encode()
        return self._compiled(mutant.assigns)

    @property
    def unmutated(self) -> tuple[str, bytes]:
        """The file itself, put in its own place in the same way."""
        return (str(ROOT / self.file), self.source.encode()) if self.file.endswith(".toml") else self._compiled()

    def _compiled(self, assigns: tuple[Assign, ...] = ()) -> tuple[str, bytes]:
        with self._one_at_a_time, applied(assigns):
            text = ast.unparse(self._tree)
        code = compile(text, str(ROOT / self.file), "exec", dont_inherit=True)
        return module_of(self.file), marshal.dumps(code)


class Judge:
    """unsound: tests that failed without a mutant, and how; they may not kill."""

    def __init__(self, module: Module, choice: Choice) -> None:
        self._module, self._choice = module, choice
        self._sound: set[str] = set()
        self.unsound: set[str] = set()

    def judge(self, mutant: Mutant | TableMutant, worker: Worker, first: str = "") -> Verdict:
        """Find out. first: the test that killed it last time."""
        data = self._module.data(mutant)
        stages = self._choice.stages(mutant)
        if first in self._choice.cover.seconds:
            stages.insert(0, self._choice.only(first))
        return self.over(stages, data, worker)

    def over(self, stages: list[Stage], data: tuple[str, bytes], worker: Worker) -> Verdict:
        """Run the stages until a kill stands; else give the worst that was seen."""
        seconds, worst = 0.0, Outcome("survived", "" if stages else "no test runs it", 0.0)
        for stage in stages:
            found = worker.run(stage, data)
            seconds += found.seconds
            if found.verdict == "stillborn" or (found.verdict == "killed" and self._stands(found, stage, data, worker)):
                self._choice.killed_by(found.by)
                return Verdict(found.verdict, found.by, round(seconds, 3))
            if found.verdict == "killed":
                worst = Outcome("unsound", found.by, 0.0)
            elif found.verdict in ("timeout", "crash") and worst.verdict == "survived":
                worst = found
        return Verdict(worst.verdict, worst.by, round(seconds, 3))

    def _stands(self, kill: Outcome, stage: Stage, data: tuple[str, bytes], worker: Worker) -> bool:
        """Tell whether a kill counts: the test passes without the mutant, and fails with it, alone.

        Alone, since a test before it may have left something. The child has tried that in a copy of itself, which is
        enough where nothing is shared with it; a test in real time is tried from the beginning, each time with and
        without the mutant: chance could do it once, and what the child still holds (a port, a process) once more.
        """
        test = kill.by
        if test in self._choice.cover.seconds:
            alone = self._choice.only(test)
        else:
            # One that the map does not know; a file outside the tree has no name in that of the test.
            name, _, inside = test.partition("::")
            file = next((each for each in stage.files if Path(each).name == Path(name).name), stage.files[0])
            alone = Stage((f"{file}::{inside}",), None)
        real = any(is_real(file.partition("::")[0]) for file in alone.files)
        if real or test not in self._sound:
            without = worker.run(alone, self._module.unmutated)
            if without.verdict != "survived":
                self.unsound.add(f"{test} ({without.verdict}: {without.by})")
                return False
            self._sound.add(test)
        return (kill.alone and not real) or worker.run(alone, data).verdict == "killed"
