"""Results on disk: what has held for these very sources is not run again, and a full table can be recorded."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from proof.row import Finding, Result, Size

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".proof"
RECORDED = ROOT / "docs/proof/figures.json"
# All that a proof may read: the programs, their data, and the pages that a proof or a test that it runs judges by.
SOURCES = (
    "eastim", "firmware_sim", "proof", "benchmarks", "tests", "tools", "docs/wire", "docs/exit-codes.md",
    "docs/using.md", "pyproject.toml", "constraints.txt",
)  # fmt: skip


def fingerprint(but: tuple[str, ...] = ()) -> str:
    """Name the sources as they are now, the interpreter and what is installed; a result is true of these alone.

    but: files, from the root, that are left out.
    """
    total = hashlib.sha256(f"{sys.version} {_installed()}".encode())
    for path in _files():
        if str(path.relative_to(ROOT)) in but:
            continue
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


@cache
def _installed() -> str:
    found = ((each.metadata["Name"] or "").lower() + each.version for each in metadata.distributions())
    return " ".join(sorted(found))


def _files() -> Iterator[Path]:
    for name in SOURCES:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and path.suffix != ".pyc" and not path.name.startswith("."):
                yield path


def commit() -> str:
    """Name the commit whose sources these are, with a `+` when they differ from it; "unknown" outside of git."""
    try:
        head = _git("rev-parse", "--short=7", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--", *SOURCES) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def today() -> str:
    """Label a result (UTC)."""
    return datetime.now(UTC).date().isoformat()  # noqa: TID251, a label, nothing is decided by it


def place(name: str, size: Size) -> Path:
    return KEPT / size / f"{name.replace('/', '.').replace(':', '-')}.json"


def keep(name: str, size: Size, result: Result, of: str) -> None:
    """Write down, whole or not at all, a result of the sources that `of` names."""
    to = place(name, size)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_suffix(".part")
    part.write_text(json.dumps({"of": of, **asdict(result)}), "utf-8")
    part.rename(to)


def kept(name: str, size: Size, of: str) -> Result | None:
    """Give the result of the sources that `of` names; None when there is none."""
    try:
        text: dict[str, Any] = json.loads(place(name, size).read_text("utf-8"))
    except FileNotFoundError:
        return None
    if text["of"] != of:
        return None
    return Result(finding(text["found"]), float(text["seconds"]), text["date"])


def finding(text: dict[str, Any]) -> Finding:
    """A finding as it was written down."""
    return Finding(
        text["count"],
        text["unit"],
        text["figures"],
        tuple(text["failures"]),
        text.get("artefacts", {}),
        text.get("earlier_s", 0.0),
    )


def record(results: dict[str, Result], claims: dict[str, str]) -> None:
    """Keep the figures of full runs for docs/safety.md, and their artefacts; rows that were not run keep theirs.

    claims: by row, what was tried; figures are of that claim and of no other.
    """
    RECORDED.parent.mkdir(parents=True, exist_ok=True)
    figures, at = recorded(), commit()
    for name, result in results.items():
        found = asdict(result.found)
        del found["earlier_s"]  # in the result's seconds
        for file, text in found.pop("artefacts").items():
            (RECORDED.parent / file).write_text(text, "utf-8")
        figures[name] = {
            "claim": claims[name],
            "commit": at,
            "date": result.date,
            "seconds": round(result.seconds),
            **found,
        }
    RECORDED.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


def recorded() -> dict[str, dict[str, Any]]:
    """The recorded figures by row."""
    if not RECORDED.exists():
        return {}
    figures: dict[str, dict[str, Any]] = json.loads(RECORDED.read_text("utf-8"))
    return figures
