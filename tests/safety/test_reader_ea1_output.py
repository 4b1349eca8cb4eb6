"""What the reader of ea1 says comes out: off counts when answered, all else when sent."""

from __future__ import annotations

import hashlib
import struct
from fractions import Fraction

import pytest

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_states import (
    ARMED,
    LOCKED,
    NEXT,
    PLAYING,
    RAISED,
    READER,
    STOPPED,
    TESTED,
    ask,
    hear,
    levels,
    play,
    record,
    said,
)
from tests.safety.ea1_words import EPOCH, PROGRAM, Report, frame, quiet, wire

# --- off counts when answered, all else when sent --------------------------------------------------------------------


def test_a_raise_shows_from_when_it_is_sent() -> None:
    assert levels(ask(PLAYING, 6, words.play(2, 10, 5))) == [100, 50]


def test_a_lower_shows_once_it_is_answered() -> None:
    assert levels(ask(RAISED, 6, words.play(3, 9, 5))) == [100, 50]
    assert levels(play(RAISED, 3, 9, 5)) == [90, 50]


def test_while_unanswered_the_worst_of_old_and_new_shows_by_kind() -> None:
    assert levels(ask(RAISED, 6, words.play(3, 1, 50))) == [100, 500]


def test_a_shorter_lease_shows_once_it_is_answered() -> None:
    long = play(TESTED, 1, lease_ms=2000)

    assert READER.output(ask(long, 6, words.play(2, lease_ms=200))).ends_us == 2_001_200
    assert READER.output(play(long, 2, lease_ms=200)).ends_us == 201_200


def test_a_refused_play_leaves_the_levels_of_before() -> None:
    sent = ask(RAISED, 6, words.play(3, 11, 5))

    assert levels(hear(sent, wire(0xFF, sent.number, struct.pack("<BBI", 6, 8, 12)))) == [100, 50]


def test_a_refusal_of_another_request_changes_nothing() -> None:
    sent = ask(RAISED, 6, words.play(3, 11, 5))

    assert levels(hear(sent, wire(0xFF, sent.number, struct.pack("<BBI", 7, 8, 12)))) == [110, 50]


def test_hush_shows_once_it_is_answered() -> None:
    sent = ask(RAISED, 7, words.hush(3))

    assert levels(sent) == [100, 50]
    assert levels(hear(sent, wire(0x87, sent.number, struct.pack("<I", 3)))) == []


def test_hush_shows_once_a_quiet_status_is_heard() -> None:
    sent = ask(RAISED, 7, words.hush(3))

    assert levels(hear(sent, quiet(3, step=3).wire)) == []


def test_a_status_of_before_a_play_does_not_hide_it() -> None:
    sent = ask(TESTED, 6, words.play(1, 10))

    assert levels(hear(sent, quiet(3, step=0, played_us=0).wire)) == [100, 0]


@pytest.mark.hazard("H14")
def test_a_state_that_is_not_measured_quiet_does_not_count_as_off() -> None:
    sent = ask(RAISED, 7, words.hush(3))

    assert levels(hear(sent, quiet(3, step=3, flags=0b110).wire)) == [100, 50]


def sections(shadow: Shadow) -> list[tuple[int, Fraction, int]]:
    """The runs of lead A: onset, period, count."""
    runs = READER.output(shadow).runs
    return [(run.onset_us, run.period_us, run.count) for run in runs if run.lead == "A"]


SLOW, FAST = Fraction(500_000), Fraction(10_000)
HOLD = play(PLAYING, 2, 0, 5, hold=1)


def test_a_hold_plays_the_held_kind_in_every_section() -> None:
    holding = hear(HOLD, Report(step=2, hold=1, section=1, position_us=3_000_000, levels={(0, 1): 5}).wire)

    assert sections(holding) == [(0, FAST, 300), (3_000_000, FAST, 300)]


@pytest.mark.hazard("H17")
def test_until_a_hold_is_in_force_the_section_that_sounds_shows_too() -> None:
    assert sections(HOLD) == [(0, SLOW, 6), (3_000_000, FAST, 300), (0, FAST, 300)]


def test_a_level_that_a_hold_is_about_to_silence_shows_as_long_as_it_sounds() -> None:
    assert max(levels(ask(PLAYING, 6, words.play(2, 200, 5, hold=1)))) == 2000


def test_until_a_hold_is_released_both_ways_show() -> None:
    holding = hear(HOLD, Report(step=2, hold=1, section=1, position_us=3_000_000, levels={(0, 1): 5}).wire)

    assert sections(play(holding, 3, 0, 5)) == [(0, FAST, 300), (3_000_000, FAST, 300), (0, SLOW, 6)]


def test_a_negative_first_pulse_shows_its_sign() -> None:
    body = struct.pack("<HBB", 1, 1, 0) + record(sign=1, gap=100)
    digest = hashlib.sha256(body).digest()[:8]
    one = ask(ask(LOCKED, 3, body, digest + body), 4, words.arm(digest=digest), words.arm(digest=digest))
    (run,) = READER.output(ask(one, 6, words.play(1, 10, kinds=1))).runs

    assert run.phases == ((Fraction(-100), Fraction(600)), (Fraction(0), Fraction(100)), (Fraction(100), Fraction(600)))


