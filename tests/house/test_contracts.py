"""The import contracts of pyproject.toml hold, and one line is enough to break each of them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract, file (made if it is not there), the line that breaks it
BREACHES = [
    ("layers", "eastim/pulses/shape.py", "import eastim.profiles.profile"),
    ("layers", "eastim/errors.py", "import eastim.units"),
    ("layers", "eastim/drivers/ea1/driver.py", "import eastim.safety.limits"),
    ("layers", "eastim/safety/judge.py", "import eastim.drivers.base"),
    ("layers", "eastim/room_without_layer.py", "import eastim.errors"),
    ("door", "eastim/drivers/ea1/driver.py", "from eastim import transports"),
    ("door", "eastim/treatment/run.py", "import eastim.transports"),
    ("ports", "eastim/player/loop.py", "import serial"),
    ("ports", "eastim/safety/door.py", "import pyvisa"),
    ("operator", "eastim/player/player.py", "from eastim.safety import operator"),
    ("operator", "eastim/ui/cli.py", "import eastim.safety.operator"),
    ("player", "eastim/player/player.py", "import eastim.safety.guard"),
    ("drivers", "eastim/drivers/other.py", "import eastim.drivers.ea1.codec"),
    ("readers", "eastim/safety/readers/other.py", "import eastim.safety.readers.ea1"),
    ("simulated-wires", "firmware_sim/other/firmware.py", "import firmware_sim.ea1"),
    ("strangers", "firmware_sim/clock.py", "import eastim.clock"),
    ("strangers", "eastim/simulator.py", "import firmware_sim"),
    ("light", "eastim/profiles/profile.py", "import pydantic"),
    ("light", "eastim/safety/dose.py", "import numpy"),
    ("light", "eastim/safety/guard.py", "from eastim.waveforms import schedule"),
]


def contracts() -> dict[str, str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return {contract["id"]: contract["name"] for contract in settings["contracts"]}


def lint(folder: Path, *words: str) -> tuple[int, str]:
    linter = str(Path(sys.executable).with_name("lint-imports"))
    command = [linter, "--config", "pyproject.toml", "--no-logo", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy: Path = tmp_path_factory.mktemp("house")
    for package in ("eastim", "firmware_sim"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def breached(house: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    _, file, line = request.param
    path = house / file
    before = path.read_bytes() if path.exists() else None
    new_folder = not path.parent.exists()
    path.parent.mkdir(exist_ok=True)
    if new_folder:
        (path.parent / "__init__.py").touch()
    path.write_bytes((before or b"") + f"\n{line}\n".encode())
    yield house
    if before is not None:
        path.write_bytes(before)
    elif new_folder:
        shutil.rmtree(path.parent)
    else:
        path.unlink()


@pytest.mark.hazard("H44")
@pytest.mark.hazard("H47")
def test_the_tree_keeps_every_contract(house: Path) -> None:
    code, said = lint(house)

    assert code == 0, said


@pytest.mark.hazard("H47")
@pytest.mark.parametrize(
    ("breached", "contract"),
    [(breach, breach[0]) for breach in BREACHES],
    indirect=["breached"],
    ids=[f"{contract}: {line} in {file}" for contract, file, line in BREACHES],
)
def test_one_line_breaks_the_contract(breached: Path, contract: str) -> None:
    code, said = lint(breached, "--contract", contract)

    assert code == 1, said
    assert f"{contracts()[contract]} BROKEN" in said


def test_every_contract_has_a_seeded_breach() -> None:
    assert set(contracts()) == {contract for contract, _, _ in BREACHES}
