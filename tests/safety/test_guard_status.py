"""What the device says, report by report: what stands in the same bytes, from when on silence is due, what is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from eastim.safety.guard_state import NEVER
from eastim.safety.inputs import Heard
from eastim.safety.readers.base import Count, Status
from tests.safety.fake_wire import CLEAN, QUIET, FakeReader, FakeShadow, Stand
from tests.safety.said import lines
from tests.safety.stories import armed, live, mute, paused, safe, stopping, tripped, uncertain

ENDED = replace(QUIET, ended=True, played_us=1_800_000_000)
LOUD = replace(QUIET, quiet=False)


@dataclass(slots=True)
class Together(FakeReader):
    """Hear several reports in the same bytes: b"0+1"."""

    def heard(self, shadow: FakeShadow, data: bytes, now_us: int) -> tuple[FakeShadow, tuple[Status, ...]]:
        found: tuple[Status, ...] = ()
        for part in data.split(b"+"):
            shadow, statuses = FakeReader.heard(self, shadow, part, now_us)
            found += statuses
        return shadow, found


def hear(stand: Stand, *statuses: Status) -> None:
    """Let these come in the same bytes."""
    reader = Together([*statuses])
    stand.reader = reader
    stand.guard = replace(stand.guard, given=replace(stand.guard.given, reader=reader))
    stand.feed(Heard(b"+".join(str(i).encode() for i in range(len(statuses)))))


# --- several in the same bytes ----------------------------------------------------------------------------------------


def test_after_the_report_that_ends_the_session_no_other_counts() -> None:
    stand = live()
    hear(stand, ENDED, replace(QUIET, device="EA1-2", section=0))

    assert stand.state == "OFF" and not stand.cut
    assert stand.told("operator", "section") == stand.told("operator", "status") == []
    assert [line.split(" ")[:2] for line in lines(stand.last)[-2:]] == [["operator", "end"], ["player", "set"]]


def test_current_that_stands_before_the_answer_to_a_hush_is_none_that_is_not_due() -> None:
    stand = live()
    stand.ask(b"hush")
    hear(stand, replace(stand.status, quiet=False), QUIET)

    assert stand.state == "LIVE" and not stand.cut


@dataclass(slots=True)
class Begins(FakeReader):
    """Hear that the device plays on for another 500 ms, whatever was asked for."""

    def heard(self, shadow: FakeShadow, data: bytes, now_us: int) -> tuple[FakeShadow, tuple[Status, ...]]:
        return replace(shadow, out=replace(shadow.out, ends_us=now_us + 500_000)), (LOUD,)


def test_current_that_is_due_by_what_the_same_bytes_say_is_none_that_is_not_due() -> None:
    stand = live()
    stand.play(lease_ms=20)
    mute(stand, "device", 280)
    stand.guard = replace(stand.guard, given=replace(stand.guard.given, reader=Begins()))
    stand.feed(Heard(b""))

    assert stand.state == "LIVE" and not stand.cut


# --- from when on silence is due --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("us", "state"), [(249_999, "LIVE"), (250_000, "STOPPING")])
def test_an_output_that_ended_by_itself_is_given_250_ms(us: int, state: str) -> None:
    stand = live()
    stand.play(lease_ms=20)
    stand.now_us = stand.guard.shadow.out.ends_us + us
    stand.hear(LOUD)

    assert stand.state == state
    assert [record["text"] for record in stand.records("trip")] == (
        [] if state == "LIVE" else ["there is current while there should be none: the device is not quiet (measured)"]
    )


def test_while_a_lower_is_waited_for_current_is_due() -> None:
    stand = live()
    stand.play(lease_ms=20)
    stand.at(250)
    stand.guard = replace(stand.guard, times=replace(stand.guard.times, follow=stand.now_us + 250_000))
    stand.now_us += 30_000
    stand.hear(LOUD)

    assert stand.state == "LIVE"


def test_while_a_contact_test_runs_current_is_due() -> None:
    stand = armed()
    stand.ask(b"contact A 10 100 100")
    stand.hear(LOUD)

    assert stand.state == "ARMED"


# --- who it is --------------------------------------------------------------------------------------------------------


def test_from_when_the_device_is_found_on_both_lines_must_beat_and_reports_are_told() -> None:
    stand = Stand()
    stand.hear(replace(QUIET, section=1))

    times = stand.guard.times
    assert (stand.state, times.find) == ("SAFE", NEVER)
    assert (times.player, times.operator, times.fresh) == (stand.now_us + 300_000,) * 3
    assert stand.told("operator", "section") == [{"section": 1, "kind": "100"}]
    assert [body["section"] for body in stand.told("operator", "status")] == [1]


@pytest.mark.parametrize("story", [stopping, uncertain])
@pytest.mark.parametrize(("device", "silent"), [("EA1-1", True), ("", True), ("EA1-2", False)])
def test_while_silence_is_waited_for_only_the_device_itself_proves_it(
    story: Callable[[], Stand], device: str, silent: bool
) -> None:
    stand = story()
    before, trips = stand.state, len(stand.records("trip"))
    stand.hear(replace(QUIET, device=device, stop_answer=True))

    assert (stand.state != before) == silent and len(stand.records("trip")) == trips


@pytest.mark.parametrize(
    ("device", "boot", "says"),
    [
        ("", 7, []),
        ("EA1-1", 7, []),
        ("EA1-2", 7, ["another device answers: EA1-2 instead of EA1-1"]),
        ("", 26, ["the device was reset: boot id 0000001a instead of 00000007"]),
    ],
)
def test_another_device_and_another_boot_are_faults(device: str, boot: int, says: list[str]) -> None:
    stand = live()
    known = stand.guard.status
    stand.hear(replace(stand.status, device=device, boot=boot))

    assert [record["text"] for record in stand.records("trip")] == says
    # Whose report it was not, of that one nothing is kept.
    assert (stand.guard.status is known) == bool(says)


@pytest.mark.parametrize("changes", [{"boot": 8}, {"device": "EA1-2"}])
def test_the_report_that_tells_of_the_fault_proves_no_silence(changes: dict[str, Any]) -> None:
    stand = safe()
    stand.hear(replace(QUIET, stop_answer=True, **changes))

    assert stand.cut and stand.state == "STOPPING" and not stand.guard.finished


# --- the end, and faults ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", [safe, armed, tripped])
def test_an_end_where_nothing_was_playing_ends_nothing(story: Callable[[], Stand]) -> None:
    stand = story()
    before = stand.state
    stand.hear(ENDED)

    assert stand.state == before and not stand.guard.finished


def test_an_end_in_a_pause_completes_the_session() -> None:
    stand = paused()
    stand.hear(ENDED)

    assert stand.state == "OFF" and not stand.cut
    assert stand.told("operator", "end")[0]["reason"] == "completed"


@pytest.mark.parametrize("story", [safe, tripped])
def test_where_no_output_is_permitted_no_current_is_due_whatever_was_asked_for(story: Callable[[], Stand]) -> None:
    stand = story()
    out = replace(live().guard.shadow.out, ends_us=stand.now_us + 500_000)
    stand.guard = replace(stand.guard, shadow=FakeShadow(out))
    stand.hear(LOUD)

    assert stand.cut and stand.records("trip")[-1]["fault"] == "current"


def test_a_fault_in_the_first_report_of_all_is_a_new_one() -> None:
    stand = live()
    stand.guard = replace(stand.guard, status=None)
    stand.hear(replace(stand.status, faults=("HEAT",)))

    assert [record["text"] for record in stand.records("trip")] == ["the device reports a fault: HEAT"]


# --- what is told of it -----------------------------------------------------------------------------------------------


def section_told(stand: Stand, **changes: Any) -> list[dict[str, Any]]:
    stand.hear(replace(stand.status, **changes))
    return stand.told("operator", "section")


@pytest.mark.parametrize(
    ("section", "hold", "kind"), [(0, None, "2"), (1, None, "100"), (1, "2", "2"), (2, None, None), (2, "2", None)]
)
def test_the_kind_of_a_section_is_told_and_none_where_there_is_no_such_section(
    section: int, hold: str | None, kind: str | None
) -> None:
    stand = live()

    assert section_told(stand, section=section, hold=hold) == [{"section": section, "kind": kind}]
    assert stand.told("operator", "status")[0]["kind"] == kind


def test_a_section_below_the_first_is_no_kind_s() -> None:
    assert section_told(live(), section=-1) == [{"section": -1, "kind": None}]


def test_a_hold_that_the_device_takes_up_within_a_section_is_told() -> None:
    stand = live()

    assert section_told(stand, section=1) == [{"section": 1, "kind": "100"}]
    assert section_told(stand, section=1, hold="2") == [{"section": 1, "kind": "2"}]
    assert section_told(stand, section=1, hold="2") == []


def test_no_section_is_not_told() -> None:
    stand = live()
    section_told(stand, section=1)

    assert section_told(stand, section=None) == [] and stand.told("operator", "status")[0]["section"] is None


@pytest.mark.parametrize(("section", "us", "count"), [(0, 5_999_999, 0), (0, 6_000_000, 1), (1, 6_000_000, 0)])
def test_counts_are_recorded_when_the_first_section_begins_6_s_after_the_last_record(
    section: int, us: int, count: int
) -> None:
    stand = live()
    stand.guard = replace(stand.guard, delivered_us=stand.now_us - us)
    stand.hear(replace(stand.status, section=section))

    assert len(stand.records("delivered")) == count
    assert stand.guard.delivered_us == stand.now_us - (0 if count else us)


def test_a_report_is_told_whole_and_of_ordered_leads_only() -> None:
    stand = live()
    counts = (Count("A", "2", 100, True, 7, 3), Count("A", "100", 0, False, 5, 2), Count("D", "2", 9, True, 1, 1))
    reading = replace(CLEAN, lead="A", kind="100", fresh=1, net_pc=-5, peak_ua=90, z_ohm=700, residual_mv=4)
    stand.hear(
        replace(
            stand.status, section=1, hold=None, played_us=1_000_000, counts=counts,
            measured=(reading, replace(reading, lead="D")),
        )
    )  # fmt: skip

    assert stand.told("operator", "status") == [
        {
            "played_us": 1_000_000, "left_us": 1_799_000_000, "section": 1, "kind": "100", "source": "measured",
            "levels": {"A": {"2": 100, "100": 0}},
            "measured": {"A": {
                "kind": "100", "plus_ua": 100, "minus_ua": 100, "z_ohm": 700, "residual_mv": 4,
                "open": False, "short": False, "parked": False,
            }},
            "pulses": {"A": {"2": 7, "100": 5}}, "pulses_felt": {"A": {"2": 3, "100": 2}},
            "net_charge_pc": {"A": -5}, "peak_ua": {"A": 90},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("played_us", "left_us"), [(1_799_999_999, 1), (1_800_000_000, 0), (1_800_000_001, 0)])
def test_no_time_less_than_none_is_left(played_us: int, left_us: int) -> None:
    stand = live()
    stand.hear(replace(stand.status, played_us=played_us))

    assert stand.told("operator", "status")[0]["left_us"] == left_us
