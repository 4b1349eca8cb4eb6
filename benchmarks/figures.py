"""The arithmetic of the tables: percentiles of measured times, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[int], permille: int) -> int:
    """Give the nearest-rank percentile: the smallest value that at least `permille` of 1,000 do not exceed.

    No interpolation, so it is always a time that was measured. Raises ValueError for no values, or a rank outside
    1 to 1000.
    """
    if not values:
        raise ValueError("no values, so no percentile; measure first")
    if not 1 <= permille <= 1000:
        raise ValueError(f"{permille} permille, must be 1 to 1000")
    rank = -(-len(values) * permille // 1000)
    return sorted(values)[rank - 1]


def median(values: Sequence[int]) -> int:
    return percentile(values, 500)


@dataclass(frozen=True, slots=True)
class Times:
    """What is told of many measured times: how many, the middle, the tail, the worst. All in us."""

    count: int
    p50_us: int
    p99_us: int
    p999_us: int
    max_us: int

    @classmethod
    def of(cls, values: Sequence[int]) -> Times:
        """Sum up; raises ValueError for no values."""
        return cls(len(values), median(values), percentile(values, 990), percentile(values, 999), max(values))

    def __str__(self) -> str:
        return f"p50 {ms(self.p50_us)}, p99 {ms(self.p99_us)}, max {ms(self.max_us)} ms (n = {self.count:,})"


def histogram(values: Sequence[int], bounds_ms: Sequence[int] = (1, 2, 3, 5, 10, 20, 50, 100)) -> str:
    """Count the values up to each bound and above the last; bounds that nobody needs are left out."""
    told, rest = [], sorted(values)
    for bound in bounds_ms:
        within = sum(value <= bound * 1000 for value in rest)
        told += [f"{within} up to {bound}"] if within else []
        rest = rest[within:]
    return ", ".join([*told, *([f"{len(rest)} above {bounds_ms[-1]}"] if rest else [])]) + " ms"


def ms(us: int) -> str:
    """Write us as ms with two digits, cut off, never rounded down to look better: 1999 us is 2.00."""
    hundredths = -(-us // 10)
    sign, hundredths = ("-", -hundredths) if hundredths < 0 else ("", hundredths)
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the benchmarks' table: what was measured, what is asked of it, and whether it is reached.

    ok None: a safety figure in ms. It is printed here and gated in `python -m proof zero` alone.
    """

    name: str
    measured: str
    goal: str
    ok: bool | None

    def __str__(self) -> str:
        word = {True: "pass", False: "MISS", None: "printed"}[self.ok]
        return f"{self.name:44} {self.measured:62} {self.goal:34} {word}"


def ratio_line(
    name: str, candidate: int, anchor: int, *, at_most: str = "", at_least: str = "", unit: str = "us"
) -> Line:
    """Compare two times of the same run. at_most, at_least: the goal as a decimal text, such as "1.3"."""
    goal = at_most or at_least
    whole, _, part = goal.partition(".")
    thousandths = int(whole) * 1000 + int((part + "000")[:3])
    found = candidate * 1000, anchor * thousandths
    ok = found[0] <= found[1] if at_most else found[0] >= found[1]
    measured = f"{candidate / max(1, anchor):.2f}x ({candidate:,} {unit} against {anchor:,} {unit})"
    return Line(name, measured, f"{'<=' if at_most else '>='} {goal}x", ok)
