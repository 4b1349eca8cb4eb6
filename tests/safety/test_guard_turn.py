"""One step in the making: what each word of a turn changes, tells and records, asked of the turn itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from eastim.safety.guard_state import NEVER, Lately, Trip
from eastim.safety.guard_turn import Turn, totals
from eastim.safety.inputs import Alarm, Cut, Record, Tell
from eastim.safety.interlock import Event, State
from eastim.safety.readers.base import Count, Output
from tests.safety.fake_wire import CLEAN, QUIET, FakeReader, FakeShadow, Stand
from tests.safety.said import lines
from tests.safety.stories import live, safe


def turn_of(stand: Stand, **known: Any) -> Turn:
    return Turn(replace(stand.guard, **known), stand.now_us)


# --- the output -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Counting(FakeReader):
    """Count how often somebody asks for the output."""

    times_asked: int = 0

    def output(self, shadow: FakeShadow) -> Output:
        self.times_asked += 1
        return shadow.out


def test_the_output_of_a_shadow_is_read_once_and_anew_for_another() -> None:
    stand, reader = live(), Counting()
    turn = turn_of(stand, given=replace(stand.guard.given, reader=reader))
    out = stand.guard.shadow.out
    assert (turn.output, turn.output, reader.times_asked) == (out, out, 1)
    other = replace(out, ends_us=5)
    turn.set(shadow=FakeShadow(other))

    assert (turn.output, turn.output, reader.times_asked) == (other, other, 2)


# --- the state --------------------------------------------------------------------------------------------------------


def test_a_move_is_recorded_and_told_and_one_that_stays_is_not() -> None:
    turn = turn_of(safe())
    turn.move(Event.STOP)
    turn.move(Event.STOP)

    assert turn.state is State.STOPPING
    assert lines(turn.effects) == [
        "record state, state=STOPPING, by=stop",
        "operator state state=STOPPING, use=human, cause=",
    ]


def test_a_move_after_a_trip_tells_its_cause() -> None:
    turn = turn_of(safe(), trip=Trip("current", "there is current"))
    turn.move(Event.FAULT)

    assert lines(turn.effects)[1] == "operator state state=STOPPING, use=human, cause=there is current"


def test_session_time_runs_while_live_and_stands_still_from_the_very_moment_of_a_pause() -> None:
    turn = turn_of(live(), live_us=7, live_since_us=1_000_100)
    turn.move(Event.PAUSE)

    assert (turn.guard.live_us, turn.guard.live_since_us) == (turn.now_us - 1_000_100 + 7, None)
    assert turn.guard.times.session == NEVER


def test_session_time_goes_on_where_a_session_goes_live() -> None:
    turn = turn_of(live(), state=State.ARMED, live_us=7, live_since_us=1_000_100)
    turn.move(Event.START)

    assert (turn.guard.live_us, turn.guard.live_since_us) == (7, 1_000_100)


# --- strength and hold ------------------------------------------------------------------------------------------------


def test_a_lower_to_what_is_there_changes_nothing() -> None:
    stand = live()
    turn = turn_of(stand)
    turn.lower_to((100, 0, 0, 0), "lower")

    assert turn.guard == stand.guard and turn.effects == []


def test_a_lower_is_told_and_waited_for_250_ms() -> None:
    turn = turn_of(live())
    turn.lower_to((50, 0, 0, 0), "lower")

    assert lines(turn.effects) == ["operator level lead=A, kind=2, ua=50, why=lower"]
    assert (turn.guard.ceilings, turn.guard.target) == ((50, 0, 0, 0), (50, 0, 0, 0))
    assert turn.guard.times.follow == turn.now_us + 250_000
    assert turn.guard.lately == Lately(turn.now_us + 250_000, (100, 0, 0, 0), (), State.LIVE)


def test_a_lower_that_is_waited_for_keeps_its_own_time_and_target() -> None:
    stand = live()
    turn = turn_of(stand, target=(70, 0, 0, 0), times=replace(stand.guard.times, follow=5))
    turn.lower_to((50, 0, 0, 0), "lower")

    assert (turn.guard.target, turn.guard.times.follow, turn.guard.ceilings) == ((70, 0, 0, 0), 5, (50, 0, 0, 0))


@pytest.mark.parametrize("ceilings", [(0, 0, 0), (0, 0, 0, 0, 0)])
def test_ceilings_are_set_all_together(ceilings: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        turn_of(live()).ceil(ceilings, "lower")


def followed(state: State, hold: str | None, was: Lately | None) -> Lately:
    turn = turn_of(live(), state=state, hold=hold, lately=was, ceilings=(1, 20, 3, 40))
    turn.must_follow()
    assert turn.guard.lately is not None and turn.guard.lately.until_us == turn.now_us + 250_000
    return turn.guard.lately


def test_what_was_allowed_until_now_is_remembered_with_what_was_before_that() -> None:
    was = Lately(5, (10, 2, 30, 4), tuple("hgfedcb"), State.ARMED)
    lately = followed(State.LIVE, "a", was)

    assert (lately.ceilings, lately.holds, lately.state) == ((10, 20, 30, 40), tuple("abcdefgh"), State.LIVE)


@pytest.mark.parametrize(("hold", "holds"), [(None, ()), ("2", ("2",))])
def test_no_hold_is_none_that_was_allowed(hold: str | None, holds: tuple[str, ...]) -> None:
    lately = followed(State.LIVE, hold, None)

    assert (lately.ceilings, lately.holds, lately.state) == ((1, 20, 3, 40), holds, State.LIVE)


@pytest.mark.parametrize(
    ("state", "remembered"), [(State.PAUSED, State.ARMED), (State.LIVE, State.LIVE), (State.SAFE, State.SAFE)]
)
def test_in_a_pause_the_state_before_it_is_what_was_allowed(state: State, remembered: State) -> None:
    assert followed(state, None, Lately(5, (0, 0, 0, 0), (), State.ARMED)).state is remembered


@pytest.mark.parametrize("ceilings", [(0, 0, 0), (0, 0, 0, 0, 0)])
def test_what_was_allowed_names_every_ceiling(ceilings: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        followed(State.LIVE, None, Lately(5, ceilings, (), State.LIVE))


@pytest.mark.hazard("H17")
def test_whether_a_hold_is_taken_up_is_looked_at_after_the_longest_section() -> None:
    stand = live()
    two, hundred = stand.guard.given.order.program.sections
    uneven = replace(stand.guard.given.order.program, sections=(two, replace(hundred, duration_us=5_000_000)))
    turn = turn_of(stand, given=replace(stand.guard.given, order=replace(stand.guard.given.order, program=uneven)))
    turn.watch_taken()

    assert turn.guard.times.taken == turn.now_us + 250_000 + 5_000_000 + 600_000


@pytest.mark.parametrize(
    ("kind", "said"), [("2", []), ("100", ["operator hold kind=100"]), (None, ["operator hold kind=None"])]
)
def test_a_hold_is_told_when_it_is_another(kind: str | None, said: list[str]) -> None:
    turn = turn_of(live(), hold="2")
    turn.set_hold(kind)

    assert turn.guard.hold == kind and lines(turn.effects) == said


# --- effects ----------------------------------------------------------------------------------------------------------


def test_a_cut_stands_before_all_that_was_said() -> None:
    turn = turn_of(live())
    for text in ("one", "two", "three"):
        turn.notice(text)
    turn.cut()

    assert turn.effects[0] == Cut((bytes([0x00, 0x18, 0x00]),)) and len(turn.effects) == 4
    assert turn.guard.shadow.out.ends_us <= turn.now_us + 5_000 and turn.guard.shadow.open


def test_an_alarm_says_its_text() -> None:
    turn = turn_of(live())
    turn.alarm("take the leads off")

    assert turn.effects == [Alarm("take the leads off")]


def test_records_are_numbered_and_waited_for_only_where_it_is_said() -> None:
    turn = turn_of(live(), n=7)

    assert (turn.record("one", lead="A"), turn.record("two", True), turn.guard.n) == (7, 8, 9)
    assert turn.effects == [Record(7, {"type": "one", "lead": "A"}, False), Record(8, {"type": "two"}, True)]


def test_a_notice_is_of_low_priority_where_nothing_else_is_said() -> None:
    turn = turn_of(live())
    turn.notice("text")
    turn.tell("player", "heard", b"bytes", more=1)

    assert turn.effects == [
        Tell("operator", "notice", {"text": "text", "priority": "low"}, b""),
        Tell("player", "heard", {"more": 1}, b"bytes"),
    ]


def test_counts_are_recorded_where_there_are_any() -> None:
    turn = turn_of(live(), delivered_us=5)
    turn.delivered(None)
    assert (turn.effects, turn.guard.delivered_us) == ([], 5)
    turn.delivered(QUIET)

    assert turn.guard.delivered_us == turn.now_us
    assert lines(turn.effects) == [
        "record delivered, elapsed_us=0, pulses={}, pulses_felt={}, net_charge_pc={}, peak_ua={}"
    ]


def test_the_counts_are_of_the_leads_that_are_asked_for() -> None:
    counts = tuple(
        Count(lead, kind, 1, True, 7, 3) for lead, kind in (("A", "2"), ("D", "2"), ("A", "100"), ("B", "2"))
    )
    measured = tuple(replace(CLEAN, lead=lead, net_pc=-5, peak_ua=90) for lead in ("A", "D"))
    status = replace(QUIET, played_us=11, counts=counts, measured=measured)

    assert totals(status, ("A", "B")) == {
        "elapsed_us": 11,
        "pulses": {"A": {"2": 7, "100": 7}, "B": {"2": 7}},
        "pulses_felt": {"A": {"2": 3, "100": 3}, "B": {"2": 3}},
        "net_charge_pc": {"A": -5},
        "peak_ua": {"A": 90},
    }


# --- the end of the step ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"n": 99, "target": (1,), "live_us": NEVER}, []),
        ({"state": State.PAUSED}, ["player set PAUSED A:2=100 A:100=0 B:2=0 B:100=0 hold=None"]),
        ({"ceilings": (0, 9, 0, 0)}, ["player set LIVE A:2=0 A:100=9 B:2=0 B:100=0 hold=None"]),
        ({"hold": "2"}, ["player set LIVE A:2=100 A:100=0 B:2=0 B:100=0 hold=2"]),
    ],
)
def test_the_player_is_told_what_it_has_to_follow_when_that_changed(known: dict[str, Any], said: list[str]) -> None:
    turn = turn_of(live())
    turn.set(**known)
    guard, effects = turn.close()

    assert guard is turn.guard and lines(effects) == said
