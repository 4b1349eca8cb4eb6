"""The races can fail: a stop that waits for a record is found, and so is a trip that nobody gave cause for."""

from __future__ import annotations

from typing import Any

import pytest

from eastim.safety import guard, guard_status
from eastim.safety.guard_stop import stop
from eastim.safety.guard_turn import Turn
from proof import schedules


@pytest.mark.hazard("H48")
def test_150_schedules_of_an_honest_session_trip_nothing_and_every_stop_ends_it() -> None:
    counted, wrong = schedules.races(150, 1)

    assert wrong == []
    assert counted["schedules"] == 150
    assert counted["raised"] >= 50 and counted["stop"] >= 15


@pytest.mark.hazard("H48")
def test_a_stop_that_waits_for_the_record_of_a_raise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(turn: Turn, *said: Any) -> None:
        if not turn.guard.pending:
            stop(turn, *said)

    monkeypatch.setattr(guard, "stop", waits)

    assert "a stop was said, and the session is LIVE" in schedules.races(300, 1)[1][0]


def test_a_needless_trip_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_status, "FRESH_US", 90_000)  # the device reports each 100 ms

    assert "nobody did anything wrong, and it tripped" in schedules.races(300, 1)[1][0]


def test_a_proof_in_which_nothing_is_raised_has_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "_ACTS", ("lower",))
    monkeypatch.setattr(schedules, "spread", map)
    monkeypatch.setattr(schedules, "SCHEDULES", {"bounded": 20})

    found = schedules.prove("bounded", lambda _: None)

    assert found.failures == ("only 0 raises were accepted: nothing raced",)
