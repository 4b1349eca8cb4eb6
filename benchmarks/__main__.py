"""Run the benchmarks: `python -m benchmarks [NAME ...]`. Ratios within one run; exits 1 on a miss."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from benchmarks import busy, killed, pauses, stop
from benchmarks.figures import Line

BENCHMARKS: dict[str, Callable[[], list[Line]]] = {
    "busy": busy.run,
    "stop": stop.run,
    "killed": killed.run,
    "pauses": pauses.run,
}


def main(arguments: list[str]) -> int:
    """Run what is named, or all, and print the table; 0 when no goal was missed, 2 for a name that is none."""
    names = _parser().parse_args(arguments).name or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"benchmarks: no {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    missed = sum(_run(name) for name in names)
    print(f"{missed} missed" if missed else "no goal missed")
    return 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Ratios measured in one run: name, what was measured, the goal, pass or MISS. Times in ms are"
        " safety figures: printed here, gated by `python -m proof zero`.",
        epilog=f"There are: {', '.join(BENCHMARKS)}. Exit: 0 no goal missed, 1 one was, 2 wrong command.",
    )
    parser.add_argument("name", nargs="*", help="which; all when none is given")
    return parser


def _run(name: str) -> int:
    """Print one table; give how many of its goals were missed."""
    print(f"{name} (load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores)", flush=True)
    missed = 0
    for line in BENCHMARKS[name]():
        print(f"  {line}", flush=True)
        missed += line.ok is False
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