def test_the_output_ends_with_the_play() -> None:
    short = struct.pack("<HBB", 1, 1, 0) + record(count=1, duration=100_000)
    digest = hashlib.sha256(short).digest()[:8]
    one = ask(ask(LOCKED, 3, short, digest + short), 4, words.arm(digest=digest), words.arm(digest=digest))

    # It begins 1 ms after the PLAY, and the block is 100 ms: less than the lease.
    assert READER.output(ask(one, 6, words.play(1, kinds=1))).ends_us == 101_000


def test_the_end_of_play_follows_the_device() -> None:
    late = Report(played_us=1_799_900_000, position_us=5_900_000, section=1)

    assert READER.output(hear(PLAYING, late.wire, 7_000_000 - 6_600_000)).ends_us == 500_000  # 100 ms are left


# --- the stop --------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("H25")
def test_after_a_stop_every_older_frame_is_void() -> None:
    requests = [
        READER.sent(RAISED, frame(6, RAISED.number + 1, words.play(3)), 0).last,
        RAISED.last,
        wire(4, RAISED.number + 1, words.arm()),
        wire(7, RAISED.number + 1, words.hush(9)),
    ]
    silent = hear(STOPPED, quiet(2, epoch=NEXT, cause=2).wire)
    for data in requests:
        for shadow in (STOPPED, silent):
            with pytest.raises(Refused):
                READER.sent(shadow, Frame(data, 5000), 0)


def test_after_a_stop_the_output_stands_until_zero_is_read_back() -> None:
    assert levels(STOPPED) == [100, 50]
    assert levels(hear(STOPPED, quiet(2, epoch=NEXT, cause=2).wire)) == []


def test_a_stop_keeps_the_worst_of_an_unanswered_play() -> None:
    assert levels(READER.stopped(ask(RAISED, 6, words.play(3, 1, 50)), 0)) == [100, 500]


def test_a_status_made_before_the_stop_proves_nothing() -> None:
    assert levels(hear(STOPPED, quiet(3, step=2).wire)) == [100, 50]


def test_a_new_epoch_proves_the_stop_though_its_own_status_was_lost() -> None:
    assert levels(hear(STOPPED, quiet(2, epoch=NEXT).wire)) == []


def test_a_stop_that_is_not_measured_quiet_proves_nothing() -> None:
    assert levels(hear(STOPPED, quiet(2, epoch=NEXT, cause=2, flags=0b110).wire)) == [100, 50]


def test_the_answer_to_a_stop_agrees_and_says_so() -> None:
    status = said(STOPPED, quiet(2, epoch=NEXT, cause=2))

    assert (status.stop_answer, status.agrees, status.quiet, status.ready) == (True, True, True, True)


def test_after_a_stop_the_next_arm_carries_the_new_epoch() -> None:
    silent = hear(STOPPED, quiet(2, epoch=NEXT, cause=2).wire)

    assert ask(silent, 4, words.arm(epoch=NEXT), words.arm(epoch=NEXT)).armed


def test_before_zero_is_read_back_nothing_is_admitted() -> None:
    for kind, body in ((1, b"EA1?"), (2, words.limits()), (3, PROGRAM), (8, struct.pack("<I", EPOCH))):
        with pytest.raises(Refused):
            ask(STOPPED, kind, body)


def test_three_stops_may_each_draw_an_epoch() -> None:
    shadow = STOPPED
    for _ in range(2):
        shadow = READER.stopped(shadow, 0)
    for epoch in (1, 2, 3):
        assert said(shadow, quiet(2, epoch=epoch, cause=2)).agrees
        shadow = hear(shadow, quiet(2, epoch=epoch, cause=2).wire)

    assert shadow.epoch == 3


def test_a_stop_ends_the_contact_test_once_it_is_quiet() -> None:
    testing = READER.stopped(ask(ARMED, 5, words.contact()), 0)

    assert READER.contact(testing).runs != ()
    assert READER.contact(hear(testing, quiet(2, epoch=NEXT, cause=2).wire)).runs == ()


# --- as if answered --------------------------------------------------------------------------------------------------


def test_settled_walks_from_hello_to_play_without_a_device() -> None:
    shadow = READER.blank()
    requests = (
        (1, b"EA1?"),
        (2, words.limits()),
        (3, PROGRAM),
        (4, words.arm()),
        (5, words.contact()),
        (6, words.play(1, 10)),
    )
    for kind, body in requests:
        shadow = READER.settled(ask(shadow, kind, body))

    assert levels(shadow) == [100, 0]


def test_settled_takes_any_epoch_and_a_heard_identity_ends_that() -> None:
    assumed = READER.settled(ask(READER.blank(), 1, b"EA1?"))
    heard = ask(READER.blank(), 1, b"EA1?", words.identity())

    assert (assumed.assumed, heard.assumed) == (True, False)


def test_settled_without_a_question_is_the_same() -> None:
    assert READER.settled(PLAYING) == PLAYING


def test_settled_hush_is_silent() -> None:
    assert levels(READER.settled(ask(RAISED, 7, words.hush(3)))) == []
