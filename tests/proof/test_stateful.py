"""The stateful proof can fail: a guard, a player or a device that does one thing wrong is found, and named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from cobs import cobs

from eastim.player import Player
from eastim.safety import guard_frames
from eastim.safety.guard_turn import Turn
from eastim.safety.interlock import State
from eastim.safety.judge import ADMIT, Allowed
from firmware_sim.ea1.firmware import Ea1Device
from proof import rogue, stateful
from proof.bedside import Bedside, Broken, order_of
from proof.stateful import _too_little, run
from tests.proof.self_raising import never_raises, raises_by_itself

ORDER = order_of("A", "0.5")


def live(raises: int = 2, *, clean: bool = True) -> Bedside:
    """A session that is LIVE at 100 Hz, with lead A raised so often."""
    bed = Bedside(ORDER, 1, "600", clean=clean)
    bed.run(100_000)
    bed.act("arm")
    bed.run(3_300_000)
    for _ in range(raises):
        bed.act("raise", lead="A", kind=None)
        bed.run(510_000)
    return bed


def fails(do: Callable[[], object]) -> str:
    with pytest.raises(Broken) as broken:
        do()
    return str(broken.value)


def test_a_few_runs_find_nothing() -> None:
    counted, failures = run(3, 8)

    assert failures == []
    assert counted["runs"] >= 8
    assert counted["steps"] > 300
    assert counted["pulses"] > 100


def test_a_session_goes_its_way_and_ends() -> None:
    bed = live()
    assert bed.state == "LIVE"
    assert bed.paper.raises == {("A", "100"): 2}
    assert 98 <= bed.felt <= 102

    bed.close(stop=True)

    assert bed.ended
    # Ten of the contact test, and two steps of half a second at 100 Hz; each may be a pulse short.
    assert 108 <= bed.pulses <= 112


@pytest.mark.hazard("H17")
def test_a_frame_above_the_ceiling_that_gets_through_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_frames, "judge", lambda *_: ADMIT)
    bed = live()
    rows = rogue.ceilings(bed.rig)
    rows[1][0] += 5
    bed.ask(rogue.play(bed.rig, rows, 500, 255))

    assert "250 uA on ('A', '100')" in fails(lambda: bed.run(600_000))


@pytest.mark.hazard("H13")
def test_a_stop_that_does_not_stop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = live()
    monkeypatch.setattr(Ea1Device, "stop", lambda _: None)
    bed.act("stop")

    assert fails(lambda: bed.run(600_000)).startswith("silent since")


@pytest.mark.hazard("H17")
def test_a_level_that_rises_by_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = live()
    ceilings = bed.rig.body.guard.levels
    monkeypatch.setattr(Turn, "ceil", _one_step_more(Turn.ceil))

    said = fails(lambda: bed.act("lower", lead="A", kind="100"))

    assert ceilings["A", "100"] == 200
    assert "without a raise that is on record" in said


@pytest.mark.hazard("H17")
def test_a_guard_that_raises_by_itself_is_found() -> None:
    bed = live(raises=0)

    with raises_by_itself():
        assert "and nobody asked for it" in fails(lambda: bed.run(200_000))


@pytest.mark.hazard("H17")
def test_a_raise_that_was_refused_allows_none_later() -> None:
    bed = live(raises=1)
    bed.act("raise", lead="A", kind=None)  # refused or not: it is over with its own microsecond
    bed.run(1)

    with raises_by_itself():
        assert "and nobody asked for it" in fails(lambda: bed.run(1_000_000))


def test_runs_in_which_nothing_flows_show_nothing() -> None:
    with never_raises():
        counted, failures = run(3, 4)

    assert failures == []
    assert _too_little(Counter(counted), 4)[-2:] == [
        "0 raises accepted, must be 4",
        "0 pulses with current, the contact test's not counted, must be 40",
    ]


def test_as_many_runs_and_steps_are_done_as_are_claimed() -> None:
    enough = {"whole runs": 10_000, "raises": 10_000, "felt": 100_000}

    assert _too_little(Counter(enough), 10_000) == []
    assert _too_little(Counter({**enough, "whole runs": 9_999}), 10_000) == [
        "9999 runs of 50 steps or more, must be 10000"
    ]


def test_a_run_of_less_than_50_steps_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stateful, "_MOST_STEPS", 50)  # the beginning is one of these
    monkeypatch.setattr(stateful, "_MOST_ROUNDS", 2)
    counted, failures = stateful._share((3, 2))

    assert failures == []
    assert counted["runs"] >= 4
    assert counted["whole runs"] == 0


def test_runs_are_made_until_enough_are_whole() -> None:
    counted, failures = stateful._share((3, 4))

    assert failures == []
    assert counted["whole runs"] >= 4
    assert counted["steps"] >= 200


@pytest.mark.parametrize("cores", [1, 2, 3, 6, 7, 12])
def test_every_machine_does_all_the_runs(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    def pretend(_: object, shares: list[tuple[int, int]]) -> list[tuple[dict[str, int], list[str]]]:
        return [({"whole runs": runs, "raises": 10 * runs, "felt": 1_000 * runs}, []) for _, runs in shares]

    monkeypatch.setattr(stateful, "cores", lambda: cores)
    monkeypatch.setattr(stateful, "spread", pretend)
    found = stateful.prove("full", lambda _: None)

    assert 10_000 <= found.count < 10_000 + cores
    assert found.ok


def _one_step_more(ceil: Any) -> Any:
    return lambda turn, ceilings, why: ceil(turn, tuple(ua + 200 for ua in ceilings), why)


@pytest.mark.hazard("H18")
def test_a_lower_that_nobody_follows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = live()
    monkeypatch.setattr(Player, "_set", lambda *_: None)
    monkeypatch.setattr("eastim.safety.guard_time.excess", lambda *_: "")
    monkeypatch.setattr(guard_frames, "allowed_now", _generous)
    bed.act("lower", lead="A", kind="100")

    assert "where at most 100 uA were allowed lately" in fails(lambda: bed.run(1_500_000))


def _generous(turn: Turn) -> Allowed:
    guard = turn.guard
    return Allowed(guard.given.order, guard.given.profile, {("A", "100"): 200}, State.LIVE, 30_000_000, (), ())


@pytest.mark.hazard("H47")
def test_a_frame_after_a_stop_is_found() -> None:
    bed = live()
    bed.act("stop")
    bed.state = "STOPPING"
    bed.rig.cable.send(rogue.hush(bed.rig))

    assert "was written" in fails(bed.judge)


@pytest.mark.hazard("H13")
def test_zero_that_is_claimed_while_current_flows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    bed = live(clean=False)
    monkeypatch.setattr(Ea1Device, "quiet", property(lambda _: True))
    monkeypatch.setattr(Ea1Device, "_at_zero", lambda _: True)
    bed.fault("stuck-on", None)
    bed.act("stop")

    assert fails(lambda: bed.run(1_000_000)).startswith("zero was claimed")


def test_a_trip_without_a_cause_is_found() -> None:
    bed = live()
    bed.rig.beats["operator"] = False

    assert fails(lambda: bed.run(400_000)).startswith("nobody did anything wrong, and it tripped")


def test_the_rogues_frames_are_whole_ones() -> None:
    bed = live()

    assert cobs.decode(rogue.hello(bed.rig)[:-1])[6:10] == b"EA1?"
    assert rogue.ceilings(bed.rig) == [[0, 0, 0, 0], [20, 0, 0, 0]]


def test_a_swap_is_judged_without_grace() -> None:
    bed = live(clean=False)
    bed.fault("swap", None)

    bed.close(stop=True)

    assert bed.ended


def test_a_zero_that_another_device_told_while_the_first_plays_on_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    times = Turn.times
    monkeypatch.setattr(Turn, "times", lambda turn, bought=0, **more: times(turn, **more))
    bed = live(clean=False)
    bed.fault("swap", None)

    assert "zero was claimed at" in fails(lambda: bed.run(600_000))
