"""The deadlines by state, and what each moment does at its very bound; what has passed is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from eastim.safety import guard_time
from eastim.safety.guard_state import NEVER, GuardState, Lately, Times
from eastim.safety.guard_time import held_up, next_us, normalise, pass_time
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Hold, Lower, Tick
from eastim.safety.interlock import State
from tests.safety.fake_wire import Stand, output, run
from tests.safety.said import lines
from tests.safety.stories import armed, at_400, live, paused, safe, tripped

# Which deadline counts in which state, in the order in which they are looked at.
COUNTS = {
    "session": "LIVE",
    "follow": "SAFE ARMED LIVE PAUSED",
    "hold": "LIVE",
    "taken": "LIVE",
    "player": "SAFE ARMED LIVE PAUSED",
    "operator": "SAFE ARMED LIVE PAUSED",
    "fresh": "ARMED LIVE PAUSED",
    "wall": "SAFE ARMED LIVE PAUSED TRIPPED UNCERTAIN",
    "pause": "PAUSED",
    "find": "OFF",
    "give_up": "STOPPING UNCERTAIN",
    "cut": "STOPPING UNCERTAIN",
    "alarm": "UNCERTAIN",
    "tick": "OFF SAFE ARMED LIVE PAUSED STOPPING TRIPPED UNCERTAIN",
}
IDLE = replace(Times(NEVER), fresh=NEVER)


def at(state: State, **times: int) -> GuardState:
    """A guard in this state in which these deadlines run and no others."""
    return replace(Stand().guard, state=state, times=replace(IDLE, **times))


def passed(stand: Stand, **times: int) -> Turn:
    """What the passing of time does where these deadlines run and no others."""
    turn = Turn(replace(stand.guard, times=replace(IDLE, **times)), stand.now_us)
    pass_time(turn)
    return turn


def trip_of(turn: Turn) -> str:
    return turn.guard.trip.text if turn.guard.trip is not None else ""


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_deadline_is_there_the_better_cause_first() -> None:
    assert list(guard_time.DEADLINES) == list(COUNTS)
    assert {field.name for field in fields(Times)} == {*COUNTS, "bought", "doubt"}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", COUNTS)
def test_a_deadline_counts_in_its_states_only(name: str, state: State) -> None:
    due = next_us(at(state, **{name: 7}))

    assert due == (7 if state.value in COUNTS[name].split(" ") else NEVER)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", COUNTS)
def test_a_deadline_that_does_not_count_is_forgotten_but_for_two(name: str, state: State) -> None:
    kept = state.value in COUNTS[name].split(" ") or name in ("fresh", "wall")

    assert getattr(normalise(at(state, **{name: 7}), 5).times, name) == (7 if kept else NEVER)


def test_the_next_deadline_is_the_earliest() -> None:
    assert next_us(at(State.LIVE, player=9, operator=8, tick=10)) == 8


def test_after_the_end_there_is_no_deadline() -> None:
    assert next_us(replace(at(State.OFF, tick=7), finished=True)) == NEVER


def test_before_the_next_deadline_none_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    stand = live()
    monkeypatch.setattr(guard_time, "DEADLINES", None)

    assert passed(stand, tick=stand.now_us + 1).effects == []


# --- what each does ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("early_us", [0, 1])
@pytest.mark.parametrize(
    ("story", "name", "says"),
    [
        (safe, "player", "the player missed its beat"),
        (live, "operator", "the operator's front end missed its beat"),
        (armed, "fresh", "the device has not reported for 300 ms"),
        (live, "session", "the output goes on past the ordered time: 1800000000 us were ordered"),
    ],
)
def test_a_deadline_acts_at_its_very_moment(story: Callable[[], Stand], name: str, says: str, early_us: int) -> None:
    stand = story()

    assert trip_of(passed(stand, **{name: stand.now_us + early_us})) == ("" if early_us else says)


def test_without_any_report_the_device_is_silent_and_disagrees_with_nothing() -> None:
    stand = live()
    stand.guard = replace(stand.guard, status=None)

    assert trip_of(passed(stand, fresh=stand.now_us)) == "the device has not reported for 300 ms"


def test_the_guard_says_that_it_lives_and_when_it_does_next() -> None:
    stand = live()
    turn = passed(stand, tick=stand.now_us - 30_000)

    assert [(effect.line, effect.name) for effect in turn.effects] == [("operator", "tick")]  # type: ignore[union-attr]
    assert turn.guard.times.tick == stand.now_us + 100_000


def test_the_time_by_the_clock_ends_once() -> None:
    stand = tripped()
    turn = passed(stand, wall=stand.now_us)

    assert turn.state == "STOPPING" and turn.guard.times.wall == NEVER
    assert lines(turn.effects)[1] == "record stop, reason=the session's time by the clock is over"


def test_the_time_to_find_the_device_ends_once() -> None:
    stand = Stand()
    turn = passed(stand, find=stand.now_us)

    assert turn.state == "STOPPING" and turn.guard.times.find == NEVER


# --- a lower and a pause that are followed or not ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ((400, 0, 0, 0), ""),
        ((399, 0, 0, 0), "lead A, 2: 400 uA is above the ceiling of 399 uA"),
        ((), "lead A, 2: 400 uA is above the ceiling of 300 uA"),
    ],
)
def test_the_output_is_held_against_what_was_to_be_followed(target: tuple[int, ...], says: str) -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))
    stand.guard = replace(stand.guard, target=target)
    turn = passed(stand, follow=stand.now_us)

    assert trip_of(turn).removeprefix("a lower, a pause or a hold was not followed within 250 ms: ") == says
    # What was followed gives its own time to the lower that came after it.
    if not says:
        assert turn.guard.target == (300, 0, 0, 0) and turn.guard.times.follow == stand.now_us + 250_000


def test_what_was_to_be_followed_names_every_ceiling() -> None:
    stand = live()
    stand.guard = replace(stand.guard, target=(100,))

    with pytest.raises(ValueError, match="shorter"):
        passed(stand, follow=stand.now_us)


@pytest.mark.parametrize(("story", "target"), [(live, (100, 0, 0, 0)), (paused, (0, 0, 0, 0)), (paused, ())])
def test_what_was_followed_is_waited_for_no_more(story: Callable[[], Stand], target: tuple[int, ...]) -> None:
    stand = story()
    stand.guard = replace(stand.guard, target=target)
    turn = passed(stand, follow=stand.now_us)

    assert (trip_of(turn), turn.guard.target, turn.guard.times.follow) == ("", (), NEVER)


@pytest.mark.parametrize(
    ("ua", "says"), [(0, "the output goes on in a pause"), (1, "lead A, 2: 1 uA is above the ceiling of 0 uA")]
)
def test_a_pause_in_which_the_output_goes_on_says_what_of_it(ua: int, says: str) -> None:
    stand = paused()
    out = output({("A", "2"): ua}, stand.now_us, stand.now_us + 1)
    stand.guard = replace(stand.guard, target=(0, 0, 0, 0), shadow=replace(stand.guard.shadow, out=out))

    assert trip_of(passed(stand, follow=stand.now_us)).endswith(f"250 ms: {says}")


# --- a hold that is followed or not -----------------------------------------------------------------------------------


def shows(stand: Stand, *kinds: tuple[str, bool]) -> Stand:
    """Let the output be these kinds, each as it is in its own section or as it is held in the other."""
    out = output({}, stand.now_us - 1000, stand.now_us + 500_000)
    runs = tuple(run("A", kind, 0, held) for kind, held in kinds)
    stand.guard = replace(stand.guard, shadow=replace(stand.guard.shadow, out=replace(out, runs=runs)))
    return stand


OWN = (("2", False), ("100", False))
STRAY = "lead A at 3000000 us sounds 100, which is not held there"


@pytest.mark.parametrize(
    ("kinds", "asked", "taken"),
    [
        ((("2", False), ("2", True)), "", ""),
        ((*OWN, ("2", True)), STRAY, STRAY),
        (OWN, "section 1 is not to sound 2, as it should", STRAY),
        ((("2", False),), "section 1 is not to sound 2, as it should", ""),
    ],
)
def test_what_is_asked_is_the_hold_and_in_the_end_nothing_else_sounds(
    kinds: tuple[tuple[str, bool], ...], asked: str, taken: str
) -> None:
    stand = shows(live(), *kinds)
    stand.guard = replace(stand.guard, hold="2")
    for name, says in (("hold", asked), ("taken", taken)):
        turn = passed(stand, **{name: stand.now_us})

        assert trip_of(turn).removeprefix("a lower, a pause or a hold was not followed within 250 ms: ") == says
        assert getattr(turn.guard.times, name) == NEVER


@pytest.mark.parametrize(("name", "again_us"), [("hold", None), ("taken", 3_850_000)])
def test_in_silence_no_hold_is_missed_and_whether_it_is_taken_up_is_looked_at_again(
    name: str, again_us: int | None
) -> None:
    stand = shows(live(), *OWN)
    stand.guard = replace(stand.guard, hold="2")
    out = replace(stand.guard.shadow.out, ends_us=stand.now_us)
    stand.guard = replace(stand.guard, shadow=replace(stand.guard.shadow, out=out))
    turn = passed(stand, **{name: stand.now_us})

    assert trip_of(turn) == ""
    assert getattr(turn.guard.times, name) == (NEVER if again_us is None else stand.now_us + again_us)


def test_a_hold_that_was_followed_is_looked_at_no_more() -> None:
    stand = live()
    stand.feed(Hold("2"))
    assert stand.guard.times.hold == stand.now_us + 250_000
    assert stand.guard.times.taken == stand.now_us + 3_850_000
    stand.play()
    stand.at(250)

    assert stand.guard.times.hold == NEVER and stand.state == "LIVE"


# --- held up ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "late_us", "player_us", "operator_us", "says"),
    [
        (State.LIVE, 300_000, 0, 0, "the guard itself was held up: for 300 ms or more"),
        (State.SAFE, 300_999, -1, 0, "the guard itself was held up: for 300 ms or more"),
        (State.PAUSED, 301_000, 0, -1, "the guard itself was held up: for 301 ms or more"),
        (State.LIVE, 299_999, 0, 0, ""),
        (State.LIVE, 300_000, 1, 0, ""),
        (State.LIVE, 300_000, 0, 1, ""),
        (State.TRIPPED, 300_000, 0, 0, ""),
        (State.OFF, 300_000, 0, 0, ""),
    ],
)
def test_the_guard_was_held_up_when_its_tick_and_both_beats_are_overdue(
    state: State, late_us: int, player_us: int, operator_us: int, says: str
) -> None:
    stand = live()
    times = {"player": stand.now_us + player_us, "operator": stand.now_us + operator_us}
    turn = Turn(at(state, tick=stand.now_us - late_us, **times), stand.now_us)
    held_up(turn)

    assert trip_of(turn) == says


# --- what has passed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bought", "doubt"])
@pytest.mark.parametrize(("until_us", "left_us"), [(0, 0), (1, 0), (50, 0), (51, 51)])
def test_what_was_bought_and_a_doubt_are_forgotten_once_they_have_ended(name: str, until_us: int, left_us: int) -> None:
    assert getattr(normalise(at(State.LIVE, **{name: until_us}), 50).times, name) == left_us


@pytest.mark.parametrize(
    ("raise_us", "left_us"),
    [((50, 51), (0, 51)), ((51, 50), (51, 0)), ((1, 49), (0, 0)), ((0, 0), (0, 0)), ((51, 0), (51, 0))],
)
def test_a_slope_that_has_passed_is_forgotten(raise_us: tuple[int, ...], left_us: tuple[int, ...]) -> None:
    assert normalise(replace(at(State.LIVE), raise_us=raise_us), 50).raise_us == left_us


@pytest.mark.parametrize(("until_us", "kept"), [(49, False), (50, False), (51, True)])
def test_what_was_allowed_lately_is_forgotten_at_its_end(until_us: int, kept: bool) -> None:
    lately = Lately(until_us, (0, 0, 0, 0), (), State.LIVE)

    assert (normalise(replace(at(State.LIVE), lately=lately), 50).lately is lately) == kept


@pytest.mark.parametrize("raise_us", [(0, 0), (51, 0), (51, 60)])
def test_where_nothing_has_passed_the_state_is_the_very_same(raise_us: tuple[int, ...]) -> None:
    guard = replace(at(State.LIVE), raise_us=raise_us)

    assert normalise(guard, 50) is guard


def test_a_tick_before_any_deadline_leaves_the_state_as_it_is() -> None:
    stand = live()
    before = stand.guard
    stand.feed(Tick())

    assert stand.guard is before
