"""Make a body around the real guard: the one place where the door meets it."""

from __future__ import annotations

from typing import Any

from eastim.errors import AskedError
from eastim.profiles.profile import Profile, load_profile
from eastim.safety import guard
from eastim.safety.door import Body, Hands, Machine
from eastim.safety.guard import GuardState
from eastim.safety.order import Order
from eastim.safety.readers.registry import make_reader

GUARD: Machine[GuardState] = Machine(guard.step, guard.next_us, guard.finished, guard.exit_code)


def check_order(order: Order) -> Profile:
    """Give the order's profile when it fits; raises AskedError. The session's word is not taken for it."""
    profile = load_profile(order.profile)
    if order.use not in profile.uses or order.use != order.limits.use:
        raise AskedError(f"profile {profile.name} is for {', '.join(profile.uses)}, not {order.use}; give --use")
    names = [ordered.lead for ordered in order.leads]
    if not names or len(set(names)) != len(names) or not set(names) <= set(profile.leads):
        raise AskedError(f"leads {names} must be of {', '.join(profile.leads)}, none twice")
    if not set(order.program.leads) <= set(names):
        raise AskedError(f"the program plays on {', '.join(order.program.leads)}, ordered are {', '.join(names)}")
    for ordered in order.leads:
        most_ua = min(order.limits.bound("peak_ua").value, profile.max_ua)
        _require(f"max_ua of lead {ordered.lead}", ordered.max_ua, most_ua, "uA")
    _require("session_us", order.session_us, order.limits.bound("session_us").value, "us")
    return profile


def _require(what: str, value: Any, most: int, unit: str) -> None:
    # A bool is an int to Python (H29).
    if type(value) is not int or not 0 < value <= most:
        raise AskedError(f"{what} is {value!r:.40}, must be above 0 and at most {most} {unit}")


def open_guard(order: Order, profile: Profile, hands: Hands, now_us: int) -> Body[Any]:
    """Begin a session: the body, its first effects carried out."""
    state, effects = guard.begin(order, profile, make_reader(order), now_us)
    body = Body(GUARD, state, hands, profile.stop_frames)
    body.carry_out(effects, now_us)
    return body
