"""eastim: from a clinical order to exact pulses, with a hand on the door."""

__version__ = "0.1.0"
