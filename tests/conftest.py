"""What every test runs under: generated examples are the same on every run, unless a longer proof is asked for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("fast", derandomize=True, deadline=None, max_examples=60, database=None)
settings.register_profile(
    "proof",
    deadline=None,
    max_examples=5000,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
