"""What every child process of ours starts with."""

from __future__ import annotations

import os
from pathlib import Path


def child_environment() -> dict[str, str]:
    """Give a child of ours the very packages that we run from; with `-P` it takes none from the working folder."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, *(str(Path(path).resolve()) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
