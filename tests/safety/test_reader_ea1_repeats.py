"""A report that is no news: a repeat, or older than what was heard already. It says nothing and proves nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.safety.ea1_states import NEXT, PLAYING, READER, STOPPED
from tests.safety.ea1_words import Report, quiet, wire

FIRST = Report()  # its clock is at 10 s
HEARD = READER.heard(PLAYING, FIRST.wire, 0)[0]
NO_NEWS = {
    "the same bytes": FIRST.wire,
    "the same body, numbered anew": wire(0xC0, 100, FIRST.body),
    "1 us older": Report(clock_us=9_999_999).wire,
    "older, of another state": quiet(3, clock_us=9_999_999).wire,
}
NEWS = {
    "1 us newer": Report(clock_us=10_000_001).wire,
    "another state in the same microsecond": quiet(3).wire,
    "another boot, its clock at 0.1 s": Report(boot=0x22334455, clock_us=100_000).wire,
}


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("data", NO_NEWS.values(), ids=NO_NEWS)
def test_what_is_no_news_says_nothing(data: bytes) -> None:
    assert READER.heard(HEARD, data, 0) == (replace(HEARD, dropped=HEARD.dropped + 1), ())


@pytest.mark.parametrize("data", NEWS.values(), ids=NEWS)
def test_what_is_news_is_handed_on(data: bytes) -> None:
    assert len(READER.heard(HEARD, data, 0)[1]) == 1


def test_a_repeat_comes_after_a_report_of_another_boot_and_counts_again() -> None:
    # Two devices on one line: that is a reset, which trips. Nothing is hidden by what the other one said.
    other = READER.heard(HEARD, Report(boot=0x22334455).wire, 0)[0]

    assert len(READER.heard(other, FIRST.wire, 0)[1]) == 1


@pytest.mark.hazard("H14")
def test_an_answer_to_a_stop_that_is_older_than_the_last_report_proves_nothing() -> None:
    heard = READER.heard(STOPPED, Report(clock_us=10_000_001, epoch=NEXT).wire, 0)[0]
    after, statuses = READER.heard(heard, quiet(2, cause=2, epoch=NEXT).wire, 0)

    assert statuses == () and after.unproven


def test_a_status_says_the_clock_of_the_device() -> None:
    (status,) = READER.heard(PLAYING, FIRST.wire, 0)[1]

    assert status.clock_us == 10_000_000


# What the guard heard when it stopped carried 0xA1B2C3D4; a device that reads a stop draws another (3.4).
FALSE_ANSWER = quiet(2, cause=2, epoch=0xA1B2C3D4)


@pytest.mark.hazard("H14")
def test_an_answer_to_a_stop_with_the_epoch_that_the_stop_ended_proves_no_zero() -> None:
    after, (status,) = READER.heard(STOPPED, FALSE_ANSWER.wire, 0)

    assert not status.stop_answer and status.quiet
    assert after.unproven and after.stops == 1 and after.epoch == 0
    assert READER.output(after).runs != ()


@pytest.mark.hazard("H14")
def test_the_answer_with_a_new_epoch_is_believed_after_a_false_one() -> None:
    after = READER.heard(STOPPED, FALSE_ANSWER.wire, 0)[0]
    after, (status,) = READER.heard(after, quiet(2, cause=2, epoch=NEXT, clock_us=10_000_001).wire, 0)

    assert status.stop_answer and not after.unproven and READER.output(after).runs == ()
