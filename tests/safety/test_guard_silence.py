"""What silence is believed, and what is forgotten once it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.inputs import Clear, Gone, Stop
from tests.safety.fake_wire import QUIET
from tests.safety.stories import live, stopping, uncertain

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
