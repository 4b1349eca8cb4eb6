"""The proof: every mutant of a file is tried, and every one that is no equivalent is killed by a test."""

from __future__ import annotations

import os
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from proof.mutation.choice import Choice, Stage
from proof.mutation.cover import Cover, cover, sources
from proof.mutation.finder import Mutant
from proof.mutation.judge import Judge, Module, Verdict
from proof.mutation.pool import Worker
from proof.mutation.tables import TableMutant
from proof.mutation.verdicts import Kept
from proof.row import AGAIN, Finding, Say, Size

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
# A row may take 25 minutes; what is not tried by then is tried by the next run.
FULL_S = 1380.0
BOUNDED_MUTANTS = 30
BOUNDED_TESTS = {"eastim/safety/interlock.py": "tests/safety/test_interlock.py"}


def prove(size: Size, say: Say, file: str) -> Finding:
    """Try a file's mutants; bounded: some of them, with one test file."""
    module = Module(file)
    if size == "bounded":
        return finding(module, _some(module, say), equivalents(file), sampled=True)
    before = sources()
    tried = evaluate(module, say, FULL_S, again=AGAIN in os.environ)
    found = finding(module, tried.verdicts, equivalents(file))
    failures = [*found.failures, *(f"fails without a mutant: {test}" for test in sorted(tried.unsound))]
    if sources() != before:
        failures.append("the sources changed while the mutants were tried; run it again")
    earlier = {"of them tried by an earlier run": str(tried.earlier)} if tried.earlier else {}
    return Finding(found.count, found.unit, {**found.figures, **earlier}, tuple(failures), earlier_s=tried.earlier_s)


@dataclass(frozen=True, slots=True)
class Tried:
    """verdicts: by mutant. unsound: tests that fail without one. earlier, earlier_s: of a run before, and its time."""

    verdicts: dict[str, Verdict]
    unsound: set[str]
    earlier: int
    earlier_s: float


def evaluate(module: Module, say: Say, within_s: float, workers: int | None = None, again: bool = False) -> Tried:
    """Find the verdicts of all mutants; those that were kept of these very sources are not found out again."""
    say("which test runs which line")
    choice = Choice(module.file, cover())
    judge, kept = Judge(module, choice), Kept(module.file, sources())
    if again:
        kept.verdicts, kept.seconds, kept.hints = {}, 0.0, {}
    verdicts = dict(kept.verdicts)
    names = {mutant.id for mutant in module.mutants}
    verdicts = {name: verdict for name, verdict in verdicts.items() if name in names}
    earlier = len(verdicts)
    left: list[Mutant | TableMutant] = [mutant for mutant in module.mutants if mutant.id not in verdicts]
    # What nothing kills takes every test there is: begun first, it is not waited for at the end.
    listed = equivalents(module.file)
    left.sort(key=lambda mutant: mutant.id not in listed)
    until = time.monotonic() + within_s

    def one(mutant: Mutant | TableMutant, worker: Worker) -> None:
        if time.monotonic() < until:
            verdicts[mutant.id] = judge.judge(mutant, worker, kept.hints.get(mutant.id, ""))
            kept.keep(verdicts)
            said = Counter(verdict.verdict for verdict in list(verdicts.values()))
            say(f"{len(verdicts)} of {len(names)}: {', '.join(f'{n} {word}' for word, n in sorted(said.items()))}")

    each(module.file, left, one, workers or os.cpu_count() or 1)
    kept.keep(verdicts, now=True)
    unsound = judge.unsound | set(choice.cover.failing)
    return Tried(verdicts, unsound, earlier, kept.seconds if earlier else 0.0)


def each(
    file: str, mutants: list[Mutant | TableMutant], one: Callable[[Mutant | TableMutant, Worker], None], workers: int
) -> None:
    """Give every mutant of a file to a worker that is free."""
    queue: SimpleQueue[Mutant | TableMutant] = SimpleQueue()
    for mutant in mutants:
        queue.put(mutant)

    def serve() -> None:
        with Worker(file) as worker:
            while True:
                try:
                    mutant = queue.get_nowait()
                except Empty:
                    return
                one(mutant, worker)

    count = min(workers, len(mutants))
    if count:
        with ThreadPoolExecutor(count) as pool:
            for future in [pool.submit(serve) for _ in range(count)]:
                future.result()


def _some(module: Module, say: Say) -> dict[str, Verdict]:
    """Try a sample, evenly spread, with the module's own tests."""
    step = max(1, len(module.mutants) // BOUNDED_MUTANTS)
    tests = [BOUNDED_TESTS[module.file]]
    return near(module, [*module.mutants][::step], tests, lambda mutant, _: say(mutant.id), 1)


def near(
    module: Module,
    mutants: list[Mutant | TableMutant],
    tests: list[str],
    see: Callable[[Mutant | TableMutant, Verdict], None],
    workers: int,
) -> dict[str, Verdict]:
    """Try mutants with all tests of some files, without a map; nothing is kept."""
    verdicts: dict[str, Verdict] = {}
    judge = Judge(module, Choice(module.file, Cover({}, {})))
    stages = [Stage((file,), None) for file in tests]

    def one(mutant: Mutant | TableMutant, worker: Worker) -> None:
        verdicts[mutant.id] = judge.over(stages, module.data(mutant), worker)
        see(mutant, verdicts[mutant.id])

    each(module.file, mutants, one, workers)
    return verdicts


def equivalents(file: str) -> dict[str, str]:
    """Mutants of a file that change nothing which could be seen: id to reason."""
    rows = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("equivalent", [])
    return {row["mutant"]: row["reason"] for row in rows if row["module"] == file}


def finding(module: Module, verdicts: dict[str, Verdict], listed: dict[str, str], sampled: bool = False) -> Finding:
    """Count, and say what refutes the claim."""
    counts = Counter(verdict.verdict for verdict in verdicts.values())
    names = {mutant.id for mutant in module.mutants}
    failures = []
    for mutant in module.mutants:
        verdict = verdicts.get(mutant.id)
        if verdict is None and not sampled:
            failures.append(f"not tried: {mutant.id}")
        elif verdict is not None and mutant.id in listed and verdict.verdict != "survived":
            failures.append(f"listed as equivalent, and {verdict.verdict} by {verdict.by}: {mutant.id}")
        elif verdict is not None and mutant.id not in listed and verdict.verdict not in ("killed", "stillborn"):
            failures.append(f"{verdict.verdict}: {mutant.id}: {mutant.before} -> {mutant.after}"[:200])
    failures += [f"listed as equivalent, and no mutant: {name}" for name in listed if name not in names]
    failures += [f"listed as equivalent without a reason: {name}" for name, why in listed.items() if len(why) < 10]
    live = sum(counts.values()) - counts["stillborn"]
    if not live:
        failures.append("not one mutant that can be imported was tried")
    figures = {
        "killed": f"{counts['killed']} of {live}",
        "equivalent": str(sum(name in verdicts for name in listed)),
        "stillborn (can't be imported)": str(counts["stillborn"]),
    }
    return Finding(sum(counts.values()), "mutants", figures, tuple(failures))
