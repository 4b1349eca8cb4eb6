"""What the operator holds, or released, is what every frame asks for 250 ms later, and what then sounds (H17)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from eastim.profiles.profile import load_profile
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.guard_state import NEVER
from eastim.safety.inputs import Hold, Lower
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.base import Output
from eastim.safety.readers.ea1 import Ea1Reader
from proof import rogue
from proof.rig import Rig
from tests.safety.fake_wire import Stand, run
from tests.safety.stories import armed, live

pytestmark = pytest.mark.hazard("H17")
SLOW = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000, 6, ("A",))
FAST = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("A",))
LIMITS = envelope("human", "needle")
ORDER = Order(Program("2/100", (SLOW, FAST), 100), (LeadOrder("A", (), 500),), LIMITS, "human", 600_000_000, "ea1")
NO_HOLD, FAST_HELD = 255, 1


def cause(guard: Any) -> str:
    return "" if guard.trip is None else str(guard.trip.text)


# --- a player that alternates, against the whole guard and the device -------------------------------------------------


def held_and_released() -> Rig:
    """100 Hz was held for 3.5 s; just released. From now on nobody plays but the test."""
    said: list[str] = []
    rig = Rig(ORDER, 1, told=lambda name, body: said.append(f"{name} {body}"))
    rig.run_to(rig.now_us + 3_000_000, lambda: "SAFE" in str(said))
    rig.give("operator", "arm")
    rig.run_to(rig.now_us + 3_000_000, lambda: "LIVE" in str(said))
    rig.run_to(rig.now_us + 200_000)
    rig.give("operator", "hold", {"kind": "100"})
    rig.run_to(rig.now_us + 3_500_000)
    rig.plays = False
    rig.give("operator", "hold", {"kind": None})
    return rig


def ask(rig: Rig, hold: int) -> None:
    rig.give("player", "ask", {"within_us": 50_000}, rogue.play(rig, rogue.ceilings(rig), 500, hold))


def to_section_start(rig: Rig) -> int:
    return int(3_000_000 - (rig.now_us - rig.body.guard.shadow.starts_us) % 3_000_000)


def test_a_player_that_asks_for_a_released_hold_just_before_each_section_is_cut_at_the_first() -> None:
    """It kept 100 Hz sounding for ever: what still sounded excused what was asked for anew."""
    rig = held_and_released()
    ask(rig, NO_HOLD)
    while to_section_start(rig) > 8_000:
        rig.run_to(rig.now_us + min(150_000, to_section_start(rig) - 4_000))
        if to_section_start(rig) > 8_000:
            ask(rig, NO_HOLD)
    assert rig.body.guard.state == "LIVE"

    ask(rig, FAST_HELD)
    assert rig.body.guard.state == "STOPPING"
    assert cause(rig.body.guard) == (
        "a frame was refused at the door: it asks for another hold than the operator's, none: "
        "section 0 is not to sound 2, as it should"
    )


def test_a_release_that_the_real_player_follows_is_over_with_the_next_section() -> None:
    rig = held_and_released()
    rig.plays = True
    rig.run_to(rig.now_us + 10_000_000)

    assert (rig.body.guard.state, rig.body.guard.times.taken) == ("LIVE", NEVER)


# --- what a frame itself asks for -------------------------------------------------------------------------------------


def released(ms: int) -> Stand:
    """100 Hz was held and is released, which the player followed; the device still may sound it. `ms` ago."""
    stand = live()
    stand.feed(Hold("100"))
    stand.run(400)
    stand.feed(Hold(None))
    stand.reader.old = [run("A", "100", 0, held=True)]
    stand.play(lease_ms=1000)
    return stand.at(ms)


def test_what_still_sounds_excuses_no_frame_that_asks_for_it_anew() -> None:
    stand = released(250)
    stand.ask(b"play 500 100 A:2=100,A:100=0,B:2=0,B:100=0")

    assert stand.guard.trip is not None and stand.guard.trip.fault == "refused"
    assert not stand.wrote


def test_nor_one_that_ends_earlier_and_so_would_lower() -> None:
    stand = released(250)
    stand.ask(b"play 100 100 A:2=100,A:100=0,B:2=0,B:100=0")

    assert stand.guard.trip is not None and stand.guard.trip.fault == "refused"


def test_a_lower_gives_a_released_hold_no_further_time() -> None:
    stand = released(200)
    stand.feed(Lower("A", "2"))
    stand.play()
    stand.at(100)
    stand.ask(b"play 500 100 A:2=0,A:100=0,B:2=0,B:100=0")

    assert stand.guard.trip is not None and stand.guard.trip.fault == "refused"


def test_while_the_device_still_sounds_it_the_right_frames_pass() -> None:
    stand = released(250)
    stand.play()

    assert stand.wrote and stand.guard.trip is None


@pytest.mark.parametrize(("hold", "says"), [(None, "none"), ("2", "2")])
def test_the_refusal_names_the_operators_hold(hold: str | None, says: str) -> None:
    stand = live()
    stand.guard = replace(stand.guard, hold=hold)
    stand.ask(b"play 500 100 A:2=100,A:100=0,B:2=0,B:100=0")

    assert f"it asks for another hold than the operator's, {says}: section " in cause(stand.guard)


def test_a_device_that_never_takes_up_a_release_is_cut_after_the_longest_section() -> None:
    stand, states = released(0), []
    # 250 ms to ask, 3 s for a section to begin, 600 ms for the ways there and back.
    for _ in range(0, 3850, 50):
        states.append(stand.state)
        stand.play()
        stand.at(50)

    assert (set(states), stand.state) == ({"LIVE"}, "STOPPING")
    assert cause(stand.guard).endswith("lead A at 0 us sounds 100, which is not held there")


# --- a hold that was made before the start ----------------------------------------------------------------------------


def start(stand: Stand, hold: str) -> None:
    stand.ask(f"play 500 {hold} A:2=0,A:100=0,B:2=0,B:100=0".encode())


@pytest.mark.parametrize(("us", "says"), [(249_999, ""), (250_000, "not-followed")])
def test_what_was_held_when_armed_is_to_be_asked_for_within_250_ms_of_the_start(us: int, says: str) -> None:
    stand = armed()
    stand.feed(Hold("2"))
    stand.at(1000)
    start(stand, "-")
    assert stand.state == "LIVE"
    due_us = stand.now_us + us
    stand.at(us // 1000 - 10)
    start(stand, "-")
    stand.now_us = due_us
    stand.hear()

    assert ("" if stand.guard.trip is None else stand.guard.trip.fault) == says


def test_what_was_held_when_armed_and_is_asked_for_trips_nothing() -> None:
    stand = armed()
    stand.feed(Hold("2"))
    stand.play()
    stand.run(4000)

    assert (stand.state, stand.guard.hold, cause(stand.guard)) == ("LIVE", "2", "")


def test_a_start_without_a_hold_waits_for_none() -> None:
    stand = armed()
    stand.play()

    assert (stand.guard.times.hold, stand.guard.times.taken) == (NEVER, NEVER)


# --- the reader of ea1 ------------------------------------------------------------------------------------------------


def test_before_any_play_ea1_is_asked_for_nothing() -> None:
    reader = Ea1Reader(load_profile("ea1"), ("2", "100"))

    assert reader.asked(reader.blank()) == Output()


def test_ea1_is_asked_for_the_hold_of_the_last_play_alone() -> None:
    rig = held_and_released()
    guard = rig.body.guard
    ask(rig, NO_HOLD)
    asked = guard.given.reader.asked(rig.body.guard.shadow)
    shown = guard.given.reader.output(rig.body.guard.shadow)

    assert [(each.onset_us, each.count) for each in asked.runs] == [(0, 6), (3_000_000, 300)]
    assert [(each.onset_us, each.count) for each in shown.runs] == [(0, 300), (3_000_000, 300), (0, 6)]
    assert asked.ends_us == shown.ends_us
