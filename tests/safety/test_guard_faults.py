"""Every row of the fault table is reached, at its bound, and does what its row says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from eastim.safety.guard_state import RateMark
from eastim.safety.inputs import Beat, Clear, Failed, Gone, LineName, Lower, Pause, Raise, Recorded, Slept, Stop, Tick
from eastim.safety.interlock import FAULTS
from eastim.safety.readers.base import Count
from tests.safety.fake_wire import QUIET, Stand
from tests.safety.stories import live, mute


def _disagrees(stand: Stand) -> None:
    stand.status = replace(stand.status, agrees=False, disagreement="no")
    stand.at(350)


def _refused(stand: Stand) -> None:
    stand.play(A2=1000)


def _imbalance(stand: Stand) -> None:
    for _ in range(10):
        stand.measure(plus_ua=1032, minus_ua=1000)


def _residual(stand: Stand) -> None:
    stand.measure(residual_mv=0)
    stand.measure(residual_mv=501)


def _net_dc(stand: Stand) -> None:
    stand.measure(net_pc=0)
    stand.measure(net_pc=20_000_001)


def _excess(stand: Stand) -> None:
    for _ in range(2):
        stand.measure(plus_ua=141, minus_ua=141, level_ua=100)


def _weak(stand: Stand) -> None:
    for _ in range(2):
        stand.measure(plus_ua=59, minus_ua=59, level_ua=100)


def _wrong_clock(stand: Stand) -> None:
    for clock_us in range(0, 40_000_000, 1_000_000):
        stand.status = replace(stand.status, clock_us=clock_us)
        stand.run(200)


def _wrong_rate(stand: Stand) -> None:
    stand.guard = replace(stand.guard, rates=(RateMark(stand.now_us - 3_000_000, (0, 0)),))
    stand.hear(replace(stand.status, counts=(Count("A", "100", 0, True, 1_000, 0),)))


def _overrun(stand: Stand) -> None:
    stand.guard = replace(stand.guard, times=replace(stand.guard.times, session=stand.now_us + 1))
    stand.at(1)


def _held_up(stand: Stand) -> None:
    stand.now_us += 400_000
    stand.feed(Tick())


def _short_contact(stand: Stand) -> None:
    stand.measure(kind=None, z_ohm=49)


def _late(stand: Stand) -> None:
    stand.auto -= {"device"}
    stand.at(250)
    stand.feed(Raise("A", None))


def _unanswered(stand: Stand) -> None:
    stand.ask(b"bad")
    stand.auto = {"player", "operator"}
    stand.at(750)
    stand.hear(QUIET)
    stand.at(500)
    stand.hear(QUIET)


CUTS: dict[str, Callable[[Stand], object]] = {
    "refused": _refused,
    "player-beat": lambda s: mute(s, "player", 300),
    "operator-beat": lambda s: mute(s, "operator", 300),
    "held-up": _held_up,
    "stale": lambda s: mute(s, "device", 300),
    "disagrees": _disagrees,
    "device-fault": lambda s: s.hear(replace(s.status, faults=("LEASE: the lease ended",))),
    "current": lambda s: (s.feed(Pause()), s.hush().at(250), s.hear(replace(QUIET, quiet=False))),
    "not-followed": lambda s: (s.feed(Lower("A", None)), s.at(250)),
    "excess": _excess,
    "imbalance": _imbalance,
    "net-dc": _net_dc,
    "residual": _residual,
    "player": lambda s: s.feed(Stop("player: 3 refusals in a row")),
    "overrun": _overrun,
    "other-device": lambda s: s.hear(replace(s.status, device="EA1-2")),
    "reset": lambda s: s.hear(replace(QUIET, boot=8)),
    "clock": _wrong_clock,
    "rate": _wrong_rate,
    "suspend": lambda s: s.feed(Slept(51_000)),
    "port-gone": lambda s: s.feed(Gone("port")),
    "guard": lambda s: s.feed(Failed("ValueError: too long")),
}
LOWERS: dict[str, Callable[[Stand], object]] = {
    "open": lambda s: s.measure(open=True, z_ohm=None),
    "short": lambda s: s.measure(z_ohm=49),
    "parked": lambda s: s.measure(parked=True),
    "ledger": lambda s: s.feed(Recorded(1, "no space left")),
}
NOTES: dict[str, Callable[[Stand], object]] = {
    "disagrees-notice": lambda s: s.hear(replace(s.status, agrees=False, disagreement="level")),
    "impedance-notice": lambda s: (s.measure(), s.measure(z_ohm=1200)),
    "weak-notice": _weak,
    "imbalance-notice": lambda s: s.measure(plus_ua=1012, minus_ua=1000),
    "net-dc-notice": lambda s: (s.measure(net_pc=0, level_ua=100), s.measure(net_pc=500_000_001)),
    "residual-notice": lambda s: (s.measure(residual_mv=0), s.measure(residual_mv=101)),
    "contact": _short_contact,
}
HOLDS: dict[str, Callable[[Stand], object]] = {"late": _late}
REACHED = {"cut": {**CUTS, "unanswered": _unanswered}, "lower": LOWERS, "note": NOTES, "hold": HOLDS}


@pytest.mark.parametrize("action", REACHED)
def test_every_row_of_the_table_is_reached_below(action: str) -> None:
    assert {row.name for row in FAULTS.values() if row.action == action} == set(REACHED[action])


@pytest.mark.hazard("H05")
@pytest.mark.hazard("H03")
@pytest.mark.hazard("H04")
@pytest.mark.hazard("H07")
@pytest.mark.hazard("H08")
@pytest.mark.hazard("H12")
@pytest.mark.hazard("H14")
@pytest.mark.hazard("H22")
@pytest.mark.hazard("H42")
@pytest.mark.parametrize("fault", CUTS)
def test_a_cut_is_a_cut(fault: str) -> None:
    stand = live()
    CUTS[fault](stand)

    assert stand.guard.trip is not None and stand.guard.trip.fault == fault
    assert stand.state in ("STOPPING", "UNCERTAIN") and set(stand.guard.ceilings) == {0}
    assert stand.cut or any(record["fault"] == fault for record in stand.records("trip"))


NEVER_CLEARED = {"player", "overrun", "other-device", "reset", "clock", "rate", "suspend", "guard"}


@pytest.mark.hazard("H12")
@pytest.mark.hazard("H08")
@pytest.mark.hazard("H05")
@pytest.mark.parametrize("fault", [name for name in CUTS if name != "port-gone"])
def test_a_cut_clears_as_its_row_says(fault: str) -> None:
    stand = live()
    CUTS[fault](stand)
    stand.zero_read_back()
    stand.feed(Clear())

    assert stand.state == ("OFF" if fault in NEVER_CLEARED else "SAFE")


@pytest.mark.hazard("H13")
def test_a_silence_without_an_answer_is_a_cut_that_ends_the_session() -> None:
    stand = live()
    _unanswered(stand)

    assert FAULTS["unanswered"].clears == "never" and stand.cut and stand.state == "OFF"
    assert [record["fault"] for record in stand.records("trip")] == ["refused", "unanswered"]


@pytest.mark.hazard("H15")
@pytest.mark.hazard("H16")
@pytest.mark.hazard("H32")
@pytest.mark.parametrize("fault", LOWERS)
def test_a_lower_takes_the_ceilings_down_and_goes_on(fault: str) -> None:
    stand = live()
    LOWERS[fault](stand)

    assert set(stand.guard.ceilings) == {0} and stand.state == "LIVE" and not stand.cut
    assert stand.records("lower")[-1]["fault"] == fault
    assert FAULTS[fault].says in stand.told("operator", "notice")[0]["text"]


@pytest.mark.parametrize("fault", NOTES)
def test_a_note_is_said_and_recorded(fault: str) -> None:
    stand = live(use="bench") if fault == "net-dc-notice" else live()
    NOTES[fault](stand)

    assert [record["fault"] for record in stand.records("notice")] == [fault]
    assert FAULTS[fault].says in stand.told("operator", "notice")[0]["text"]


def test_a_late_report_holds_the_strength() -> None:
    stand = live()
    _late(stand)

    assert FAULTS["late"].says in stand.told("operator", "notice")[0]["text"]
    assert stand.guard.pending == () and stand.guard.ceilings == (100, 0, 0, 0)


@pytest.mark.hazard("H42")
def test_a_stop_that_a_frozen_guard_reads_late_hides_no_fault() -> None:
    stand = live()
    stand.now_us += 400_000
    stand.feed(Stop("guard silent"))
    stand.zero_read_back()

    end = stand.all_told("operator", "end")[0]
    assert (end["exit"], end["reason"]) == (5, "tripped: the guard itself was held up: for 300 ms or more")


@pytest.mark.parametrize(("name", "fault"), [("player", "operator-beat"), ("operator", "player-beat")])
def test_a_guard_that_heard_one_line_was_not_held_up(name: LineName, fault: str) -> None:
    stand = live()
    stand.now_us += 200_000
    stand.feed(Beat(name))
    stand.now_us += 200_000
    stand.feed(Tick())

    assert stand.guard.trip is not None and stand.guard.trip.fault == fault
