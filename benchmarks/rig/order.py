"""What every session of the rig plays: 100 Hz, 0.2 ms a phase, on lead A, 30 s."""

from __future__ import annotations

from fractions import Fraction

from eastim.drivers.base import Driver
from eastim.drivers.registry import make_driver
from eastim.profiles.profile import load_profile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order

PERIOD_US = 10_000
PULSE_US = 400
MAX_UA = 600
HIGH = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("A",))
ORDER = Order(
    Program("100", (HIGH,), 10),
    (LeadOrder("A", (), MAX_UA),),
    envelope("human", "needle"),
    "human",
    30_000_000,
    "ea1",
)
PROFILE = load_profile("ea1")
LEASE_US = PROFILE.lease_us


def driver() -> Driver:
    """A fresh driver for the order."""
    charge_pc = ORDER.limits.bound("phase_charge_pc").value
    return make_driver(PROFILE, ORDER.program, {"A": MAX_UA}, ORDER.session_us, charge_pc)
