"""The program of ea1 as the reader holds it: its ranges in words, and its pulses, counted by hand (4.3 to 5.4)."""

from __future__ import annotations

import struct
from fractions import Fraction

import pytest

from eastim.errors import Refused
from eastim.safety.readers.base import Run
from eastim.safety.readers.ea1_parts.block import Block, Record, block_hash, block_runs, parse_block
from tests.safety.ea1_words import HASH, PROGRAM, SLOW

FOUR_BYTES = 0xFFFFFFFF
HOUR_US = 3_600_000_000


def record(**changed: int) -> Record:
    """One pulse of 20 us a phase at 1 Hz in a second, but for what is named."""
    fields = {"kind": 0, "leads": 1, "sign": 0, "pad": 0, "width_us": 20, "gap_us": 0, "rate_num": 1, "rate_den": 1}
    return Record(**{**fields, "count": 1, "duration_us": 1_000_000, **changed})


def refusal(**changed: int) -> str:
    """What is said of a record; "" when it is taken."""
    try:
        record(**changed)
    except Refused as error:
        return str(error)
    return ""


RANGES = [
    ("kind", 0, 3), ("leads", 1, 15), ("sign", 0, 1), ("pad", 0, 0), ("width_us", 20, 2000), ("gap_us", 0, 1000),
    ("rate_num", 1, FOUR_BYTES), ("rate_den", 1, FOUR_BYTES), ("count", 1, 10_000_000), ("duration_us", 1, HOUR_US),
]  # fmt: skip


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_a_field_out_of_its_range_is_refused_with_both_bounds(name: str, low: int, high: int) -> None:
    for value in (low - 1, high + 1):
        assert refusal(**{name: value}) == f"PROGRAM: {name} is {value}, must be {low} to {high} (ea1 4.4)"


@pytest.mark.parametrize(("name", "low", "high"), RANGES[:6])
def test_a_field_at_its_bounds_is_taken(name: str, low: int, high: int) -> None:
    assert (refusal(**{name: low}), refusal(**{name: high})) == ("", "")


ONE_HZ = {"rate_num": FOUR_BYTES, "rate_den": FOUR_BYTES}
TAKEN = [
    ONE_HZ,
    {"duration_us": HOUR_US},
    {"rate_den": 100},
    {"rate_num": 1000},
    {"rate_num": 1000, "width_us": 250},
    {"rate_num": 1000, "width_us": 200, "gap_us": 100},
    {"rate_num": 7000, "rate_den": 7},
    {"rate_num": 7, "rate_den": 700},
    {"duration_us": 40},
    {"count": 2, "duration_us": 1_000_040},
    {"count": 2, "duration_us": 1_000_047, "gap_us": 7},
]


@pytest.mark.parametrize("changed", TAKEN)
def test_this_record_is_taken(changed: dict[str, int]) -> None:
    assert refusal(**changed) == ""


SAID = [
    ({"rate_den": 101}, "the rate is 1/101 Hz, must be 1/100 to 1000 Hz"),
    ({"rate_num": 1001}, "the rate is 1001/1 Hz, must be 1/100 to 1000 Hz"),
    ({"rate_num": 7, "rate_den": 701}, "the rate is 7/701 Hz, must be 1/100 to 1000 Hz"),
    ({"rate_num": 7001, "rate_den": 7}, "the rate is 7001/7 Hz, must be 1/100 to 1000 Hz"),
    ({"rate_num": 1000, "width_us": 251}, "twice the pulse of 502 us is longer than its period"),
    ({"rate_num": 1000, "width_us": 200, "gap_us": 101}, "twice the pulse of 501 us is longer than its period"),
    ({"duration_us": 39}, "pulse 1 ends at 40 us, after its section's 39 us"),
    ({"duration_us": 1}, "pulse 1 ends at 40 us, after its section's 1 us"),
    ({"count": 2, "duration_us": 1_000_039}, "pulse 2 ends at 1000040 us, after its section's 1000039 us"),
    (
        {"count": 10_000_000, "rate_num": 1000, "duration_us": HOUR_US},
        "pulse 10000000 ends at 9999999040 us, after its section's 3600000000 us",
    ),
]


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(("changed", "text"), SAID)
def test_a_record_that_cannot_be_played_is_refused_with_its_times(changed: dict[str, int], text: str) -> None:
    assert refusal(**changed) == f"PROGRAM: {text} (ea1 4.4)"


