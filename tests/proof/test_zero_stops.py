"""What the figures of a busy session are judged by, with made-up times; and the real guard's collector, once."""

from __future__ import annotations

import select
import subprocess
import sys

import pytest

from benchmarks import busy, pauses
from benchmarks.figures import ratio_line
from benchmarks.stops import Stops, time_stops, work_ns
from proof.zero_stops import collector_failures, pause_failures, paused, sent, tail_failures, unseen

HEALTHY = {"ticks": 10, "collections": 0, "enabled": False, "frozen": 19_000}


def found(
    guard_us: list[int],
    thread_us: list[int],
    *,
    fifo: bool = False,
    kind: str = "c call",
) -> Stops:
    """Beside an idle session as quick as the busy one needs it to be."""
    us = {("idle", "guard"): [10_000]} | {(kind, "guard"): guard_us, (kind, "thread"): thread_us}
    return Stops(us, {(kind, "guard"): [1]}, dict(HEALTHY), fifo)


@pytest.mark.parametrize(
    ("fifo", "tail_us", "holds"),
    [(False, 15_000, True), (False, 15_001, False), (True, 1_000, True), (True, 1_001, False)],
)
def test_the_tail_is_judged_by_what_the_machine_permits(fifo: bool, tail_us: int, holds: bool) -> None:
    times = [200] * 998 + [tail_us, 90_000]
    assert (tail_failures(found(times, [10_000], fifo=fifo)) == ()) is holds


def test_how_late_a_core_wakes_that_sleeps_refutes_nothing() -> None:
    assert tail_failures(found([20_000], [100], fifo=True, kind="idle")) == ()


def test_a_busy_session_beside_which_no_stop_was_measured_is_said() -> None:
    assert unseen(found([200], [10_000])) == ("python loop: no stop of the guard was seen",)


@pytest.mark.parametrize(("busy_us", "holds"), [(400, True), (401, False)])
def test_the_half_of_the_stops_beside_a_busy_session_is_held_against_an_idle_one(busy_us: int, holds: bool) -> None:
    times = found([busy_us], [100_000])
    times.us["idle", "guard"] = [200]

    assert (tail_failures(times) == ()) is holds


def test_without_an_idle_session_there_is_nothing_to_hold_a_busy_one_against() -> None:
    times = found([400], [100_000])
    del times.us["idle", "guard"]

    assert "idle: no stop of the guard was seen" in tail_failures(times)[0]


def test_a_stop_that_takes_longer_than_a_raw_send_by_a_third_refutes() -> None:
    good, bad = (ratio_line("a pty", us, 1_000, at_most="1.3") for us in (1_300, 1_301))

    assert sent([good, good], 10).failures == ()
    assert sent([good, bad], 10).failures == ("a pty: 1.30x (1,301 us against 1,000 us), must be <= 1.3x",)
    assert sent([good, bad], 10).count == 20


def test_a_late_thread_refutes_nothing() -> None:
    assert tail_failures(found([200], [2_000_000])) == ()


@pytest.mark.parametrize(("kind", "thread_us"), [("c call", 10_000), ("python loop", 2_000)])
def test_a_session_that_was_not_busy_shows_nothing(kind: str, thread_us: int) -> None:
    assert tail_failures(found([200], [thread_us], kind=kind)) == ()
    assert "it was not busy" in tail_failures(found([200], [thread_us - 1], kind=kind))[0]


@pytest.mark.parametrize(("worst_us", "holds"), [(10_000, True), (10_001, False)])
def test_the_worst_answer_bounds_the_pause(worst_us: int, holds: bool) -> None:
    assert (pause_failures(found([1, worst_us, 2], [1], kind="collector")) == ()) is holds


@pytest.mark.parametrize(
    ("worst_us", "failures", "remarks"),
    [((9, 99_999), 0, 0), ((10_001, 10_000), 0, 2), ((10_001, 10_001), 2, 0)],
)
def test_an_answer_that_is_too_late_has_to_be_found_twice(
    worst_us: tuple[int, int], failures: int, remarks: int
) -> None:
    runs = iter([found([us], [1], kind="collector") for us in worst_us])

    last, said = paused(lambda: next(runs), lambda _: None)

    assert (len(said), len(last.remarks)) == (failures, remarks)
    assert len(list(runs)) == (1 if worst_us[0] == 9 else 0)


def test_a_collector_that_ran_in_the_first_run_is_not_forgotten() -> None:
    first, second = found([10_001], [1], kind="collector"), found([1], [1], kind="collector")
    first.health["collections"] = 1
    runs = iter([first, second])

    assert "ran: 1 times" in paused(lambda: next(runs), lambda _: None)[1][0]


def test_the_work_of_another_process_is_seen_and_its_sleep_is_not() -> None:
    """50 ms of its own work by its own count; then it waits for us."""
    code = "import time\nwhile time.process_time() < 0.05: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdout.readline()
        worked = work_ns(child.pid)
        select.select([], [], [], 0.1)
        rested = work_ns(child.pid) - worked
        child.stdin.write(b"\n")
        child.stdin.flush()

    assert worked >= 50_000_000
    assert rested < 50_000_000


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"ticks": 0}, "never ticked"),
        ({"collections": 1}, "ran: 1 times"),
        ({"enabled": True}, "enabled: True"),
        ({"frozen": 0}, "nothing is frozen"),
    ],
)
def test_a_collector_that_may_run_refutes(changed: dict[str, int], says: str) -> None:
    assert collector_failures(HEALTHY) == ()
    assert says in collector_failures({**HEALTHY, **changed})[0]


def test_the_table_compares_with_idle_and_with_the_thread() -> None:
    us = {(kind, "guard"): [guard_us] for kind, guard_us in (("idle", 200), ("python loop", 400), ("c call", 401))}
    us |= {(kind, "thread"): [us_] for kind, us_ in (("idle", 100), ("python loop", 4_000), ("c call", 20_000))}
    lines = busy.lines(Stops(us, {}, dict(HEALTHY)))
    assert [line.ok for line in lines[:4]] == [True, True, False, False]
    assert {line.name: line.goal for line in lines[4:]} == {
        "idle: guard": "",
        "python loop: guard": "p99.9 <= 15 ms",
        "c call: guard": "p99.9 <= 15 ms",
        "idle: thread": "",
        "python loop: thread": "",
        "c call: thread": "",
    }


def test_the_table_of_pauses_sees_a_collector_that_runs() -> None:
    good, bad = found([200], [300], kind="collector"), found([200], [300], kind="collector")
    bad.health["collections"] = 2
    assert pauses.lines(good)[0].ok is True
    assert pauses.lines(bad)[0].ok is False


def test_the_guards_collector_is_frozen_and_off_while_stops_are_served() -> None:
    real = time_stops(("idle",), rounds=1, window_s=0.4)
    assert collector_failures(real.health) == ()
    assert len(real.us["idle", "guard"]) > 10
    assert len(real.worked_us["idle", "guard"]) == len(real.us["idle", "guard"])
    assert max(real.worked_us["idle", "guard"]) > 0
