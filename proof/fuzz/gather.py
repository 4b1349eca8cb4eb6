"""Keep a corpus: `python -m proof.fuzz.gather [TARGET ...]` fuzzes, and keeps what reached something new."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from proof.fuzz.run import CORPUS
from proof.fuzz.targets import TARGETS

_RUNS = "60000"
_MOST, _LONGEST = 80, 600


def gather(name: str) -> int:
    """Fuzz one target a while; how many inputs are kept."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for i, data in enumerate(TARGETS[name].seeds):
            (corpus / f"seed-{i}").write_bytes(data)
        command = [sys.executable, "-m", "proof.fuzz", name, _RUNS, "7", str(corpus), str(Path(folder) / "result")]
        own = os.environ | {"TMPDIR": folder}
        subprocess.run(command, cwd=CORPUS.parents[2], env=own, capture_output=True, check=True)
        new = [path.read_bytes() for path in corpus.iterdir() if not path.name.startswith("seed-")]
    small = sorted({data for data in new if 0 < len(data) <= _LONGEST}, key=lambda data: (len(data), data))
    step = max(1, len(small) // _MOST)  # of all lengths, not only the shortest
    chosen = small[::step][:_MOST]
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{name}.hex").write_text("".join(f"{data.hex()}\n" for data in chosen), "ascii")
    return len(chosen)


if __name__ == "__main__":
    for chosen_name in sys.argv[1:] or TARGETS:
        print(chosen_name, gather(chosen_name), flush=True)
