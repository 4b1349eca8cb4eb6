"""What a stalled session is judged by, with made-up pulses; and two stalls of a real one."""

from __future__ import annotations

import pytest

from benchmarks.rig.bench import Bench
from benchmarks.rig.device import Edge
from proof import zero_stalls
from proof.zero_stalls import AFTER_US, FULL_MS, Stall, prove, too_soon, wrong


def pulses(*onsets_us: int, ua: int = 100) -> list[Edge]:
    return [edge for t in onsets_us for edge in ((t, "A", ua), (t + 200, "A", -ua), (t + 400, "A", 0))]


PLAYING = pulses(*range(0, 600_000, 10_000))
STOPPED = pulses(*range(0, 300_000, 10_000))


def test_a_short_stall_moves_no_pulse() -> None:
    assert list(wrong(Stall(100_000, 15_000, None, 595_000, PLAYING))) == []


def test_a_long_stall_ends_with_its_stop() -> None:
    assert list(wrong(Stall(500_000, 15_000, 291_000, 595_000, STOPPED))) == []


@pytest.mark.parametrize(
    ("stall", "says"),
    [
        (Stall(500_000, 15_000, None, 595_000, PLAYING), "no stop came"),
        (Stall(100_000, 15_000, None, 595_000, STOPPED), "the current ended 275.40 ms after its begin, without a stop"),
        (Stall(500_000, 15_000, 289_999, 595_000, STOPPED), "current flowed 0.41 ms past the stop"),
        (Stall(900_000, 15_000, 515_000, 999_000, STOPPED), "the stop came after 500.00 ms, when the lease had ended"),
        (
            Stall(100_000, 15_000, 21_000, 21_000, pulses(0, 10_000, 19_000)),
            "pulses stand [9000] us apart, must be 10000 us",
        ),
        (Stall(100_000, 5_000, 11_000, 21_000, pulses(0, 10_000, ua=110)), "[110] uA were at the load"),
    ],
    ids=["none", "without", "after", "late", "bunched", "higher"],
)
def test_what_a_stall_must_not_do(stall: Stall, says: str) -> None:
    assert next(wrong(stall)).startswith(says)


@pytest.mark.hazard("H04")
def test_a_real_session_is_frozen_for_a_while_and_for_too_long() -> None:
    found = prove("bounded", lambda _: None)
    assert (found.count, found.failures) == (2, ())


@pytest.mark.parametrize(("length_us", "soon"), [(149_999, [149_999]), (150_000, [])])
def test_a_guard_that_stops_at_every_stall_is_found(length_us: int, soon: list[int]) -> None:
    assert too_soon([Stall(length_us, 15_000, 291_000, 595_000, STOPPED)]) == soon
    assert too_soon([Stall(length_us, 15_000, None, 595_000, PLAYING)]) == []


def test_stalls_are_as_long_as_the_row_says() -> None:
    """10 ms to 5 s; what is too long is looked at for 2 s after the session has woken."""
    assert (min(FULL_MS), max(FULL_MS), len(FULL_MS), AFTER_US) == (10, 5_000, 36, 2_000_000)


def test_current_that_comes_back_when_the_session_wakes_is_seen() -> None:
    stall = Stall(5_000_000, 15_000, 291_000, 7_015_000, [*STOPPED, *pulses(6_990_000)])
    assert any(text.startswith("current flowed 6699.40 ms past the stop") for text in wrong(stall))


def test_a_session_that_stops_before_its_stall_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(bench: Bench, *_: object) -> Stall:
        bench.device.stopped_before = bench.repeated < 9
        return Stall(100_000, 15_000, None, 595_000, PLAYING)

    monkeypatch.setattr(zero_stalls, "_once", once)
    monkeypatch.setattr(zero_stalls, "BOUNDED_MS", (100,))
    found = prove("bounded", lambda _: None)
    assert found.failures == ("9 sessions had no current to lose before their harm, at most 4 beside 1",)
