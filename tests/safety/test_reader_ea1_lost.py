"""What the reader of ea1 makes of a PLAY whose answer does not come (2.5): it may be in force until a later one is."""

from __future__ import annotations

import struct

import pytest

from eastim.errors import Refused
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_states import NEXT, RAISED, READER, TESTED, ask, hear, levels, said
from tests.safety.ea1_words import Report, quiet, wire

MS = 1000
# RAISED plays 10 and 5 since its step 2. Step 3 asks for 20 and 5 and is not answered; step 4 lowers to 8 and 5.
UNANSWERED = ask(RAISED, 6, words.play(3, 20, 5))
LOST = ask(UNANSWERED, 6, words.play(4, 8, 5), now_us=20 * MS)


def answer(shadow: Shadow, step: int, number: int, now_us: int = 25 * MS) -> Shadow:
    return hear(shadow, wire(0x86, number, struct.pack("<IHBB", step, 500, 0, 0)), now_us)


def lose(shadow: Shadow, steps: range, now_us: int = 0) -> Shadow:
    """PLAYs at level 1, one every 20 ms, none of them answered."""
    for i, step in enumerate(steps):
        shadow = ask(shadow, 6, words.play(step, 1, 1), now_us=now_us + i * 20 * MS)
    return shadow


# --- when a new one is let through ------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [(6, words.play(4, 8, 5)), (7, words.hush(4))], ids=["PLAY", "HUSH"])
def test_what_lowers_waits_20_ms_for_an_answer_and_no_longer(request_: tuple[int, bytes]) -> None:
    with pytest.raises(Refused, match=r"while PLAY number 7 is unanswered \(ea1 2\.5\)"):
        ask(UNANSWERED, *request_, now_us=20 * MS - 1)

    assert ask(UNANSWERED, *request_, now_us=20 * MS).open is not None


def test_the_20_ms_count_from_the_last_repeat() -> None:
    again = READER.sent(UNANSWERED, words.frame(6, UNANSWERED.number, words.play(3, 20, 5)), 50 * MS)

    with pytest.raises(Refused, match="unanswered"):
        ask(again, 6, words.play(4, 8, 5), now_us=70 * MS - 1)
    assert ask(again, 6, words.play(4, 8, 5), now_us=70 * MS).open is not None


@pytest.mark.parametrize(
    ("shadow", "request_"),
    [
        (ask(RAISED, 7, words.hush(3)), (6, words.play(4))),
        (ask(TESTED, 7, words.hush(1)), (7, words.hush(2))),
        (UNANSWERED, (4, words.arm())),
        (UNANSWERED, (8, struct.pack("<I", words.EPOCH))),
        (UNANSWERED, (1, b"EA1?")),
    ],
)
def test_every_other_pair_of_requests_waits_for_ever(shadow: Shadow, request_: tuple[int, bytes]) -> None:
    with pytest.raises(Refused, match="unanswered"):
        ask(shadow, *request_, now_us=10_000 * MS)


def test_after_four_unanswered_plays_no_fifth_and_no_hush_is_let_through() -> None:
    four = lose(RAISED, range(3, 7))

    assert len(four.lost) == 3
    for kind, body in ((6, words.play(7)), (7, words.hush(7))):
        with pytest.raises(Refused, match=r"while 4 PLAYs are unanswered, the last with step 6 \(ea1 2\.5\)"):
            ask(four, kind, body, now_us=10_000 * MS)


def test_an_older_play_is_not_repeated_once_a_newer_is_sent() -> None:
    with pytest.raises(Refused, match=r"number 7 is not above the last, 8 \(ea1 3\.1\)"):
        READER.sent(LOST, words.frame(6, 7, words.play(3, 20, 5)), 60 * MS)


# --- what may come out ------------------------------------------------------------------------------------------------


def test_the_worst_of_all_that_is_unanswered_shows() -> None:
    assert levels(LOST) == [200, 50]


def test_the_latest_lease_of_all_that_is_unanswered_shows() -> None:
    long = ask(RAISED, 6, words.play(3, lease_ms=2000))

    # 2 s, and the longest pulse of 1.2 ms that is finished whatever happens (1.5).
    assert READER.output(ask(long, 6, words.play(4, lease_ms=200), now_us=20 * MS)).ends_us == 2_001_200


def test_the_answer_to_the_newest_play_settles_all() -> None:
    assert levels(answer(LOST, 4, 8)) == [80, 50]


