"""Run the proofs: `python -m proof [NAME ...] [--bounded] [--record] [--again]`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import replace

from proof import keep, table
from proof.row import AGAIN, Finding, Result, Row, Size
from proof.rows import ROWS, named

LIMIT_S = {"bounded": 300.0, "full": 1500.0}
CHANGED = "the sources changed since the run began: what was found is true of neither; run it again"


def main(arguments: list[str]) -> int:
    """Run rows and print the table; 0 when every claim held."""
    asked = _parser().parse_args(arguments)
    size: Size = "bounded" if asked.bounded else "full"
    if asked.list:
        print("\n".join(f"{row.name:34} {row.claim}" for row in ROWS))
        return 0
    try:
        rows = named(asked.name)
    except ValueError as error:
        print(f"proof: {error}", file=sys.stderr)
        return 2
    if asked.here:
        return _prove(rows[0], size, asked.here)
    if asked.again:
        os.environ[AGAIN] = "1"  # for the rows' own processes
    if asked.bounded and not asked.name:
        rows = tuple(row for row in rows if row.in_test)
    return _run(rows, size, again=asked.again, record=asked.record)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m proof",
        description="Try to refute what docs/safety.md claims. Each row runs in a process of its own; what has held for"
        " these very sources is taken from .proof/ and not run again, so a run that was broken off goes on.",
        epilog="Exit: 0 every claim held, 1 one did not, 2 wrong command.",
    )
    parser.add_argument("name", nargs="*", help="rows, or families such as `mutation`; all when none is given")
    parser.add_argument("--bounded", action="store_true", help="the share that `make test` runs")
    parser.add_argument("--again", action="store_true", help="run what has held, too")
    parser.add_argument("--record", action="store_true", help="keep the figures in docs/proof/ (full runs only)")
    parser.add_argument("--list", action="store_true", help="say which rows there are")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    return parser


def _run(rows: tuple[Row, ...], size: Size, *, again: bool, record: bool) -> int:
    """Run each row of the sources as they are now; every result is of these, or it is none."""
    print(table.head(size), flush=True)
    of, results = keep.fingerprint(), {}
    for row in rows:
        before = None if again else keep.kept(row.name, size, of)
        held = before is not None and table.word(row, before, size) == "held"
        results[row.name] = before if before is not None and held else _child(row, size, of)
        print("\n".join(table.lines(row, results[row.name], size)), flush=True)
    bad = [row.name for row in rows if table.word(row, results[row.name], size) != "held"]
    print(f"{len(rows) - len(bad)} of {len(rows)} held" + (f"; not: {', '.join(bad)}" if bad else ""))
    took, soon = table.total(list(results.values()), size)
    print(took)
    if record and size == "full":
        if keep.fingerprint() != of:
            print(f"proof: nothing is recorded: {CHANGED}", file=sys.stderr)
            return 1
        keep.record(results, {row.name: row.claim for row in rows})
    return 1 if bad or not soon else 0


def _child(row: Row, size: Size, of: str) -> Result:
    """Run one row in a process of its own, so that no row sees what another left behind."""
    keep.place(row.name, size).unlink(missing_ok=True)
    began = time.monotonic()
    command = [sys.executable, "-m", "proof", row.name, "--here", of, *(["--bounded"] if size == "bounded" else [])]
    with subprocess.Popen(command, cwd=keep.ROOT, start_new_session=True) as child:
        try:
            code = child.wait(LIMIT_S[size])
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            return _none(f"not done within {LIMIT_S[size]:.0f} s", began)
    return keep.kept(row.name, size, of) or _none(f"ended with {code} and left no result", began)


def _none(why: str, began: float) -> Result:
    return Result(Finding(0, "", failures=(why,)), time.monotonic() - began, keep.today())


def _prove(row: Row, size: Size, of: str) -> int:
    """Run a row here, between two looks at the sources: what it loads and reads late must be what was hashed."""
    began = time.monotonic()
    if keep.fingerprint() != of:
        keep.keep(row.name, size, _none(CHANGED, began), of)
        return 0
    found = _found(row, size)
    if keep.fingerprint() != of:
        found = replace(found, failures=(*found.failures, CHANGED))
    seconds = time.monotonic() - began + found.earlier_s
    keep.keep(row.name, size, Result(found, round(seconds, 1), keep.today()), of)
    return 0


def _found(row: Row, size: Size) -> Finding:
    live = sys.stderr.isatty()

    def say(text: str) -> None:
        if live:
            sys.stderr.write(f"\r\x1b[K{row.name}: {text}")
            sys.stderr.flush()

    found = row.run(size, say)
    if live:
        sys.stderr.write("\r\x1b[K")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
