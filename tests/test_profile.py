"""Device profiles: every field is checked when one is read, so that no wrong one reaches a session."""

from __future__ import annotations

from importlib.resources import files

import pytest

from eastim.errors import AskedError
from eastim.profiles.profile import load_profile, parse_profile

EA1 = (files("eastim.profiles") / "ea1.toml").read_text("utf-8")


def changed(field: str, value: str) -> str:
    """The profile ea1 with one field changed."""
    lines = EA1.splitlines()
    return "\n".join(f"{field} = {value}" if line.startswith(f"{field} =") else line for line in lines)


def test_a_profile_on_disk_is_the_one_that_is_loaded() -> None:
    assert parse_profile(EA1) == load_profile("ea1")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("max_ua", "0", "max_ua is 0"),
        ("max_ua", "true", "max_ua is True"),
        ("max_ua", "1e400", "max_ua is inf"),
        ("strength", '"later"', "strength is 'later'"),
        ("leads", "[]", r"leads is \(\)"),
        ("leads", '["A", ""]', "leads is"),
        ("renew_us", "500000", "renew_us < lease_us"),
        ("lease_us", "100000000", "lease_us <= autonomous_us"),
        ("stop_hex", '["zz"]', "non-hexadecimal"),
        ("stop_hex", '[" "]', "empty frame"),
    ],
)
def test_a_field_that_is_wrong_is_refused(field: str, value: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_profile(changed(field, value))


@pytest.mark.parametrize("text", [EA1 + 'more = "x"\n', EA1.replace("max_ua", "most_ua"), ""])
def test_a_field_too_many_or_too_few_is_refused(text: str) -> None:
    with pytest.raises(TypeError):
        parse_profile(text)


@pytest.mark.hazard("H30")
@pytest.mark.parametrize("name", ["../ea1", "EA1", "", "ea1.toml", "a" * 65, "nosuch"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(AskedError, match="no device profile"):
        load_profile(name)
