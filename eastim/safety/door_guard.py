"""Make a body around the real guard: the one place where the door meets it."""

from __future__ import annotations

from typing import Any

from eastim.errors import AskedError
from eastim.profiles.profile import Profile, load_profile
from eastim.safety import guard
from eastim.safety.door import Body, Hands, Machine
from eastim.safety.guard import GuardState
from eastim.safety.order import Order
from eastim.safety.preflight import preflight
from eastim.safety.readers.registry import make_reader

GUARD: Machine[GuardState] = Machine(guard.step, guard.next_us, guard.finished, guard.exit_code)


def check_order(order: Order) -> Profile:
    """Give the order's profile when preflight finds nothing; raises AskedError.

    The session process has checked the same. Its word is not taken for it: the order came over a line.
    """
    profile = load_profile(order.profile)
    numbers = {"session_us": order.session_us, **{f"max_ua of lead {x.lead}": x.max_ua for x in order.leads}}
    for what, value in numbers.items():
        # A bool is an int to Python (H29).
        if type(value) is not int or value <= 0:
            raise AskedError(f"{what} is {value!r:.40}, must be a whole number above 0")
    if not order.leads:
        raise AskedError(f"no lead is ordered; give one or more of {', '.join(profile.leads)}")
    report = preflight(order, profile)
    if not report.ok:
        raise AskedError(*report.sentences)
    return profile


def open_guard(order: Order, profile: Profile, hands: Hands, now_us: int, runs: str) -> Body[Any]:
    """Begin a session: the body, its first effects carried out. runs: with what priority, for the ledger."""
    state, effects = guard.begin(order, profile, make_reader(order), now_us, runs)
    body = Body(GUARD, state, hands, profile.stop_frames)
    body.carry_out(effects, now_us)
    return body
