"""What of a program and of limits fits wire ea1, to the last step (docs/wire/ea1.md, clauses 1.3 and 4.1 to 4.6)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.drivers.base import Quantised
from eastim.drivers.ea1.codec import LimitsBody, ProgramBody, Record
from eastim.drivers.ea1.program import differences, limits_body, program_body
from eastim.errors import LimitError
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from tests.drivers.ea1_wire import PROFILE

SECOND = 1_000_000
HOUR = 3_600_000_000


def part(
    rate_hz: Fraction | int = 2,
    *,
    width_us: int = 200,
    gap_us: int = 0,
    sign: int = 1,
    duration_us: int = HOUR,
    count: int = 1,
    lead: str = "A",
    kind: str = "k",
) -> Section:
    train = PulseTrain(kind, PulseShape(width_us, gap_us, sign), Fraction(rate_hz))
    return Section(train, duration_us, count, (lead,))


def program(*parts: Section, repeats: int = 1) -> Program:
    return Program("p", parts, repeats)


def short(count: int, *, kinds: int = 1) -> Program:
    """So many sections of a second, in so many kinds."""
    return program(*(part(2 + i % kinds, kind=f"k{i % kinds}", duration_us=SECOND) for i in range(count)))


FITS = {
    "4 kinds": short(4, kinds=4),
    "16 sections": short(16),
    "65535 repeats": program(part(), repeats=65_535),
    "an hour": program(part(duration_us=HOUR)),
    "20 us": program(part(width_us=20)),
    "2000 us": program(part(width_us=2000)),
    "1000 us gap": program(part(gap_us=1000)),
    "1/100 Hz": program(part(Fraction(1, 100))),
    "1000 Hz, half the period": program(part(1000, width_us=250)),
    "the largest numerator": program(part(Fraction(2**32 - 1, 2**31))),
    "the largest denominator": program(part(Fraction(2**31, 2**32 - 1))),
}


@pytest.mark.parametrize("name", FITS)
def test_the_last_step_of_each_bound_fits(name: str) -> None:
    assert program_body(FITS[name]).repeats == FITS[name].repeats


U33 = 4_294_967_296
BREAKS = {
    "number of kinds is 5, must be 1 to 4 (4.1)": short(5, kinds=5),
    "number of sections is 17, must be 1 to 16 (4.3)": short(17),
    "repeats is 65536, must be 1 to 65535 (4.3)": program(part(), repeats=65_536),
    "length of the block in us is 3600000001, must be 1 to 3600000000 (4.4)": program(
        part(duration_us=HOUR - SECOND), part(duration_us=SECOND + 1)
    ),
    "length of the block in us is 3600000001, must be 1 to 3600000000 (4.4); "
    "section 1: duration_us is 3600000001, must be 1 to 3600000000 (4.4)": program(part(duration_us=HOUR + 1)),
    "length of the block in us is 10000000000, must be 1 to 3600000000 (4.4); "
    "section 1: duration_us is 10000000000, must be 1 to 3600000000 (4.4)": program(
        part(1000, duration_us=10_000_000_000, count=10_000_000)
    ),
    "length of the block in us is 10000001000, must be 1 to 3600000000 (4.4); "
    "section 1: count is 10000001, must be 1 to 10000000 (4.4); "
    "section 1: duration_us is 10000001000, must be 1 to 3600000000 (4.4)": program(
        part(1000, duration_us=10_000_001_000, count=10_000_001)
    ),
    "section 2: lead E is none of A, B, C, D (1.1)": program(
        part(duration_us=SECOND), part(lead="E", duration_us=SECOND)
    ),
    "section 1: width_us is 19, must be 20 to 2000 (4.4)": program(part(width_us=19)),
    "section 1: width_us is 2001, must be 20 to 2000 (4.4)": program(part(width_us=2001)),
    "section 1: gap_us is 1001, must be 0 to 1000 (4.4)": program(part(gap_us=1001)),
    "section 1: rate in Hz is 99/10000, must be 1/100 to 1000 (4.4)": program(part(Fraction(99, 10_000))),
    "section 1: rate in Hz is 1001, must be 1/100 to 1000 (4.4)": program(part(1001)),
    "section 1: numerator of the rate is 4294967296, must be 1 to 4294967295 (4.3)": program(
        part(Fraction(U33, 2**31 + 1))
    ),
    "section 1: denominator of the rate is 4294967296, must be 1 to 4294967295 (4.3)": program(
        part(Fraction(2**31 + 1, U33))
    ),
    "section 1: a pulse of 501 us is longer than half its period of 1000 us (4.4)": program(
        part(1000, width_us=250, gap_us=1)
    ),
}


@pytest.mark.parametrize("sentence", BREAKS)
def test_one_step_beyond_a_bound_is_refused_with_its_clause(sentence: str) -> None:
    with pytest.raises(LimitError) as caught:
        program_body(BREAKS[sentence])

    assert str(caught.value) == f"program p does not fit wire ea1: {sentence}"


def test_each_field_of_a_section_goes_to_its_place() -> None:
    parts = (
        part(Fraction(5, 2), width_us=300, gap_us=40, sign=-1, duration_us=2 * SECOND, count=4, lead="C", kind="x"),
        part(7, width_us=310, duration_us=3 * SECOND, count=20, lead="B", kind="y"),
    )

    assert program_body(program(*parts, repeats=9)) == ProgramBody(
        9,
        (
            Record(0, 0b0100, 1, 300, 40, 5, 2, 4, 2_000_000),
            Record(1, 0b0010, 0, 310, 0, 7, 1, 20, 3_000_000),
        ),
    )


# --- limits (4.2) -----------------------------------------------------------------------------------------------------


def test_the_least_limits_are_one_step_1_pc_and_1_ms() -> None:
    assert limits_body(PROFILE, {"B": 10}, 1000, 1) == LimitsBody((0, 1, 0, 0), 1, 1)


def test_the_most_limits_are_the_device_s_own() -> None:
    most = limits_body(PROFILE, dict.fromkeys("ABCD", 20_000), 4_294_967_999, 4_294_967_295)

    assert most == LimitsBody((2000, 2000, 2000, 2000), 4_294_967_295, 4_294_967)


def test_more_charge_than_the_wire_can_say_is_said_as_its_most() -> None:
    assert limits_body(PROFILE, {"A": 10}, 1000, 4_294_967_296).max_phase_pc == 4_294_967_295


LEADS = "reference stimulator, wire ea1 has leads A, B, C, D, 10 to 20000 uA each"


@pytest.mark.parametrize(
    ("leads", "session_us", "charge_pc", "says"),
    [
        ({"A": 9}, 1000, 1, f"lead A at most 9 uA: {LEADS}"),
        ({"A": 20_001}, 1000, 1, f"lead A at most 20001 uA: {LEADS}"),
        ({"E": 10}, 1000, 1, f"lead E at most 10 uA: {LEADS}"),
        ({}, 1000, 1, "nothing to play: leads [], 1 pC a phase"),
        ({"A": 10}, 1000, 0, "nothing to play: leads ['A'], 0 pC a phase"),
        ({"A": 10}, 999, 1, "a session of 999 us: wire ea1 plays 1 to 4294967 ms (4.2)"),
        ({"A": 10}, 4_294_968_000, 1, "a session of 4294968000 us: wire ea1 plays 1 to 4294967 ms (4.2)"),
    ],
)
def test_limits_that_the_wire_or_the_device_has_not_are_refused(
    leads: dict[str, int], session_us: int, charge_pc: int, says: str
) -> None:
    with pytest.raises(LimitError) as caught:
        limits_body(PROFILE, leads, session_us, charge_pc)

    assert str(caught.value) == says


# --- differences (4.6) ------------------------------------------------------------------------------------------------

ONE = Record(0, 0b0001, 0, 200, 10, 2, 1, 3, SECOND)
TWO = Record(1, 0b0001, 0, 300, 20, 3, 1, 4, SECOND)
SENT = ProgramBody(300, (ONE, TWO))


def test_what_is_played_as_sent_differs_in_nothing() -> None:
    assert differences(SENT, ProgramBody(300, (ONE, TWO))) == ()


FIELDS = [
    ("kind", 2, Quantised("kind of section 2", "1", "2")),
    ("leads", 3, Quantised("leads of section 2", "1", "3")),
    ("sign", 1, Quantised("sign of section 2", "0", "1")),
    ("width_us", 301, Quantised("width of section 2", "300 us", "301 us")),
    ("gap_us", 21, Quantised("gap of section 2", "20 us", "21 us")),
    ("rate_num", 4, Quantised("rate_num of section 2", "3", "4")),
    ("rate_den", 2, Quantised("rate_den of section 2", "1", "2")),
    ("count", 5, Quantised("count of section 2", "4", "5")),
    ("duration_us", SECOND + 1, Quantised("duration of section 2", "1000000 us", "1000001 us")),
]


@pytest.mark.parametrize(("field", "value", "said"), FIELDS)
def test_each_field_that_differs_is_said(field: str, value: int, said: Quantised) -> None:
    assert differences(SENT, ProgramBody(300, (ONE, replace(TWO, **{field: value})))) == (said,)


def test_all_that_differs_is_said_in_order() -> None:
    found = differences(SENT, ProgramBody(299, (replace(ONE, gap_us=11), replace(TWO, count=5), TWO)))

    assert found == (
        Quantised("repeats", "300", "299"),
        Quantised("sections", "2", "3"),
        Quantised("gap of section 1", "10 us", "11 us"),
        Quantised("count of section 2", "4", "5"),
    )
