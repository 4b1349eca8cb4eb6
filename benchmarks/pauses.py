"""P18: pauses in the guard, with 4.5 million objects alive in the session's process and its collector at work."""

from __future__ import annotations

from benchmarks.busy import tail
from benchmarks.figures import Line, ms
from benchmarks.stops import Stops, time_stops

KIND = "collector"
ROUNDS, WINDOW_S, PAUSE_US = 3, 5.0, 1_000


def run() -> list[Line]:
    """Measure; about 40 s."""
    return lines(time_stops((KIND,), ROUNDS, WINDOW_S, PAUSE_US))


def lines(found: Stops) -> list[Line]:
    """The guard's worst answer bounds its longest pause; what its own collector did is counted by the collector."""
    health = found.health
    at_rest = health["ticks"] > 0 and not health["collections"] and not health["enabled"] and health["frozen"] > 0
    says = f"{health['collections']} collections in {health['ticks']} ticks, {health['frozen']} objects frozen"
    worst = f"{ms(max(found.us[KIND, 'guard']))} ms, {ms(max(found.worked_us[KIND, 'guard']))} ms"
    return [
        Line("the guard's collector", says, "frozen and off", at_rest),
        Line("worst answer, and longest work of the guard", worst, "no pause over 10 ms", None),
        *(tail(f"4.5 M objects: {who}", values, None) for (_, who), values in found.us.items()),
    ]
