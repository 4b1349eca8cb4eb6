"""What a stalled session is judged by, with made-up pulses; and two stalls of a real one."""

from __future__ import annotations

import pytest

from benchmarks.rig.device import Edge
from proof.zero_stalls import Stall, prove, wrong


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
