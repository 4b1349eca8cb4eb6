"""The proof over whole sessions can fail: a pulse too many, a time too short, a clock off, a thing left behind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cobs import cobs

from firmware_sim.ea1.output import Stage
from firmware_sim.ea1.timer import Playing
from proof import sessions
from proof.expect import played_pulses
from proof.sessions import Session
from tests.proof.self_raising import never_raises, raises_by_itself


def play(body: str) -> bytes:
    """A PLAY as it stands on the wire; nobody looks at its CRC here."""
    return framed("0106 01000000" + body)


def framed(text: str) -> bytes:
    return bytes(cobs.encode(bytes.fromhex(text + "00000000"))) + b"\0"


# epoch, step, lease 500 ms, hold, two kinds; levels A-D of 2 Hz, of 100 Hz, in 10 uA.
ZERO = play("11223344 01000000 f401 ff 02 0000000000000000 0000000000000000")
A_100 = play("11223344 02000000 f401 ff 02 0a00000000000000 0000000000000000")
HELD_2 = play("11223344 03000000 f401 00 02 0a00000000000000 0000000000000000")
HUSH = framed("0107 05000000 11223344 04000000")


def test_pulses_follow_from_the_bytes_by_the_manual() -> None:
    # Played from 1 ms to 6.001 s; raised at 0.4 s, so the pulse of 0 s alone is silent.
    pulses, played_us = played_pulses([(0, ZERO), (400_000, A_100)], "A", 6_000_000)

    assert pulses == {("A", 600, 0): 1, ("A", 600, 100): 5, ("A", 200, 0): 300}
    assert played_us == 6_000_000


def test_a_play_acts_on_onsets_more_than_100_us_later() -> None:
    for at_us, silent in ((500_899, 1), (500_900, 2)):
        pulses, _ = played_pulses([(0, ZERO), (at_us, A_100)], "A", 6_000_000)

        assert pulses["A", 600, 0] == silent


def test_a_hold_acts_with_the_next_section_and_a_hush_ends_a_block_for_good() -> None:
    log = [(0, ZERO), (400_000, HELD_2), (4_000_000, HUSH), (5_000_000, ZERO)]
    pulses, played_us = played_pulses(log, "A", 6_000_000)

    # 3.999 s before the hush: 6 pulses of 2 Hz, and 2 of it held in the other section; then 2.001 s of a new block,
    # in which the pulse of 2 s would end 199 us too late.
    assert pulses == {("A", 600, 0): 1 + 4, ("A", 600, 100): 5 + 2}
    assert played_us == 6_000_000


@pytest.mark.parametrize("seed", [0, 7])
def test_a_session_of_a_minute_has_nothing_wrong(seed: int, tmp_path: Path) -> None:
    session = Session(seed, 1, tmp_path)
    session.play()

    assert session.problems() == []
    assert session.drift_us == 0


def broken(tmp_path: Path, seed: int = 4) -> list[str]:
    session = Session(seed, 1, tmp_path)
    session.play()
    return session.problems()


@pytest.mark.hazard("H27")
def test_a_session_that_is_one_us_off_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    played_us = Playing.played_us
    monkeypatch.setattr(Playing, "played_us", lambda self, now_us: max(0, played_us(self, now_us) - 1))

    assert "the device is READY after 59999999 of 60000000 us" in broken(tmp_path)


@pytest.mark.hazard("H17")
def test_a_guard_that_raises_by_itself_is_seen(tmp_path: Path) -> None:
    with raises_by_itself():
        found = broken(tmp_path, seed=0)

    assert any(text.endswith("and nobody asked for it") for text in found)
    assert any("0 by the raises asked for" in text for text in found)


@pytest.mark.hazard("H17")
def test_a_current_above_all_raises_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sessions, "steps_ua", lambda raises: 100 * raises - 10)

    assert any("90 by the raises asked for" in text for text in broken(tmp_path))


def test_a_session_in_which_nothing_flows_is_no_proof(tmp_path: Path) -> None:
    with never_raises():
        assert broken(tmp_path) == ["nothing but the contact test flowed"]


def test_sessions_in_which_too_little_flows_are_no_proof() -> None:
    enough = Counter({"raise": 1_000, "hold": 100, "pause": 50, "felt": 3_000_000})

    assert sessions._too_little(enough, 200, 30) == []
    assert sessions._too_little(Counter({"raise": 999, "hold": 99, "pause": 49, "felt": 2_999_999}), 200, 30) == [
        "999 raises accepted in 200 sessions, must be 1000",
        "99 holds in 200 sessions, must be 100",
        "49 pauses in 200 sessions, must be 50",
        "2999999 pulses with current, the contact test's not counted in 200 sessions, must be 3000000",
    ]


@pytest.mark.hazard("H27")
def test_the_pulses_are_counted_by_the_scope_and_not_by_the_device(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    session = Session(4, 1, tmp_path)
    session.play()
    one = next(key for key in session.seen if key[:2] == ("C", 200))
    session.seen[one] -= 1
    monkeypatch.setattr(Session, "_wrong_end", lambda _: [])
    counted = [text for text in session.problems() if text.startswith("lead ")]

    assert len(counted) == 1
    assert counted[0].startswith("lead C: ") and counted[0].endswith(" in 1 min")


def test_one_pulse_too_many_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begin, done = Stage._begin, list[int]()

    def twice(self: Stage, *given: Any) -> None:
        begin(self, *given)
        if given[-1] and not done:
            done.append(1)
            begin(self, *given)

    monkeypatch.setattr(Stage, "_begin", twice)

    assert any(text.startswith("at the load, not asked") for text in broken(tmp_path))


def test_what_a_session_leaves_behind_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: Any = []
    monkeypatch.setattr(sessions, "SETTLED", 1)
    monkeypatch.setattr(Session, "totals", lambda _: {"played_us": kept.extend([[] for _ in range(50)]) or 0})

    share = sessions._share(1, range(4, 8))

    assert share.objects > 0
    assert any(text.startswith("left behind") for text in share.failures)
