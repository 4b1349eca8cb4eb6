"""The proof of the recording can fail."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from eastim.safety.judge import ADMIT
from eastim.safety.readers.ea1 import Ea1Reader
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.load import parse_loads
from proof import identity


@pytest.mark.hazard("H25")
def test_a_device_that_draws_the_same_epoch_again_is_caught() -> None:
    """Boot id and epoch drawn as the first time: then the old frames fit, and current flows."""
    session = identity.Playing(1)
    first = session.rig.device.boot, session.written
    session.go(3_000_000)
    device = Ea1Device(parse_loads("600"), draw=identity._draw(1))
    assert device.boot == first[0]
    assert any(edge[2] for edge in identity.replayed(session.written, device))


@pytest.mark.hazard("H25")
def test_a_guard_that_does_not_judge_is_caught() -> None:
    """Epoch and numbers fit, so that only the guard's ceilings are left: and they are not looked at."""
    recorded = _recorded(2)
    with patch("eastim.safety.guard_frames.judge", lambda *_: ADMIT):
        failures = identity._gone_on(*recorded)

    assert any("it was not refused" in text for text in failures)
    assert any("uA was written" in text for text in failures)
    assert any("at the load" in text for text in failures)


@pytest.mark.hazard("H25")
def test_a_guard_that_takes_any_frame_is_caught() -> None:
    """An old frame that asks for strength, given to the next session: written."""
    recorded = _recorded(2)
    with patch.object(Ea1Reader, "sent", lambda _self, shadow, _frame, _now_us: shadow):
        failures = identity._one_by_one(*recorded)

    assert any("uA was written" in text for text in failures)


def _recorded(seed: int) -> tuple[identity.Writing, int]:
    session = identity.Playing(seed)
    session.go(2_000_000)
    return session.written, seed


@pytest.mark.parametrize(
    ("frame", "level"),
    [
        ("04010606010106d4c3b2a107010106f401ff020a0101010101010205010101010101055c402b9000", 10),
        ("001800", 0),
    ],
    ids=["PLAY of the manual: 0.10 mA and 0.05 mA", "the stop"],
)
def test_the_strength_of_a_frame_is_the_highest_level_of_a_play(frame: str, level: int) -> None:
    assert identity.strength(bytes.fromhex(frame)) == level
