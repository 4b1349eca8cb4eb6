"""Where a player's tests begin."""

from __future__ import annotations

import pytest

from tests.player.words import OK, Bench, told


@pytest.fixture
def loaded() -> Bench:
    """Loaded at 0 ms, the guard SAFE."""
    bench = Bench()
    assert bench.at(0, told("OFF")) == ["hello"]
    assert bench.at(0, OK) == ["load"]
    assert bench.at(0, OK, told("SAFE")) == []
    return bench


@pytest.fixture
def live(loaded: Bench) -> Bench:
    """The play's first fire at 1000 ms, answered; the guard LIVE."""
    assert loaded.at(1000, told("ARMED")) == ["contact"]
    assert loaded.at(1000, OK) == ["fire 0 part 0 500 ms"]
    assert loaded.at(1000, OK, told("LIVE")) == []
    return loaded
