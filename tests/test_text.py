"""Foreign text reaches nobody's terminal as it came."""

from __future__ import annotations

import unicodedata

import pytest

from eastim.text import safe_text

pytestmark = pytest.mark.hazard("H36")


@pytest.mark.parametrize("where", ["{}abc", "ab{}c", "abc{}"])
def test_no_control_character_passes_at_any_place(where: str) -> None:
    out = "".join(safe_text(where.format(chr(code))) for code in range(0x100))

    assert [char for char in out if unicodedata.category(char) in ("Cc", "Cf")] == []


def test_printable_latin_text_is_kept() -> None:
    assert safe_text("EA1-000001 ~ µA") == "EA1-000001 ~ µA"


@pytest.mark.parametrize(
    "code", [*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2066, 0x206A), 0x61C, 0xFEFF, 0xD800]
)
def test_no_bidi_mark_separator_or_surrogate_passes(code: int) -> None:
    assert safe_text(chr(code)) == "?"


def test_long_text_is_cut_and_says_so() -> None:
    assert safe_text("x" * 73) == "x" * 69 + "..."


def test_text_of_72_characters_is_whole() -> None:
    assert safe_text("x" * 72) == "x" * 72


def test_what_is_no_text_is_made_one() -> None:
    assert safe_text(b"\x1b[2J") == "b'\\x1b[2J'"
