"""What each of the operator's acts says to the guard, and that it tells whether the guard can hear it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from eastim.safety.operator import Operator


class Heard:
    """A line that keeps what is said; `hears` is what it answers."""

    def __init__(self, hears: bool) -> None:
        self.hears = hears
        self.said: list[tuple[str, dict[str, Any] | None]] = []

    def send(self, name: str, body: dict[str, Any] | None = None, data: bytes = b"") -> bool:
        self.said.append((name, body))
        return self.hears


ACTS: dict[str, tuple[Callable[[Operator], bool], tuple[str, dict[str, Any] | None]]] = {
    "arm": (lambda o: o.arm(), ("arm", None)),
    "a raise of what sounds": (lambda o: o.raise_("A"), ("raise", {"lead": "A", "kind": None})),
    "a raise of one kind": (lambda o: o.raise_("B", "100"), ("raise", {"lead": "B", "kind": "100"})),
    "a lower of a lead": (lambda o: o.lower("A"), ("lower", {"lead": "A", "kind": None})),
    "a lower of one kind": (lambda o: o.lower("B", "2"), ("lower", {"lead": "B", "kind": "2"})),
    "a hold": (lambda o: o.hold("2"), ("hold", {"kind": "2"})),
    "a release": (lambda o: o.hold(None), ("hold", {"kind": None})),
    "pause": (lambda o: o.pause(), ("pause", None)),
    "resume": (lambda o: o.resume(), ("resume", None)),
    "clear": (lambda o: o.clear(), ("clear", None)),
    "a stop": (lambda o: o.stop("stdin"), ("stop", {"source": "stdin"})),
    "beat": (lambda o: o.beat(), ("beat", None)),
}


@pytest.mark.parametrize("hears", [True, False])
@pytest.mark.parametrize("name", ACTS)
def test_an_act_says_this_and_nothing_else(name: str, hears: bool) -> None:
    act, said = ACTS[name]
    line = Heard(hears)

    assert act(Operator(line)) is hears
    assert line.said == [said]
