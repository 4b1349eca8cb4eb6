"""Keys at a real terminal: however many pluses arrive at once, the load sees single steps (H26)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.bench import Bench, bench
from tests.drills.terminal import terminal

pytestmark = pytest.mark.drill
STEP_UA = 100


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as device:
        yield device


def strengths(device: Bench) -> list[int]:
    """The strengths at the load in their order, each once; the contact test of 0.1 mA comes before them all."""
    found: list[int] = []
    for _, _, ua in device.settled_edges():
        if ua > 0 and ua not in found[-1:]:
            found.append(ua)
    return found


@pytest.mark.hazard("H26")
@pytest.mark.parametrize(
    "burst", ["+" * 500, "+" * 20 + "a" + "+" * 20, "9" * 50 + "+9999+"], ids=["500", "lead", "digits"]
)
def test_pasted_keys_give_at_most_two_single_steps(device: Bench, burst: str) -> None:
    with terminal(device) as screen:
        time.sleep(0.3)
        screen.press(burst)
        screen.read_until("0.1 mA, raised")
        time.sleep(1.5)
        screen.press(" ")
        screen.read_until("Output zero confirmed")
        assert screen.process.wait(10) == 4

    assert strengths(device) in ([STEP_UA], [STEP_UA, 2 * STEP_UA])


@pytest.mark.hazard("H26")
def test_a_key_that_is_held_gives_at_most_two_single_steps(device: Bench) -> None:
    """Thirty repeats a second for three seconds, after the keyboard's half second."""
    with terminal(device) as screen:
        time.sleep(0.3)
        screen.press("+")
        time.sleep(0.5)
        for _ in range(90):
            screen.press("+")
            time.sleep(1 / 30)
        screen.press(" ")
        screen.read_until("Output zero confirmed")
        assert screen.process.wait(10) == 4

    assert strengths(device) in ([STEP_UA], [STEP_UA, 2 * STEP_UA])
