"""Bad input by table: each row ends in its documented exit code and a sentence with the bound and the way out.

Nothing is opened for any of them: `treatment.run` is replaced by a trap.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eastim.ui.cli import main

pytestmark = [pytest.mark.hazard("H29"), pytest.mark.hazard("H30")]

MODE_LINE = 'mode = "2/100"\n'

# argv -> exit code 2 and these words in the message.
WORDS: list[tuple[str, list[str], list[str]]] = [
    ("unknown mode", ["3/7"], ["MODE", "'3/7' is no mode", "2, 100, 2/100, 10, 50"]),
    ("mode with control characters", ["2\x1b[2J"], ["is no mode", "\\x1b"]),
    ("empty mode", [""], ["'' is no mode"]),
    ("a yaml file", ["rx.yaml"], ["a file must end in .toml"]),
    ("99 minutes", ["2", "--minutes", "99"], ["more than the 30 minutes", "eastim set for human", "give at most 30"]),
    ("31 minutes", ["2", "--minutes", "30.0001"], ["more than the 30 minutes"]),
    ("0 minutes", ["2", "--minutes", "0"], ["is not above 0", "as in 30"]),
    ("negative minutes", ["2", "--minutes", "-3"], ["'-3' is negative", "above 0"]),
    ("minutes nan", ["2", "--minutes", "nan"], ["is no plain decimal number", "digits"]),
    ("minutes inf", ["2", "--minutes", "inf"], ["is no plain decimal number"]),
    ("minutes 1e400", ["2", "--minutes", "1e400"], ["is no plain decimal number"]),
    ("minutes true", ["2", "--minutes", "true"], ["is no plain decimal number"]),
    ("minutes with unit", ["2", "--minutes", "30min"], ["is no plain decimal number"]),
    ("less than a block", ["2/100", "--minutes", "0.05"], ["3 s is less than one block", "give at least 0.1 minutes"]),
    ("unknown lead", ["2", "--lead", "E"], ["sim has no lead 'E'", "A, B, C, D"]),
    ("lower-case lead", ["2", "--lead", "a"], ["sim has no lead 'a'"]),
    ("lead twice", ["2", "--lead", "A", "--lead", "A:2mA"], ["lead A is ordered twice"]),
    ("one needle", ["2", "--lead", "A=ST36.L"], ["one needle", "current flows between two"]),
    ("three needles", ["2", "--lead", "A=ST36.L-SP6.L-LR3.L"], ["third needle", "a lead has two"]),
    ("same needle twice", ["2", "--lead", "A=ST36.L-ST36.L"], ["on the lead twice"]),
    (
        "one needle on two leads",
        ["2", "--lead", "A=ST36.L-SP6.L", "--lead", "B=ST36.L-LR3.L"],
        ["ST36.L is on lead A already"],
    ),
    ("no such point", ["2", "--lead", "A=ST46.L-SP6.L"], ["ST has 45"]),
    ("no such channel", ["2", "--lead", "A=XX1.L-SP6.L"], ["is no point; channels are LU LI"]),
    ("point without side", ["2", "--lead", "A=ST36-SP6.L"], ["needs its side", "ST36.L or ST36.R"]),
    ("midline point with side", ["2", "--lead", "A=GV20.L-SP6.L"], ["has no side", "write GV20"]),
    ("across the body", ["2", "--lead", "A=ST36.L-ST36.R"], ["from left to right", "points of one side"]),
    ("no lead", ["2", "--lead", ":2mA"], ["is no lead", "A=ST36.L-SP6.L:2mA"]),
    ("a very long lead", ["2", "--lead", "A=" + "x" * 5000], ["too long for a lead"]),
    ("strength without unit", ["2", "--lead", "A:2"], ["has no unit", '"2 mA"']),
    ("strength in volts", ["2", "--lead", "A:2V"], ["has the unit 'V'", "mA, uA"]),
    ("two units", ["2", "--lead", "A:2mA3uA"], ["one plain number and one unit"]),
    ("negative strength", ["2", "--lead", "A:-2mA"], ["is negative"]),
    ("strength nan", ["2", "--lead", "A:nanmA"], ["is not a strength"]),
    ("strength 1e400", ["2", "--lead", "A:1e400mA"], ["is not a strength"]),
    ("20 mA", ["2", "--lead", "A:20mA"], ["more than the 10 mA that eastim set for human", "give at most 10 mA"]),
    ("10.01 mA", ["2", "--lead", "A:10.01mA"], ["more than the 10 mA"]),
    (
        "less than a step",
        ["2", "--lead", "A:0.05mA"],
        ["less than one step of strength, 0.1 mA", "could never be raised"],
    ),
    ("zero strength", ["2", "--lead", "A:0mA"], ["less than one step"]),
    ("unknown use", ["2", "--use", "robot"], ["--use", "'human', 'animal' or 'bench'"]),
    ("unknown device", ["2", "--device", "es160"], ["no device profile 'es160'", "ea1, sim"]),
    ("path as device", ["2", "--device", "../../etc/passwd"], ["no device profile"]),
    ("long serial", ["2", "--serial", "x" * 13], ["--serial", "EA1-000001"]),
    ("odd serial", ["2", "--serial", "EA1_000001"], ["--serial", "EA1-000001"]),
    ("unknown front end", ["2", "--ui", "web"], ["'web' is no front end", "plain, json"]),
    ("fast with keys", ["2", "--fast"], ["nobody can press keys in virtual time", "--ui json"]),
    ("fast on a device", ["2", "--fast", "--device", "ea1", "--ui", "json"], ["on the simulator only"]),
    ("port for the simulator", ["2", "--port", "/dev/ttyUSB0"], ["sim starts its own simulator", "leave --port away"]),
    ("device without port", ["2", "--device", "ea1"], ["the device ea1 needs one", "socket://127.0.0.1:PORT"]),
    ("unknown option", ["2", "--force"], ["No such option: --force", "eastim run --help"]),
    ("no mode at all", [], ["Missing argument", "eastim run --help"]),
    ("no such file", ["nowhere.toml"], ["there is no such file", "eastim modes"]),
    ("a file name with a null", ["a\0.toml"], ["can't be read"]),
]

# Content of rx.toml -> these words, the place with its line first.
FILES: list[tuple[str, str, list[str]]] = [
    ("no mode in it", "minutes = 30\n", ["mode", "is missing", 'mode = "2/100"']),
    ("mode of a wrong type", "mode = 2\n", ["rx.toml, line 1, mode", "2 is no mode"]),
    ("99 minutes", MODE_LINE + "minutes = 99\n", ["rx.toml, line 2, minutes", "99 minutes is more", "give at most 30"]),
    ("minutes negative", MODE_LINE + "minutes = -1\n", ["line 2", "-1 is not above 0"]),
    ("minutes nan", MODE_LINE + "minutes = nan\n", ["line 2", "NaN is no number of minutes"]),
    ("minutes inf", MODE_LINE + "\nminutes = -inf\n", ["line 3", "-Infinity is no number of minutes"]),
    ("minutes 1e400", MODE_LINE + "minutes = 1e400\n", ["line 2", "1E+400 minutes is more than the 30"]),
    ("minutes 1e999999999", MODE_LINE + "minutes = 1e999999\n", ["line 2", "more than the 30 minutes"]),
    ("minutes as a boolean", MODE_LINE + "minutes = true\n", ["line 2", "True is no number of minutes"]),
    ("minutes as a text", MODE_LINE + 'minutes = "1e400"\n', ["line 2", "is no plain decimal number"]),
    ("minutes as a date", MODE_LINE + "minutes = 2020-01-01\n", ["line 2", "is no number of minutes"]),
    ("a number of 5000 digits", MODE_LINE + f"minutes = {'9' * 5000}\n", ["number that is too long"]),
    ("an unknown field", MODE_LINE + "ramp_up = 3\n", ["line 2, ramp_up", "no such field", "minutes, use, serial"]),
    ("a field no lead has", MODE_LINE + "[leads.A]\nstrength = 2\n", ["line 3, leads.A.strength", "points, highest"]),
    ("an unknown field of the needle", MODE_LINE + "[needle]\ngauge = 2\n", ["line 3", "diameter_mm, length_mm"]),
    ("strength without unit", MODE_LINE + "[leads.A]\nhighest = 2\n", ["line 3, leads.A.highest", "has no unit"]),
    ("strength as a boolean", MODE_LINE + "[leads.A]\nhighest = true\n", ["line 3", "True has no unit"]),
    ("strength too high", MODE_LINE + '[leads.A]\nhighest = "50 mA"\n', ["line 3", "10 mA that eastim set for human"]),
    ("one needle", MODE_LINE + '[leads.A]\npoints = ["ST36.L"]\n', ["line 3, leads.A.points", "one needle"]),
    ("points as a text", MODE_LINE + '[leads.A]\npoints = "ST36.L"\n', ["line 3", "is no list of points"]),
    ("a point that is a number", MODE_LINE + "[leads.A]\npoints = [1, 2]\n", ["line 3", "1 is no point"]),
    ("a lead that is a number", MODE_LINE + "[leads]\nA = 2\n", ["line 3, leads.A", "2 is no table"]),
    ("leads that are a list", MODE_LINE + "leads = []\n", ["line 2, leads", "[leads.A]"]),
    ("no lead in leads", MODE_LINE + "[leads]\n", ["line 2, leads", "there is no lead in it"]),
    ("a lead of another device", MODE_LINE + "[leads.E]\n", ["line 2, leads.E", "A, B, C, D"]),
    ("a table twice", MODE_LINE + "[leads.A]\n[leads.A]\n", ["rx.toml, line 3", "is no TOML"]),
    ("no TOML", "mode: 2/100\n", ["rx.toml, line 1", "is no TOML", "minutes = 30"]),
    ("a needle of 2 m", MODE_LINE + "[needle]\ndiameter_mm = 2000\n", ["line 3", "0.01 to 150"]),
    ("a needle of nan", MODE_LINE + "[needle]\ndiameter_mm = nan\n", ["line 3", "NaN is no length"]),
    ("an unknown use", MODE_LINE + 'use = "robot"\n', ["line 2, use", '"human", "animal" or "bench"']),
    ("use as a boolean", MODE_LINE + "use = false\n", ["line 2, use"]),
    ("notes too long", MODE_LINE + f'notes = "{"x" * 4001}"\n', ["line 2, notes", "4000 characters"]),
    ("too large", "# " + "x" * 64_000, ["larger than 64000 bytes", "set by eastim"]),
    ("nested", MODE_LINE + f"x = {'[' * 30}{']' * 30}\n", ["nested deeper than 8"]),
    ("nested beyond Python", MODE_LINE + f"x = {'[' * 20_000}\n", ["nested deeper than 8"]),
    ("dotted deep", MODE_LINE + ".".join("a" * 20) + " = 1\n", ["nested deeper than 8"]),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name files shortly: what a message shows of a name is cut at 72 characters."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    def trap(*args: object, **kwargs: object) -> Any:
        raise AssertionError("a bad order reached the engine")

    # By module: the package gives a function of the same name.
    monkeypatch.setattr(importlib.import_module("eastim.treatment.run"), "run", trap)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err and "\x1b" not in captured.err
    return captured.err


@pytest.mark.parametrize(("argv", "says"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_a_bad_word(argv: list[str], says: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *argv]) == 2

    message = said(capsys)
    assert [part for part in says if part not in message] == [], message


@pytest.mark.parametrize(("text", "says"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_a_bad_file(text: str, says: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rx.toml").write_text(text)

    assert main(["run", "rx.toml"]) == 2

    message = said(capsys)
    assert [part for part in says if part not in message] == [], message


def test_the_tables_have_forty_kinds() -> None:
    assert len(WORDS) + len(FILES) >= 40


def test_all_mistakes_come_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rx.toml"
    path.write_text('mode = "7"\nminutes = 99\ncolour = 1\n[leads.A]\npoints = ["ST36.L"]\nhighest = "2 V"\n')

    assert main(["run", str(path), "--ui", "web"]) == 2

    lines = said(capsys).splitlines()
    assert len(lines) == 6
    assert all(line.startswith("eastim: ") for line in lines)


def test_bytes_that_are_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rx.toml").write_bytes(b'mode = "2"\nnotes = "\xff"\n')

    assert main(["run", "rx.toml"]) == 2
    assert "line 2: is not UTF-8 text" in said(capsys)


def test_a_link_is_not_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "real.toml").write_text(MODE_LINE)
    (tmp_path / "rx.toml").symlink_to(tmp_path / "real.toml")

    assert main(["run", "rx.toml"]) == 2
    assert "symbolic link" in said(capsys)


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_what_is_no_regular_file(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rx.toml"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)  # a plain open would wait here for ever

    assert main(["run", str(path)]) == 2
    assert "is no regular file" in said(capsys)


@pytest.mark.parametrize(
    ("text", "words", "says"),
    [
        (MODE_LINE + "minutes = 10\n", ["--minutes", "20"], "20 is more than the file orders"),
        (MODE_LINE + "[leads.A]\n", ["--lead", "B"], "the file names the leads"),
        (MODE_LINE + 'use = "animal"\n', ["--use", "bench"], "bench contradicts the file"),
        (MODE_LINE + 'serial = "EA1-000001"\n', ["--serial", "EA1-000002"], "contradicts the file"),
    ],
)
def test_a_word_never_widens_a_file(
    text: str, words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rx.toml").write_text(text)

    assert main(["run", str(tmp_path / "rx.toml"), *words]) == 2
    assert says in said(capsys)


@pytest.mark.parametrize("command", ["plan", "explain"])
def test_plan_and_explain_read_as_strictly(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "2/100", "--minutes", "99"]) == 2
    assert "give at most 30" in said(capsys)


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["treat"]) == 2
    assert "No such command 'treat'; see eastim --help" in said(capsys)


def test_json_says_it_on_stdout_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads events learns of a bad order from its end event."""
    assert main(["run", "2/100", "--minutes", "99", "--ui", "json"]) == 2

    captured = capsys.readouterr()
    assert '"event": "end"' in captured.out and "give at most 30" in captured.out


# As real processes: what reaches the shell.

PROCESSES = [
    (["run", "3/7"], 2, "is no mode"),
    (["run", "2", "--minutes", "1e400"], 2, "is no plain decimal number"),
    (["modes", "nope"], 2, "no mode 'nope'"),
    (["verify", "/nonexistent/ledger"], 7, "can't be read"),
    (["run", "2/100", "--device", "ea1", "--port", "/dev/no-such-port"], 3, "no port at /dev/no-such-port"),
]


@pytest.mark.parametrize(("argv", "code", "says"), PROCESSES, ids=[" ".join(row[0]) for row in PROCESSES])
def test_the_shell_sees_the_code_and_the_sentence(argv: list[str], code: int, says: str, tmp_path: Path) -> None:
    extra = ["--record", str(tmp_path)] if argv[0] == "run" else []
    done = subprocess.run(
        [sys.executable, "-m", "eastim", *argv, *extra],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == code
    assert says in (done.stderr + done.stdout).decode()
    assert b"Traceback" not in done.stderr
