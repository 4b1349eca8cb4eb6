"""Quantities in and out of text: integer us, uA and pC inside, exact rates (Fraction), never a float.

Reading is strict: one plain decimal number and one unit. Where a text is finer than our unit, strength rounds
down: a pulse that is a little weaker is safe.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from eastim.errors import OrderError, Problem

_AMOUNT = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([^\s0-9.+-]+)\s*")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")

# The micro sign and the Greek mu are two characters that look alike; both are meant.
_CURRENTS = {"mA": 1000, "uA": 1, "µA": 1, "μA": 1}


def parse_strength(text: str) -> int:
    """Read a strength such as "2 mA" or "600 uA" as whole uA, rounded down; raises OrderError."""
    return int(_amount(text, _CURRENTS, "a strength", "2 mA"))


def parse_number(text: str, example: str) -> Fraction:
    """Read a plain decimal number, such as "0.2", exactly; raises OrderError."""
    if not _NUMBER.fullmatch(text):
        raise _no_number(text, example)
    return Fraction(text)


def _amount(text: str, units: dict[str, int], what: str, example: str) -> Fraction:
    found = _AMOUNT.fullmatch(text)
    if not found:
        raise _no_amount(text, what, example)
    if found[2] not in units:
        known = ", ".join(unit for unit in units if unit.isascii())
        raise wrong(text, f"has the unit {found[2][:16]!r}, and {what} is in {known}", f'write it as in "{example}"')
    return Fraction(found[1]) * units[found[2]]


def _no_amount(text: str, what: str, example: str) -> OrderError:
    if _NUMBER.fullmatch(text.strip()):
        return wrong(text, "has no unit", f'say which, as in "{example}"')
    if re.fullmatch(r"\s*[-\N{MINUS SIGN}].*", text, re.DOTALL):
        return wrong(text, f"is negative, and {what} is 0 or more", f'write it as in "{example}"')
    return wrong(text, f"is not {what}: one plain number and one unit", f'write it as in "{example}"')


def _no_number(text: str, example: str) -> OrderError:
    if text.strip().startswith(("-", "\N{MINUS SIGN}")):
        return wrong(text, "is negative", f"give a number above 0, as in {example}")
    return wrong(text, "is no plain decimal number", f"write digits and at most one point, as in {example}")


def wrong(text: object, what: str, way_out: str) -> OrderError:
    """Make the error for one bad word; whoever knows its place puts that before it."""
    # Foreign words are shown by repr, which escapes every control character (H36).
    shown = repr(text[:40]) if isinstance(text, str) else str(text)
    return OrderError((Problem(shown[:64], what, way_out),))


def round_down(value: int, step: int) -> int:
    """The largest multiple of `step` that is not above `value`; a strength is never rounded up."""
    return value - value % step


def format_current(ua: int) -> str:
    """Say a current in mA: 150 is "0.15 mA"."""
    return f"{_plain(Fraction(ua, 1000))} mA"


def format_charge(pc: int) -> str:
    """Say a charge in uC: 1_200_000 pC is "1.2 uC"."""
    return f"{_plain(Fraction(pc, 1_000_000))} uC"


def format_time(us: int) -> str:
    """Say a time in the unit that fits: "600 us", "0.5 s", "12 s", "30 min", "29 min 54 s"."""
    if us < 10_000:
        return f"{us} us"
    minutes, rest = divmod(us, 60_000_000)
    seconds = f"{_plain(Fraction(rest, 1_000_000))} s"
    if not minutes:
        return seconds
    return f"{minutes} min {seconds}" if rest else f"{minutes} min"


def format_left(us: int) -> str:
    """Say the time left in whole seconds, rounded up, so that 0 means the end: "29:54"."""
    seconds = -(-us // 1_000_000)
    return f"{seconds // 60}:{seconds % 60:02d}"


def format_rate(rate_hz: Fraction) -> str:
    """Say an exact rate: "2 Hz", "2.5 Hz", "1/3 Hz"."""
    return f"{_plain(rate_hz)} Hz"


def _plain(value: Fraction) -> str:
    """A decimal where that is exact, else a fraction."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return str(value)
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return format(exact.normalize(), "f")
