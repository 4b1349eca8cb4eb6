"""What a STATUS of ea1 changes in the shadow, field by field, and what the guard's own stop does (3.4, 5, 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.readers.ea1_parts.shadow import Ask, ContactTest, Is, Play, Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_walks import ask, at, hear, play, reader, said
from tests.safety.ea1_words import EPOCH, NEXT, PROGRAM, Report, quiet

LEVELS = ((10, 0, 0, 0), (5, 0, 0, 0))
TEN_FIVE = {(0, 0): 10, (0, 1): 5}


def differences(after: Shadow, before: Shadow) -> dict[str, Any]:
    names = [name for name in Shadow.__dataclass_fields__ if name != "told"]
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}


def change(before: Shadow, told: Report, now_us: int = 0) -> dict[str, Any]:
    """The fields that a status changed, the bytes of the last status apart."""
    after = hear(before, told.wire, now_us)
    assert after.told == told.body
    return differences(after, before)


# --- playing ----------------------------------------------------------------------------------------------------------


def test_a_playing_device_tells_where_it_is_and_what_is_left() -> None:
    # 1800 s in all; 3.5 s are played, and the second block is 2 s... here 250 ms into its first.
    told = Report(step=2, played_us=3_500_000, position_us=250_000, levels=TEN_FIVE)

    assert change(at("raised"), told, 9_000_000) == {
        "starts_us": 8_750_000, "play_end_us": 1_805_500_000, "played_us": 3_500_000
    }  # fmt: skip


def test_a_device_that_played_too_long_ends_at_once() -> None:
    found = change(at("raised"), Report(step=2, played_us=1_800_000_001, levels=TEN_FIVE), 9_000_000)

    assert found["play_end_us"] == 9_000_000


def test_another_boot_changes_nothing() -> None:
    assert change(at("raised"), Report(boot=1, state=3, flags=7)) == {}


def test_before_hello_a_device_is_followed_but_its_epoch_is_not_taken() -> None:
    assert change(at("blank"), quiet(2, played_us=5)) == {"state": Is.READY, "played_us": 5}


@pytest.mark.parametrize(("state", "armed"), [(1, False), (2, False), (3, True), (4, True), (5, False), (6, False)])
def test_only_an_armed_or_playing_device_stays_armed(state: int, armed: bool) -> None:
    told = Report(state=state, fault=int(state == 6))

    assert hear(at("raised"), told.wire).armed is armed
    assert not hear(at("loaded"), told.wire).armed


# --- quiet ------------------------------------------------------------------------------------------------------------


def test_a_quiet_device_plays_nothing() -> None:
    assert change(at("raised"), quiet(5, step=2, played_us=1_800_000_000)) == {
        "play": None, "state": Is.DONE, "armed": False, "played_us": 1_800_000_000
    }  # fmt: skip


def test_a_device_that_is_not_quiet_may_still_put_out_a_pulse() -> None:
    found = change(at("raised"), quiet(5, step=2, flags=0b110, played_us=1_800_000_000))

    assert found == {"state": Is.DONE, "armed": False, "played_us": 1_800_000_000}


def test_a_quiet_device_does_not_hide_a_play_that_was_sent() -> None:
    sent = ask(at("tested"), 6, words.play(1, 10))
    after = hear(sent, quiet(3, step=0, played_us=0).wire)

    assert (after.play, after.worst_play) == (None, Play(1, 500_000, None, ((10, 0, 0, 0), (0, 0, 0, 0)), 0))


def test_a_quiet_device_does_not_hide_a_contact_test_that_was_sent() -> None:
    assert change(at("testing"), quiet(3, step=0, played_us=0)) == {}


def test_a_quiet_device_ends_a_contact_test_that_was_answered_or_cut_off() -> None:
    test = ContactTest(3, 10, 10, 0)

    assert change(replace(at("armed"), test=test), quiet(3, step=0, played_us=0)) == {"test": None}
    asking = ask(replace(at("armed"), test=test), 7, words.hush(1))
    assert change(asking, quiet(3, step=0, played_us=0)) == {"test": None}


# --- holds ------------------------------------------------------------------------------------------------------------


def held() -> Shadow:
    return play(at("raised"), 3, 10, 5, hold=1)


def test_a_hold_that_is_told_is_in_force_and_what_was_asked_may_come() -> None:
    assert held().holds == (None, 1)
    assert hear(held(), Report(step=3, levels=TEN_FIVE).wire).holds == (None, 1)
    assert hear(held(), Report(step=3, hold=1, levels=TEN_FIVE).wire).holds == (1,)


def test_a_hold_that_is_told_behind_its_release_is_in_force_until_the_next_section() -> None:
    released = play(held(), 4, 10, 5)

    assert released.holds == (None, 1)
    assert hear(released, Report(step=4, hold=1, levels=TEN_FIVE).wire).holds == (1, None)


def test_a_hold_that_nobody_asked_is_not_taken() -> None:
    assert change(at("raised"), Report(step=2, hold=0, levels=TEN_FIVE))["starts_us"] == -250_000
    assert hear(at("raised"), Report(step=2, hold=0, levels=TEN_FIVE).wire).holds == (None,)


def test_every_hold_that_was_asked_and_not_answered_may_come() -> None:
    lost = ask(ask(at("raised"), 6, words.play(3, 10, 5, hold=0)), 6, words.play(4, 10, 5, hold=1), now_us=20_000)

    assert lost.holds == (None, 0, 1)
    assert hear(lost, Report(step=2, levels=TEN_FIVE).wire).holds == (None, 0, 1)
    assert hear(lost, Report(step=4, hold=1, levels=TEN_FIVE).wire).holds == (1, None, 0)


# --- epochs and stops -------------------------------------------------------------------------------------------------


def test_a_new_epoch_is_taken_and_disarms() -> None:
    told = quiet(3, epoch=NEXT, step=0, played_us=0)

    assert change(at("armed"), told) == {"epoch": NEXT, "armed": False}
    assert change(replace(at("armed"), assumed=True), told) == {"epoch": NEXT, "armed": False, "assumed": False}


def test_while_hello_is_unanswered_no_epoch_is_taken() -> None:
    sent = ask(at("hushed"), 1, b"EA1?")

    assert change(sent, quiet(1, epoch=NEXT, kinds=0, flags=1, played_us=0)) == {"state": Is.IDLE, "armed": False}


def test_while_any_other_request_is_unanswered_a_new_epoch_is_taken() -> None:
    sent = ask(at("armed"), 7, words.hush(1))

    assert change(sent, quiet(3, epoch=NEXT, step=0, played_us=0)) == {"epoch": NEXT, "armed": False}


def test_the_stop_voids_the_epoch_and_keeps_what_may_be_on() -> None:
    assert differences(reader().stopped(at("raised"), 77), at("raised")) == {
        "last": b"", "epoch": 0, "void": EPOCH, "stops": 1, "unproven": True, "armed": False
    }  # fmt: skip


def test_a_stop_takes_the_worst_of_all_plays_and_forgets_the_questions() -> None:
    lost = replace(ask(ask(at("raised"), 6, words.play(3, 20, 1)), 6, words.play(4, 1, 7), now_us=20_000), assumed=True)
    stopped = reader().stopped(lost, 30_000)

    assert stopped.play == Play(4, 500_000, None, ((20, 0, 0, 0), (7, 0, 0, 0)), 20_000)
    assert (stopped.open, stopped.lost, stopped.cut_off, stopped.assumed) == (None, (), Ask.PLAY, False)


def test_a_second_stop_keeps_what_the_first_one_voided_and_cut_off() -> None:
    once = reader().stopped(ask(at("loaded"), 4, words.arm()), 0)
    twice = reader().stopped(once, 0)

    assert differences(twice, once) == {"stops": 2}
    assert (once.cut_off, once.void) == (Ask.ARM, EPOCH)


def test_the_answer_to_a_stop_proves_it() -> None:
    assert change(at("stopped"), quiet(2, epoch=NEXT, cause=2, step=2)) == {
        "play": None, "epoch": NEXT, "stops": 0, "unproven": False, "state": Is.READY, "played_us": 250_000
    }  # fmt: skip


def test_a_new_epoch_proves_a_stop_whose_answer_was_lost() -> None:
    assert change(at("stopped"), quiet(2, epoch=NEXT, step=2)) == {
        "play": None, "epoch": NEXT, "unproven": False, "state": Is.READY, "played_us": 250_000
    }  # fmt: skip


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("cause", [0, 1, 2])
def test_the_epoch_that_the_stop_ended_proves_nothing(cause: int) -> None:
    assert change(at("stopped"), quiet(2, cause=cause, step=2)) == {"state": Is.READY, "played_us": 250_000}


@pytest.mark.hazard("H14")
def test_a_stop_before_any_epoch_is_proved_only_by_its_answer() -> None:
    stopped = reader().stopped(at("blank"), 0)

    assert (stopped.void, stopped.unproven) == (0, True)
    assert change(stopped, quiet(1, kinds=0, flags=1)) == {"state": Is.IDLE, "played_us": 250_000}
    answered = change(stopped, quiet(1, kinds=0, flags=1, cause=2))
    assert answered == {"state": Is.IDLE, "played_us": 250_000, "stops": 0, "unproven": False}


def test_a_device_that_stops_by_itself_answers_no_stop_of_ours() -> None:
    assert change(at("loaded"), quiet(2, epoch=NEXT, cause=2, played_us=0)) == {"epoch": NEXT}


def test_each_stop_is_answered_once() -> None:
    twice = reader().stopped(at("stopped"), 0)

    assert hear(twice, quiet(2, epoch=NEXT, cause=2, step=2).wire).stops == 1
    assert hear(hear(twice, quiet(2, epoch=NEXT, cause=2).wire), quiet(2, epoch=1, cause=2, bad=1).wire).stops == 0


# --- what disagreement leaves out -------------------------------------------------------------------------------------


def test_with_limits_or_program_unknown_no_play_time_disagrees() -> None:
    assert said(replace(at("loaded"), locked=None), quiet(2, played_us=5)).disagreement == ""
    assert said(at("locked"), quiet(1, played_us=5, kinds=0, flags=3)).disagreement == ""
    assert said(ask(at("loaded"), 1, b"EA1?"), quiet(2, played_us=1_800_000_001)).disagreement == ""


def test_with_the_program_unknown_no_place_disagrees_and_no_further_kind_is_believed() -> None:
    unknown = replace(at("raised"), loaded=None)

    assert said(unknown, Report(step=2, section=9, levels=TEN_FIVE)).disagreement == ""
    third = Report(step=2, kinds=3, levels={**TEN_FIVE, (0, 2): 1})
    assert said(unknown, third).disagreement == "level 1 of lead A, kind 2, must be 0 (4.9)"


def test_while_hello_or_a_program_is_unanswered_limits_and_program_may_be_gone() -> None:
    bare: dict[str, Any] = {"kinds": 0, "flags": 1, "played_us": 0}

    assert said(ask(at("loaded"), 1, b"EA1?"), quiet(1, **bare)).disagreement == ""
    text = "the limits are no longer locked (4.2)"
    assert said(ask(at("loaded"), 3, PROGRAM), quiet(2, **bare)).disagreement == text
    bare["flags"] = 3
    assert said(ask(at("loaded"), 3, PROGRAM), quiet(2, **bare)).disagreement == ""
    assert said(ask(at("loaded"), 4, words.arm()), quiet(2, **bare)).disagreement == (
        "the program is no longer loaded (4.3)"
    )


def test_a_second_stop_may_draw_a_second_epoch() -> None:
    once = hear(reader().stopped(at("stopped"), 0), quiet(2, epoch=NEXT, cause=2, step=2).wire)

    assert said(once, quiet(2, epoch=1, cause=2, step=2)).disagreement == ""


def test_behind_a_stop_the_step_of_any_play_that_was_lost_may_be_told() -> None:
    lost = ask(ask(at("raised"), 6, words.play(3, 8, 5)), 6, words.play(4, 9, 5), now_us=20_000)
    told = Report(step=3, levels={(0, 0): 8, (0, 1): 5})

    assert said(reader().stopped(lost, 30_000), told).disagreement == ""
