"""Device profiles: every field is checked when one is read, so that no wrong one reaches a session."""

from __future__ import annotations

from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest

from eastim.errors import AskedError
from eastim.profiles.profile import Profile, load_profile, parse_profile, profile_names

EA1 = (files("eastim.profiles") / "ea1.toml").read_text("utf-8")


def changed(field: str, value: str) -> str:
    """The profile ea1 with one field changed."""
    lines = EA1.splitlines()
    return "\n".join(f"{field} = {value}" if line.startswith(f"{field} =") else line for line in lines)


def test_a_profile_on_disk_is_the_one_that_is_loaded() -> None:
    assert parse_profile(EA1) == load_profile("ea1")


# Every value of the profile ea1, from its manual docs/wire/ea1.md, and the clause; two are choices of this project.
EA1_VALUES = [
    ("name", "ea1", "the name under which it is loaded"),
    ("title", "reference stimulator, wire ea1", "the manual's own words"),
    ("wire", "ea1", "the manual's title"),
    ("uses", ("human", "animal", "bench"), "1.1: isolated outputs"),
    ("electrode", "needle", "chosen: it serves needles"),
    ("strength", "live", "4.9: a PLAY sets the levels at any time"),
    ("leads", ("A", "B", "C", "D"), "1.1: the leads A, B, C, D"),
    ("isolated_leads", True, "1.1: four isolated outputs"),
    ("max_ua", 20_000, "1.1: 0-20 mA"),
    ("level_step_ua", 10, "1.1: in steps of 10 uA"),
    ("time_step_us", 1, "1.2: time base 1 us"),
    ("compliance_mv", 30_000, "1.1: a compliance of 30 V"),
    ("reports_by_itself", True, "6.1: sent without being asked"),
    ("measures", True, "6.3: current, voltage, impedance and charge"),
    ("autonomous_us", 2_005_000, "4.9 and 1.5: a lease of 2000 ms, and a pulse of 5 ms that has begun"),
    ("lease_us", 500_000, "4.9: 500 is usual"),
    ("renew_us", 200_000, "chosen: a lease of 500 ms outlives one renewal that fails"),
    ("stop_hex", ("001800",), "2.6: the three bytes 00 18 00"),
    ("stop_answer_us", 10_000, "5.7: within 10 ms"),
    ("baud", 460_800, "2.1: 460800 baud"),
    ("max_frame_bytes", 520, "2.4: longer than 520 bytes"),
    ("citation", "docs/wire/ea1.md, version 1", "2.2: version is 1"),
]


@pytest.mark.parametrize(("field", "value", "clause"), EA1_VALUES)
def test_the_profile_says_what_the_manual_says(field: str, value: object, clause: str) -> None:
    assert getattr(load_profile("ea1"), field) == value, clause


def test_no_value_of_the_profile_is_left_out() -> None:
    assert [field for field, _, _ in EA1_VALUES] == [each.name for each in fields(Profile)]


def test_the_device_that_eastim_starts_itself_is_the_reference_but_for_its_name() -> None:
    sim, ea1 = load_profile("sim"), load_profile("ea1")

    assert sim.name == "sim" and "no current flows anywhere" in sim.title
    assert replace(sim, name=ea1.name, title=ea1.title) == ea1


def test_the_names_are_those_of_the_files_sorted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = SimpleNamespace(iterdir=lambda: [tmp_path / name for name in ("z.toml", "notes.txt", "a.toml")])
    monkeypatch.setattr("eastim.profiles.profile.files", lambda _: folder)

    assert profile_names() == ("a", "z")


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
        ("stop_hex", '["001800", " "]', "empty frame"),
        ("leads", '"AB"', "leads is 'AB'"),
        ("leads", "[1, 2]", r"leads is \(1, 2\)"),
    ],
)
def test_a_field_that_is_wrong_is_refused(field: str, value: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_profile(changed(field, value))


def test_a_lease_may_be_as_long_as_the_device_goes_on_alone() -> None:
    assert parse_profile(changed("lease_us", "2005000")).lease_us == 2_005_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (EA1 + 'more = "x"\n', r"look at \['more'\]"),
        (EA1.replace("max_ua", "most_ua"), r"look at \['max_ua', 'most_ua'\]"),
        ("", "look at .'autonomous_us', 'baud', "),
    ],
)
def test_a_field_too_many_or_too_few_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_profile(text)


def test_a_profile_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(ValueError, match="nested too deep"):
        parse_profile(f"name = {'[' * 2000}")


@pytest.mark.parametrize("line", ['name = "\\u001b[2J"\nmax_ua = 0', 'max_ua = 0\n"\\u001b" = 1'])
def test_what_is_said_of_a_wrong_profile_can_be_printed(line: str) -> None:
    without = "\n".join(row for row in EA1.splitlines() if not row.startswith(("name", "max_ua")))
    with pytest.raises(ValueError, match="profile") as refused:
        parse_profile(f"{without}\n{line}")

    assert str(refused.value).isprintable()


@pytest.mark.hazard("H30")
@pytest.mark.parametrize("name", ["../ea1", "EA1", "", "ea1.toml", "a" * 65, "nosuch"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(AskedError, match="no device profile"):
        load_profile(name)
