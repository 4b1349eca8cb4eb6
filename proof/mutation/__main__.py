"""For who writes the missing tests: `python -m proof.mutation FILE [--survivors] [--mutant ID] [--list]`."""

from __future__ import annotations

import argparse
import sys

from proof.mutation.choice import Choice
from proof.mutation.cover import cover, sources
from proof.mutation.finder import Mutant
from proof.mutation.judge import Judge, Module, Verdict
from proof.mutation.pool import Worker
from proof.mutation.run import equivalents, evaluate, finding, near
from proof.mutation.scope import files
from proof.mutation.tables import TableMutant
from proof.mutation.verdicts import Kept


def main(arguments: list[str]) -> int:
    """0: nothing is left to kill."""
    asked = _parser().parse_args(arguments)
    module = Module(asked.module)
    if asked.list:
        print("\n\n".join(shown(module.file, mutant) for mutant in module.mutants))
        return 0
    if asked.mutant:
        return _one(module, asked.mutant)
    if asked.tests:
        return _near(module, asked.tests, asked.workers or 1)
    if asked.survivors:
        return _report(module, Kept(module.file, sources()).verdicts, set())
    tried = evaluate(module, _say, asked.seconds, asked.workers, asked.again)
    return _report(module, tried.verdicts, tried.unsound)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m proof.mutation",
        description="Try the mutants of one file and show those that no test kills.",
        epilog=f"Files: {', '.join(files())}",
    )
    parser.add_argument("module", help="such as eastim/safety/judge.py")
    parser.add_argument("--survivors", action="store_true", help="show what the last run of these sources found")
    parser.add_argument("--mutant", help="try one, by its id, and say which test kills it")
    parser.add_argument("--list", action="store_true", help="show every mutant and try none")
    parser.add_argument("--again", action="store_true", help="try those, too, that were tried on these very sources")
    parser.add_argument("--tests", nargs="+", help="try them with these test files only; needs no map, keeps nothing")
    parser.add_argument("--workers", type=int, default=None, help="processes; as many as there are cores")
    parser.add_argument("--seconds", type=float, default=36_000.0, help="stop after so long; the next run goes on")
    return parser


def shown(file: str, mutant: Mutant | TableMutant, verdict: Verdict | None = None) -> str:
    """A mutant as a difference."""
    line = mutant.line if isinstance(mutant, TableMutant) else mutant.lines[0]
    why = f"  [{verdict.verdict} {verdict.by}]" if verdict is not None else ""
    before, after = (text.replace("\n", "\n    ") for text in (mutant.before, mutant.after))
    return f"{file}:{line}  {mutant.id}{why}\n  - {before}\n  + {after}"


def _say(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def _near(module: Module, tests: list[str], workers: int) -> int:
    listed = equivalents(module.file)

    def see(mutant: Mutant | TableMutant, verdict: Verdict) -> None:
        if verdict.verdict not in ("killed", "stillborn") and mutant.id not in listed:
            print(shown(module.file, mutant, verdict), end="\n\n", flush=True)

    found = finding(module, near(module, [*module.mutants], tests, see, workers), listed)
    print(f"{module.file}: {found.count} of {len(module.mutants)} tried; {found.figures}")
    return 1 if found.failures else 0


def _one(module: Module, name: str) -> int:
    chosen = [mutant for mutant in module.mutants if mutant.id == name]
    if not chosen:
        print(f"{module.file} has no mutant {name}; see --list", file=sys.stderr)
        return 2
    with Worker(module.file) as worker:
        verdict = Judge(module, Choice(module.file, cover())).judge(chosen[0], worker)
    print(shown(module.file, chosen[0], verdict))
    return 0 if verdict.verdict == "killed" else 1


def _report(module: Module, verdicts: dict[str, Verdict], unsound: set[str]) -> int:
    listed = equivalents(module.file)
    for mutant in module.mutants:
        verdict = verdicts.get(mutant.id)
        if verdict is not None and verdict.verdict not in ("killed", "stillborn") and mutant.id not in listed:
            print(shown(module.file, mutant, verdict), end="\n\n")
    found = finding(module, verdicts, listed)
    print(f"{module.file}: {found.count} of {len(module.mutants)} tried; {found.figures}")
    print("\n".join(f"fails without a mutant: {test}" for test in sorted(unsound)))
    return 1 if found.failures or unsound else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
