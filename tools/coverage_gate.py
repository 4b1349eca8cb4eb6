"""Say where tests do not reach, and fail where they must: `python -m tools.coverage_gate` after `coverage combine`.

Line and branch together: every line and branch of safety, its readers, the ledger and the waveforms; 95 % of each
other package. What can't be reached says so where it stands, with `# pragma: no cover` and the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WHOLE = ("eastim/safety/", "eastim/ledger", "eastim/waveforms/")
LEAST_PERCENT = 95.0
ROOT = Path(__file__).parents[1]


def read() -> dict[str, dict[str, Any]]:
    """Take the combined data: file to its lines and branches."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "coverage.json"
        subprocess.run(
            [sys.executable, "-m", "coverage", "json", "-q", "-o", str(to)],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        files: dict[str, dict[str, Any]] = json.loads(to.read_text("utf-8"))["files"]
    return files


def missing(name: str, file: dict[str, Any]) -> list[str]:
    """Every line and branch that no test reached, where all of them must be."""
    if not name.startswith(WHOLE):
        return []
    lines = [f"{name}:{line} was never run" for line in file["missing_lines"]]
    return lines + [f"{name}:{at} never went to {to if to > 0 else 'the end'}" for at, to in file["missing_branches"]]


def package(name: str) -> str:
    """The package that a file counts for: eastim/ui, eastim (its own modules), firmware_sim/ea1."""
    return str(Path(name).parent)


def low(files: dict[str, dict[str, Any]]) -> list[str]:
    """Packages below the least percentage."""
    found: dict[str, list[int]] = {}
    for name, file in files.items():
        total = file["summary"]
        row = found.setdefault(package(name), [0, 0])
        row[0] += total["covered_lines"] + total["covered_branches"]
        row[1] += total["num_statements"] + total["num_branches"]
    percent = {name: 100 * row[0] / row[1] for name, row in found.items() if row[1]}
    return [
        f"{name}: {value:.1f} %, must be {LEAST_PERCENT} %" for name, value in percent.items() if value < LEAST_PERCENT
    ]


def judge(files: dict[str, dict[str, Any]]) -> list[str]:
    """Everything that is not reached and must be; no files at all is no coverage."""
    if not files:
        return ["no file was measured"]
    return [text for name, file in sorted(files.items()) for text in missing(name, file)] + low(files)


def main() -> int:
    """Print what is missing; 1 when anything is."""
    found = judge(read())
    print("\n".join(found) or "coverage: all of safety, ledger and waveforms; 95 % or more of each package")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
