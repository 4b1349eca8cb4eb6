"""What silence is believed, and what is forgotten once it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.errors import Exit
from eastim.safety.guard_state import NEVER, Lately, Over, Pending
from eastim.safety.inputs import Clear, Gone, Input, Slept, Stop
from eastim.safety.interlock import State
from tests.safety.fake_wire import QUIET
from tests.safety.stories import live, off, stopping, uncertain

OTHER_BOOT = replace(QUIET, boot=8, stop_answer=True)


@pytest.mark.parametrize(("us", "state"), [(501_199, "STOPPING"), (501_200, "OFF")])
def test_at_the_very_end_of_what_was_bought_another_boot_is_believed(us: int, state: str) -> None:
    # The lease of 500 ms, and 1.2 ms of the longest pulse; nothing else is heard or looked at before.
    stand = live()
    stand.play()
    begun_us = stand.now_us
    stand.feed(Stop("operator"))
    stand.now_us = begun_us + us
    stand.hear(OTHER_BOOT)

    assert stand.state == state


def test_cuts_before_the_first_quiet_report_are_not_counted_as_unanswered_ones() -> None:
    stand = uncertain()
    stand.auto = set()
    stand.at(1_000).hear(QUIET)

    assert stand.state == "UNCERTAIN" and stand.guard.mute_cuts == 1


def test_a_quiet_report_before_the_alarm_counts_nothing() -> None:
    stand = stopping()
    stand.hear(QUIET)
    assert stand.guard.mute_cuts == 0
    stand.auto = set()
    stand.at(750)
    assert stand.state == "UNCERTAIN"
    stand.at(500).hear(QUIET)

    assert stand.state == "UNCERTAIN"


def test_a_report_of_current_begins_the_count_anew() -> None:
    stand = uncertain()
    stand.auto = set()
    stand.hear(QUIET)
    stand.hear(replace(QUIET, quiet=False))
    assert stand.guard.mute_cuts == 0
    stand.at(500).hear(QUIET)

    assert stand.state == "UNCERTAIN"


def test_a_silence_that_is_confirmed_forgets_the_cuts() -> None:
    stand = uncertain()
    stand.auto = set()
    stand.hear(QUIET)
    stand.at(250).zero_read_back()

    assert stand.state == "TRIPPED" and (stand.guard.cuts, stand.guard.mute_cuts) == (0, 0)
    stand.feed(Clear())
    assert stand.state == "SAFE"


def test_a_port_that_goes_while_uncertain_ends_the_session_when_the_device_s_own_time_is_over() -> None:
    # ea1 plays on for 2,005 ms by itself at most; 250 ms more are given.
    stand = uncertain()
    stand.feed(Gone("port"))

    assert stand.guard.times.give_up == stand.now_us + 2_255_000


@pytest.mark.parametrize("what", [Stop("operator"), Slept(51_000)])
def test_nothing_that_was_allowed_outlives_a_stop_or_a_cut(what: Input) -> None:
    stand = live()
    stand.guard = replace(
        stand.guard, pending=(Pending(5, 0, 200, NEVER, None),), lately=Lately(NEVER, (200, 0, 0, 0), (), State.LIVE),
        target=(100, 0, 0, 0), contacted=("A",), hold="100",
        times=replace(stand.guard.times, follow=NEVER - 1, pause=NEVER - 1),
    )  # fmt: skip
    stand.feed(what)

    guard = stand.guard
    assert (guard.pending, guard.lately, guard.target, guard.contacted, guard.hold) == ((), None, (), (), None)
    assert (guard.times.follow, guard.times.pause, guard.ceilings) == (NEVER, NEVER, (0, 0, 0, 0))
    assert guard.cuts == 1 and guard.times.cut == stand.now_us + 250_000


def test_a_stop_while_one_waits_gives_no_more_patience() -> None:
    stand = stopping()
    due_us = stand.guard.times.cut
    stand.at(100).feed(Stop("shell"))

    assert stand.guard.times.cut == due_us and stand.guard.times.give_up == NEVER


def test_a_stop_in_uncertain_gives_up_ten_seconds_later_and_the_next_one_does_not_put_it_off() -> None:
    stand = uncertain()
    assert stand.guard.times.give_up == NEVER
    stand.feed(Stop("operator"))
    due_us = stand.now_us + 10_000_000
    assert stand.guard.times.give_up == due_us
    stand.at(1_000).feed(Stop("operator"))

    assert stand.guard.times.give_up == due_us


def test_the_first_reason_to_end_is_kept() -> None:
    stand = live()
    stand.feed(Stop("shell"))
    stand.feed(Stop("operator"))
    stand.zero_read_back()

    assert stand.told("operator", "end")[0]["reason"] == "stopped by shell"


def test_a_cut_before_a_device_was_found_ends_the_session() -> None:
    stand = off()
    stand.ask(b"bad")
    assert stand.guard.over == Over("tripped", Exit.TRIPPED)
    stand.zero_read_back()

    assert stand.state == "OFF" and stand.told("operator", "end")[0]["exit"] == 5


def test_a_port_that_goes_before_a_device_was_found_is_no_device_though_the_ledger_failed_too() -> None:
    stand = off()
    stand.guard = replace(stand.guard, ledger_ok=False)
    stand.feed(Gone("port"))

    assert stand.told("operator", "end")[0]["exit"] == 3
