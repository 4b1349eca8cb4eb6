"""What the package gives by name."""

from __future__ import annotations

import pytest

import firmware_sim


def test_the_two_names_of_the_package() -> None:
    assert firmware_sim.Ea1Device.__name__ == "Ea1Device"
    assert firmware_sim.Simulation.__name__ == "Simulation"


def test_another_name_is_none() -> None:
    with pytest.raises(AttributeError, match="no 'Nothing'"):
        firmware_sim.Nothing  # noqa: B018
