"""The table of knock-outs: which control, and the one change that switches it off."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "controls"


@dataclass(frozen=True, slots=True)
class Knockout:
    """One control switched off: in `file`, `find` (which stands there once) becomes `put`.

    control: the part of the hazard's control in tests/hazards.toml that this switches off.
    """

    hazard: str
    control: str
    file: str
    find: str
    put: str

    @property
    def name(self) -> str:
        return f"{self.hazard} {self.control}"

    def apply(self, root: Path) -> None:
        """Change the file below `root`; raises ValueError when the text does not stand there exactly once."""
        path = root / self.file
        text = path.read_text("utf-8")
        if text.count(self.find) != 1:
            raise ValueError(f"{self.name}: {self.find!r} stands {text.count(self.find)} times in {self.file}")
        path.write_text(text.replace(self.find, self.put), "utf-8")


@cache
def knockouts() -> tuple[Knockout, ...]:
    """Every knock-out, by hazard."""
    found = [Knockout(**row) for path in sorted(FOLDER.glob("*.toml")) for row in _rows(path)]
    return tuple(sorted(found, key=lambda one: one.hazard))


def _rows(path: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = tomllib.loads(path.read_text("utf-8"))["knockout"]
    return rows


@cache
def controls() -> dict[str, tuple[str, ...]]:
    """Hazard id -> the parts of its control, which semicolons separate in tests/hazards.toml; without one, no row."""
    rows = tomllib.loads((ROOT / "tests/hazards.toml").read_text("utf-8"))["hazard"]
    return {row["id"]: tuple(part.strip() for part in row["control"].split(";")) for row in rows if row["control"]}


@cache
def tests_of(hazard: str) -> tuple[str, ...]:
    """The test files that a hazard's row names."""
    rows = tomllib.loads((ROOT / "tests/hazards.toml").read_text("utf-8"))["hazard"]
    return tuple(next(row for row in rows if row["id"] == hazard)["tests"])
