"""What the reader of ea1 says comes out, the limits it tells, and what it makes of bytes (2.3, 4.2, 4.8, 5)."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.pulses.program import build_program
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.base import Locks, Output, Run
from eastim.safety.readers.ea1 import Ea1Reader
from eastim.safety.readers.ea1_parts.shadow import Ask, Is, Locked, Play, Shadow, worst
from eastim.safety.readers.registry import make_reader
from tests.safety import ea1_words as words
from tests.safety.ea1_walks import ask, at, hear, play, reader
from tests.safety.ea1_words import PROGRAM, Report, wire

UA = Fraction(1)


# --- output -----------------------------------------------------------------------------------------------------------


def slow(lead: str, ua: int) -> Run:
    return Run(lead, 0, ((ua * UA, 600 * UA), (-ua * UA, 600 * UA)), Fraction(500_000), 6)


def fast(lead: str, ua: int, onset_us: int = 3_000_000) -> Run:
    return Run(lead, onset_us, ((ua * UA, 200 * UA), (-ua * UA, 200 * UA)), Fraction(10_000), 300)


def test_a_play_puts_out_the_block_up_to_its_lease_and_one_pulse() -> None:
    # 500 ms and the longest pulse, twice 600 us
    runs = (slow("A", 100), slow("B", 0), fast("A", 50), fast("B", 0))

    assert reader().output(at("raised")) == Output(runs, 1000, 6_000_000, 501_200)


def test_the_end_of_play_cuts_the_lease() -> None:
    ending = hear(at("raised"), Report(step=2, played_us=1_799_900_000, levels={(0, 0): 10, (0, 1): 5}).wire, 0)

    assert (reader().output(ending).ends_us, reader().output(ending).starts_us) == (100_000, -250_000)


@pytest.mark.parametrize("name", ["blank", "greeted", "locked", "loaded", "armed", "testing", "hushed", "silenced"])
def test_nothing_comes_out_of_a_device_that_was_not_told_to_play(name: str) -> None:
    assert reader().output(at(name)) == Output()


def test_without_a_program_nothing_is_played() -> None:
    assert reader().output(replace(at("raised"), loaded=None)) == Output()


def test_both_ways_of_a_hold_that_may_come_are_shown_once() -> None:
    holding = play(at("raised"), 3, 10, 5, hold=1)

    assert reader().output(holding).runs == (
        slow("A", 100), slow("B", 0), fast("A", 50), fast("B", 0), fast("A", 50, 0), fast("B", 0, 0)
    )  # fmt: skip


def test_the_holds_that_may_sound_are_those_told_and_asked() -> None:
    assert at("raised").sounding == (None,)
    assert replace(at("raised"), holds=(0, 1)).sounding == (0, 1, None)
    assert replace(at("hushed"), holds=(0, 1)).sounding == (0, 1)


# --- the worst of two plays -------------------------------------------------------------------------------------------

OLD = Play(3, 900, 0, ((1, 8, 3, 0), (2, 2, 2, 2)), 100)
NEW = Play(4, 500, 1, ((5, 6, 3, 0), (1, 3, 1, 3)), 200)


def test_the_worst_of_two_is_the_higher_of_each_level_and_the_later_end() -> None:
    assert worst(OLD, NEW) == Play(4, 900, 1, ((5, 8, 3, 0), (2, 3, 2, 3)), 100)
    assert worst(NEW, OLD) == Play(3, 900, 0, ((5, 8, 3, 0), (2, 3, 2, 3)), 100)
    assert worst(None, NEW) == NEW and worst(OLD, None) == OLD and worst(None, None) is None


def test_a_lease_ends_as_long_after_it_was_sent() -> None:
    assert (OLD.lease_end_us, NEW.lease_end_us) == (1000, 700)


def test_the_worst_that_may_be_in_force_is_of_all_that_were_sent() -> None:
    lost = ask(ask(at("raised"), 6, words.play(3, 20, 1)), 6, words.play(4, 1, 7), now_us=20_000)

    assert lost.worst_play == Play(4, 500_000, None, ((20, 0, 0, 0), (7, 0, 0, 0)), 20_000)
    assert lost.asked_play == Play(4, 500_000, None, ((1, 0, 0, 0), (7, 0, 0, 0)), 20_000)
    assert at("hushed").worst_play is None and at("testing").asked_play is None


@pytest.mark.parametrize(
    ("name", "silent"),
    [("blank", True), ("armed", True), ("testing", False), ("tested", True), ("raised", False), ("stopped", False)],
)
def test_a_device_is_silent_when_nothing_was_bought_and_no_stop_is_on_its_way(name: str, silent: bool) -> None:
    assert at(name).silent is silent
    assert not replace(at(name), unproven=True).silent


def test_play_ends_with_the_blocks_or_with_the_limits() -> None:
    # 300 blocks of 6 s are 1800 s
    assert at("raised").total_us == 1_800_000_000
    assert replace(at("raised"), locked=Locked((0,) * 4, 0, 1_799_999)).total_us == 1_799_999_000
    assert replace(at("raised"), locked=Locked((0,) * 4, 0, 1_800_001)).total_us == 1_800_000_000
    assert (replace(at("raised"), locked=None).total_us, at("locked").total_us) == (0, 0)


def test_before_anything_was_said_nothing_is_assumed() -> None:
    assert Shadow() == Shadow(
        tail=b"", dropped=0, serial="", boot=0, epoch=0, assumed=False, void=0, stops=0, unproven=False, cut_off=None,
        last=b"", number=-1, open=None, lost=(), locked=None, loaded=None, state=None, armed=False, contacted=0,
        started=False, step=0, step_was=0, play=None, faded=(), test=None, played_us=0, starts_us=0, play_end_us=0,
        holds=(None,), quarrel="", told=b"",
    )  # fmt: skip
    assert reader().blank() == Shadow()
    assert Output() == Output((), 0, 0, 0, Fraction(0))


# --- the contact test -------------------------------------------------------------------------------------------------


def test_a_contact_test_goes_from_lead_to_lead() -> None:
    testing = ask(at("armed"), 5, words.contact(11, 3, 7), now_us=5000)
    phases = ((70 * UA, 100 * UA), (-70 * UA, 100 * UA))
    runs = tuple(Run(lead, i * 30_000, phases, Fraction(10_000), 3) for i, lead in enumerate("ABD"))

    assert reader().contact(testing) == Output(runs, 6000, 90_000, 96_000)


@pytest.mark.parametrize("name", ["armed", "tested", "raised"])
def test_no_contact_test_is_silence(name: str) -> None:
    assert reader().contact(at(name)) == Output()


# --- limits and questions ---------------------------------------------------------------------------------------------


def test_limits_are_told_in_ua_and_us_when_they_are_asked_and_when_they_are_locked() -> None:
    body = words.limits((1, 2, 3, 2000), 5, 6)
    locks = Locks((("A", 10), ("B", 20), ("C", 30), ("D", 20_000)), 5, 6000)

    assert reader().locks(ask(at("greeted"), 2, body)) == locks
    assert reader().locks(ask(at("greeted"), 2, body, body)) == locks
    assert reader().locks(at("greeted")) is None
    assert reader().locks(ask(at("loaded"), 1, b"EA1?")) is None


def test_settled_is_as_if_the_answer_had_come() -> None:
    assert reader().settled(at("raised")) == at("raised")
    assert reader().settled(ask(at("loaded"), 4, words.arm())) == at("armed")
    assert reader().settled(ask(at("armed"), 5, words.contact())) == at("tested")


def test_settled_hello_is_a_device_that_has_told_nothing_yet() -> None:
    sent = ask(at("silenced"), 1, b"EA1?")

    assert reader().settled(sent) == replace(
        sent, open=None, locked=None, loaded=None, contacted=0, started=False, step=0, step_was=0, played_us=0,
        state=Is.IDLE, assumed=True,
    )  # fmt: skip


# --- bytes in any cut -------------------------------------------------------------------------------------------------

HUSHED = wire(0x87, 7, struct.pack("<I", 3))


def test_what_is_broken_is_counted_and_what_is_empty_is_not() -> None:
    assert hear(at("blank"), b"\0\0\5\0\x18\0\0").dropped == 2
    assert hear(replace(at("blank"), dropped=7), b"\5\0").dropped == 8
    assert hear(at("blank"), wire(0xC0, 1, b"")).dropped == 1


def test_a_repeat_is_counted_as_dropped() -> None:
    heard = hear(at("raised"), Report().wire)
    again, statuses = reader().heard(heard, Report().wire, 0)

    assert (again, statuses) == (replace(heard, dropped=1), ())


def test_several_messages_in_one_read_are_heard_in_their_order() -> None:
    sent = ask(at("raised"), 7, words.hush(3))
    told = Report(step=2, levels={(0, 0): 10, (0, 1): 5})
    later = replace(told, clock_us=10_000_001)
    shadow, statuses = reader().heard(sent, told.wire + later.wire + HUSHED + b"\4\1", 0)

    assert [status.clock_us for status in statuses] == [10_000_000, 10_000_001]
    assert (shadow.play, shadow.open, shadow.tail, shadow.told) == (None, None, b"\4\1", later.body)


def test_the_rest_of_a_chunk_is_kept_up_to_one_byte_more_than_is_allowed() -> None:
    first = hear(at("blank"), b"\1" * 520)
    assert first.tail == b"\1" * 520
    assert hear(first, b"\2\3").tail == b"\1" * 520 + b"\2"
    assert hear(hear(first, b"\2\3"), b"\0").dropped == 1


def test_a_chunk_in_pieces_is_whole() -> None:
    sent = ask(at("raised"), 7, words.hush(3))

    for cut in range(1, len(HUSHED)):
        assert hear(hear(sent, HUSHED[:cut]), HUSHED[cut:]).play is None


# --- who reads what ---------------------------------------------------------------------------------------------------


def test_the_reader_of_an_order_knows_its_profile_and_its_kinds() -> None:
    parts = [
        (PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000),
        (PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000),
    ]
    program = build_program("2/100", parts, ("A",), 1)
    order = Order(program, (LeadOrder("A", (), 2000),), envelope("human", "needle"), "human", program.session_us, "ea1")
    made = make_reader(order)

    assert isinstance(made, Ea1Reader)
    assert (made.profile.name, made.kinds) == ("ea1", ("2", "100"))


def test_what_is_asked_is_told_by_its_type() -> None:
    requests = [(1, b"EA1?"), (2, words.limits()), (3, PROGRAM), (4, words.arm()), (7, words.hush(1))]
    asked = [ask(at("loaded"), kind, body).open for kind, body in requests]

    assert [question.ask for question in asked if question] == [Ask.HELLO, Ask.LIMITS, Ask.PROGRAM, Ask.ARM, Ask.HUSH]
    assert [int(each) for each in Ask] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [int(each) for each in Is] == [1, 2, 3, 4, 5, 6]
