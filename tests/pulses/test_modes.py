"""The modes, as data."""

from __future__ import annotations

from fractions import Fraction

import pytest

from eastim.errors import AskedError
from eastim.pulses.modes import load_mode, mode_names


def test_the_modes_there_are() -> None:
    assert mode_names() == ("2", "100", "2/100", "10", "50")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("2", [("2", Fraction(2), 600, 6_000_000)]),
        ("100", [("100", Fraction(100), 200, 6_000_000)]),
        ("2/100", [("2", Fraction(2), 600, 3_000_000), ("100", Fraction(100), 200, 3_000_000)]),
        ("10", [("10", Fraction(10), 400, 6_000_000)]),
        ("50", [("50", Fraction(50), 200, 6_000_000)]),
    ],
)
def test_the_timing_of_a_mode(name: str, parts: list[tuple[str, Fraction, int, int]]) -> None:
    found = [(t.kind, t.rate_hz, t.shape.width_us, us) for t, us in load_mode(name).parts]

    assert found == parts


def test_thirty_minutes_of_dense_disperse() -> None:
    program = load_mode("2/100").program(("A",), 1_800_000_000)

    assert {s.train.kind: s.count * program.repeats for s in program.sections} == {"2": 1_800, "100": 90_000}


def test_what_is_no_whole_block_is_left_out() -> None:
    assert load_mode("2/100").program(("A",), 17_999_999).session_us == 12_000_000


def test_less_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="5999999 us hold no whole block of mode 2/100"):
        load_mode("2/100").program(("A",), 5_999_999)


@pytest.mark.parametrize("name", mode_names())
def test_blocks_are_six_seconds_in_every_mode(name: str) -> None:
    assert load_mode(name).block_us == 6_000_000


@pytest.mark.parametrize("name", mode_names())
def test_a_mode_says_what_it_rests_on(name: str) -> None:
    mode = load_mode(name)

    assert mode.releases and mode.sources and mode.assumed


def test_an_unknown_mode_names_the_known_ones() -> None:
    with pytest.raises(AskedError, match=r"no mode '3/7'; there are 2, 100, 2/100, 10, 50"):
        load_mode("3/7")
