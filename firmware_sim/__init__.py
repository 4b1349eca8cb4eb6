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
_WHERE = {"Ea1Device": "firmware_sim.ea1.firmware", "Simulation": "firmware_sim.simulation"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"firmware_sim has no '{name}'")
    import importlib

    return getattr(importlib.import_module(_WHERE[name]), name)
