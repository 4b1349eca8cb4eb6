"""One session put together: every error becomes an `end`, and the bytes are those that the plan has shown."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eastim.drivers.registry import blank
from eastim.errors import Exit, PortError
from eastim.frames import Frame
from eastim.plan import plan_order
from eastim.safety.order import LeadOrder, Order
from eastim.treatment.places import ledger_path, session_name
from eastim.treatment.run import Outcome, run
from tests.drivers.ea1_wire import HEX, PROFILE, PROGRAM
from tests.player.words import told
from tests.safety.fake_wire import order
from tests.treatment.fakes import Keeper

MODULE: Any = importlib.import_module("eastim.treatment.run")  # the package gives a function of the same name


def ran(front: Keeper, record: Path, address: str | None = "/dev/ttyUSB0") -> Outcome:
    return run(order(), front, address=address, fast=False, record=record)


def test_an_error_becomes_an_end_for_the_front_which_is_closed(tmp_path: Path) -> None:
    front = Keeper()
    outcome = ran(front, tmp_path, address=None)

    assert [(event.name, event.at_us) for event in front.seen] == [("end", 0)] and front.closed
    assert (front.seen[0].body["reason"], front.seen[0].body["exit"]) == ("never started", 2)
    assert outcome.exit is Exit.BAD_INPUT and outcome.ledger is None
    assert outcome.error is not None and "the device ea1 needs one" in outcome.error


def test_an_error_of_the_engine_keeps_its_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object) -> dict[str, Any]:
        raise PortError("the port is gone")

    monkeypatch.setattr(MODULE, "run_live", gone)
    front = Keeper()

    assert ran(front, tmp_path).exit is Exit.NO_DEVICE
    assert front.seen[0].body["cause"] == "the port is gone"


def test_a_folder_that_can_t_be_made_is_an_error_of_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = ran(Keeper(), tmp_path / "file" / "ledgers")

    assert outcome.exit is Exit.BAD_LEDGER and "--record DIR" in str(outcome.error)


def test_a_mistake_of_ours_is_not_dressed_up_as_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(MODULE, "run_live", broken)
    front = Keeper()
    with pytest.raises(ZeroDivisionError):
        ran(front, tmp_path)

    assert front.seen == [] and front.closed


def test_the_engine_s_end_is_the_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "run_live", lambda *args: {"exit": 4, "ledger": "x.jsonl", "error": None})

    assert ran(Keeper(), tmp_path) == Outcome(
        Exit.STOPPED, {"exit": 4, "ledger": "x.jsonl", "error": None}, Path("x.jsonl"), None
    )


# --- what is sent -----------------------------------------------------------------------------------------------------


def sent_limits(asked: Order, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The second frame of a session's player, as a plan prints it."""
    monkeypatch.setattr(MODULE.secrets, "randbelow", lambda most: 0)  # requests from 1, as in the vectors
    player = MODULE._player(asked, PROFILE)
    player.step(0, [told("OFF")])
    ((_, _, data),) = player.step(0, [("heard", {}, HEX["identity"])])
    return blank(PROFILE, Frame(data, None))


@pytest.mark.parametrize("use", ["human", "animal", "bench"])
def test_run_locks_the_limits_that_plan_prints(use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the bench no charge of a phase is bounded, and both must fill that in alike."""
    asked = replace(order(use=use), program=PROGRAM, leads=(LeadOrder("A", (), 500), LeadOrder("B", (), 500)))
    step = plan_order(asked).steps[1]

    assert step.name == "LIMITS"
    assert sent_limits(asked, monkeypatch) == step.blank


# --- where it goes ----------------------------------------------------------------------------------------------------


def test_the_ledger_s_folder_is_the_user_s_alone(tmp_path: Path) -> None:
    path = ledger_path(tmp_path / "a" / "b", "20260101-000000-00000000")

    assert path == tmp_path / "a" / "b" / "20260101-000000-00000000.ledger.jsonl"
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_sessions_have_two_names() -> None:
    assert session_name() != session_name()
