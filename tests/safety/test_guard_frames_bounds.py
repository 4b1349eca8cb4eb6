"""The player's frames at their bounds: the very moment, the very frame; and what is looked at when nobody waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from eastim.safety.guard_frames import allowed_now, settle
from eastim.safety.guard_state import NEVER
from eastim.safety.guard_turn import Turn
from eastim.safety.inputs import Hold, Lower, Pause
from eastim.safety.readers.base import Output
from tests.safety.fake_wire import FakeReader, FakeShadow, Stand
from tests.safety.said import lines
from tests.safety.stories import armed, at_400, at_zero, live, safe


def read_by(stand: Stand, reader: FakeReader) -> Stand:
    """Let another reader of the same wire read from now on."""
    stand.reader = reader
    stand.guard = replace(stand.guard, given=replace(stand.guard.given, reader=reader))
    return stand


def test_limits_wider_than_the_order_s_are_refused_and_trip() -> None:
    stand = safe()
    stand.ask(b"lock 2001 600000 1800000000")

    assert not stand.wrote and stand.cut and stand.state == "STOPPING"
    says = "lead A would be locked at 2001 uA, its order says 2000 uA"
    assert stand.records("refused")[0]["reason"] == says
    assert [record["fault"] for record in stand.records("trip")] == ["refused"]


def test_while_a_contact_test_runs_another_frame_is_no_second_test() -> None:
    stand = armed()
    stand.ask(b"contact A 10 100 100")
    stand.ask(b"load")

    assert lines(stand.last) == ["write load", "record frame, hex=6c6f6164"]


@pytest.mark.parametrize(("hold", "holds"), [(None, ()), ("100", ("100",))])
def test_only_what_is_held_is_allowed_as_a_hold(hold: str | None, holds: tuple[str, ...]) -> None:
    stand = at_zero()
    stand.feed(Hold(hold))

    assert allowed_now(Turn(stand.guard, stand.now_us)).holds == holds


@dataclass(slots=True)
class Slow(FakeReader):
    """Read a device that has not answered yet: what was asked for is half of what may still come out."""

    waits: Any = None

    def settled(self, shadow: FakeShadow) -> FakeShadow:
        return replace(shadow, out=_halved(shadow.out)) if shadow is self.waits else shadow


def _halved(out: Output) -> Output:
    runs = [replace(run, phases=tuple((ua / 2, width) for ua, width in run.phases)) for run in out.runs]
    return replace(out, runs=tuple(runs))


def test_what_may_still_come_out_is_what_a_frame_is_compared_with() -> None:
    # In a pause nothing may rise: the strength that was asked for is half, what may still come out is whole.
    stand = live()
    stand.feed(Pause())
    out = stand.guard.shadow.out
    read_by(stand, Slow(stand.reader.said, [out], waits=stand.guard.shadow))
    stand.ask(b"odd 0")

    assert stand.wrote and stand.state == "PAUSED"


@pytest.mark.parametrize(("us", "state"), [(0, "LIVE"), (249_999, "LIVE"), (250_000, "STOPPING")])
def test_a_renewal_may_come_250_ms_after_the_very_end_of_the_output(us: int, state: str) -> None:
    stand = live()
    stand.play(lease_ms=20)
    stand.now_us = stand.guard.shadow.out.ends_us + us
    stand.play()

    assert not stand.wrote and stand.told("player", "refused") and stand.state == state


@pytest.mark.parametrize(("us", "state"), [(1, "PAUSED"), (2, "STOPPING")])
def test_in_a_pause_an_output_that_has_ended_goes_on_for_nothing(us: int, state: str) -> None:
    # 300 ms after the pause nothing of before it is on its way; the output ended by itself less than 250 ms ago.
    stand = live()
    stand.play(lease_ms=150)
    stand.feed(Pause())
    stand.at(300)
    assert stand.state == "PAUSED"
    out = replace(stand.guard.shadow.out, ends_us=stand.now_us + us)
    stand.reader.odd.append(out)
    stand.ask(b"odd 0")

    assert not stand.wrote and stand.state == state


class Unasked(FakeReader):
    """Refuse to say what comes out."""

    def output(self, shadow: FakeShadow) -> Output:
        raise AssertionError("nobody waits for the output")


def test_where_nothing_is_waited_for_the_output_is_not_looked_at() -> None:
    stand = read_by(live(), Unasked())
    assert stand.guard.times.follow == NEVER
    turn = Turn(stand.guard, stand.now_us)
    settle(turn)

    assert turn.guard == stand.guard


def test_a_lower_that_was_followed_is_waited_for_no_more() -> None:
    stand = at_400()
    stand.feed(Lower("A", "2"))
    assert (stand.guard.target, stand.guard.times.follow) == ((300, 0, 0, 0), stand.now_us + 250_000)
    stand.play()

    assert (stand.guard.target, stand.guard.times.follow) == ((), NEVER)
