"""Simulated stimulators, each written from its wire manual alone. They share nothing with eastim.

In a test, without a process: `Ea1Device` (sans I/O) or `Simulation` (with planned faults).
`python -m firmware_sim ea1` is the same behind a pty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firmware_sim.ea1.firmware import Ea1Device
    from firmware_sim.simulation import Simulation

__all__ = ["Ea1Device", "Simulation"]


def __getattr__(name: str) -> Any:
    """Import the one that is asked for: `python -m firmware_sim` needs neither."""
    if name == "Ea1Device":
        from firmware_sim.ea1.firmware import Ea1Device

        return Ea1Device
    if name == "Simulation":
        from firmware_sim.simulation import Simulation

        return Simulation
    raise AttributeError(f"firmware_sim has no '{name}'")
