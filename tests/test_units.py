"""Quantities in and out of text."""

from __future__ import annotations

from fractions import Fraction

import pytest

from eastim.errors import OrderError
from eastim.units import (
    format_charge,
    format_current,
    format_left,
    format_rate,
    format_time,
    parse_number,
    parse_strength,
    round_down,
)


@pytest.mark.parametrize(
    ("text", "ua"),
    [
        ("2 mA", 2_000),
        ("2mA", 2_000),
        ("0.1 mA", 100),
        ("600 uA", 600),
        ("600 µA", 600),
        ("600 μA", 600),
        ("0 mA", 0),
        ("1.2345678 mA", 1_234),  # rounds down, never up
        ("1.9999999 mA", 1_999),
    ],
)
def test_a_strength_is_read_and_rounds_down(text: str, ua: int) -> None:
    assert parse_strength(text) == ua


@pytest.mark.hazard("H19")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2", "has no unit"),
        ("2 V", "has the unit 'V', and a strength is in mA, uA"),
        ("2 ma", "has the unit 'ma'"),
        ("2 mA mA", "one plain number and one unit"),
        ("2 mA 3 uA", "one plain number and one unit"),
        ("2 mAuA", "has the unit 'mAuA'"),
        ("-2 mA", "is negative"),
        ("\N{MINUS SIGN}2 mA", "is negative"),
        ("+2 mA", "one plain number"),
        ("nan mA", "one plain number"),
        ("inf mA", "one plain number"),
        ("1e400 mA", "one plain number"),
        ("1e3 mA", "one plain number"),
        ("2,5 mA", "one plain number"),
        ("0x10 mA", "one plain number"),
        ("", "one plain number"),
        ("mA", "one plain number"),
        ("9999999999 mA", "one plain number"),
        ("٢ mA", "one plain number"),  # an Arabic two is a digit to Python, and not to us
    ],
)
@pytest.mark.hazard("H29")
def test_what_is_no_strength_is_refused_with_the_way_out(text: str, says: str) -> None:
    with pytest.raises(OrderError, match=says) as caught:
        parse_strength(text)

    assert 'as in "2 mA"' in str(caught.value)


def test_a_number_is_exact() -> None:
    assert parse_number("0.2", "30") == Fraction(1, 5)


@pytest.mark.parametrize("text", ["", "1e400", "nan", "inf", "0.2.3", "1_000", "0x1", " 3", "99999999999"])
@pytest.mark.hazard("H29")
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(OrderError, match="no plain decimal number; write digits and at most one point, as in 30"):
        parse_number(text, "30")


@pytest.mark.hazard("H36")
def test_a_bad_word_is_shown_without_its_control_characters() -> None:
    with pytest.raises(OrderError) as caught:
        parse_strength("\x1b[2J\u202e2 mA")

    assert "\x1b" not in str(caught.value) and "\u202e" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "step", "down"), [(1_234, 10, 1_230), (1_239, 10, 1_230), (9, 10, 0), (100, 100, 100)]
)
def test_a_strength_rounds_down_to_the_step(value: int, step: int, down: int) -> None:
    assert round_down(value, step) == down


@pytest.mark.parametrize(
    ("ua", "text"), [(0, "0 mA"), (150, "0.15 mA"), (2_000, "2 mA"), (10_000, "10 mA"), (-500, "-0.5 mA")]
)
def test_a_current_in_words(ua: int, text: str) -> None:
    assert format_current(ua) == text


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (600, "600 us"),
        (500_000, "0.5 s"),
        (12_000_000, "12 s"),
        (60_000_000, "1 min"),
        (1_794_000_000, "29 min 54 s"),
        (1_800_000_000, "30 min"),
    ],
)
def test_a_time_in_words(us: int, text: str) -> None:
    assert format_time(us) == text


@pytest.mark.parametrize(("us", "text"), [(0, "0:00"), (1, "0:01"), (1_794_000_000, "29:54"), (1_793_000_001, "29:54")])
def test_time_left_rounds_up(us: int, text: str) -> None:
    assert format_left(us) == text


@pytest.mark.parametrize(("pc", "text"), [(1_200_000, "1.2 uC"), (0, "0 uC"), (6_000_000, "6 uC"), (20_000, "0.02 uC")])
def test_a_charge_in_words(pc: int, text: str) -> None:
    assert format_charge(pc) == text


@pytest.mark.parametrize(("rate", "text"), [("2", "2 Hz"), ("5/2", "2.5 Hz"), ("1/3", "1/3 Hz"), ("100", "100 Hz")])
def test_a_rate_in_words(rate: str, text: str) -> None:
    assert format_rate(Fraction(rate)) == text