# --- times of a train -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("num", "den", "onsets"),
    [
        (1, 1, [0, 1_000_000, 2_000_000]),
        (3, 1, [0, 333_333, 666_667, 1_000_000]),
        (128, 1, [0, 7813, 15_625, 23_438]),  # 7812.5 and 23437.5 are rounded up
        (1, 100, [0, 100_000_000]),
        (1000, 7, [0, 7000, 14_000]),
    ],
)
def test_onsets_are_rounded_half_up(num: int, den: int, onsets: list[int]) -> None:
    train = record(rate_num=num, rate_den=den)

    assert [train.onset_us(k) for k in range(len(onsets))] == onsets


@pytest.mark.parametrize(
    ("num", "den", "duration_us", "pulses"),
    [
        (2, 1, 3_000_000, 6), (2, 1, 2_999_999, 5), (2, 1, 499_999, 0), (2, 1, 500_000, 1),
        (128, 1, 7812, 0), (128, 1, 7813, 1), (3, 1, 333_332, 0), (3, 1, 333_333, 1),
        (3, 1, 666_666, 1), (3, 1, 666_667, 2), (1, 100, 99_999_999, 0), (1, 100, 100_000_000, 1),
    ],
)  # fmt: skip
def test_a_hold_has_the_pulses_whose_whole_period_fits(num: int, den: int, duration_us: int, pulses: int) -> None:
    assert record(rate_num=num, rate_den=den).periods_within(duration_us) == pulses


# --- the block --------------------------------------------------------------------------------------------------------


def said(repeats: int, *changes: dict[str, int]) -> str:
    """What is said of a block of such records; "" when it is taken."""
    try:
        Block(repeats, tuple(record(**changed) for changed in changes))
    except Refused as error:
        return str(error)
    return ""


PLAIN: dict[str, int] = {}
HALF = {"duration_us": 1_800_000_000}
BLOCKS = [
    (0, (PLAIN,), "repeats is 0, must be 1 to 65535 (ea1 4.4)"),
    (65536, (PLAIN,), "repeats is 65536, must be 1 to 65535 (ea1 4.4)"),
    (1, (), "it has 0 sections, must be 1 to 16 (ea1 4.4)"),
    (1, (PLAIN,) * 17, "it has 17 sections, must be 1 to 16 (ea1 4.4)"),
    (
        1, (HALF, {"duration_us": 1_800_000_001}),
        "the block is 3600000001 us, must be at most 3600000000 us (ea1 4.4)",
    ),
    (1, ({"kind": 1},), "kind 1 comes before kind 0; number them in order (ea1 4.5)"),
    (1, (PLAIN, {"kind": 2}), "kind 2 comes before kind 1; number them in order (ea1 4.5)"),
    (1, (PLAIN, PLAIN, {"kind": 2}), "kind 2 comes before kind 1; number them in order (ea1 4.5)"),
    *(
        (1, (PLAIN, {"kind": 1}, {"kind": 1, **changed}), "kind 1 has two different trains (ea1 4.5)")
        for changed in ({"sign": 1}, {"width_us": 21}, {"gap_us": 1}, {"rate_num": 2}, {"rate_den": 2})
    ),
]  # fmt: skip


@pytest.mark.parametrize(("repeats", "changes", "text"), BLOCKS)
def test_a_block_that_is_none_is_refused(repeats: int, changes: tuple[dict[str, int], ...], text: str) -> None:
    assert said(repeats, *changes) == f"PROGRAM: {text}"


