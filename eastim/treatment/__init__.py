"""The composition root: one engine, in real or virtual time, under every front end."""

from eastim.treatment.run import Outcome, run

__all__ = ["Outcome", "run"]
