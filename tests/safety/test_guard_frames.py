"""The player's frames at the guard: written, or refused visibly; nothing in between."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.safety.inputs import Arm, Clear, Pause, Resume, Write
from eastim.safety.readers.base import Output
from tests.safety.fake_wire import Stand, output
from tests.safety.stories import live

F = Fraction


def odd(stand: Stand, out: Output) -> None:
    """Ask for a frame that would leave this output behind."""
    stand.reader.odd.append(out)
    stand.ask(f"odd {len(stand.reader.odd) - 1}".encode())


def now(stand: Stand) -> Output:
    return stand.reader.output(stand.guard.shadow)


def refused(stand: Stand) -> bool:
    """Whether the last frame was refused as it must be: not written, recorded, told, tripped; the shadow as it was."""
    return (
        not stand.wrote
        and stand.cut
        and bool(stand.told("player", "refused"))
        and bool(stand.records("refused"))
        and bool(stand.told("operator", "trip"))
    )


@pytest.mark.parametrize("times", [10, 1000])
def test_a_level_many_times_too_high_is_refused(times: int) -> None:
    stand = live()
    stand.play(A2=100 * times)

    assert refused(stand)
    assert f"lead A, 2: {100 * times} uA is above the ceiling of 100 uA" in stand.records("refused")[0]["reason"]


@pytest.mark.hazard("H22")
def test_a_one_sided_pulse_is_refused() -> None:
    stand = live()
    out = now(stand)
    run = replace(out.runs[0], phases=((F(50), F(600)), (F(0), F(600))))
    odd(stand, replace(out, runs=(run, *out.runs[1:]), ends_us=out.ends_us + 1))

    assert refused(stand)


@pytest.mark.hazard("H20")
def test_an_endless_buy_is_refused() -> None:
    stand = live()
    odd(stand, replace(now(stand), ends_us=1 << 60))

    assert refused(stand)


def test_a_doubled_buy_is_refused() -> None:
    stand = live()
    out = now(stand)
    odd(stand, replace(out, runs=(*out.runs, *out.runs)))

    assert refused(stand)


@pytest.mark.hazard("H22")
def test_a_resting_current_is_refused() -> None:
    stand = live()
    odd(stand, replace(now(stand), rest_ua=F(1)))

    assert refused(stand)


def test_what_the_reader_can_t_read_is_refused() -> None:
    stand = live()
    stand.ask(b"\xff\x00nonsense")

    assert refused(stand)


def test_a_refused_frame_leaves_the_shadow_as_it_was() -> None:
    stand = Stand().safe()
    before = stand.guard.shadow
    stand.ask(b"play 500 - A:2=0")

    # but for the cut that follows the refusal
    assert stand.guard.shadow == stand.reader.stopped(before, stand.now_us)


def test_a_buy_before_arming_is_refused() -> None:
    stand = Stand().safe()
    stand.play()

    assert refused(stand)


def test_a_start_above_zero_is_refused() -> None:
    stand = Stand().armed()
    stand.play(A2=100)

    assert refused(stand)


def test_a_start_again_in_live_begins_at_zero() -> None:
    stand = live()
    stand.hush()
    stand.play()

    assert refused(stand) and "every start begins at 0 uA" in stand.records("refused")[0]["reason"]


def test_after_a_hush_that_is_not_answered_yet_a_buy_is_a_start() -> None:
    stand = live()
    stand.play()
    stand.ask(b"hush")
    stand.play(lease_ms=200)

    assert refused(stand) and "every start begins at 0 uA" in stand.records("refused")[0]["reason"]


def test_a_renewal_at_the_ceilings_is_written() -> None:
    stand = live()
    stand.play()

    assert stand.wrote and stand.records("refused") == []


def test_a_renewal_that_comes_after_the_output_ended_is_dropped_and_trips_nothing() -> None:
    stand = Stand().live().run(400).raised()
    stand.at(200)
    stand.at(301)
    stand.at(100)
    stand.play()

    assert not stand.wrote and stand.told("player", "refused") and stand.state == "LIVE"


def test_a_renewal_that_comes_250_ms_after_the_output_ended_trips() -> None:
    stand = Stand().live().run(400).raised()
    stand.auto = {"player", "operator"}
    stand.at(290)
    stand.hear()
    stand.at(290)
    stand.hear(replace(stand.status, quiet=True))
    stand.at(180)
    stand.play()

    assert refused(stand)


# --- the contact test -------------------------------------------------------------------------------------------------


def test_a_contact_test_is_made_once_per_lead_and_arming() -> None:
    stand = Stand().armed()
    stand.ask(b"contact A 10 100 100")
    assert stand.wrote
    stand.hear()
    stand.ask(b"contact B 10 100 100")
    assert stand.wrote and stand.guard.contacted == ("A", "B")
    stand.hear()
    stand.ask(b"contact A 10 100 100")

    assert refused(stand)


def test_a_contact_test_above_100_ua_is_refused() -> None:
    stand = Stand().armed()
    stand.ask(b"contact A 10 110 100")

    assert refused(stand)


def test_a_contact_test_in_live_is_refused() -> None:
    stand = live()
    stand.ask(b"contact A 1 10 100")

    assert refused(stand)


def test_every_arming_allows_one_again() -> None:
    stand = Stand().armed()
    stand.ask(b"contact A 10 100 100")
    stand.hear()
    stand.feed(Pause())
    stand.at(300).feed(Resume())
    stand.ask(b"contact A 10 100 100")

    assert stand.wrote


# --- a pause ----------------------------------------------------------------------------------------------------------


def test_a_hush_passes_in_a_pause() -> None:
    stand = live()
    stand.feed(Pause())
    stand.ask(b"hush")

    assert [effect.frame.data for effect in stand.of(Write)] == [b"hush"]


@pytest.mark.hazard("H18")
def test_a_pause_that_is_not_followed_within_250_ms_is_a_cut() -> None:
    stand = live()
    stand.feed(Pause())
    stand.at(249)
    assert stand.state == "PAUSED"
    stand.at(1)

    assert stand.guard.trip is not None and stand.guard.trip.fault == "not-followed"


@pytest.mark.hazard("H18")
def test_a_hush_that_is_not_answered_is_not_yet_silence() -> None:
    stand = live()
    stand.feed(Pause())
    stand.ask(b"hush")
    stand.auto = {"player", "operator"}
    stand.at(250)

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H18")
def test_zero_strength_is_not_yet_silence() -> None:
    stand = Stand().live().run(400)
    stand.feed(Pause())
    stand.at(250)

    assert stand.state == "STOPPING"


@pytest.mark.hazard("H48")
def test_a_renewal_that_crossed_a_pause_is_dropped() -> None:
    stand = live()
    stand.feed(Pause())
    stand.play(A2=100)

    assert not stand.wrote and stand.state == "PAUSED" and stand.told("player", "refused")


@pytest.mark.hazard("H48")
def test_a_raise_that_crosses_a_pause_trips() -> None:
    stand = live()
    stand.feed(Pause())
    stand.play(A2=101)

    assert refused(stand)


@pytest.mark.hazard("H18")
def test_a_buy_in_a_pause_trips() -> None:
    stand = live()
    stand.feed(Pause())
    stand.hush().at(250)
    stand.play()

    assert refused(stand)


@pytest.mark.hazard("H25")
def test_the_frames_of_before_a_trip_don_t_pass_after_it() -> None:
    stand = live()
    stand.ask(b"bad")
    stand.zero_read_back()
    stand.feed(Clear())
    stand.feed(Arm())
    stand.play(A2=100)

    assert refused(stand)


def test_a_frame_of_another_program_s_block_is_refused() -> None:
    stand = live()
    out = output(stand.guard.levels, stand.now_us, stand.now_us + 500_000)
    odd(stand, replace(out, block_us=3_000_000))

    assert refused(stand)