WIDER = {"kind": 1, "width_us": 30}
GOOD = [
    (1, (PLAIN,)), (65535, (PLAIN,)), (1, (PLAIN,) * 16), (1, (HALF, HALF)),
    (1, (PLAIN, {"kind": 1}, {"kind": 2}, {"kind": 3})),
    (1, (PLAIN, WIDER, PLAIN, WIDER)),
    (1, (PLAIN, {"rate_num": 2, "rate_den": 2})),  # the same rate
    (1, (PLAIN, {"leads": 8, "duration_us": 2_000_000, "count": 2})),
]  # fmt: skip


@pytest.mark.parametrize(("repeats", "changes"), GOOD)
def test_this_block_is_taken(repeats: int, changes: tuple[dict[str, int], ...]) -> None:
    assert said(repeats, *changes) == ""


def test_a_block_is_as_long_as_its_sections_and_has_its_kinds() -> None:
    block = Block(3, (record(), record(kind=1, width_us=30, gap_us=5, duration_us=70), record(leads=2)))

    assert (block.block_us, block.kinds, block.longest_us) == (2_000_070, 2, 65)
    assert (block.first(0).leads, block.first(1).width_us) == (1, 30)


# --- as bytes ---------------------------------------------------------------------------------------------------------


def test_a_program_is_read_field_by_field() -> None:
    block = parse_block(PROGRAM)

    assert block == Block(
        300, (Record(0, 3, 0, 0, 600, 0, 2, 1, 6, 3_000_000), Record(1, 3, 0, 0, 200, 0, 100, 1, 300, 3_000_000))
    )


HEADS = [
    (b"", "the body has 0 bytes, must have at least 4"),
    (b"\1\0\1", "the body has 3 bytes, must have at least 4"),
    (struct.pack("<HBB", 1, 1, 1) + SLOW, "1 sections in a body of 28 bytes, or a byte that must be 00 is not"),
    (struct.pack("<HBB", 1, 1, 255) + SLOW, "1 sections in a body of 28 bytes, or a byte that must be 00 is not"),
    (struct.pack("<HBB", 1, 2, 0) + SLOW, "2 sections in a body of 28 bytes, or a byte that must be 00 is not"),
    (struct.pack("<HBB", 1, 255, 0) + SLOW, "255 sections in a body of 28 bytes, or a byte that must be 00 is not"),
    (struct.pack("<HBB", 1, 1, 0) + SLOW[:-1], "1 sections in a body of 27 bytes, or a byte that must be 00 is not"),
]


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(("body", "text"), HEADS)
def test_a_body_of_another_length_is_refused(body: bytes, text: str) -> None:
    with pytest.raises(Refused) as error:
        parse_block(body)

    assert str(error.value) == f"PROGRAM: {text} (ea1 4.3)"


def test_a_body_of_a_head_alone_has_no_sections() -> None:
    with pytest.raises(Refused, match=r"PROGRAM: it has 0 sections"):
        parse_block(struct.pack("<HBB", 1, 0, 0))


@pytest.mark.parametrize("repeats", [1, 256, 65535])
def test_repeats_are_two_bytes(repeats: int) -> None:
    assert parse_block(struct.pack("<HBB", repeats, 1, 0) + SLOW).repeats == repeats


WIRED = [
    (0, 255, "kind", 255, 0, 3), (1, 255, "leads", 255, 1, 15), (2, 255, "sign", 255, 0, 1), (3, 255, "pad", 255, 0, 0),
    (5, 255, "width_us", 65368, 20, 2000), (7, 255, "gap_us", 65280, 0, 1000),
    (19, 255, "count", 4278190086, 1, 10_000_000), (23, 255, "duration_us", 4281190080, 1, HOUR_US),
]  # fmt: skip


