"""Results on disk: what has held for these very sources is not run again, and a full table can be recorded."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from proof.row import Finding, Size

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".proof"
RECORDED = ROOT / "docs/proof/figures.json"
_SOURCES = ("eastim", "firmware_sim", "proof", "benchmarks", "tests", "pyproject.toml", "constraints.txt")


@cache
def fingerprint() -> str:
    """Name the sources and the interpreter that a result is true of."""
    total = hashlib.sha256(sys.version.encode())
    for name in _SOURCES:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.suffix in {".py", ".toml", ".txt"} and "__pycache__" not in path.parts:
                total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def place(name: str, size: Size) -> Path:
    return KEPT / size / f"{name.replace('/', '.').replace(':', '-')}.json"


def keep(name: str, size: Size, found: Finding, seconds: float) -> None:
    """Write a result down, whole or not at all."""
    to = place(name, size)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_suffix(".part")
    part.write_text(json.dumps({"of": fingerprint(), "seconds": round(seconds, 1), **asdict(found)}), "utf-8")
    part.rename(to)


def kept(name: str, size: Size) -> tuple[Finding, float] | None:
    """Give the result of these very sources, and how long it took; None when there is none."""
    try:
        text: dict[str, Any] = json.loads(place(name, size).read_text("utf-8"))
    except FileNotFoundError:
        return None
    if text.pop("of") != fingerprint():
        return None
    seconds = float(text.pop("seconds"))
    text["failures"] = tuple(text["failures"])
    return Finding(**text), seconds


def record(results: dict[str, tuple[Finding, float]]) -> None:
    """Keep the figures of full runs for docs/safety.md, and their artefacts; rows that were not run keep theirs."""
    RECORDED.parent.mkdir(parents=True, exist_ok=True)
    figures = recorded()
    for name, (found, seconds) in results.items():
        figures[name] = {"seconds": round(seconds), **asdict(found)}
        del figures[name]["artefacts"]
        for file, text in found.artefacts.items():
            (RECORDED.parent / file).write_text(text, "utf-8")
    RECORDED.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


def recorded() -> dict[str, dict[str, Any]]:
    """The recorded figures by row."""
    if not RECORDED.exists():
        return {}
    figures: dict[str, dict[str, Any]] = json.loads(RECORDED.read_text("utf-8"))
    return figures
