"""A hold, or its release, that the player does not follow within 250 ms is cut, as a lower is (H17)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.safety.holds import differs, lacks, strays
from eastim.safety.inputs import Hold, Pause, Tick
from eastim.safety.readers.base import Output, Run
from tests.safety.fake_wire import Stand, output, program, run
from tests.safety.stories import armed, live

pytestmark = pytest.mark.hazard("H17")
WAIT_US = 250_000


def goes_on(stand: Stand, us: int, hold: str = "-") -> Stand:
    """The player asks for the same as ever, whatever is held; beats and reports go on."""
    until_us = stand.now_us + us
    stand.ask(f"play 500 {hold} A:2=100,A:100=0,B:2=0,B:100=0".encode())
    stand.at((us - 1) // 1000)
    stand.now_us = until_us
    stand.feed(Tick())
    return stand


def held(kind: str = "2") -> Stand:
    """Held, and followed by the player, and by the device."""
    stand = live()
    stand.feed(Hold(kind))
    stand.play()
    return stand.run(400)


def tripped(stand: Stand) -> str:
    return "" if stand.guard.trip is None else stand.guard.trip.text


SAYS = "a lower, a pause or a hold was not followed within 250 ms: section "


def test_a_hold_that_is_not_followed_is_cut_after_250_ms() -> None:
    stand = live()
    stand.feed(Hold("2"))

    assert tripped(goes_on(stand, WAIT_US - 1)) == ""
    stand.now_us += 1
    stand.feed(Tick())
    assert tripped(stand) == f"{SAYS}1 is not to sound 2, as it should"
    assert stand.cut


def test_a_release_that_is_not_followed_is_cut() -> None:
    stand = held()
    stand.feed(Hold(None))

    assert tripped(goes_on(stand, WAIT_US, "2")) == f"{SAYS}1 is not to sound 100, as it should"


def test_another_hold_that_is_not_followed_is_cut() -> None:
    stand = held("2")
    stand.feed(Hold("100"))

    assert tripped(goes_on(stand, WAIT_US, "2")) == f"{SAYS}0 is not to sound 100, as it should"


@pytest.mark.parametrize("kind", ["2", "100"])
def test_a_hold_and_its_release_that_are_followed_trip_nothing(kind: str) -> None:
    stand = held(kind)
    stand.feed(Hold(None))
    stand.play()
    stand.run(1000)

    assert (tripped(stand), stand.state) == ("", "LIVE")


def test_each_hold_has_its_own_250_ms() -> None:
    stand = live()
    stand.feed(Hold("2"))
    goes_on(stand, 200_000)
    stand.feed(Hold("100"))

    assert tripped(goes_on(stand, 200_000)) == ""


def test_a_hold_before_the_start_is_not_waited_for() -> None:
    stand = armed()
    stand.feed(Hold("2"))

    assert tripped(stand.at(600)) == ""


def test_a_pause_ends_the_wait() -> None:
    stand = live()
    stand.feed(Hold("2"))
    stand.feed(Pause())
    stand.hush()

    assert tripped(stand.at(600)) == ""


LEVELS = {("A", "2"): 100, ("A", "100"): 50}


@pytest.mark.parametrize(
    ("shown", "wanted", "says"),
    [
        (None, None, ""),
        ("2", "2", ""),
        ("100", "100", ""),
        (None, "2", "section 1 is not to sound 2, as it should"),
        (None, "100", "section 0 is not to sound 100, as it should"),
        ("2", None, "section 1 is not to sound 100, as it should"),
        ("100", None, "section 0 is not to sound 2, as it should"),
    ],
)
def test_what_lacks_is_said(shown: str | None, wanted: str | None, says: str) -> None:
    both = {None: ("2", "100"), "2": ("2",), "100": ("100",)}[shown]
    runs = tuple(run for kind in both for run in _runs(kind, held=shown is not None))

    shows = Output(runs, 0, 6_000_000, 1)
    assert lacks(shows, program(), wanted) == says
    assert bool(strays(shows, program(), wanted)) is (shown != wanted)
    assert differs(shows, program(), wanted) == says


def test_both_ways_lack_nothing_and_something_strays() -> None:
    shows = Output((*_runs("2", True), *_runs("100", False)), 0, 6_000_000, 1)
    says = ["lead A at 3000000 us sounds 2, which is not held there"]
    says.append("lead A at 3000000 us sounds 100, which is not held there")

    assert [lacks(shows, program(), hold) for hold in (None, "2")] == ["", ""]
    assert [strays(shows, program(), hold) for hold in (None, "2")] == says
    assert [differs(shows, program(), hold) for hold in (None, "2")] == says


def test_what_is_no_kind_of_the_order_strays() -> None:
    odd = replace(run("A", "2", 100), count=7)

    assert strays(Output((odd,), 0, 6_000_000, 1), program(), None) == (
        "lead A at 0 us sounds no ordered kind, which is not held there"
    )


def test_where_the_held_kind_does_not_fit_silence_lacks_nothing_and_nothing_strays() -> None:
    low, high = program().sections
    short = replace(program(), sections=(low, replace(high, duration_us=499_999, count=49)))

    assert differs(Output(_runs("2", held=False), 0, 3_499_999, 1), short, "2") == ""


@pytest.mark.parametrize(
    ("duration_us", "says"),
    [
        (499_999, ""),
        (500_000, "section 1 is not to sound 2, as it should"),
        (1_000_000, "section 1 is not to sound 2, as it should"),
    ],
)
def test_a_held_kind_is_lacking_only_where_one_whole_period_of_it_fits(duration_us: int, says: str) -> None:
    """2 Hz has a period of 500 ms: a section of 100 Hz that is shorter holds none, one of 500 ms holds one pulse."""
    low, high = program().sections
    short = replace(high, duration_us=duration_us, count=duration_us // 10_000)
    shows = Output(_runs("2", held=False), 0, 6_000_000, 1)

    assert lacks(shows, replace(program(), sections=(low, short)), "2") == says


def _runs(kind: str, held: bool) -> tuple[Run, ...]:
    """The runs of one kind on lead A: in its own section, and when held in the other, too."""
    own = output({("A", kind): LEVELS["A", kind]}, 0, 1)
    return (*own.runs, *(output({("A", kind): LEVELS["A", kind]}, 0, 1, kind).runs if held else ()))
