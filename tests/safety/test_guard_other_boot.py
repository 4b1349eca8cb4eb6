"""A report of another boot after a cut: what it proves, and from when on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety import guard as g
from eastim.safety.inputs import Pause, Stop, Tick
from tests.safety.fake_wire import QUIET, Stand
from tests.safety.stories import live


def run_out(stand: Stand) -> Stand:
    """Let 550 ms pass without a report: a lease of 500 ms ends in it."""
    stand.auto -= {"device"}
    return stand.at(550)


OTHER = replace(QUIET, boot=8, stop_answer=True)


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(("us", "state"), [(501_199, "STOPPING"), (501_200, "OFF")])
def test_another_boot_proves_silence_only_when_all_that_was_bought_has_run_out(us: int, state: str) -> None:
    # The lease of 500 ms, and the longest pulse of the fake wire: the first device may play so long, stopped or not.
    stand = live()
    stand.play()
    begun_us = stand.now_us
    stand.feed(Stop("operator"))
    for at_us in (250_000, 500_000, us):
        stand.now_us = begun_us + at_us
        stand.feed(Tick())
    stand.hear(OTHER)

    assert stand.state == state
    assert stand.all_told("operator", "notice") == []


@pytest.mark.hazard("H08")
def test_a_hush_that_another_device_answered_shortens_nothing() -> None:
    stand = live()
    stand.play()
    stand.feed(Pause())
    stand.hush()
    stand.feed(Stop("operator"))
    stand.hear(OTHER)
    assert stand.state == "STOPPING"
    run_out(stand).hear(OTHER)

    assert g.finished(stand.guard)


@pytest.mark.hazard("H08")
def test_a_contact_test_counts_as_bought() -> None:
    stand = Stand().armed()
    stand.ask(b"contact A,B 10 100 100")
    stand.feed(Stop("operator"))
    stand.hear(OTHER)
    assert stand.state == "STOPPING"
    stand.auto -= {"device"}
    stand.at(600)
    stand.hear(OTHER)

    assert g.finished(stand.guard)


def test_where_nothing_was_bought_another_boot_proves_silence_at_once() -> None:
    stand = Stand().armed()
    stand.feed(Stop("operator"))
    stand.hear(OTHER)

    assert g.finished(stand.guard)


def test_what_has_run_out_is_forgotten() -> None:
    stand = live()
    stand.play()
    bought_us = stand.guard.times.bought
    stand.feed(Stop("operator"))
    stand.hear(replace(QUIET, stop_answer=False))
    assert bought_us == stand.now_us + 501_200 and stand.guard.times.bought == bought_us
    run_out(stand)

    assert stand.guard.times.bought == 0
