"""The committed tree as the house tests see it."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("eastim", "firmware_sim")
NOT_OURS = {".git", ".venv", "__pycache__", "dist", "build"}


@cache
def committed() -> tuple[Path, ...]:
    """Every file that is or could be committed, relative to the root; outside git, every file that is not made."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [Path(name) for name in listing.stdout.split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if not NOT_OURS & set(path.parts)]
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def sources(*folders: str) -> tuple[Path, ...]:
    """Python files below these folders (or these files themselves), relative to the root."""
    return tuple(
        name for name in committed() if name.suffix == ".py" and any(name.is_relative_to(folder) for folder in folders)
    )


@cache
def text(name: Path) -> str:
    return (ROOT / name).read_text("utf-8")


@cache
def syntax(name: Path) -> ast.Module:
    return ast.parse(text(name), str(name))
