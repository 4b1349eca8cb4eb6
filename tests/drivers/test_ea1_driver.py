"""What the ea1 driver says, byte for byte (docs/wire/ea1.md)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.drivers.base import Answered, Quantised, Slice
from eastim.drivers.ea1.driver import Ea1Driver
from eastim.drivers.registry import blank, make_driver
from eastim.errors import AskedError, LimitError
from eastim.frames import Frame
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from tests.drivers.ea1_wire import (
    HEX,
    PROFILE,
    PROGRAM,
    ZERO,
    armed,
    driver,
    opened,
)

SLICE = Slice(0, 0, 500_000, 0)


def asked(walk: Iterator[Frame]) -> bytes:
    return next(walk).data


@pytest.mark.hazard("H21")
def test_the_frames_before_a_play_are_the_manual_s() -> None:
    one = driver()
    names = ("hello", "limits"), ("program",), ("arm", "contact")
    answers = iter(("identity", "limits-reply", "program-reply", "arm-reply", "contact-reply"))
    said = []
    for walk, some in zip((one.hello(), one.load(PROGRAM, ZERO), one.contact()), names, strict=True):
        for _ in some:
            said.append(asked(walk))
            assert one.hear(HEX[next(answers)]) == (Answered(),)
        assert next(walk, None) is None

    assert said == [HEX[name] for name in ("hello", "limits", "program", "arm", "contact")]


def test_an_answer_may_take_what_the_manual_says_and_45_ms_on_its_way() -> None:
    """5 ms, a contact test's 600 ms (2.5)."""
    one, answers = driver(), iter(("identity", "limits-reply", "program-reply", "arm-reply", "contact-reply"))
    within_us = []
    for walk in (one.hello(), one.load(PROGRAM, ZERO), one.contact()):
        for frame in walk:
            within_us.append(frame.within_us)
            one.hear(HEX[next(answers)])

    assert within_us == [50_000, 50_000, 50_000, 50_000, 645_000]
    assert [next(walk).within_us for walk in (one.fire(SLICE, ZERO), one.hush())] == [50_000, 50_000]


@pytest.mark.hazard("H21")
def test_a_play_carries_each_level_in_steps_of_10_ua() -> None:
    frame = asked(armed().fire(SLICE, {("A", "2"): 100, ("A", "100"): 50, ("B", "100"): 2000}))

    # epoch, step 1, 500 ms, no hold, two kinds; A-D of kind 0, A-D of kind 1
    assert opened(frame) == (0x06, 6, bytes.fromhex("d4c3b2a1 01000000 f401 ff 02 0a00000000000000 0500c80000000000"))


def test_strength_rounds_down() -> None:
    frame = asked(armed().fire(SLICE, {("A", "2"): 109}))

    assert opened(frame)[2][12:14] == b"\x0a\x00"


@pytest.mark.hazard("H28")
def test_a_level_above_the_locked_limit_is_not_said() -> None:
    with pytest.raises(LimitError, match="lead A, kind 2: 2010 uA, must be 0 to 2000 uA"):
        next(armed().fire(SLICE, {("A", "2"): 2010}))


@pytest.mark.parametrize("ua", [-1, -10])
def test_a_level_below_zero_is_not_said(ua: int) -> None:
    with pytest.raises(LimitError, match=f"{ua} uA, must be 0 to 2000 uA"):
        next(armed().fire(SLICE, {("A", "2"): ua}))


@pytest.mark.parametrize("key", [("C", "2"), ("A", "15"), ("E", "2")])
def test_a_level_where_nothing_is_ordered_is_not_said(key: tuple[str, str]) -> None:
    with pytest.raises(LimitError):
        next(armed().fire(SLICE, {key: 10}))


def test_a_hold_names_the_kind_s_number() -> None:
    frame = asked(armed().fire(replace(SLICE, hold="100"), ZERO))

    assert opened(frame)[2][10] == 1


