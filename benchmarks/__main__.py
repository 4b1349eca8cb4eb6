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
    """Run what is named, or all, and print the table; 0 when no goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Ratios measured in one run.")
    parser.add_argument("name", nargs="*", choices=[[], *BENCHMARKS], help="which; all when none is given")
    names = parser.parse_args(arguments).name or list(BENCHMARKS)
    missed = 0
    for name in names:
        print(f"{name} (load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores)", flush=True)
        for line in BENCHMARKS[name]():
            print(f"  {line}", flush=True)
            missed += line.ok is False
    print(f"{missed} missed" if missed else "no goal missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
