"""Adding a device: profile, driver, reader, wire manual, vectors, simulated device and walk. All of them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT

PROFILES = sorted((ROOT / "eastim/profiles").glob("*.toml"))


def wire_of(profile: Path) -> str:
    return str(tomllib.loads(profile.read_text("utf-8"))["wire"])


WIRES = sorted({wire_of(profile) for profile in PROFILES})


def rooms(wire: str) -> dict[str, Path]:
    return {
        "driver": ROOT / f"eastim/drivers/{wire}/driver.py",
        "codec": ROOT / f"eastim/drivers/{wire}/codec.py",
        "reader": ROOT / f"eastim/safety/readers/{wire}.py",
        "wire manual": ROOT / f"docs/wire/{wire}.md",
        "vectors": ROOT / f"tests/wire/vectors/{wire}.toml",
        "simulated device": ROOT / f"firmware_sim/{wire}/firmware.py",
        "walk": ROOT / f"tests/walks/test_{wire}.py",
    }


@pytest.mark.parametrize("wire", WIRES)
def test_a_wire_has_all_its_rooms(wire: str) -> None:
    assert {what for what, path in rooms(wire).items() if not path.is_file()} == set()


def test_a_wire_without_rooms_is_seen() -> None:
    assert not any(path.exists() for path in rooms("nosuchwire").values())


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_the_readme_lists_the_profile(profile: Path) -> None:
    assert f"| `{profile.stem}` |" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("wire", WIRES)
def test_every_vector_names_a_clause_of_the_manual(wire: str) -> None:
    manual = (ROOT / f"docs/wire/{wire}.md").read_text("utf-8")
    vectors = tomllib.loads((ROOT / f"tests/wire/vectors/{wire}.toml").read_text("utf-8"))
    clauses = {str(frame["clause"]) for frame in vectors["frame"]}
    written = set(re.findall(r"^(?:## )?(\d+(?:\.\d+)?) ", manual, re.MULTILINE))

    assert clauses - written == set()
