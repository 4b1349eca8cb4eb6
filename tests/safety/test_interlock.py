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

# Where each event leads from each state; what is not written here is not listed there.
LEADS_TO = """
OFF        found>SAFE stop>STOPPING fault>STOPPING lost>OFF end>OFF
SAFE       arm>ARMED stop>STOPPING fault>STOPPING lost>UNCERTAIN
ARMED      start>LIVE pause>PAUSED stop>STOPPING fault>STOPPING lost>UNCERTAIN
LIVE       pause>PAUSED stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF
PAUSED     resume>ARMED stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF
STOPPING   zero>TRIPPED unconfirmed>UNCERTAIN stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF
TRIPPED    clear>SAFE stop>STOPPING fault>STOPPING lost>UNCERTAIN end>OFF
UNCERTAIN  zero>TRIPPED stop>UNCERTAIN fault>UNCERTAIN lost>UNCERTAIN end>OFF
"""
ARROWS = [
    (state, *arrow.split(">")) for state, *arrows in map(str.split, LEADS_TO.split("\n")[1:-1]) for arrow in arrows
]

# Each fault: what is done, how it clears, the hazard.
FAULT_ROWS = """
refused           cut    operator  H47
player-beat       cut    operator  H03
operator-beat     cut    operator  H04
held-up           cut    operator  H42
stale             cut    operator  H07
disagrees         cut    operator  H14
device-fault      cut    operator  H13
current           cut    operator  H13
not-followed      cut    operator  H18
excess            cut    operator  H14
imbalance         cut    operator  H22
net-dc            cut    operator  H22
residual          cut    operator  H22
player            cut    never     H03
overrun           cut    never     H27
other-device      cut    never     H08
reset             cut    never     H12
clock             cut    never     H27
rate              cut    never     H27
suspend           cut    never     H05
port-gone         cut    never     H07
unanswered        cut    never     H13
guard             cut    never     H42
open              lower  itself    H15
short             lower  itself    H16
parked            lower  itself    H15
ledger            lower  never     H32
late              hold   itself    H07
disagrees-notice  note   itself    H14
impedance-notice  note   itself    H14
weak-notice       note   itself    H14
imbalance-notice  note   itself    H22
net-dc-notice     note   itself    H22
residual-notice   note   itself    H22
contact           note   itself    H15
"""


@pytest.mark.parametrize(("state", "event", "to"), ARROWS)
def test_this_event_leads_there(state: str, event: str, to: str) -> None:
    assert after(State(state), Event(event)).value == to


def test_nothing_else_is_listed() -> None:
    listed = {(state.value, event.value) for state, row in TRANSITIONS.items() for event in row}

    assert listed == {(state, event) for state, event, _ in ARROWS}


@pytest.mark.hazard("H05")
@pytest.mark.hazard("H08")
@pytest.mark.hazard("H12")
def test_the_faults_are_these_with_these_actions_and_these_ways_to_clear() -> None:
    rows = [[row.name, row.action, row.clears, row.hazard] for row in FAULTS.values()]

    assert rows == [line.split() for line in FAULT_ROWS.split("\n")[1:-1]]


@pytest.mark.parametrize("name", [line.split()[0] for line in FAULT_ROWS.split("\n")[1:-1]])
def test_a_fault_is_found_by_its_name(name: str) -> None:
    assert FAULTS[name].name == name


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
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        "| event | meaning |",
        "| --- | --- |",
        "| arm | the operator's go |",
        "| fault | action | clears | says | hazard |",
        "| --- | --- | --- | --- | --- |",
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
