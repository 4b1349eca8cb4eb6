"""Which faults were ever the first cause of a cut: one that no world brings about is a rule that nothing has tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from eastim.safety.interlock import FAULTS

_MEASURES = "the model's device measures nothing"
CANNOT: dict[str, str] = {
    "excess": _MEASURES,
    "imbalance": _MEASURES,
    "net-dc": _MEASURES,
    "residual": _MEASURES,
    "current": "a device that keeps to its manual does not play what the reader takes for silent",
    "other-device": "there is one device",
    "clock": "clocks that drift apart are left out (same)",
    "rate": "no stretch of playing is as long as pulses are counted over",
}
"""The faults that no world here can bring about, each with its reason. One that fires is a failure."""

IN_SILENCE: dict[str, str] = {
    "device-fault": "the device's one fault is a lease that ran out",
    "reset": "a device that was reset is silent",
    "unanswered": "it is the fault of a silent device",
    "overrun": "no frame buys output beyond the ordered time",
}
"""The faults that come when no current flows, each with its reason. One that comes with current is a failure."""


def together(parts: Iterable[Mapping[str, bool]]) -> dict[str, bool]:
    """Add up what fired in each world: fault to whether current ever flowed at the load then."""
    found: dict[str, bool] = {}
    for part in parts:
        for name, flowed in part.items():
            found[name] = found.get(name, False) or flowed
    return found


def refuted(fired: Mapping[str, bool], whole: bool) -> list[str]:
    """What is wrong with what fired. whole: all worlds were searched, so that each fault must have."""
    cuts = {name for name, row in FAULTS.items() if row.action == "cut"}
    found = [f"{name} is excused, and is no fault that cuts" for name in (*CANNOT, *IN_SILENCE) if name not in cuts]
    found += [f"{name} was the cause of a cut, though {why}" for name, why in CANNOT.items() if name in fired]
    found += [f"{name} cut a current, though {why}" for name, why in IN_SILENCE.items() if fired.get(name)]
    for name in sorted(cuts - CANNOT.keys()) if whole else ():
        if name not in fired:
            found.append(f"{name} was nowhere the cause of a cut: nothing was tried")
        elif not fired[name] and name not in IN_SILENCE:
            found.append(f"{name} was the cause of a cut in silence only: that it cuts a current was not tried")
    return found


def figures(fired: Mapping[str, bool]) -> dict[str, str]:
    """What fired, for the figures; what can't, with its reason."""
    flowing = sorted(name for name, flowed in fired.items() if flowed)
    silent = sorted(name for name, flowed in fired.items() if not flowed)
    never = "; ".join(f"{name}: {why}" for name, why in CANNOT.items())
    return {
        "causes of a cut that fired while current flowed": ", ".join(flowing) or "none",
        "causes of a cut that fired in silence only": ", ".join(silent) or "none",
        "causes of a cut that these worlds can't bring about": never,
    }
