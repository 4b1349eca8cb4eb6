"""What reaches the engine from the command's words, and what a prescription's notes reach."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from eastim.errors import Exit
from eastim.ui.cli import main


def test_the_engine_gets_the_order_and_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    got: dict[str, object] = {}

    def run(order: object, front: object, **way: object) -> object:
        got.update(way, order=order)
        return importlib.import_module("eastim.treatment.run").Outcome(Exit.STOPPED, {}, None, None)

    monkeypatch.setattr(importlib.import_module("eastim.treatment.run"), "run", run)
    words = [
        "run",
        "2/100",
        "--device",
        "ea1",
        "--port",
        "socket://127.0.0.1:7",
        "--ui",
        "json",
        "--record",
        str(tmp_path),
    ]

    assert main(words) == 4
    assert (got["address"], got["fast"], got["record"]) == ("socket://127.0.0.1:7", False, tmp_path)


def test_json_end_of_a_bad_order_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", "nope", "--ui", "json"])

    end = json.loads(capsys.readouterr().out)
    assert set(end) >= {"event", "at_us", "reason", "error", "elapsed_us", "ledger", "pulses", "pulses_felt"}
    assert end["reason"] == "never started" and end["exit"] == 2
    assert end["cause"] == end["error"]


NOTES = 'mode = "2/100"\nminutes = 0.2\nnotes = """\nknee, left\n\tslowly \\u001b[2J"""\n'


@pytest.mark.parametrize("command", ["plan", "explain", "run"])
def test_the_prescription_s_notes_are_shown_and_safe(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*args: object, **way: object) -> object:
        return importlib.import_module("eastim.treatment.run").Outcome(Exit.STOPPED, {"error": "x"}, None, "x")

    monkeypatch.setattr(importlib.import_module("eastim.treatment.run"), "run", run)
    (tmp_path / "rx.toml").write_text(NOTES)
    main([command, str(tmp_path / "rx.toml")])

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Notes: ")] == ["Notes: knee, left", "Notes:     slowly ?[2J"]


@pytest.mark.hazard("H32")
def test_a_disk_that_is_nearly_full_refuses_the_whole_session(
    tmp_path: Path, mocker: MockerFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    mocker.patch("os.statvfs", return_value=mocker.Mock(f_bavail=48_828, f_frsize=4096))  # 199,999,488 bytes
    words = ["run", "100", "--minutes", "0.1", "--lead", "A", "--fast", "--ui", "json", "--record", str(tmp_path)]

    assert main(words) == 7
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "199 MB free in" in events[-1]["error"]
    assert events[-1]["error"].endswith("free some, or give another folder with --record")
    assert not [event for event in events if event.get("state") in ("ARMED", "LIVE")]
    assert list(tmp_path.iterdir()) == []
