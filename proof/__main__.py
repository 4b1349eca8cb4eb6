"""Run the proofs: `python -m proof [NAME ...] [--bounded] [--record] [--again]`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from proof import keep, table
from proof.row import Finding, Row, Size
from proof.rows import ROWS, named

LIMIT_S = {"bounded": 300.0, "full": 1500.0}


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
        return _prove(rows[0], size)
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
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser


def _run(rows: tuple[Row, ...], size: Size, *, again: bool, record: bool) -> int:
    print(table.head(size), flush=True)
    results = {}
    for row in rows:
        before = None if again else keep.kept(row.name, size)
        found, seconds = before if before is not None and before[0].ok else _child(row, size)
        results[row.name] = (found, seconds)
        print("\n".join(table.lines(row, found, seconds, size)), flush=True)
    bad = [row.name for row in rows if table.result(row, results[row.name][0], size) != "held"]
    print(f"{len(rows) - len(bad)} of {len(rows)} held" + (f"; not: {', '.join(bad)}" if bad else ""))
    if record and size == "full":
        keep.record(results)
    return 1 if bad else 0


def _child(row: Row, size: Size) -> tuple[Finding, float]:
    """Run one row in a process of its own, so that no row sees what another left behind."""
    keep.place(row.name, size).unlink(missing_ok=True)
    began = time.monotonic()
    command = [sys.executable, "-m", "proof", row.name, "--here", *(["--bounded"] if size == "bounded" else [])]
    with subprocess.Popen(command, cwd=keep.ROOT, start_new_session=True) as child:
        try:
            code = child.wait(LIMIT_S[size])
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            return Finding(0, "", failures=(f"not done within {LIMIT_S[size]:.0f} s",)), time.monotonic() - began
    result = keep.kept(row.name, size)
    if result is None:
        return Finding(0, "", failures=(f"ended with {code} and left no result",)), time.monotonic() - began
    return result


def _prove(row: Row, size: Size) -> int:
    began = time.monotonic()
    live = sys.stderr.isatty()

    def say(text: str) -> None:
        if live:
            sys.stderr.write(f"\r\x1b[K{row.name}: {text}")
            sys.stderr.flush()

    found = row.run(size, say)
    if live:
        sys.stderr.write("\r\x1b[K")
    keep.keep(row.name, size, found, time.monotonic() - began)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
