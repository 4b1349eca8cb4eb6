"""Time to zero: what refutes it, with made-up samples; and a session whose guard was killed, too, refutes it live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.rig.bench import Bench
from benchmarks.rig.device_process import StopWatch
from benchmarks.rig.faults import FAULTS
from benchmarks.rig.measure import Sample, load_us
from proof import zero
from proof.row import Size
from proof.rows import ROWS
from proof.zero import PARTS, Class, prove, told_alone
from proof.zero_judge import limits, needless, time_limits

KILL, SHELL, PULLED = FAULTS["sigkill"], FAULTS["eastim stop"], FAULTS["cable pulled"]


def sample(wire_us: int | None, at_load_us: int | None) -> Sample:
    return Sample(wire_us, at_load_us, None, 0, 4, Path("none"))


@pytest.mark.parametrize(
    ("wire_us", "at_load_us"),
    [(0, 0), (2_000, 2_400), (499_999, 0)],
    ids=["at once", "a pulse is finished", "just before the lease"],
)
def test_a_stop_before_the_lease_holds(wire_us: int, at_load_us: int) -> None:
    assert list(limits(KILL, sample(wire_us, at_load_us))) == []


@pytest.mark.parametrize(
    ("wire_us", "at_load_us", "says"),
    [
        (2_000, 2_401, "current flowed 0.41 ms past the stop, a pulse has 0.40 ms"),
        (500_000, 0, "the stop came after 500.00 ms: the lease of 500.00 ms ended the current, not the guard"),
        (None, 480_000, "no stop was on the wire, and the current went on for 480.00 ms"),
        (2_000, None, "the current went on"),
    ],
)
def test_what_the_guard_did_not_end_refutes(wire_us: int | None, at_load_us: int | None, says: str) -> None:
    assert list(limits(KILL, sample(wire_us, at_load_us))) == [says]


def test_a_current_past_the_lease_refutes_where_only_the_lease_is_left() -> None:
    assert list(limits(PULLED, sample(None, 600_000))) == []
    assert list(limits(PULLED, sample(None, 100_000))) == []
    assert list(limits(PULLED, sample(None, 99_999))) == [
        "the current ended after 100.00 ms: something ended it sooner than the lease"
    ]
    assert list(limits(PULLED, sample(None, 600_001))) == [
        "the current went on for 600.01 ms, past the lease of 500.00 ms"
    ]


@pytest.mark.parametrize(
    ("times_us", "names"),
    [
        ([2_000] * 1000, []),
        ([2_000] * 499 + [2_001] * 501, ["the"]),
        ([1_000] * 990 + [20_001] * 10, []),
        ([1_000] * 989 + [20_001] * 11, ["p99"]),
        ([1_000] * 999 + [100_001], ["max"]),
    ],
)
def test_the_times_of_a_thousand_kills(times_us: list[int], names: list[str]) -> None:
    found = list(time_limits(KILL, [sample(us, 0) for us in times_us]))
    assert [text.split()[1] for text in found] == names


def test_the_half_of_the_times_is_the_guard_s_own_and_counts_from_the_kernel_s_end_of_the_process() -> None:
    late = [replace(sample(5_000, 0), gone_us=3_000)] * 1000

    assert list(time_limits(KILL, late)) == []
    assert list(time_limits(KILL, [replace(each, gone_us=2_999) for each in late])) == [
        "sigkill: the guard's own p50 to the stop on the wire 2.01 ms, at most 2.00 ms"
    ]


def test_a_fault_that_the_guard_waits_for_has_that_time_more() -> None:
    frozen = FAULTS["sigstop"]
    assert list(time_limits(frozen, [sample(320_000, 0)] * 100)) == []
    assert [text.split()[1] for text in time_limits(frozen, [sample(320_001, 0)] * 100)] == ["p99"]


def test_a_stop_from_a_shell_has_a_second_for_starting_python() -> None:
    assert list(time_limits(SHELL, [sample(1_000_000, 0)])) == []
    assert len(list(time_limits(SHELL, [sample(1_000_001, 0)]))) == 1


def test_the_lease_has_its_own_bound() -> None:
    assert list(time_limits(PULLED, [sample(None, 525_000)])) == []
    assert len(list(time_limits(PULLED, [sample(None, 525_001)]))) == 1


@pytest.mark.parametrize(
    ("repeated", "size", "holds"),
    [(13, "full", True), (14, "full", False), (1003, "bounded", True), (1004, "bounded", False)],
)
def test_sessions_that_stop_before_their_harm_have_a_bound(repeated: int, size: Size, holds: bool) -> None:
    assert (list(needless(repeated, 1000, size)) == []) is holds


def test_a_product_that_trips_before_the_harm_every_other_time_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six sessions have no current to lose for each one that counts, on whatever machine."""

    def late(bench: Bench, *_: object) -> Sample:
        bench.repeated += 6
        return replace(sample(2_000, 0), guard_exit=KILL.exit)

    monkeypatch.setattr(zero, "measure", late)
    monkeypatch.setattr(zero, "books", lambda *_: [])
    monkeypatch.setattr(Path, "unlink", lambda _: None)
    monkeypatch.setitem(zero.PARTS, "sigkill", (Class("sigkill", 3, 3),))
    assert prove("bounded", lambda _: None, "sigkill").failures == (
        "18 sessions had no current to lose before their harm, at most 6 beside 3",
    )


def test_load_us_is_the_last_edge_and_none_while_it_goes_on() -> None:
    edges = [(90, "A", 100), (110, "A", -100), (120, "A", 0)]
    assert load_us(edges, 100, 50_000) == 20
    assert load_us(edges, 130, 50_000) == 0
    assert load_us(edges, 100, 20_119) is None


def test_a_stop_is_found_however_its_bytes_are_cut() -> None:
    watch = StopWatch()
    assert [watch.seen(part) for part in (b"\x05\x00", b"\x18", b"\x00\x00\x18", b"\x00", b"\x18\x18\x00")] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_what_the_in_process_way_never_said_is_no_time() -> None:
    assert told_alone([sample(None, 400_000), sample(None, None)]) == (
        "0 of 2 said stop; at zero p50 400.00, p99 400.00, max 400.00 ms (n = 1); 1 went on for as long as was looked; "
        "what ended was ended by the device's lease: a device without one goes on"
    )


def test_every_part_is_a_row_and_a_thousand_sessions_are_killed() -> None:
    rows = {row.part: row.at_least for row in ROWS if row.where == "proof.zero:prove"}
    assert rows == {part: sum(each.full for each in classes) for part, classes in PARTS.items()}
    assert PARTS["sigkill"][0] == Class("sigkill", 1000, 12, 20)


@pytest.mark.hazard("H02")
def test_sessions_are_killed_and_their_guards_end_the_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(zero.PARTS, "sigkill", (Class("sigkill", 3, 3),))
    found = prove("bounded", lambda _: None, "sigkill")
    assert (found.count, found.failures) == (3, ())


def test_a_guard_that_died_with_its_session_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seeded fault: as `sigkill`, but the guard is killed, too, so that only the lease is left."""
    seeded = replace(FAULTS["both killed"], name="sigkill", ends="guard", reason=KILL.reason, exit=KILL.exit)
    monkeypatch.setitem(FAULTS, "sigkill", seeded)
    monkeypatch.setitem(zero.PARTS, "sigkill", (Class("sigkill", 1, 1),))
    found = prove("bounded", lambda _: None, "sigkill")
    assert found.count == 1
    assert "no stop was on the wire" in found.failures[0]
    assert "the guard left with -9, must be 4" in found.failures[-1]
