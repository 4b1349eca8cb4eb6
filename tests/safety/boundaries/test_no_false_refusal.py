"""Whatever a real driver sends for any mode, strength, lead, hold and length is admitted where the ceilings permit.

A share; the proof `admitted` takes the whole product.
"""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest

from eastim.pulses.modes import load_mode, mode_names
from eastim.safety.interlock import State
from eastim.safety.limits import Use
from tests.drivers.ea1_wire import framed, opened
from tests.safety.boundaries.real_driver import Treatment

MODES = mode_names()
KINDS = {"2": 1, "100": 1, "2/100": 2, "10": 1, "50": 1}
HOLDS = [(mode, hold) for mode in MODES for hold in (None, *load_mode(mode).kinds)]
# Highest strength by use: the envelope's for needles, the device's own on the bench.
HIGHEST: dict[Use, int] = {"human": 10_000, "animal": 10_000, "bench": 20_000}
TYPES_TO_LIVE = [1, 2, 3, 4, 5, 6]


def test_every_mode_is_tried() -> None:
    assert {mode: len(load_mode(mode).kinds) for mode in MODES} == KINDS


@pytest.mark.parametrize("mode", MODES)
def test_every_level_up_to_the_highest_is_read_as_it_was_meant(mode: str) -> None:
    """Four levels in a frame, one to each lead: 10 uA to 10 mA in steps of 10 uA, in every kind. The reader alone."""
    made, read = Treatment(mode, "ABCD", 10_000).live(), []
    made.judging = False
    for first in range(1, 1001, 4):
        made.play({(lead, kind): 10 * (first + i) for i, lead in enumerate("ABCD") for kind in made.order.kinds})
        read.append([(run.lead, run.phases[0][0]) for run in made.reader.output(made.shadow).runs])

    assert made.refusals == []
    meant = [[(lead, Fraction(10 * (first + i))) for i, lead in enumerate("ABCD")] for first in range(1, 1001, 4)]
    assert read == [row * KINDS[mode] for row in meant]


@pytest.mark.parametrize("mode", MODES)
def test_every_raise_from_zero_to_the_highest_is_admitted(mode: str) -> None:
    made = Treatment(mode, "A", 10_000).live()
    for ua in (*range(0, 10_001, 100), *range(10_000, -1, -1000)):
        made.fire(ua)

    assert made.refusals == []


@pytest.mark.parametrize("leads", ["A", "B", "D", "AB", "BD", "ABC", "ABCD"])
@pytest.mark.parametrize("use", HIGHEST)
@pytest.mark.parametrize("mode", MODES)
def test_every_use_and_number_of_leads_is_admitted(mode: str, use: Use, leads: str) -> None:
    made = Treatment(mode, leads, HIGHEST[use], use).live()
    for ua in (100, HIGHEST[use] // 2, HIGHEST[use], HIGHEST[use] - 100, 0):
        made.fire(ua)
    made.say(made.driver.hush())

    assert made.refusals == []
    assert [kind for kind, _ in made.sent] == [*TYPES_TO_LIVE, 6, 6, 6, 6, 6, 7]


@pytest.mark.parametrize(("mode", "hold"), HOLDS)
def test_every_hold_is_admitted_taken_up_and_released(mode: str, hold: str | None) -> None:
    made = Treatment(mode, "AB", 10_000).live()
    for ua in range(0, 10_001, 500):
        made.fire(ua)
        made.fire(ua, hold)
        made.fire(ua, hold)
        made.fire(ua)

    assert made.refusals == []


@pytest.mark.parametrize("mode", MODES)
def test_every_slice_to_the_very_end_is_admitted(mode: str) -> None:
    """A session of 12 s: the last leases are cut, and each is at least 200 ms."""
    made = Treatment(mode, "AB", 10_000).live()
    for slice_ in list(made.driver.slices(made.order.program)):
        made.now_us = slice_.at_us
        made.fire(0 if slice_.at_us == 0 else 5_000, of=slice_)

    assert made.refusals == []
    leases = [struct.unpack_from("<H", body, 8)[0] for kind, body in made.sent if kind == 6]
    # renewed each 200 ms; the last two slices hold 400 and 200 ms, and are given 100 ms more, at most 500
    assert leases == [*[500] * 60, 300]


@pytest.mark.parametrize("mode", MODES)
def test_every_length_of_a_session_is_loaded(mode: str) -> None:
    refusals = []
    for blocks in (*range(1, 11), *range(11, 300, 17), 299, 300):
        made = Treatment(mode, "A", 10, session_us=6_000_000 * blocks)
        made.say(made.driver.hello())
        made.say(made.driver.load(made.order.program, {}))
        refusals += made.refusals

    assert refusals == []


def test_a_highest_strength_of_a_lead_is_locked_and_tested() -> None:
    refusals, locked = [], []
    for level in (*range(1, 20), *range(20, 1000, 49), 999, 1000):
        made = Treatment("2/100", "A", level * 10).armed()
        refusals += made.refusals
        locked.append(struct.unpack_from("<H", made.sent[1][1])[0])

    assert refusals == []
    assert locked == [*range(1, 20), *range(20, 1000, 49), 999, 1000]


@pytest.mark.parametrize("mode", MODES)
def test_a_pause_and_a_resume_are_admitted(mode: str) -> None:
    made = Treatment(mode, "ABCD", 10_000).live()
    for _ in range(3):
        made.fire(1000)
        made.say(made.driver.hush())
        made.state = State.ARMED
        made.say(made.driver.contact())
        made.fire(0)
        made.state = State.LIVE

    assert made.refusals == []
    assert [kind for kind, _ in made.sent] == [*TYPES_TO_LIVE, *[6, 7, 6] * 3]


def test_a_device_that_was_left_in_a_fault_is_cleared() -> None:
    made = Treatment("2/100", "A", 10_000)
    made.found_in = 6
    made.armed()

    assert made.refusals == []
    assert [kind for kind, _ in made.sent] == [1, 8, 2, 3, 4, 5]


# --- the trial itself can refuse --------------------------------------------------------------------------------------


def test_one_step_above_the_ceiling_is_refused() -> None:
    made = Treatment("2/100", "A", 10_000).live()
    made.ceilings = made.levels(990)
    (slice_, *_) = made.driver.slices(made.order.program)
    made.say(made.driver.fire(slice_, made.levels(1000)))

    assert "1000 uA is above the ceiling of 990 uA" in made.refusals[0]


def test_the_polite_device_answers_what_the_driver_asks() -> None:
    assert opened(framed(6, 7, b"x")) == (6, 7, b"x")