@pytest.mark.parametrize(
    ("length_us", "lease_ms"),
    [(500_000, 500), (400_000, 500), (399_999, 500), (300_001, 401), (300_000, 400), (200_000, 300), (1, 200)],
)
def test_the_last_leases_are_cut_to_the_time_left_and_a_tail(length_us: int, lease_ms: int) -> None:
    frame = asked(armed().fire(Slice(7_000_000, 7_000_000, 7_000_000 + length_us, 35), ZERO))

    assert int.from_bytes(opened(frame)[2][8:10], "little") == lease_ms


def test_slices_come_every_200_ms_to_the_end_of_the_session() -> None:
    slices = list(driver().slices(PROGRAM))

    assert len(slices) == 9000
    assert slices[1] == Slice(200_000, 200_000, 700_000, 1)
    assert slices[-1] == Slice(1_799_800_000, 1_799_800_000, 1_800_000_000, 8999)


@pytest.mark.parametrize(("session_us", "blocks"), [(6_500_000, 300), (1_800_000_000, 1)])
def test_slices_end_with_the_session_or_the_program_whichever_is_first(session_us: int, blocks: int) -> None:
    one = Ea1Driver(PROFILE, PROGRAM, {"A": 2000}, session_us, 6_000_000)
    *_, last = one.slices(replace(PROGRAM, repeats=blocks))

    assert last.ends_us == min(session_us, blocks * 6_000_000)


def test_a_contact_test_asks_for_no_more_than_the_weakest_lead_is_locked_to() -> None:
    """Leads A and C, ten pulses, at 10 uA: lead C is locked to one step."""
    one = Ea1Driver(PROFILE, PROGRAM, {"A": 2000, "C": 10}, 1_800_000_000, 6_000_000)
    *_, contact = one.contact()

    assert opened(contact.data)[2] == bytes(4) + bytes([0b101, 10, 1, 0])


def test_a_driver_that_was_not_armed_begins_with_step_1() -> None:
    assert opened(asked(driver().fire(SLICE, ZERO)))[2][4:8] == bytes([1, 0, 0, 0])


def test_a_hush_takes_the_next_step() -> None:
    one = armed()
    next(one.fire(SLICE, ZERO))

    assert opened(asked(one.hush())) == (0x07, 7, bytes.fromhex("d4c3b2a1 02000000"))


def test_the_first_number_may_be_given() -> None:
    one = Ea1Driver(PROFILE, PROGRAM, {"A": 2000}, 1_800_000_000, 6_000_000, number=77)

    assert opened(asked(one.hello())) == (0x01, 77, b"EA1?")


def test_limits_round_down() -> None:
    one = Ea1Driver(PROFILE, PROGRAM, {"A": 1999, "D": 20_000}, 12_345_678, 9_999_999)
    hello = one.hello()
    next(hello)

    assert opened(asked(hello)) == (0x02, 2, struct.pack("<4HII", 199, 0, 0, 2000, 9_999_999, 12_345))


@pytest.mark.parametrize("leads_max", [{"E": 100}, {"A": 20_010}, {"A": 9}, {}])
def test_leads_that_the_device_has_not_are_not_limited_but_refused(leads_max: dict[str, int]) -> None:
    with pytest.raises(LimitError):
        Ea1Driver(PROFILE, PROGRAM, leads_max, 1_800_000_000, 6_000_000)


def test_without_answers_the_epoch_is_0() -> None:
    frames = [frame.data for frame in driver().contact()]

    assert [opened(frame)[2][:4] for frame in frames] == [bytes(4), bytes(4)]


def test_a_poll_asks_nothing() -> None:
    assert list(driver().poll()) == []


# --- what it realises -------------------------------------------------------------------------------------------------


def test_the_realised_levels_stand_beside_the_ordered() -> None:
    realised = driver().realised(PROGRAM, {("A", "2"): 1009, ("A", "100"): 500})

    assert realised.program == PROGRAM
    assert realised.levels == {("A", "2"): 1000, ("A", "100"): 500}
    assert realised.changes == (Quantised("level of lead A, kind 2", "1009 uA", "1000 uA"),)


