"""The sweep and the walks can fail: a wrong row of the allow-list is found, and so is a ceiling that is too low."""

from __future__ import annotations

from typing import Any

import pytest

from eastim.pulses.levels import Levels
from eastim.safety import guard_frames
from eastim.safety.judge import Verdict
from eastim.safety.judge import judge as judged
from eastim.safety.readers.base import Output
from proof import admitted
from proof.admitted_live import guarded
from tests.safety.boundaries.ea1_bodies import ADMITTED
from tests.safety.boundaries.real_driver import Treatment

FEW = range(0, 61, 4)


def test_the_table_of_the_manual_is_what_the_reader_admits() -> None:
    assert admitted.swept("armed", FEW) == (256 * 16, [])


@pytest.mark.hazard("H47")
def test_an_admission_that_is_not_in_the_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ADMITTED, "armed", {**ADMITTED["armed"], 6: frozenset()})

    assert admitted.swept("armed", FEW)[1] == ["armed: type 06 of 28 bytes is admitted"]


@pytest.mark.hazard("H47")
def test_a_refusal_that_is_not_in_the_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ADMITTED, "armed", {**ADMITTED["armed"], 9: frozenset({12})})

    assert admitted.swept("armed", FEW)[1] == ["armed: type 09 of 12 bytes is not admitted"]


def test_a_real_driver_is_refused_nothing() -> None:
    # hello, limits, program, arm, contact, the first play; 21 raises and 21 lowers of 500 uA; the hush
    assert admitted.treat(("2", "animal", "A", None)) == (6 + 42 + 1, [])


def test_a_false_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ceiling that is 10 uA below what the operator raised to."""

    def play(made: Treatment, levels: Levels, hold: str | None = None, of: object = None) -> None:
        made.ceilings = {key: max(0, ua - 10) for key, ua in levels.items()}
        made.say(made.driver.fire(next(iter(made.driver.slices(made.order.program))), levels))

    monkeypatch.setattr(Treatment, "play", play)

    assert "500 uA is above the ceiling of 490 uA" in admitted.treat(("2", "animal", "A", None))[1][0]


def test_the_product_is_whole() -> None:
    found = list(admitted.cases())

    # 5 modes of one kind or two, each held or none; 3 uses; 1 to 4 leads
    assert len(found) == len(set(found)) == (4 * 2 + 3) * 3 * 4


def test_walks_of_too_few_frames_are_no_proof() -> None:
    assert admitted._too_little(20_000) == []
    assert admitted._too_little(19_999) == ["19999 frames of a real driver were looked at, must be 20000"]


def test_every_mode_plays_to_its_end_through_the_guard_and_nothing_is_refused() -> None:
    for mode in ("2", "100", "2/100", "10", "50"):
        frames, wrong = guarded((mode, "A"))

        assert wrong == []
        assert frames > 450  # a renewal every 200 ms of 90 s, and more


@pytest.mark.hazard("H47")
def test_a_guard_that_refuses_an_honest_player_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes no frame above 1 mA, though the operator raised on."""

    def judge(before: Output, after: Output, *rest: Any) -> Verdict:
        at_most = all(abs(ua) <= 1000 for run in after.runs for ua, _ in run.phases)
        return judged(before, after, *rest) if at_most else Verdict(False, "above 1000 uA")

    monkeypatch.setattr(guard_frames, "judge", judge)

    wrong = guarded(("2", "A"))[1]

    assert "'type': 'refused'" in wrong[0]
    assert wrong[0].endswith("'reason': 'above 1000 uA'}")
    assert any("it ended TRIPPED with " in text for text in wrong)
    assert "0 resume on record, must be 1" in wrong[-1]