def test_the_late_answer_to_an_older_play_settles_nothing() -> None:
    assert answer(LOST, 3, 7) == LOST


def test_the_answer_to_a_hush_settles_all() -> None:
    hushed = ask(UNANSWERED, 7, words.hush(4), now_us=20 * MS)

    assert levels(hushed) == [200, 50]
    assert levels(hear(hushed, wire(0x87, 8, struct.pack("<I", 4)), 25 * MS)) == []


def test_a_refusal_of_the_newest_leaves_the_older_open() -> None:
    assert levels(hear(LOST, wire(0xFF, 8, struct.pack("<BBI", 6, 8, 12)), 25 * MS)) == [200, 50]


def test_a_quiet_report_of_before_does_not_hide_a_lost_start() -> None:
    start = ask(TESTED, 6, words.play(1, 10))
    two = ask(start, 6, words.play(2, 0), now_us=20 * MS)

    assert levels(hear(two, quiet(3, step=0, played_us=0).wire, 25 * MS)) == [100, 0]


def test_a_lost_start_may_be_the_start_or_the_next_play_is() -> None:
    start = ask(TESTED, 6, words.play(1))
    two = ask(start, 6, words.play(2), now_us=20 * MS)

    # The block began 1 ms after the first PLAY was read, or 20 ms later; 30 min of play end at the later.
    assert (two.starts_us, two.play_end_us) == (1 * MS, 1_800_021 * MS)


def test_a_lost_hold_may_be_in_force() -> None:
    held = ask(ask(RAISED, 6, words.play(3, 10, 5, hold=1)), 6, words.play(4, 8, 5), now_us=20 * MS)

    assert set(held.sounding) == {None, 1}


def test_a_stop_keeps_the_worst_of_all_and_forgets_that_it_was_asked() -> None:
    stopped = READER.stopped(LOST, 25 * MS)

    assert (levels(stopped), stopped.lost) == ([200, 50], ())
    assert levels(hear(stopped, quiet(2, epoch=NEXT, cause=2).wire, 26 * MS)) == []


def test_the_shadow_stays_a_value_that_a_search_can_hash() -> None:
    again = ask(ask(RAISED, 6, words.play(3, 20, 5)), 6, words.play(4, 8, 5), now_us=20 * MS)

    assert (again == LOST, hash(again) == hash(LOST)) == (True, True)


# --- what a report may say meanwhile ----------------------------------------------------------------------------------

MEANWHILE = [
    (2, {(0, 0): 10, (0, 1): 5}),
    (3, {(0, 0): 20, (0, 1): 5}),
    (4, {(0, 0): 8, (0, 1): 5}),
]


@pytest.mark.parametrize(("step", "levels_"), MEANWHILE)
def test_meanwhile_a_report_may_tell_any_of_them(step: int, levels_: dict[tuple[int, int], int]) -> None:
    status = said(LOST, Report(step=step, levels=levels_), 25 * MS)

    assert (status.agrees, status.disagreement) == (True, "")


def test_meanwhile_a_level_that_nobody_asked_disagrees() -> None:
    status = said(LOST, Report(step=3, levels={(0, 0): 21, (0, 1): 5}), 60 * MS)

    assert status.disagreement == "level 21 of lead A, kind 0, must be 8 or 10 or 20 (4.9)"


def test_meanwhile_a_step_that_nobody_asked_disagrees() -> None:
    status = said(LOST, Report(step=5, levels={(0, 0): 8, (0, 1): 5}), 25 * MS)

    assert status.disagreement == "step 5, must be 2 or 3 or 4 (3.6)"


@pytest.mark.parametrize(("now_ms", "agrees"), [(74, True), (76, False)])
def test_a_report_tells_of_the_lost_for_50_ms_after_the_answer(now_ms: int, agrees: bool) -> None:
    settled = answer(LOST, 4, 8, 25 * MS)

    assert said(settled, Report(step=4, levels={(0, 0): 20, (0, 1): 5}), now_ms * MS).agrees is agrees


@pytest.mark.parametrize("state", [3, 4])
def test_after_a_lost_start_both_armed_and_playing_agree(state: int) -> None:
    hushed = ask(ask(TESTED, 6, words.play(1)), 7, words.hush(2), now_us=20 * MS)
    report = Report(step=1, played_us=0, position_us=0) if state == 4 else quiet(3, step=0, played_us=0)

    assert said(hushed, report, 25 * MS).agrees
