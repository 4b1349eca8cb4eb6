"""The command itself: what answers before anything heavy is loaded, help, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from eastim.errors import PortError
from eastim.ledger import Entry, LedgerFile
from eastim.pulses.modes import mode_names
from eastim.safety.room_table import Room
from eastim.ui import cli_rooms
from eastim.ui.cli import main
from eastim.ui.cli_run import Way, play_demo
from tests.safety import fake_wire

HEAVY = ("typer", "numpy", "pydantic", "serial", "eastim.treatment", "eastim.prescription", "eastim.safety.guard")


@pytest.mark.parametrize("command", ["stop", "--version"])
def test_a_stop_answers_before_heavy_imports(command: str) -> None:
    """As a real process, told that nothing runs: stopping other people's sessions is no test."""
    code = (
        "import sys, eastim.safety.room_client as rooms; rooms.find_rooms = lambda: []\n"
        f"from eastim.ui.cli import main; code = main([{command!r}])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, check=True, text=True)

    assert done.stdout.splitlines()[-1] == "[] 0"


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "eastim", "--version"], capture_output=True, timeout=20, check=True, text=True
    )

    assert done.stdout.startswith("eastim 0.")


@pytest.mark.parametrize("argv", [[], ["--help"]])
def test_help_teaches_by_example(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 0

    said = capsys.readouterr().out
    assert "eastim run 2/100 --minutes 0.2" in said and "take the leads off" in said
    assert "not a medical device" in said


@pytest.mark.parametrize("command", ["demo", "modes", "plan", "explain", "run", "status", "stop", "verify"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "Usage: eastim" in capsys.readouterr().out


def test_modes_names_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["modes"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:10:2]] == list(mode_names())


def test_a_mode_says_timing_release_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["modes", "2/100"]) == 0

    said = capsys.readouterr().out
    assert "kind 2: 2 Hz for 3 s (6 pulses), two phases of 600 us" in said
    assert "kind 100: 100 Hz for 3 s (300 pulses), two phases of 200 us" in said
    assert "dynorphin" in said and "Exp Neurol 192:156" in said and "not verified" in said


def test_plan_says_that_driver_and_reader_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "2/100", "--minutes", "0.2", "--wire"]) == 0

    said = capsys.readouterr().out
    assert "decoded again, the bytes say exactly what the program says" in said
    assert "A: 100 Hz, 200 us a phase, 300 pulses" in said


def test_an_error_gives_its_exit_code_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(record: Path | None) -> int:
        raise PortError("the port is gone")

    monkeypatch.setattr("eastim.ui.cli_run.play_demo", gone)

    assert main(["demo"]) == 3
    assert capsys.readouterr().err == "eastim: the port is gone\n"


def test_ctrl_c_before_a_session_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(record: Path | None) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("eastim.ui.cli_run.play_demo", interrupted)

    assert main(["demo"]) == 4
    assert capsys.readouterr().err == "eastim: interrupted\n"


def test_the_ways_default() -> None:
    assert Way() == Way("plain", None, False, None)
    assert callable(play_demo)


# --- stop and status --------------------------------------------------------------------------------------------------


