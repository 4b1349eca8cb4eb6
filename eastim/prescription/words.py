"""The words of an order: points, leads, minutes. Each reads strictly and raises OrderError with the way out."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from eastim.units import parse_number, wrong

# Points of each channel: WHO's 361. Counts only; where they lie comes with the points table.
POINTS = {
    "LU": 11, "LI": 20, "ST": 45, "SP": 21, "HT": 9, "SI": 19, "BL": 67, "KI": 27,
    "PC": 9, "TE": 23, "GB": 44, "LR": 14, "GV": 28, "CV": 24,
}  # fmt: skip
MIDLINE = ("GV", "CV")

_POINT = re.compile(r"([A-Z]{2})([0-9]{1,2})(?:\.([A-Z]))?")
_EXTRA = re.compile(r"EX-[A-Z]{1,3}[0-9]{1,2}(?:\.[LR])?")
_AS = "write a point as in ST36.L"


def parse_point(text: object) -> str:
    """Check one point with its side: ST36.L, GV20 (midline, no side), EX-HN3."""
    if type(text) is not str:
        raise wrong(text, "is no point", _AS)
    if _EXTRA.fullmatch(text):
        return text
    found = _POINT.fullmatch(text)
    if not found or found[1] not in POINTS:
        raise wrong(text, f"is no point; channels are {' '.join(POINTS)}, and EX-", _AS)
    channel, number, side = found[1], int(found[2]), found[3]
    if not 1 <= number <= POINTS[channel]:
        raise wrong(
            text,
            f"is no point: {channel} has {POINTS[channel]} (WHO)",
            f"give {channel}1 to {channel}{POINTS[channel]}",
        )
    if channel in MIDLINE and side:
        raise wrong(text, "lies on the midline and has no side", f"write {channel}{number}")
    if channel not in MIDLINE and side not in ("L", "R"):
        raise wrong(text, "needs its side", f"write {channel}{number}.L or {channel}{number}.R")
    return text


def parse_points(raw: object) -> tuple[str, ...]:
    """Check the needles of one lead: two different points, or none named."""
    if not isinstance(raw, list | tuple):
        raise wrong(raw, "is no list of points", 'write points = ["ST36.L", "SP6.L"]')
    points = tuple(parse_point(item) for item in raw[:3])
    if len(raw) == 1:
        raise wrong(
            points[0], "is one needle, and current flows between two", f"name a second, as in {points[0]}-SP6.L"
        )
    if len(raw) > 2:
        raise wrong(points[2], "is a third needle, and a lead has two", "give the third needle another lead")
    if len(set(points)) != len(points):
        raise wrong(points[0], "is on the lead twice", "name two different points")
    return points


def crosses_midline(points: tuple[str, ...]) -> bool:
    """Whether one needle is left and one right; a midline point counts as either side."""
    return {point.rpartition(".")[2] for point in points if "." in point} == {"L", "R"}


def parse_lead(word: str) -> tuple[str, dict[str, object]]:
    """Read `A`, `A:2mA`, `A=ST36.L-SP6.L` or `A=ST36.L-SP6.L:2mA` into the lead's name and its fields as in a file.

    Points and strength are not judged here; that is done once, for files and words alike.
    """
    if len(word) > 100:
        raise wrong(word, "is too long for a lead", "write it as in A=ST36.L-SP6.L:2mA")
    found = re.fullmatch(r"([^=:]*)(?:=([^:]*))?(?::(.*))?", word, re.DOTALL)
    if not found or not found[1]:
        raise wrong(word, "is no lead", "write it as in A, or A=ST36.L-SP6.L:2mA")
    name, points, highest = found.groups()
    fields: dict[str, object] = {}
    if points is not None:
        fields["points"] = _split(points)
    if highest is not None:
        fields["highest"] = highest
    return name, fields


def _split(points: str) -> list[str]:
    """Part points at their hyphens, but not at that of EX-HN3."""
    return re.split(r"(?<!^EX)(?<!-EX)-", points)


def parse_minutes(raw: object) -> Fraction:
    """Read minutes exactly, from a word, or from a whole or decimal number of a file; above 0."""
    if isinstance(raw, str):
        minutes = parse_number(raw, "30")
    elif type(raw) is int or (isinstance(raw, Decimal) and raw.is_finite()):
        # Compared before it is converted: 1e400 as a fraction has 400 digits, 1e999999 a million.
        minutes = Fraction(max(min(raw, 10**6), -1))
    else:
        raise wrong(raw, "is no number of minutes", "write minutes = 30, or 0.2")
    if minutes <= 0:
        raise wrong(raw, "is not above 0", "give the minutes of stimulation, as in 30")
    return minutes


def parse_millimetres(raw: object) -> int:
    """Read a length in mm as whole um; raises OrderError outside 0.01 to 150 mm."""
    if type(raw) is int or (isinstance(raw, Decimal) and raw.is_finite()):
        length: int | Decimal = raw
        if Decimal("0.01") <= length <= 150:
            return int(Fraction(length) * 1000)
    raise wrong(raw, "is no length of a needle in mm (0.01 to 150)", "write diameter_mm = 0.25, length_mm = 15")
