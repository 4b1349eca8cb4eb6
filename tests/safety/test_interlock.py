"""The tables of the interlock: whole, without a hole, and honest when drawn."""

from __future__ import annotations

import pytest

from eastim.safety.interlock import (
    FAULTS,
    MEANING,
    SEVERITY,
    TRANSITIONS,
    Event,
    FaultRow,
    State,
    Unlisted,
    after,
    render,
)


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("event", [Event.STOP, Event.FAULT, Event.LOST])
@pytest.mark.parametrize("state", State)
def test_a_stop_a_fault_and_a_lost_port_are_listed_everywhere(state: State, event: Event) -> None:
    assert after(state, event) not in (State.SAFE, State.ARMED, State.LIVE, State.PAUSED)


@pytest.mark.parametrize("state", [state for state in State if state is not State.ARMED])
def test_only_armed_leads_to_live(state: State) -> None:
    assert State.LIVE not in TRANSITIONS[state].values()


@pytest.mark.parametrize("state", [State.OFF, State.STOPPING, State.TRIPPED, State.UNCERTAIN])
def test_a_session_that_stopped_is_not_armed_in_one_event(state: State) -> None:
    assert not {State.ARMED, State.LIVE} & set(TRANSITIONS[state].values())


def test_only_arm_and_resume_arm() -> None:
    arming = {(s, e) for s, row in TRANSITIONS.items() for e, to in row.items() if to is State.ARMED}

    assert arming == {(State.SAFE, Event.ARM), (State.PAUSED, Event.RESUME)}


@pytest.mark.hazard("H13")
def test_out_of_uncertain_leads_only_silence_or_the_end() -> None:
    leaving = {event for event, to in TRANSITIONS[State.UNCERTAIN].items() if to is not State.UNCERTAIN}

    assert leaving == {Event.ZERO, Event.END}


def test_from_every_state_the_end_is_reached_by_a_stop_and_what_follows() -> None:
    for state in State:
        stopped = after(state, Event.STOP)
        assert after(stopped, Event.END) is State.OFF


def test_an_unlisted_event_is_never_ignored() -> None:
    with pytest.raises(Unlisted, match="lists no raise|lists no arm in LIVE"):
        after(State.LIVE, Event.ARM)


def test_every_event_is_used_and_has_a_meaning() -> None:
    used = {event for row in TRANSITIONS.values() for event in row}

    assert used == set(Event) == set(MEANING)


def test_severity_goes_from_note_to_cut() -> None:
    assert SEVERITY == ("note", "hold", "lower", "cut")


def test_every_severity_is_met() -> None:
    assert {row.action for row in FAULTS.values()} == set(SEVERITY)


@pytest.mark.parametrize("row", FAULTS.values(), ids=lambda row: row.name)
def test_a_fault_names_its_hazard_and_says_something(row: FaultRow) -> None:
    assert row.hazard[0] == "H" and 1 <= int(row.hazard[1:]) <= 48
    assert row.says == row.says[0].lower() + row.says[1:] and not row.says.endswith(".")


def test_a_cut_that_clears_by_itself_can_t_be_written() -> None:
    with pytest.raises(ValueError, match="never clears by itself"):
        FaultRow("x", "cut", "itself", "x", "H01")


def test_an_unknown_action_can_t_be_written() -> None:
    with pytest.raises(ValueError, match="no action 'shout'"):
        FaultRow("x", "shout", "never", "x", "H01")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        "| state | found | arm | start | pause | resume | clear | stop | fault | lost | zero | unconfirmed | end |",
        "| SAFE | - | ARMED | - | - | - | - | STOPPING | STOPPING | UNCERTAIN | - | - | - |",
        "| LIVE | - | - | - | PAUSED | - | - | STOPPING | STOPPING | UNCERTAIN | - | - | OFF |",
        "| arm | the operator's go |",
        "| reset | cut | never | the device was reset | H12 |",
    ],
)
def test_the_tables_are_drawn(line: str) -> None:
    assert line in render().splitlines()


def test_the_drawing_has_a_row_for_each_state_event_and_fault() -> None:
    # three tables, each with a head and a rule
    assert len([line for line in render().splitlines() if line]) == 8 + 12 + len(FAULTS) + 6


def test_faults_are_drawn_from_severe_to_mild() -> None:
    actions = [line.split(" | ")[1] for line in render().splitlines() if line.endswith(" |") and line.count("|") == 6]

    assert actions[2:] == sorted(actions[2:], key=lambda action: -SEVERITY.index(action))
