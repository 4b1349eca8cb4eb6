"""The proofs of device and recording can fail."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.load import parse_loads
from proof import identity


@pytest.mark.hazard("H08")
def test_a_guard_that_takes_any_boot_would_raise_the_other_device() -> None:
    """Not with the device's own checks: the other one knows no epoch. So the current on its leads is forged here."""
    forged = [(1, "2A", 100)]
    with patch("proof.identity.swapped", lambda seed, fault: (forged, 100)):
        assert len(identity.swap("bounded", lambda _: None).failures) == 12


@pytest.mark.hazard("H25")
def test_a_device_that_draws_the_same_epoch_again_is_caught() -> None:
    """Boot id and epoch drawn as the first time: then the old frames fit, and current flows."""
    session = identity.Playing(1)
    first = session.rig.device.boot, session.written
    session.go(3_000_000)
    device = Ea1Device(parse_loads("600"), draw=identity._draw(1))
    assert device.boot == first[0]
    assert any(edge[2] for edge in identity.replayed(session.written, device))
