"""Sixty more kinds of bad input: what slips in from other alphabets, other notations, and other people's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from eastim.ui.cli import main

pytestmark = [pytest.mark.hazard("H29"), pytest.mark.hazard("H30")]

MODE = 'mode = "2/100"\n'
LEAD = MODE + "[leads.A]\n"
NEEDLE = MODE + "[needle]\n"

# kind, argv, exit code, what is said
WORDS: list[tuple[str, list[str], int, str]] = [
    ("a blank behind the mode", ["run", "2 "], 2, "MODE: '2 ' is no mode"),
    ("a full-width digit", ["run", "２/100"], 2, "is no mode; there are 2, 100, 2/100"),
    ("a line end in the mode", ["run", "2/100\n"], 2, "is no mode"),
    ("a half of a character", ["run", "\ud800"], 2, "is no mode"),
    ("two modes", ["run", "2/100", "2"], 2, "unexpected extra argument(s) (2)"),
    ("an option as the mode", ["run", "--", "--minutes"], 2, "MODE: '--minutes' is no mode"),
    ("5,000 letters", ["run", "a" * 5000], 2, "is no mode"),
    ("a file name of 5,000 letters", ["run", "a" * 5000 + ".toml"], 2, "file name too long"),
    ("a file type in capitals", ["run", "rx.TOML"], 2, "a file must end in .toml"),
    ("a folder", ["run", "./"], 2, "a file must end in .toml"),
    ("no minutes", ["run", "2", "--minutes", ""], 2, "'' is no plain decimal number"),
    ("minutes with an underscore", ["run", "2", "--minutes", "1_0"], 2, "'1_0' is no plain decimal number"),
    ("minutes in hex", ["run", "2", "--minutes", "0x10"], 2, "'0x10' is no plain decimal number"),
    ("minutes with a plus", ["run", "2", "--minutes", "+5"], 2, "'+5' is no plain decimal number"),
    ("minutes with a comma", ["run", "2", "--minutes", "1,5"], 2, "digits and at most one point"),
    ("minutes as a fraction", ["run", "2", "--minutes", "1/2"], 2, "'1/2' is no plain decimal number"),
    ("minutes of another alphabet", ["run", "2", "--minutes", "٣"], 2, "'٣' is no plain decimal number"),
    ("minutes of 400 digits", ["run", "2", "--minutes", "9" * 400], 2, "is no plain decimal number"),
    ("minutes without a value", ["run", "2", "--minutes"], 2, "'--minutes' requires an argument"),
    ("a lead without a name", ["run", "2", "--lead", ""], 2, "'' is no lead"),
    ("a lead with an empty strength", ["run", "2", "--lead", "A:"], 2, "'' is not a strength"),
    ("a lead with empty points", ["run", "2", "--lead", "A="], 2, "'' is no point"),
    ("a lead with half its points", ["run", "2", "--lead", "A=ST36.L-"], 2, "'' is no point"),
    ("points with a blank between", ["run", "2", "--lead", "A=ST36.L SP6.L"], 2, "'ST36.L SP6.L' is no point"),
    ("a side that is none", ["run", "2", "--lead", "A=ST36.L-SP6.X"], 2, "write SP6.L or SP6.R"),
    ("a point with a zero before", ["run", "2", "--lead", "A=ST036.L-SP6.L"], 2, "'ST036.L' is no point"),
    ("point zero", ["run", "2", "--lead", "A=ST0.L-SP6.L"], 2, "give ST1 to ST45"),
    ("points in small letters", ["run", "2", "--lead", "A=st36.l-sp6.l"], 2, "'st36.l' is no point"),
    ("two letters for a lead", ["run", "2", "--lead", "AA"], 2, "sim has no lead 'AA'; it has A, B, C, D"),
    ("two strengths", ["run", "2", "--lead", "A:2mA:3mA"], 2, "one plain number and one unit"),
    ("a strength in small letters", ["run", "2", "--lead", "A:2ma"], 2, "a strength is in mA, uA"),
    ("a strength in amperes", ["run", "2", "--lead", "A:2 A"], 2, "has the unit 'A'"),
    ("a strength in hex", ["run", "2", "--lead", "A:0x2mA"], 2, "is not a strength"),
    ("an infinite strength", ["run", "2", "--lead", "A:infmA"], 2, "is not a strength"),
    ("a strength of another alphabet", ["run", "2", "--lead", "A:٢mA"], 2, "is not a strength"),
    ("a fifth lead", ["run", "2", "--lead", "A", "--lead", "E"], 2, "sim has no lead 'E'"),
    ("a use in capitals", ["run", "2", "--use", "HUMAN"], 2, "'human', 'animal' or 'bench'"),
    ("too strong for an animal", ["run", "2", "--use", "animal", "--lead", "A:11mA"], 2, "eastim set for animal"),
    ("a device in capitals", ["run", "2", "--device", "EA1"], 2, "there are ea1, sim"),
    ("a device with a null", ["run", "2", "--device", "sim\0"], 2, "no device profile"),
    ("an empty serial number", ["run", "2", "--serial", ""], 2, "is not 1 to 12 letters, digits and hyphens"),
    ("a serial number with an escape", ["run", "2", "--serial", "\x1b[31m"], 2, "is not 1 to 12 letters"),
    ("an empty front end", ["run", "2", "--ui", ""], 2, "there are plain, json"),
    ("half an option", ["run", "2", "--minute", "3"], 2, "No such option: --minute"),
    ("too much for verify", ["verify", "a", "b"], 2, "unexpected extra argument(s) (b)"),
    ("a folder as a ledger", ["verify", "/"], 7, "is no regular file; give the ledger's path"),
    ("an endless ledger", ["verify", "/dev/zero"], 7, "is no regular file"),
    ("a path as a session", ["stop", "--session", "../x"], 2, "no session '../x' is running"),
    ("two modes to explain", ["modes", "2", "3"], 2, "unexpected extra argument(s) (3)"),
    ("an empty command", [""], 2, "No such command ''; see eastim --help"),
]  # fmt: skip

# kind, content of rx.toml, what is said
FILES: list[tuple[str, str, str]] = [
    ("a field twice", MODE + MODE, "is no TOML: cannot overwrite a value"),
    ("a list of modes", 'mode = ["2"]\n', "line 1, mode: ['2'] is no mode"),
    ("a table as mode", "[mode]\na = 1\n", "line 1, mode: {'a': 1} is no mode"),
    ("a list of minutes", MODE + "minutes = []\n", "line 2, minutes: [] is no number of minutes"),
    ("minutes as a time", MODE + "minutes = 07:32:00\n", "line 2, minutes: 07:32:00 is no number of minutes"),
    ("minutes just above", MODE + "minutes = 30.000001\n", "give at most 30"),
    ("a serial number as a number", MODE + "serial = 5\n", "line 2, serial: 5 is no text"),
    ("a serial number too long", MODE + f'serial = "{"a" * 13}"\n', "is not 1 to 12 letters, digits and hyphens"),
    ("notes as a list", MODE + 'notes = ["a"]\n', "line 2, notes: ['a'] is no text"),
    ("an empty strength", LEAD + 'highest = ""\n', "line 3, leads.A.highest: '' is not a strength"),
    ("a strength as a list", LEAD + 'highest = ["2 mA"]\n', "has no unit; write it as a text"),
    ("points across the body", LEAD + 'points = ["ST36.L", "SP6.R"]\n', "from left to right across the body"),
    ("a list in a list of points", LEAD + 'points = [["ST36.L"], "SP6.L"]\n', "['ST36.L'] is no point"),
    ("a table of points", LEAD + "[leads.A.points]\nx = 1\n", "{'x': 1} is no list of points"),
    ("a point with an escape", LEAD + 'points = ["ST36.L", "\\u001b[2J"]\n', "is no point"),
    ("a lead with a blank", MODE + '[leads."A B"]\n', "sim has no lead 'A B'"),
    ("leads as a text", MODE + 'leads = "A"\n', "line 2, leads: 'A' is no table"),
    ("a list of lead tables", MODE + '[[leads]]\nname = "A"\n', "is no table; write a table, as in [leads.A]"),
    ("a needle of nothing", NEEDLE + "diameter_mm = 0\n", "0 is no length of a needle in mm (0.01 to 150)"),
    ("a needle as a text", NEEDLE + 'diameter_mm = "0.25"\n', "'0.25' is no length of a needle"),
    ("a needle that is true", NEEDLE + "diameter_mm = true\n", "True is no length of a needle"),
    ("an empty needle", NEEDLE, "needle.diameter_mm: is missing"),
    ("a needle as a number", MODE + "needle = 5\n", "line 2, needle: 5 is no table"),
    ("a field with an escape for a name", MODE + '"\\u001b[2J" = 1\n', "?[2J: there is no such field"),
    ("a field of Python's", MODE + '__class__ = "x"\n', "line 2, __class__: there is no such field"),
    ("a byte order mark", "\ufeff" + MODE, "line 1: begins with a byte order mark; save the file as UTF-8 without"),
    ("line ends of another system", MODE.replace("\n", "\r"), "line 1: is no TOML"),
    ("a null", MODE + 'notes = "\0"\n', "line 2: is no TOML"),
    ("nothing", "", "mode: is missing; give one"),
    ("one needle on two leads", LEAD + 'points = ["ST36.L", "SP6.L"]\n[leads.B]\npoints = ["ST36.L", "LR3.L"]\n',
     "line 4, leads.B: ST36.L is on lead A already"),
]  # fmt: skip


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert all(char.isprintable() or char == "\n" for char in captured.err)
    return captured.err


@pytest.mark.parametrize(("argv", "code", "says"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_bad_words(argv: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == code
    assert says in said(capsys)


@pytest.mark.parametrize(("text", "says"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_bad_file(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rx.toml").write_bytes(text.encode("utf-8"))

    assert main(["run", "rx.toml"]) == 2
    assert says in said(capsys)


def test_the_tables_have_sixty_kinds_more() -> None:
    kinds = [row[0] for row in WORDS] + [row[0] for row in FILES]

    assert len(set(kinds)) == len(kinds) >= 60
