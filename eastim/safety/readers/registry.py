"""Which reader reads which wire."""

from __future__ import annotations

from typing import Any

from eastim.profiles.profile import load_profile
from eastim.safety.order import Order
from eastim.safety.readers.base import Reader
from eastim.safety.readers.ea1 import Ea1Reader

READERS = {"ea1": Ea1Reader}


def make_reader(order: Order) -> Reader[Any]:
    """Make the reader of the wire that the order's profile speaks; raises KeyError for a wire without one."""
    profile = load_profile(order.profile)
    return READERS[profile.wire](profile, order.kinds)
