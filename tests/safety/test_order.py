"""The order: its canonical text, its hash, and that what is read back is what was said."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order, order_from_json

LOW = Section(PulseTrain("2", PulseShape(600, 40, -1), Fraction(2)), 3_000_000, 6, ("A", "C"))
HIGH = Section(PulseTrain("h", PulseShape(200), Fraction(100, 3)), 1_500_000, 50, ("C",))
LEADS = (LeadOrder("A", ("ST36", "SP6"), 2000), LeadOrder("C", (), 3500))
LIMITS = envelope("bench", "pad")
ORDER = Order(Program("two", (LOW, HIGH), 7), LEADS, LIMITS, "bench", 9_000_000, "ea1", "EA1-000001")
TEXT = (
    '{"device":"EA1-000001",'
    '"leads":[{"lead":"A","max_ua":2000,"points":["ST36","SP6"]},{"lead":"C","max_ua":3500,"points":[]}],'
    '"limits":LIMITS,'
    '"profile":"ea1","program":{"name":"two","repeats":7,"sections":['
    '{"count":6,"duration_us":3000000,"gap_us":40,"kind":"2","leads":["A","C"],"rate_hz":"2","sign":-1,"width_us":600},'
    '{"count":50,"duration_us":1500000,"gap_us":0,"kind":"h","leads":["C"],"rate_hz":"100/3","sign":1,"width_us":200}'
    ']},"session_us":9000000,"use":"bench"}'
).replace("LIMITS", json.dumps(LIMITS.to_json(), sort_keys=True, separators=(",", ":")))


def test_the_text_of_an_order_is_this_one() -> None:
    assert ORDER.to_json() == TEXT


def test_the_hash_of_an_order_is_the_sha_256_of_its_text() -> None:
    assert ORDER.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_an_order_is_read_back_as_it_was_said() -> None:
    assert order_from_json(TEXT) == ORDER


def test_an_order_for_any_device_names_none() -> None:
    assert Order(ORDER.program, LEADS, LIMITS, "bench", 9_000_000, "ea1") == replace(ORDER, device=None)
    assert order_from_json(TEXT.replace('"EA1-000001"', "null")).device is None


def test_each_lead_has_its_own_maximum_and_a_lead_not_ordered_has_none() -> None:
    assert [ORDER.max_ua("A"), ORDER.max_ua("C"), ORDER.max_ua("B")] == [2000, 3500, 0]


def test_the_kinds_are_the_programs() -> None:
    assert ORDER.kinds == ("2", "h")


@pytest.mark.parametrize(
    "rate",
    [
        *("1/0", "0", "0/1", "-2", "1e999999999", "2.5", " 2", "2/", "/2", "2/3/4", "\u0662", "", "inf"),
        *("1" * 20, "1/" + "1" * 20),
    ],
)
def test_a_rate_is_read_only_as_it_is_written(rate: str) -> None:
    with pytest.raises(ValueError, match=r"^rate_hz is '.*', must be num or num/den"):
        order_from_json(TEXT.replace('"100/3"', json.dumps(rate)))


@pytest.mark.parametrize("rate", ["2", "1e400", "Infinity", "null", "[2]"])
def test_a_rate_is_text(rate: str) -> None:
    with pytest.raises(ValueError, match=r"^this is no order: TypeError\(.*; send what to_json gave$"):
        order_from_json(TEXT.replace('"100/3"', rate))


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ('"lead":"A"', '"lead":1'),
        ('"points":["ST36",', '"points":[null,'),
        ('"leads":["A","C"]', '"leads":[null]'),
        ('"leads":["C"]', '"leads":[["C"]]'),
        ('"kind":"2"', '"kind":["2"]'),
        ('"name":"two"', '"name":2'),
        ('9000000,"use":"bench"', '9000000,"use":{}'),
        ('"profile":"ea1"', '"profile":1'),
        ('"device":"EA1-000001"', '"device":1'),
    ],
)
def test_a_word_that_is_no_text_is_refused(said: str, instead: str) -> None:
    assert said in TEXT
    with pytest.raises(
        ValueError, match=r"^this is no order: TypeError\(.* where text must be['\"]\); send what to_json"
    ):
        order_from_json(TEXT.replace(said, instead, 1))


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    "said",
    [
        *('"lead":"A"', '"points":["ST36"', '"leads":["A"', '"kind":"2"', '"name":"two"', '9000000,"use":"bench"'),
        *('"profile":"ea1"', '"device":"EA1-000001"'),
    ],
)
def test_a_word_that_does_not_print_is_refused(said: str) -> None:
    """It would reach a screen in the guard's own sentences."""
    assert said in TEXT
    with pytest.raises(ValueError, match=r"^'.*\\x1b' has a character that does not print; send what to_json gave$"):
        order_from_json(TEXT.replace(said, f'{said[:-1]}\\u001b"', 1))


def test_a_word_that_does_not_print_is_quoted_with_at_most_40_characters() -> None:
    with pytest.raises(ValueError, match=rf"^'{'1' * 39} has a character"):
        order_from_json(TEXT.replace('"profile":"ea1"', f'"profile":"{"1" * 60}\\u0007"'))


@pytest.mark.parametrize("number", ['"1"', "1.5", "null", "[1]"])
@pytest.mark.parametrize("said", ['"max_ua":2000', '"session_us":9000000'])
def test_a_number_that_is_not_whole_is_refused(said: str, number: str) -> None:
    with pytest.raises(ValueError, match=r"^this is no order: TypeError\(.* where a whole number must be"):
        order_from_json(TEXT.replace(said, f"{said.partition(':')[0]}:{number}", 1))


@pytest.mark.parametrize("text", ["[]", "{}", "null", "1", "[" * 100_000], ids=["list", "empty", "null", "1", "deep"])
def test_what_has_another_shape_is_no_order(text: str) -> None:
    with pytest.raises(ValueError, match="^this is no order: .{1,200}; send what to_json gave$"):
        order_from_json(text)


def test_a_refused_word_is_quoted_with_at_most_40_characters() -> None:
    long = TEXT.replace('"profile":"ea1"', f'"profile":[{"1" * 60}]')
    with pytest.raises(ValueError, match=rf"TypeError\('\[{'1' * 39} where text must be'\)"):
        order_from_json(long)
    with pytest.raises(ValueError, match=rf"TypeError\('\[{'1' * 39} where a whole number must be'\)"):
        order_from_json(TEXT.replace('"session_us":9000000', f'"session_us":[{"1" * 60}]'))