def test_a_session_shorter_than_the_program_stands_beside_the_ordered() -> None:
    one = Ea1Driver(PROFILE, PROGRAM, {"A": 2000}, 1_799_999_999, 6_000_000)

    # PROGRAM is 300 blocks of 6 s; play time is in whole ms (4.2).
    assert one.realised(PROGRAM, {}).changes == (Quantised("length of the session", "1800000000 us", "1799999000 us"),)


def train(kind: str, rate_hz: Fraction, **shape: int) -> PulseTrain:
    return PulseTrain(kind, PulseShape(**{"width_us": 200, **shape}), rate_hz)


def one_section(part: PulseTrain, duration_us: int = 1_000_000_000, leads: tuple[str, ...] = ("A",)) -> Program:
    return Program("p", (Section(part, duration_us, 1, leads),), 1)


TOO_MUCH = [
    (one_section(train("2", Fraction(2), width_us=19)), "section 1: width_us is 19, must be 20 to 2000"),
    (one_section(train("2", Fraction(2), gap_us=1001)), "gap_us is 1001, must be 0 to 1000"),
    (one_section(train("2", Fraction(1, 101))), "rate in Hz is 1/101, must be 1/100 to 1000"),
    (one_section(train("2", Fraction(1001))), "rate in Hz is 1001, must be 1/100 to 1000"),
    (one_section(train("2", Fraction(2**32 + 1, 2**32))), "numerator of the rate is 4294967297"),
    (one_section(train("2", Fraction(1000), width_us=251)), "502 us is longer than half its period of 1000 us"),
    (one_section(train("2", Fraction(2)), leads=("E",)), "lead E is none of A, B, C, D"),
    (one_section(train("2", Fraction(2)), 3_600_000_001), "length of the block in us is 3600000001"),
    (replace(one_section(train("2", Fraction(2))), repeats=65_536), "repeats is 65536, must be 1 to 65535"),
    (
        Program("p", tuple(Section(train(str(i), Fraction(i + 1)), 10**6, 1, ("A",)) for i in range(5)), 1),
        "number of kinds is 5, must be 1 to 4",
    ),
    (
        Program("p", tuple(Section(train("2", Fraction(2)), 10**6, 1, ("A",)) for _ in range(17)), 1),
        "number of sections is 17, must be 1 to 16",
    ),
]


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(("program", "sentence"), TOO_MUCH, ids=[sentence for _, sentence in TOO_MUCH])
def test_a_program_that_the_wire_can_t_hold_is_refused(program: Program, sentence: str) -> None:
    with pytest.raises(LimitError) as caught:
        list(driver().load(program, {}))

    assert sentence in str(caught.value)
    with pytest.raises(LimitError):
        driver().realised(program, {})


# --- the registry -----------------------------------------------------------------------------------------------------


def test_the_registry_makes_the_driver_of_the_profile_s_wire() -> None:
    made = make_driver(PROFILE, PROGRAM, {"A": 2000, "B": 2000}, 1_800_000_000, 6_000_000)

    assert next(made.hello()).data == HEX["hello"] and made.strength == "live"


def test_where_the_use_bounds_no_charge_the_device_and_the_widest_phase_do() -> None:
    hello = make_driver(PROFILE, PROGRAM, {"A": 2000}, 1_800_000_000, None).hello()
    next(hello)

    # LIMITS (4.2): lead A 200 steps, the others none, 20 mA x 600 us = 12 000 000 pC, 1 800 000 ms
    limits = "c800 0000 0000 0000 001bb700 40771b00"
    assert opened(next(hello).data)[2] == bytes.fromhex(limits)


def test_a_wire_without_a_driver_is_said() -> None:
    with pytest.raises(AskedError, match="speaks wire p24; drivers exist for ea1"):
        make_driver(replace(PROFILE, wire="p24"), PROGRAM, {"A": 2000}, 1_800_000_000, 6_000_000)


def test_the_registry_blanks_a_frame() -> None:
    assert blank(PROFILE, Frame(HEX["clear"], None)) == bytes.fromhex("030108" + "01" * 12 + "00")
