"""Whether a STATUS of ea1 agrees, in words: what is told, what must be, and the clause (3.4, 3.5, 4.9, 5, 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.readers.ea1_parts.shadow import Ask, Is, Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_walks import ask, at, hear, play, reader, said
from tests.safety.ea1_words import EPOCH, NEXT, PROGRAM, Report, quiet

MS = 1000
TEN_FIVE = {(0, 0): 10, (0, 1): 5}
END_US = 1_800_000_000


def report(**changed: object) -> Report:
    """A device that plays what RAISED asked: step 2, levels 10 and 5 on lead A."""
    return Report(**{"step": 2, "levels": TEN_FIVE, **changed})  # type: ignore[arg-type]


def word(shadow: Shadow, told: Report, now_us: int = 60 * MS) -> str:
    """In what a status disagrees, later than any level of before may still be told; "" when in nothing."""
    return said(shadow, told, now_us).disagreement


SOMEBODY = "somebody else stopped or greeted the device (3.4)"
SAID: list[tuple[str, Report, str]] = [
    ("raised", report(boot=1), "boot 00000001, not 11223344: the device has restarted, or is another (3.5)"),
    ("raised", report(epoch=1), f"epoch 00000001, not A1B2C3D4: {SOMEBODY}"),
    ("loaded", quiet(2, epoch=1, played_us=0), f"epoch 00000001, not A1B2C3D4: {SOMEBODY}"),
    ("raised", report(fault=1), "state PLAYING with fault 1 (5.8)"),
    ("raised", quiet(6, step=2), "state FAULT with fault 0 (5.8)"),
    ("raised", quiet(3, step=2), "state ARMED, must be PLAYING (5.8)"),
    ("raised", quiet(2, step=2), "state READY, must be PLAYING (5.8)"),
    ("raised", quiet(1, step=2), "state IDLE, must be PLAYING (5.8)"),
    ("armed", report(step=0, levels={}), "state PLAYING, must be ARMED (5.8)"),
    ("loaded", quiet(3, played_us=0), "state ARMED, must be READY (5.8)"),
    ("loaded", quiet(1, played_us=0), "state IDLE, must be READY (5.8)"),
    ("locked", quiet(2, played_us=0), "state READY, must be IDLE (5.8)"),
    ("armed", quiet(2, played_us=0), "state READY, must be ARMED (5.8)"),
    ("blank", report(), "state PLAYING, must be ARMED or DONE or FAULT or IDLE or READY (5.8)"),
    ("fault", quiet(2, epoch=NEXT, step=2, played_us=600_000, clock_us=11_000_000), "state READY, must be FAULT (5.8)"),
    ("raised", quiet(5, step=2), "state DONE after 250000 us, must be after 1800000000 us (5.2)"),
    (
        "raised",
        quiet(5, step=2, played_us=END_US - 1),
        "state DONE after 1799999999 us, must be after 1800000000 us (5.2)",
    ),
    ("armed", quiet(5, step=0, played_us=END_US), "state DONE, must be ARMED (5.8)"),
    ("raised", report(flags=0b100), "the limits are no longer locked (4.2)"),
    ("locked", quiet(1, flags=0b001, played_us=0), "the limits are no longer locked (4.2)"),
    ("raised", report(flags=0b010), "the program is no longer loaded (4.3)"),
    ("raised", report(kinds=1), "the program is no longer loaded (4.3)"),
    ("raised", report(kinds=3), "the program is no longer loaded (4.3)"),
    ("raised", report(step=1), "step 1, must be 2 (3.6)"),
    ("raised", report(step=3), "step 3, must be 2 (3.6)"),
    ("armed", quiet(3, step=1, played_us=0), "step 1, must be 0 (3.6)"),
    ("raised", report(played_us=END_US + 1), "played 1800000001 us, must be 0 to 1800000000 us (5.2)"),
    ("raised", report(levels={(0, 0): 11, (0, 1): 5}), "level 11 of lead A, kind 0, must be 10 (4.9)"),
    ("raised", report(levels={(0, 0): 9, (0, 1): 5}), "level 9 of lead A, kind 0, must be 10 (4.9)"),
    ("raised", report(levels={(0, 0): 10, (0, 1): 6}), "level 6 of lead A, kind 1, must be 5 (4.9)"),
    ("raised", report(levels={**TEN_FIVE, (3, 1): 1}), "level 1 of lead D, kind 1, must be 0 (4.9)"),
    ("raised", report(levels={}), "level 0 of lead A, kind 0, must be 10 (4.9)"),
    ("raised", report(lead_flags=4, levels={(0, 0): 9}), "level 9 of lead A, kind 0, must be 0 or 10 (4.9)"),
    ("raised", report(lead_flags=11, levels={}), "level 0 of lead A, kind 0, must be 10 (4.9)"),
    ("hushed", replace(quiet(3, step=3), levels=TEN_FIVE), "level 10 of lead A, kind 0, must be 0 (4.9)"),
    ("raised", report(section=2), "section 2 at 250000 us, beyond the block (5.1)"),
    ("raised", report(position_us=6_000_000), "section 0 at 6000000 us, beyond the block (5.1)"),
    ("raised", report(hold=1), "hold 1, which nobody asked (5.4)"),
    ("raised", report(hold=0), "hold 0, which nobody asked (5.4)"),
]


@pytest.mark.hazard("H12")
@pytest.mark.parametrize(("name", "told", "text"), SAID)
def test_a_disagreement_says_what_is_told_and_what_must_be(name: str, told: Report, text: str) -> None:
    assert word(at(name), told) == text


AGREE: list[tuple[str, Report]] = [
    ("raised", report()),
    ("raised", report(section=1, position_us=5_999_999)),
    ("raised", report(played_us=END_US)),
    ("raised", quiet(5, step=2, played_us=END_US)),
    ("raised", quiet(6, fault=1, epoch=NEXT, step=2)),
    ("raised", quiet(6, fault=1, epoch=NEXT, step=77)),  # once a fault is latched, no step counts
    ("raised", report(lead_flags=4)),
    ("raised", report(lead_flags=4, levels={})),
    ("blank", quiet(1, kinds=0, flags=1, played_us=77)),
    ("blank", quiet(6, kinds=0, flags=1, fault=3)),
    ("blank", quiet(2)),
    ("blank", quiet(5)),
    ("greeted", quiet(1, kinds=0, flags=1, played_us=0)),
    ("locked", quiet(1, kinds=0, flags=3, played_us=0)),
    ("loaded", quiet(2, played_us=0)),
    ("loaded", quiet(2, played_us=0, step=9)),  # counted only while armed
    ("armed", quiet(3, step=0, played_us=0)),
    ("hushed", quiet(3, step=3)),
    ("hushed", replace(quiet(3, step=3, hold=1), section=9)),  # a place only while playing
    ("fault", quiet(6, fault=1, epoch=NEXT, step=2, played_us=600_000, clock_us=11_000_000)),
    ("silenced", quiet(2, epoch=NEXT, step=2, clock_us=11_000_000)),
]


@pytest.mark.parametrize(("name", "told"), AGREE)
def test_a_status_as_it_must_be_agrees(name: str, told: Report) -> None:
    assert word(at(name), told) == ""


def test_levels_of_before_a_play_are_believed_for_50_ms() -> None:
    assert word(at("raised"), report(levels={}), 50 * MS) == ""
    assert word(at("raised"), report(levels={}), 50 * MS + 1) == "level 0 of lead A, kind 0, must be 10 (4.9)"


def test_play_time_never_runs_back() -> None:
    heard = hear(at("raised"), report().wire)

    assert word(heard, report(played_us=250_000, clock_us=10_000_001)) == ""
    text = "played 249999 us, must be 250000 to 1800000000 us (5.2)"
    assert word(heard, report(played_us=249_999, clock_us=10_000_001)) == text


# --- while a request is unanswered ------------------------------------------------------------------------------------

ASKED: list[tuple[str, int, bytes, Report, str]] = [
    ("loaded", 1, b"EA1?", quiet(1, kinds=0, flags=1, epoch=NEXT, played_us=0), ""),
    ("hushed", 1, b"EA1?", quiet(1, kinds=0, flags=1, epoch=NEXT, step=0, played_us=0), ""),
    ("loaded", 1, b"EA1?", quiet(2, played_us=0), ""),
    ("loaded", 1, b"EA1?", quiet(3, played_us=0), "state ARMED, must be IDLE or READY (5.8)"),
    ("locked", 3, PROGRAM, quiet(2, played_us=0), ""),
    ("locked", 3, PROGRAM, quiet(1, kinds=0, flags=3, played_us=0), ""),
    ("loaded", 3, PROGRAM, quiet(2, kinds=1, played_us=0), ""),
    ("locked", 3, PROGRAM, quiet(3, played_us=0), "state ARMED, must be IDLE or READY (5.8)"),
    ("loaded", 4, words.arm(), quiet(3, step=0, played_us=0), ""),
    ("loaded", 4, words.arm(), quiet(2, played_us=0), ""),
    ("loaded", 4, words.arm(), quiet(1, played_us=0), "state IDLE, must be ARMED or READY (5.8)"),
    ("tested", 6, words.play(1), Report(played_us=0, position_us=0), ""),
    ("tested", 6, words.play(1), quiet(3, step=0, played_us=0), ""),
    ("tested", 6, words.play(1), quiet(5, step=1, played_us=END_US), ""),
    ("tested", 6, words.play(1), quiet(2, played_us=0), "state READY, must be ARMED or PLAYING (5.8)"),
    ("tested", 6, words.play(1), Report(step=2, played_us=0), "step 2, must be 0 or 1 (3.6)"),
    ("raised", 6, words.play(3, 12, 5), report(step=3, levels={(0, 0): 12, (0, 1): 5}), ""),
    ("raised", 6, words.play(3, 12, 5), report(), ""),
    (
        "raised", 6, words.play(3, 16, 5), report(levels={(0, 0): 11, (0, 1): 5}),
        "level 11 of lead A, kind 0, must be 10 or 16 (4.9)",
    ),
    ("raised", 6, words.play(3, 10, 5, hold=1), report(step=3, hold=1), ""),
    ("raised", 6, words.play(3, 10, 5, hold=1), report(step=3, hold=0), "hold 0, which nobody asked (5.4)"),
    ("raised", 7, words.hush(3), quiet(3, step=3), ""),
    ("raised", 7, words.hush(3), report(), ""),
    ("raised", 7, words.hush(3), quiet(2, step=3), "state READY, must be ARMED or PLAYING (5.8)"),
    ("armed", 5, words.contact(), quiet(3, step=0, flags=0b1110, played_us=0), ""),
    ("armed", 5, words.contact(), quiet(2, step=0, played_us=0), "state READY, must be ARMED (5.8)"),
    ("greeted", 2, words.limits(), quiet(2, played_us=0), "state READY, must be IDLE (5.8)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "body", "told", "text"), ASKED)
def test_while_a_request_is_unanswered_before_and_after_agree(
    name: str, kind: int, body: bytes, told: Report, text: str
) -> None:
    assert word(ask(at(name), kind, body), told) == text


def test_a_clear_leaves_ready_or_idle() -> None:
    sent = ask(at("fault"), 8, NEXT.to_bytes(4, "little"))
    for state in (1, 2):
        assert word(sent, quiet(state, epoch=NEXT, step=2, played_us=600_000, clock_us=11_000_000)) == ""
    armed = quiet(3, epoch=NEXT, step=2, played_us=600_000, clock_us=11_000_000)
    assert word(sent, armed) == "state ARMED, must be FAULT or IDLE or READY (5.8)"


def test_an_assumed_epoch_disagrees_with_none() -> None:
    assumed = replace(at("loaded"), assumed=True)

    assert word(assumed, quiet(2, epoch=1, played_us=0)) == ""


def test_a_hold_asked_before_is_believed_until_it_is_told_otherwise() -> None:
    held = play(at("raised"), 3, 10, 5, hold=1)
    telling = {"step": 3, "clock_us": 10_000_001}

    assert word(held, report(step=3)) == ""
    assert word(hear(held, report(step=3, hold=1).wire), report(hold=1, **telling)) == ""
    # The device is told to let go: until it does, it may say either.
    released = play(hear(held, report(step=3, hold=1).wire), 4, 10, 5)
    assert word(released, report(step=4, hold=1, clock_us=10_000_001)) == ""
    free = hear(released, report(step=4, clock_us=10_000_001).wire)
    assert word(free, report(step=4, hold=1, clock_us=10_000_002)) == "hold 1, which nobody asked (5.4)"


# --- round a stop -----------------------------------------------------------------------------------------------------

STOPS: list[tuple[str, Report, str]] = [
    ("stopped", quiet(2, epoch=NEXT, cause=2, step=2), ""),
    ("stopped", quiet(1, epoch=NEXT, cause=2, step=2), ""),
    ("stopped", report(), ""),
    ("stopped", report(levels={(0, 0): 7, (0, 1): 5}), ""),  # one of two PLAYs, nothing above the worst of them
    ("stopped", report(levels={(0, 0): 11, (0, 1): 5}), "level 11 of lead A, kind 0, must be 10 (4.9)"),
    ("stopped", quiet(3, step=2), "state ARMED, must be IDLE or PLAYING or READY (5.8)"),
    ("silenced", quiet(3, epoch=NEXT, clock_us=11_000_000), "state ARMED, must be READY (5.8)"),
    ("silenced", quiet(2, epoch=EPOCH, clock_us=11_000_000), f"epoch A1B2C3D4, not 0BADCAFE: {SOMEBODY}"),
    ("silenced", quiet(2, epoch=1, cause=2, clock_us=11_000_000), f"epoch 00000001, not 0BADCAFE: {SOMEBODY}"),
]


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(("name", "told", "text"), STOPS)
def test_round_a_stop_the_device_may_be_before_or_behind_it(name: str, told: Report, text: str) -> None:
    assert word(at(name), told) == text


@pytest.mark.parametrize(
    ("name", "kind", "body", "told", "text"),
    [
        ("loaded", 4, words.arm(), quiet(3, step=0, played_us=0), ""),
        ("loaded", 7, words.hush(1), quiet(3, step=0, played_us=0), ""),
        ("loaded", 8, EPOCH.to_bytes(4, "little"), quiet(3, played_us=0), "state ARMED, must be IDLE or READY (5.8)"),
        ("tested", 6, words.play(1), Report(played_us=0, position_us=0), ""),
        ("tested", 5, words.contact(4), quiet(4, played_us=0), "state PLAYING, must be ARMED or IDLE or READY (5.8)"),
    ],
)
def test_what_a_stop_cut_off_may_have_been_run_before_it(
    name: str, kind: int, body: bytes, told: Report, text: str
) -> None:
    assert word(reader().stopped(ask(at(name), kind, body), 0), told) == text


def test_once_zero_is_read_back_what_was_cut_off_no_longer_counts() -> None:
    cut = reader().stopped(ask(at("loaded"), 4, words.arm()), 0)
    silent = hear(cut, quiet(2, epoch=NEXT, cause=2, played_us=0).wire)

    assert (silent.cut_off, silent.unproven) == (Ask.ARM, False)
    late = quiet(3, epoch=NEXT, step=0, played_us=0, clock_us=11_000_000)
    assert word(silent, late) == "state ARMED, must be READY (5.8)"


def test_a_state_that_is_followed_is_the_next_that_must_be() -> None:
    heard = hear(at("raised"), quiet(3, step=2).wire)

    assert heard.state is Is.ARMED
    assert word(heard, report(clock_us=10_000_001)) == "state PLAYING, must be ARMED (5.8)"