class Rooms:
    """Guards that answer from a table."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: dict[str, dict[str, object]]) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers = answers
        rooms = [Room(1000, session) for session in answers]
        monkeypatch.setattr(cli_rooms, "find_rooms", lambda: rooms)
        monkeypatch.setattr(cli_rooms, "ask_all", self.ask_all)

    def ask_all(self, rooms: list[Room], do: str) -> list[dict[str, object]]:
        self.asked += [(room.session, do) for room in rooms]
        return [{"session": room.session, **self.answers[room.session]} for room in rooms]


def test_stop_stops_everything(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rooms = Rooms(monkeypatch, {"one": {"zero": True}, "two": {"zero": True}})

    assert main(["stop"]) == 0
    assert rooms.asked == [("one", "stop"), ("two", "stop")]
    assert capsys.readouterr().out.count("stopped, output zero confirmed.") == 2


@pytest.mark.hazard("H13")
def test_a_stop_that_is_not_confirmed_shouts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Rooms(monkeypatch, {"one": {"zero": True}, "two": {"zero": False, "error": "no answer\x1b[2J"}})

    assert main(["stop"]) == 6
    assert "two: ZERO IS NOT CONFIRMED, TAKE THE LEADS OFF (no answer?[2J)." in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--session", "two"], ["--session=two"]])
def test_stop_one(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    rooms = Rooms(monkeypatch, {"one": {"zero": True}, "two": {"zero": True}})

    assert main(["stop", *words]) == 0
    assert rooms.asked == [("two", "stop")]


def test_stop_of_an_unknown_session_names_the_running(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rooms = Rooms(monkeypatch, {"one": {"zero": True}})

    assert main(["stop", "--session", "nine"]) == 2
    assert rooms.asked == []
    assert "no session 'nine' is running; there are: one" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["now"], ["--al"], ["--session"], ["please", "stop", "it"]])
def test_words_not_understood_do_not_keep_a_stop_from_stopping(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    rooms = Rooms(monkeypatch, {"one": {"zero": True}})

    assert main(["stop", *words]) == 0
    assert rooms.asked == [("one", "stop")]


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("command", ["stop", "status"])
def test_guards_that_can_t_be_listed_are_not_taken_for_none(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_rooms, "find_rooms", unreadable)

    assert main([command]) == 6
    captured = capsys.readouterr()
    assert "the guards can't be listed" in captured.err and "Permission denied" in captured.err
    assert "No session" not in captured.out


def unreadable() -> list[Room]:
    raise PermissionError(13, "Permission denied", "/proc/net/unix")


def test_a_stop_that_could_not_look_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_rooms, "find_rooms", unreadable)
    main(["stop", "--session", "one"])

    said = capsys.readouterr().err
    assert "TAKE THE LEADS OFF" in said and "kill PID" in said


def test_where_no_guard_can_run_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_rooms, "find_rooms", unreadable)
    monkeypatch.setattr(sys, "platform", "darwin")

    assert main(["stop"]) == 0
    assert capsys.readouterr().out == "No session is running.\n"


@pytest.mark.hazard("H42")
def test_a_status_says_how_the_guard_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"device": "EA1-1", "state": "LIVE", "use": "bench", "left_us": 60_000_000, "guard": "at normal priority"}
    Rooms(monkeypatch, {"one": answer})

    assert main(["status"]) == 0
    assert capsys.readouterr().out == "one: EA1-1, LIVE, use bench, 1:00 left, guard runs at normal priority\n"


def test_names_that_another_user_holds_are_no_sessions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Rooms, "ask_all", lambda *_: [])
    Rooms(monkeypatch, {"foreign": {}})

    assert (main(["stop"]), main(["status"])) == (0, 0)
    assert capsys.readouterr().out == 2 * "No session is running.\n"


def test_nothing_running_is_no_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    Rooms(monkeypatch, {})

    assert (main(["stop"]), main(["status"])) == (0, 0)
    assert capsys.readouterr().out == "No session is running.\n" * 2


def test_status_says_device_state_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Rooms(monkeypatch, {"one": {"device": "sim", "state": "LIVE", "use": "human", "left_us": 1_793_000_001}})

    assert main(["status"]) == 0
    assert capsys.readouterr().out == "one: sim, LIVE, use human, 29:54 left\n"


def test_a_guard_that_does_not_answer_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Rooms(monkeypatch, {"one": {"error": "the guard did not answer in time"}})

    assert main(["status"]) == 0
    assert capsys.readouterr().out == "one: the guard did not answer in time\n"


@pytest.mark.hazard("H36")
def test_an_error_prints_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "\x1b[31mx\u202e"]) == 7

    shown = capsys.readouterr().err
    assert "?[31mx?" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    "change",
    [
        lambda order: order.update(use="\x1b[2J"),
        lambda order: order.update(profile="\x1b[2J"),
        lambda order: order["program"].update(name="\x1b[2J"),
        lambda order: [section.update(leads=["\x1b[2J"]) for section in order["program"]["sections"]],
    ],
    ids=["use", "profile", "program", "lead"],
)
def test_verify_prints_no_control_character_of_a_made_up_order(
    change: Callable[[dict[str, Any]], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Anybody can write a ledger whose chain is whole."""
    order = json.loads(fake_wire.order().to_json())
    change(order)
    file = LedgerFile(tmp_path / "a.jsonl")
    canonical = json.dumps(order, sort_keys=True, separators=(",", ":"))
    file.append([Entry(1, 1, {"type": "open", "order": order, "sha256": sha256(canonical.encode()).hexdigest()})])
    file.close()

    assert main(["verify", str(tmp_path / "a.jsonl")]) == 7
    shown = capsys.readouterr().out
    assert r"\x1b[2J' has a character that does not print" in shown
    assert all(line.isprintable() for line in shown.splitlines())


@pytest.mark.parametrize(
    ("field", "value"), [("session_us", "1"), ("use", 1), ("profile", None), ("leads", [{"lead": None}])]
)
def test_verify_says_what_is_no_order(
    field: str, value: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = {**json.loads(fake_wire.order().to_json()), field: value}
    file = LedgerFile(tmp_path / "a.jsonl")
    file.append([Entry(1, 1, {"type": "open", "order": order, "sha256": "0" * 64})])
    file.close()

    assert main(["verify", str(tmp_path / "a.jsonl")]) == 7
    assert "PROBLEM: record 1: can't be read: ValueError" in capsys.readouterr().out


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("word", ["--force", "--yes", "--no-limits", "--override", "--unsafe"])
def test_no_word_sets_a_limit_aside(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "2", "--minutes", "99", word]) == 2
    assert f"No such option: {word}" in capsys.readouterr().err
