"""Whether a status of ea1 agrees with the shadow, and answers that contradict."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from eastim.errors import Refused
from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.ea1_states import (
    ARMED,
    GREETED,
    LOADED,
    LOCKED,
    NEXT,
    PLAYING,
    RAISED,
    READER,
    TESTED,
    ask,
    at_zero,
    hear,
    levels,
    play,
    said,
)
from tests.safety.ea1_words import HASH, PROGRAM, Report, quiet

# --- whether a status agrees -----------------------------------------------------------------------------------------


DISAGREE: list[tuple[str, Shadow, Report, str]] = [
    ("boot", PLAYING, at_zero(boot=1), "3.5"),
    ("epoch", PLAYING, at_zero(epoch=1), "3.4"),
    ("state armed", PLAYING, quiet(3), "5.8"),
    ("state ready", PLAYING, quiet(2), "5.8"),
    ("done too early", PLAYING, quiet(5), "5.2"),
    ("done too early, again", READER.heard(PLAYING, quiet(5).wire, 0)[0], quiet(5, bad=1), "5.2"),
    ("playing unasked", ARMED, at_zero(step=0), "5.8"),
    ("playing before hello", READER.blank(), at_zero(), "5.8"),
    ("fault in no fault state", PLAYING, at_zero(fault=1), "5.8"),
    ("fault state without fault", PLAYING, quiet(6), "5.8"),
    ("limits unlocked", PLAYING, at_zero(flags=0b100), "4.2"),
    ("program gone", PLAYING, at_zero(flags=0b010), "4.3"),
    ("other program", PLAYING, at_zero(kinds=1), "4.3"),
    ("older step", RAISED, at_zero(step=1), "3.6"),
    ("newer step", PLAYING, at_zero(step=2), "3.6"),
    ("played back", hear(PLAYING, at_zero().wire), at_zero(played_us=249_999), "5.2"),
    ("played too long", PLAYING, at_zero(played_us=1_800_000_001), "5.2"),
    ("level too high", RAISED, Report(step=2, levels={(0, 0): 11, (0, 1): 5}), "4.9"),
    ("level too low", RAISED, Report(step=2, levels={(0, 0): 10, (0, 1): 4}), "4.9"),
    ("level on another lead", RAISED, Report(step=2, levels={(0, 0): 10, (0, 1): 5, (1, 0): 10}), "4.9"),
    ("level while not playing", ARMED, replace(quiet(3, step=0), levels={(0, 0): 1}), "4.9"),
    ("section", PLAYING, at_zero(section=2), "5.1"),
    ("position", PLAYING, at_zero(position_us=6_000_000), "5.1"),
    ("hold", PLAYING, at_zero(hold=1), "5.4"),
]


@pytest.mark.hazard("H21")
@pytest.mark.hazard("H12")
@pytest.mark.parametrize(
    ("shadow", "report", "clause"), [row[1:] for row in DISAGREE], ids=[row[0] for row in DISAGREE]
)
def test_a_status_that_contradicts_the_shadow_does_not_agree(shadow: Shadow, report: Report, clause: str) -> None:
    status = said(shadow, report)

    assert not status.agrees
    assert f"({clause})" in status.disagreement


HELD = play(PLAYING, 2, hold=1)
AGREE: list[tuple[str, Shadow, Report]] = [
    ("as asked", PLAYING, at_zero()),
    ("levels as asked", RAISED, Report(step=2, levels={(0, 0): 10, (0, 1): 5})),
    ("before an unanswered play", ask(RAISED, 6, words.play(3, 11, 5)), Report(step=2, levels={(0, 0): 10, (0, 1): 5})),
    ("after an unanswered play", ask(RAISED, 6, words.play(3, 11, 5)), Report(step=3, levels={(0, 0): 11, (0, 1): 5})),
    ("started, unanswered", ask(TESTED, 6, words.play(1)), at_zero()),
    ("hushed, unanswered", ask(PLAYING, 7, words.hush(2)), quiet(3, step=2)),
    ("parked", RAISED, Report(step=2, lead_flags=4)),
    ("hold not yet in force", HELD, at_zero(step=2)),
    ("hold in force", HELD, at_zero(step=2, hold=1)),
    ("played out", PLAYING, quiet(5, played_us=1_800_000_000)),
    ("before hello", READER.blank(), quiet(1, kinds=0, flags=1)),
    ("hello done, unanswered", ask(LOADED, 1, b"EA1?"), quiet(1, kinds=0, flags=1, epoch=NEXT, played_us=0)),
    ("loaded, unanswered", ask(LOCKED, 3, PROGRAM), quiet(2, played_us=0)),
    ("armed, unanswered", ask(LOADED, 4, words.arm()), quiet(3, step=0, played_us=0)),
]


# A PLAY acts 100 us after it was read (5.3); a status may be made in between.
AGREE.append(("levels of just before", RAISED, at_zero(step=2)))


def test_levels_of_before_are_believed_for_50_ms_only() -> None:
    assert said(RAISED, at_zero(step=2), 50_000).agrees
    assert not said(RAISED, at_zero(step=2), 50_001).agrees


def test_a_status_between_an_unanswered_play_and_the_stop_agrees() -> None:
    stopped = READER.stopped(ask(TESTED, 6, words.play(1)), 0)

    assert said(stopped, at_zero()).disagreement == ""


def test_a_program_unanswered_at_the_stop_is_no_longer_ours() -> None:
    stopped = READER.stopped(ask(LOADED, 3, PROGRAM), 0)

    assert not said(stopped, quiet(2, epoch=NEXT, cause=2)).ready


@pytest.mark.parametrize(("shadow", "report"), [row[1:] for row in AGREE], ids=[row[0] for row in AGREE])
def test_a_status_that_fits_the_shadow_agrees(shadow: Shadow, report: Report) -> None:
    assert said(shadow, report).disagreement == ""


@pytest.mark.parametrize(
    ("fault", "text"), [(1, "LEASE: the lease ended"), (2, "OUTPUT"), (3, "BALANCE"), (77, "fault 77")]
)
def test_a_fault_is_told_and_its_new_epoch_taken(fault: int, text: str) -> None:
    status = said(PLAYING, quiet(6, fault=fault, epoch=NEXT))

    assert status.faults[0].startswith(text)
    assert status.agrees
    assert levels(hear(PLAYING, quiet(6, fault=fault, epoch=NEXT).wire)) == []


def test_a_cleared_fault_is_armed_with_the_new_epoch() -> None:
    fault = hear(PLAYING, quiet(6, fault=1, epoch=NEXT).wire)
    cleared = ask(fault, 8, struct.pack("<I", NEXT), b"")

    assert said(cleared, quiet(2, epoch=NEXT)).agrees
    assert ask(cleared, 4, words.arm(epoch=NEXT), words.arm(epoch=NEXT)).armed


def test_the_end_of_play_is_told() -> None:
    status = said(PLAYING, quiet(5, played_us=1_800_000_000))

    assert (status.ended, status.playing, status.quiet) == (True, False, True)


def test_a_device_is_ready_only_with_our_limits_and_program() -> None:
    report = quiet(2, played_us=0)

    assert (said(LOADED, report).ready, said(GREETED, quiet(1, played_us=0)).ready) == (True, False)


# --- answers that contradict -----------------------------------------------------------------------------------------

CONTRADICT: list[tuple[str, Shadow, int, bytes, bytes]] = [
    ("limits widened", GREETED, 2, words.limits(), words.limits((201, 200, 0, 0))),
    ("another hash", LOCKED, 3, PROGRAM, bytes(8) + PROGRAM),
    ("another quantisation", LOCKED, 3, PROGRAM, HASH + PROGRAM[:-1] + b"\1"),
    ("armed for another program", LOADED, 4, words.arm(), words.arm(digest=bytes(8))),
    ("another step", ARMED, 6, words.play(1), struct.pack("<IHBB", 2, 500, 0, 0)),
    ("another lease", ARMED, 6, words.play(1), struct.pack("<IHBB", 1, 501, 0, 0)),
    ("another length", ARMED, 6, words.play(1), b""),
    ("another hush", PLAYING, 7, words.hush(2), struct.pack("<I", 1)),
    ("another contact test", ARMED, 5, words.contact(), bytes(20)),
    ("serial with an escape", READER.blank(), 1, b"EA1?", words.identity(b"EA1-\x1b[2J")),
    ("other ranges", READER.blank(), 1, b"EA1?", words.identity(leads=3)),
    ("no epoch", READER.blank(), 1, b"EA1?", words.identity(epoch=0)),
    ("playing at hello", READER.blank(), 1, b"EA1?", words.identity(state=4)),
    ("restarted", LOADED, 1, b"EA1?", words.identity(boot=1)),
    ("another device", LOADED, 1, b"EA1?", words.identity(b"EA1-000002")),
]


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("shadow", "kind", "body", "reply"), [row[1:] for row in CONTRADICT], ids=[row[0] for row in CONTRADICT]
)
def test_after_a_contradiction_no_status_agrees(shadow: Shadow, kind: int, body: bytes, reply: bytes) -> None:
    after = ask(shadow, kind, body, reply)
    status = said(after, quiet(1))

    assert after.quarrel
    assert not status.agrees
    assert not status.ready
    assert status.disagreement == after.quarrel


def test_after_a_contradiction_nothing_is_armed_or_played() -> None:
    with pytest.raises(Refused, match="after a contradiction"):
        ask(replace(LOADED, quarrel="it lies"), 4, words.arm())
    with pytest.raises(Refused, match="it lies"):
        ask(replace(ARMED, quarrel="it lies"), 6, words.play(1))


def test_a_play_that_is_answered_wrongly_is_not_believed_lower() -> None:
    assert levels(ask(RAISED, 6, words.play(3), struct.pack("<IHBB", 9, 500, 0, 0))) == [100, 50]
