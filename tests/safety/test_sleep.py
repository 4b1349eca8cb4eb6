"""A computer that sleeps: seen by two clocks that part, and never gone on after (H05)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from eastim.clock import SleepWatch
from eastim.safety.inputs import Clear, Cut, Record, Resume, Slept
from tests.safety.fake_wire import Stand
from tests.safety.stories import STANDS, live, paused

pytestmark = pytest.mark.hazard("H05")


class Clocks:
    """Two clocks that go together until the computer sleeps."""

    def __init__(self) -> None:
        self.boot_ns, self.monotonic_ns = 5_000_000_000, 3_000_000_000

    def go(self, ms: int, slept_ms: int = 0) -> None:
        self.boot_ns += (ms + slept_ms) * 1_000_000
        self.monotonic_ns += ms * 1_000_000

    def watch(self) -> SleepWatch:
        return SleepWatch(lambda: self.boot_ns, lambda: self.monotonic_ns)


@pytest.mark.parametrize(("slept_ms", "seen_us"), [(0, 0), (50, 0), (51, 51_000), (28_800_000, 28_800_000_000)])
def test_a_sleep_of_more_than_50_ms_is_seen(slept_ms: int, seen_us: int) -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.go(100, slept_ms)

    assert watch.slept_us() == seen_us


def test_each_sleep_is_seen_once() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    seen = []
    for slept_ms in (60, 0, 70, 0):
        clocks.go(100, slept_ms)
        seen.append(watch.slept_us())

    assert seen == [60_000, 0, 70_000, 0]


def test_short_sleeps_add_up() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    seen = []
    for _ in range(3):
        clocks.go(100, 20)
        seen.append(watch.slept_us())

    assert seen == [0, 0, 60_000]


def test_hours_awake_are_no_sleep() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.go(8 * 3_600_000)

    assert watch.slept_us() == 0


def test_to_be_held_up_between_the_two_clocks_is_no_sleep() -> None:
    """SIGSTOP, or a busy computer: time goes on between the two looks."""
    now_ns = 0

    def tick_ns() -> int:
        nonlocal now_ns
        now_ns += 200_000_000
        return now_ns

    watch = SleepWatch(tick_ns, tick_ns)

    assert [watch.slept_us() for _ in range(3)] == [0, 0, 0]


def test_to_be_held_up_once_at_the_start_hides_nothing_and_invents_nothing() -> None:
    looks = iter([0, 200, 200, 200, 200, 200, 300, 300, 300, 300])  # ms: monotonic in turn with boot

    def tick_ns() -> int:
        return next(looks) * 1_000_000

    watch = SleepWatch(tick_ns, tick_ns)

    assert [watch.slept_us(), watch.slept_us()] == [0, 0]


def test_the_kernels_own_clocks_agree_now() -> None:
    assert SleepWatch().slept_us() == 0


def test_without_a_boot_clock_no_sleep_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")

    assert SleepWatch().slept_us() == 0


@pytest.mark.parametrize("stand", [make for name, make in STANDS.items() if name != "OFF"])
def test_a_sleep_cuts_in_every_state(stand: Callable[[], Stand]) -> None:
    slept = stand()
    slept.feed(Slept(3_600_000_000))

    assert slept.cut
    assert set(slept.guard.ceilings) == {0}
    assert slept.state in ("STOPPING", "UNCERTAIN")


def test_a_sleep_is_recorded_and_said_with_its_length() -> None:
    stand = live()
    stand.feed(Slept(3_600_000_000))

    assert stand.records("trip")[0]["text"] == "the computer slept: for 3600000 ms"
    assert stand.told("operator", "trip")[0]["clears"] == "never"
    assert [type(effect) for effect in stand.last[:2]] == [Cut, Record]


def test_after_a_sleep_nothing_resumes_and_nothing_clears() -> None:
    stand = paused()
    stand.feed(Slept(60_000))
    stand.feed(Resume())
    stand.feed(Clear())
    stand.zero_read_back()

    assert (stand.guard.finished, stand.all_told("operator", "end")[0]["exit"]) == (True, 5)
    assert stand.all_told("operator", "end")[0]["reason"] == "tripped: the computer slept: for 60 ms"
