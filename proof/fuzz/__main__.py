"""Fuzz one target with atheris: `python -m proof.fuzz TARGET RUNS SEED CORPUS RESULT`; the proof rows start this.

CORPUS is a folder of inputs to begin with and to add to. The result is one JSON object: how many were tried, the two
slowest (by CPU, by the wall), and the input that broke it, if one did.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

import atheris

from proof.fuzz.find import find
from proof.fuzz.pace import Pace
from proof.fuzz.target import Target
from proof.fuzz.traced import TRACED, UNTRACED

with atheris.instrument_imports(include=TRACED, exclude=UNTRACED.get(sys.argv[1], ())):
    TARGET = find(sys.argv[1])

_HANG_S = 20


def main(target: Target, runs: str, seed: str, corpus: str, result: str) -> None:
    """Try `runs` inputs; never returns, as the fuzzer ends the process itself."""
    wanted, tried, pace = int(runs), 0, Pace(target.run)
    target.run(target.seeds[0])  # what the first use makes once and for all is no input's to pay for
    gc.disable()
    gc.collect()
    gc.freeze()  # what is there before the first input stays: no collection walks through it again

    def finish(broke: str = "", data: bytes = b"") -> None:
        found = {"tried": tried, **pace.found(), "broke": broke, "input": data.hex()}
        Path(result).write_text(json.dumps(found), "utf-8")
        os._exit(1 if broke else 0)

    def one(data: bytes) -> None:
        nonlocal tried
        tried += 1
        try:
            pace.take(data)
        except Exception as error:  # noqa: BLE001, whatever it is, it is what is looked for
            finish(f"{type(error).__name__}: {error}", data)
        if tried % 5000 == 0:
            gc.collect()
        if tried >= wanted:
            finish()

    bounds = [f"-timeout={_HANG_S}", "-rss_limit_mb=4096", f"-max_len={target.longest}"]
    # Of inputs that found as much, the quick ones are changed more often: else most of the time goes into floods.
    choice = [f"-seed={seed}", "-entropic_scale_per_exec_time=1"]
    # Nobody else adds to the corpus, so its folder is not read again every second.
    quiet = ["-print_final_stats=0", "-verbosity=0", "-reload=0"]
    # What it writes of an input that hangs goes with the rest of the run, not into the tree.
    quiet += [f"-artifact_prefix={Path(result).parent}/"]
    atheris.Setup([sys.argv[0], *choice, *bounds, *quiet, corpus], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(TARGET, *sys.argv[2:])
