"""What a request changes in the shadow at once: what may come on counts from when it is sent, nothing goes off."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from eastim.errors import Refused
from eastim.safety.readers.ea1_parts.shadow import Ask, ContactTest, Loaded, Locked, Play, Question, Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_walks import ask, at, hear, reader, send
from tests.safety.ea1_words import EPOCH, HASH, PROGRAM, Report, quiet, wire

CLEAR = struct.pack("<I", EPOCH)


def asked(name: str, kind: int, body: bytes, now_us: int = 0) -> tuple[Shadow, Shadow]:
    """The shadow after the request, and the one of before with no more changed than the wire itself: what was sent."""
    before = at(name)
    number = before.number + 1
    question = Question(Ask(kind), number, body)
    return ask(before, kind, body, now_us=now_us), replace(
        before, last=wire(kind, number, body), number=number, open=question
    )


def what(shadow: Shadow) -> object:
    assert shadow.open is not None
    return shadow.open.what


# --- requests that buy nothing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [("blank", 1, b"EA1?"), ("loaded", 1, b"EA1?"), ("loaded", 4, words.arm()), ("loaded", 8, CLEAR)],
)
def test_this_request_leaves_all_as_it_was(name: str, kind: int, body: bytes) -> None:
    after, sent = asked(name, kind, body)

    assert after == sent


def test_limits_wait_for_their_answer_with_what_they_ask() -> None:
    after, sent = asked("greeted", 2, words.limits((1, 2, 3, 4), 5, 6))

    assert after == replace(sent, open=replace(sent.open, what=Locked((1, 2, 3, 4), 5, 6)))  # type: ignore[type-var]


def test_a_program_waits_for_its_answer_with_its_hash() -> None:
    after, sent = asked("locked", 3, PROGRAM)
    loaded = what(after)

    assert isinstance(loaded, Loaded) and loaded.hash == HASH
    assert [record.width_us for record in loaded.block.records] == [600, 200]
    assert after == replace(sent, open=replace(sent.open, what=loaded))  # type: ignore[type-var]


@pytest.mark.parametrize(("name", "step"), [("loaded", 1), ("armed", 1), ("raised", 3)])
def test_a_hush_counts_its_step_and_ends_nothing_yet(name: str, step: int) -> None:
    after, sent = asked(name, 7, words.hush(step))

    assert after == replace(sent, step=step)


@pytest.mark.parametrize(
    ("kind", "body", "left"), [(1, b"EA1?", 0), (4, words.arm(words.NEXT), 0), (2, words.limits(), 2)]
)
def test_hello_and_arm_end_the_wait_for_answers_to_stops(kind: int, body: bytes, left: int) -> None:
    assert ask(replace(at("silenced"), stops=2), kind, body).stops == left


# --- a contact test ---------------------------------------------------------------------------------------------------


def test_a_contact_test_runs_from_when_it_is_sent() -> None:
    after, sent = asked("armed", 5, words.contact(5, 3, 7), 1234)
    test = ContactTest(5, 3, 7, 1234)

    assert after == replace(sent, open=replace(sent.open, what=test), test=test, contacted=5)  # type: ignore[type-var]


def test_leads_tested_add_up() -> None:
    assert ask(at("tested"), 5, words.contact(4)).contacted == 7


# --- a play -----------------------------------------------------------------------------------------------------------


def test_a_start_shows_from_when_it_is_sent_a_block_from_1_ms_later() -> None:
    after, sent = asked("tested", 6, words.play(1, 10, 5, lease_ms=700, hold=1), 5000)
    play = Play(1, 700_000, 1, ((10, 0, 0, 0), (5, 0, 0, 0)), 5000)

    # The limits end play after 30 minutes, as 300 blocks of 6 s do.
    assert after == replace(
        sent,
        open=replace(sent.open, what=play),  # type: ignore[type-var]
        step=1,
        started=True,
        starts_us=6000,
        play_end_us=1_800_006_000,
        holds=(None, 1),
    )


def test_a_start_again_has_what_is_left_of_the_play_time() -> None:
    hushed = replace(at("hushed"), played_us=1_000_000, holds=(1, 0))
    again = ask(hushed, 6, words.play(4), now_us=5000)

    assert (again.starts_us, again.play_end_us, again.holds) == (6000, 1_799_006_000, (None,))


def test_a_renewal_moves_neither_block_nor_end() -> None:
    after, sent = asked("raised", 6, words.play(3, 8, 4), 5000)
    play = Play(3, 500_000, None, ((8, 0, 0, 0), (4, 0, 0, 0)), 5000)

    assert after == replace(sent, open=replace(sent.open, what=play), step=3)  # type: ignore[type-var]


@pytest.mark.parametrize(("hold", "kind"), [(0xFF, None), (0, 0), (1, 1)])
def test_ff_holds_nothing_and_a_number_its_kind(hold: int, kind: int | None) -> None:
    play = ask(at("raised"), 6, words.play(3, hold=hold)).asked_play

    assert play is not None and play.hold == kind


def test_a_play_reads_the_levels_lead_by_lead_and_kind_by_kind() -> None:
    wide = words.limits((2000, 2000, 2000, 2000))
    armed = ask(ask(ask(at("greeted"), 2, wide, wide), 3, PROGRAM, HASH + PROGRAM), 4, words.arm(), words.arm())
    body = struct.pack("<IIHBB8H", EPOCH, 1, 500, 0xFF, 2, 1, 2, 3, 4, 5, 6, 7, 8)

    assert what(ask(armed, 6, body)) == Play(1, 500_000, None, ((1, 2, 3, 4), (5, 6, 7, 8)), 0)


@pytest.mark.parametrize(("lease_ms", "ends_us"), [(200, 200_000), (2000, 2_000_000)])
def test_a_lease_in_ms_ends_on_the_guards_clock(lease_ms: int, ends_us: int) -> None:
    play = ask(at("raised"), 6, words.play(3, lease_ms=lease_ms), now_us=70).asked_play

    assert play is not None and play.lease_end_us == ends_us + 70


# --- plays that are not answered --------------------------------------------------------------------------------------


def test_a_play_not_answered_for_20_ms_stays_among_the_lost() -> None:
    first = ask(at("raised"), 6, words.play(3, 20, 5))
    second = ask(first, 6, words.play(4, 8, 5), now_us=20_000)

    assert second.lost == (Play(3, 500_000, None, ((20, 0, 0, 0), (5, 0, 0, 0)), 0),)
    assert second.open is not None and second.open.number == 8
    assert ask(second, 7, words.hush(5), now_us=40_000).lost == (
        Play(3, 500_000, None, ((20, 0, 0, 0), (5, 0, 0, 0)), 0),
        Play(4, 500_000, None, ((8, 0, 0, 0), (5, 0, 0, 0)), 20_000),
    )


def test_an_unanswered_hush_is_not_given_up() -> None:
    with pytest.raises(Refused, match="while HUSH number 7 is unanswered"):
        ask(ask(at("raised"), 7, words.hush(3)), 7, words.hush(4), now_us=1_000_000)


def test_a_start_behind_a_lost_start_keeps_the_earlier_block_and_the_later_end() -> None:
    first = ask(at("tested"), 6, words.play(1, hold=1))
    second = ask(first, 6, words.play(2, hold=0), now_us=20_000)

    assert (second.starts_us, second.play_end_us, second.holds) == (1000, 1_800_021_000, (None, 1, 0))


# --- a request sent again ---------------------------------------------------------------------------------------------


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("name", ["loaded", "armed", "raised", "hushed"])
def test_an_answered_request_sent_again_changes_nothing(name: str) -> None:
    assert send(at(name), at(name).last, 99_000) == at(name)


@pytest.mark.parametrize(("name", "kind", "body"), [("loaded", 4, words.arm()), ("raised", 7, words.hush(3))])
def test_an_unanswered_request_that_buys_nothing_may_be_sent_again(name: str, kind: int, body: bytes) -> None:
    sent = ask(at(name), kind, body)

    assert send(sent, sent.last, 99_000) == sent


def test_a_contact_test_sent_again_may_begin_only_now() -> None:
    again = send(at("testing"), at("testing").last, 50_000)
    test = ContactTest(3, 10, 10, 50_000)

    assert (again.test, what(again)) == (test, test)
    assert again == replace(at("testing"), test=test, open=replace(at("testing").open, what=test))  # type: ignore[type-var]


def test_a_start_sent_again_may_begin_only_now() -> None:
    sent = ask(at("tested"), 6, words.play(1, 10))
    again = send(sent, sent.last, 50_000)
    play = Play(1, 500_000, None, ((10, 0, 0, 0), (0, 0, 0, 0)), 50_000)

    assert (what(again), again.starts_us, again.play_end_us) == (play, 51_000, 1_800_051_000)


# --- who may be asked -------------------------------------------------------------------------------------------------


def test_a_hello_may_have_a_smaller_number() -> None:
    assert send(at("loaded"), wire(1, 0, b"EA1?")).number == 0


def test_limits_as_large_as_the_device_allows_are_asked() -> None:
    assert what(ask(at("greeted"), 2, words.limits((2000, 0, 0, 0), 0xFFFFFFFF, 4294967))) == Locked(
        (2000, 0, 0, 0), 0xFFFFFFFF, 4294967
    )


@pytest.mark.parametrize("name", ["greeted", "loaded", "fault"])
def test_a_fault_is_cleared_when_nothing_comes_out(name: str) -> None:
    assert ask(at(name), 8, struct.pack("<I", at(name).epoch)).open is not None


def test_a_device_that_shows_it_plays_is_believed_over_the_answer() -> None:
    # The PLAY is not answered yet, and the device already tells where it is in the block.
    sent = ask(at("tested"), 6, words.play(1))
    told = hear(sent, Report(played_us=1_000_000, position_us=1_000_000).wire, 1_001_000)

    assert (told.starts_us, told.play_end_us) == (1000, 1_800_001_000)


def test_limits_may_be_lowered_by_a_device_that_is_ready() -> None:
    assert ask(hear(at("loaded"), quiet(2, played_us=0).wire), 2, words.limits((0, 0, 0, 0), 0, 0)).open is not None


def test_what_a_reader_is_asked_stays_out_of_the_shadow_it_had() -> None:
    before = at("raised")
    reader().sent(before, words.frame(6, 7, words.play(3, 20)), 0)

    assert (before.number, before.open, before.step) == (6, None, 2)