@pytest.mark.parametrize(("at", "byte", "name", "value", "low", "high"), WIRED)
def test_a_field_is_read_without_a_sign(at: int, byte: int, name: str, value: int, low: int, high: int) -> None:
    section = SLOW[:at] + bytes((byte,)) + SLOW[at + 1 :]
    with pytest.raises(Refused) as error:
        parse_block(struct.pack("<HBB", 1, 1, 0) + section)

    assert str(error.value) == f"PROGRAM: {name} is {value}, must be {low} to {high} (ea1 4.4)"


def test_a_rate_of_the_largest_numbers_is_read() -> None:
    section = struct.pack("<BBBBHHIIII", 0, 1, 0, 0, 20, 0, FOUR_BYTES, FOUR_BYTES, 1, 1_000_000)

    assert parse_block(struct.pack("<HBB", 1, 1, 0) + section).records == (record(**ONE_HZ),)


def test_the_hash_is_the_first_8_bytes_of_sha_256() -> None:
    assert block_hash(PROGRAM) == HASH
    assert block_hash(b"abc").hex() == "ba7816bf8f01cfea"  # FIPS 180-4's example


# --- what it plays ----------------------------------------------------------------------------------------------------

UA = Fraction(1)


def test_a_run_is_two_phases_of_its_level() -> None:
    assert record(rate_num=3).run(2, 7, 1234, 5) == Run(
        "C", 1234, ((70 * UA, 20 * UA), (-70 * UA, 20 * UA)), Fraction(1_000_000, 3), 5
    )


def test_a_run_of_sign_1_begins_below_zero_and_a_gap_is_at_zero() -> None:
    assert record(sign=1, gap_us=9, rate_den=7).run(0, 3, 0, 1) == Run(
        "A", 0, ((-30 * UA, 20 * UA), (0 * UA, 9 * UA), (30 * UA, 20 * UA)), Fraction(7_000_000), 1
    )


def runs(block: Block, hold: int | None) -> list[tuple[str, int, int, int, int]]:
    """Lead, onset, uA, width, count; levels are 1 to 4 for kind 0 on leads A to D, 5 to 8 for kind 1."""
    found = block_runs(block, ((1, 2, 3, 4), (5, 6, 7, 8)), hold)
    return [(r.lead, r.onset_us, int(r.phases[0][0]), int(r.phases[0][1]), r.count) for r in found]


def two() -> Block:
    return Block(
        1,
        (
            record(leads=5, count=2, duration_us=1_500_000),
            record(kind=1, leads=10, width_us=30, rate_num=2, count=1, duration_us=700_000),
            record(leads=8, duration_us=2_000_000),
        ),
    )


def test_a_block_plays_section_by_section_on_the_leads_of_each() -> None:
    assert runs(two(), None) == [
        ("A", 0, 10, 20, 2),
        ("C", 0, 30, 20, 2),
        ("B", 1_500_000, 60, 30, 1),
        ("D", 1_500_000, 80, 30, 1),
        ("D", 2_200_000, 40, 20, 1),
    ]


def test_a_hold_replaces_the_sections_of_other_kinds() -> None:
    # 2 Hz: in 1.5 s three whole periods, in 2 s four; on the leads of kind 1's first section.
    assert runs(two(), 1) == [
        ("B", 0, 60, 30, 3),
        ("D", 0, 80, 30, 3),
        ("B", 1_500_000, 60, 30, 1),
        ("D", 1_500_000, 80, 30, 1),
        ("B", 2_200_000, 60, 30, 4),
        ("D", 2_200_000, 80, 30, 4),
    ]


def test_a_hold_whose_period_does_not_fit_is_silent_there() -> None:
    # 1 Hz does not fit into 700 ms; the third section is of the held kind and keeps its own leads.
    assert runs(two(), 0) == [("A", 0, 10, 20, 2), ("C", 0, 30, 20, 2), ("D", 2_200_000, 40, 20, 1)]
