"""The exit code and the reason that a session ends with: what outweighs what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eastim.errors import Exit
from eastim.frames import Frame
from eastim.safety.guard_state import Over, Trip
from eastim.safety.guard_stop import end_reason, exit_of
from eastim.safety.inputs import Asked, Lower
from tests.safety.fake_wire import QUIET, Stand
from tests.safety.stories import live

TRIP = Trip("stale", "the device has not reported")


@pytest.mark.parametrize(
    ("zero", "heard", "over", "trip", "ledger_ok", "code"),
    [
        (False, True, Exit.NO_DEVICE, True, False, 6), (True, True, Exit.NO_DEVICE, True, False, 3),
        (False, False, Exit.NO_DEVICE, True, False, 3), (False, False, Exit.STOPPED, False, True, 3),
        (False, False, Exit.STOPPED, False, False, 7), (False, False, None, True, False, 5),
        (False, False, Exit.DONE, False, True, 0), (True, True, Exit.STOPPED, True, False, 5),
        (True, True, None, True, True, 5), (True, True, Exit.STOPPED, False, False, 7),
        (True, True, Exit.STOPPED, False, True, 4), (True, True, Exit.DONE, False, True, 0),
        (True, True, None, False, True, int(Exit.BUG)),
    ],
)  # fmt: skip
def test_the_worst_gives_the_code(
    zero: bool, heard: bool, over: Exit | None, trip: bool, ledger_ok: bool, code: int
) -> None:
    guard = replace(
        Stand().guard, zero=zero, status=QUIET if heard else None, trip=TRIP if trip else None, ledger_ok=ledger_ok,
        over=None if over is None else Over("why", over),
    )  # fmt: skip

    assert int(exit_of(guard)) == code


def test_the_reason_is_the_trip_s_then_the_end_s_then_none() -> None:
    guard = Stand().guard
    ended = replace(guard, over=Over("paused too long", Exit.STOPPED))

    assert end_reason(replace(ended, trip=TRIP)) == "tripped: the device has not reported"
    assert (end_reason(ended), end_reason(guard)) == ("paused too long", "")


def test_a_refused_frame_is_recorded_to_1024_bytes() -> None:
    stand = live()
    stand.feed(Asked(Frame(b"x" * 1025, 5000)))

    assert stand.records("refused")[0]["hex"] == "78" * 1024


@pytest.mark.parametrize(("us", "state"), [(249_999, "LIVE"), (250_000, "STOPPING")])
def test_a_frame_of_before_a_lower_is_forgiven_for_250_ms(us: int, state: str) -> None:
    stand = live()
    stand.feed(Lower("A", None))
    stand.play()
    stand.now_us += us
    stand.play(A2=100)

    assert not stand.wrote and stand.state == state
