"""What a worker has imported before a mutant comes holds nothing of the mutant's module."""

from __future__ import annotations

import subprocess
import sys

import pytest

from proof.mutation.scope import ROOT


def after(program: str) -> list[str]:
    """Run a program in a process in which nothing of ours is loaded; the words that it prints."""
    text = f"import sys\nfrom proof.mutation import early\n{program}"
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split() if not done.returncode else done.stderr.splitlines()[-1:]


def test_who_takes_something_of_the_mutants_module_is_left_to_the_children() -> None:
    names = (
        *("eastim.errors", "firmware_sim.load", "tests.safety.ea1_words"),
        *("eastim.safety.judge", "eastim.safety.guard", "eastim.treatment", "tests.safety.guard_deeds"),
    )
    here = after(f'early.load("eastim/safety/judge.py")\nprint(*[n for n in {names} if n in sys.modules])')

    # guard takes judge by way of guard_frames; the treatment takes the door, which takes the guard
    assert here == ["eastim.errors", "firmware_sim.load", "tests.safety.ea1_words"]


def test_a_module_that_reads_the_mutated_table_when_it_is_imported_is_left_to_the_children() -> None:
    name = "tests.safety.ea1_states"  # loads the profile ea1 at its top level

    assert after(f'early.load("eastim/profiles/ea1.toml")\nprint("{name}" in sys.modules)') == ["False"]
    assert after(f'early.load("eastim/profiles/sim.toml")\nprint("{name}" in sys.modules)') == ["True"]


def test_the_table_can_be_read_again_afterwards() -> None:
    program = 'early.load("eastim/safety/limits.toml")\nprint((early.ROOT / "eastim/safety/limits.toml").exists())\n'
    read = 'print(bool((early.ROOT / "eastim/safety/limits.toml").read_text("utf-8")))'

    assert after(program + read) == ["True", "True"]


RING = """
import sys, types
from proof.mutation import early
whole, gone = types.ModuleType("eastim.whole"), types.ModuleType("eastim.gone")
sys.modules["eastim.whole"] = whole
whole.kept = {kept}
try:
    early.load("eastim/text.py")
except RuntimeError as error:
    print(str(error).partition(" ")[0])
"""


@pytest.mark.parametrize(
    ("kept", "said"),
    [("gone", ["eastim.whole"]), ('type("A", (), {"__module__": "eastim.gone"})', ["eastim.whole"]), ("sys", [])],
    ids=["the module", "a class of it", "another"],
)
def test_a_module_that_kept_something_of_one_that_failed_is_refused(kept: str, said: list[str]) -> None:
    assert after(RING.replace("{kept}", kept)) == said
