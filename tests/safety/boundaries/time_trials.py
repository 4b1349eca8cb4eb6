"""One trial for each of the guard's own times: let exactly so many us pass, answer "" or what came of it."""

from __future__ import annotations

from dataclasses import replace

from eastim.safety.inputs import (
    Arm,
    Beat,
    Clear,
    Hold,
    Lower,
    Pause,
    Raise,
    Record,
    Recorded,
    Resume,
    Tick,
)
from tests.safety.boundaries.relaxed import leap
from tests.safety.fake_wire import QUIET, Stand, run
from tests.safety.stories import STANDS, at_400, live, paused, tripped


def without(made: Stand, who: set[str], us: int) -> Stand:
    """Let exactly `us` pass while some are not heard of; the others are, each 50 ms and at the end."""
    until_us, since = made.now_us + us, len(made.effects)
    while made.now_us < until_us:
        made.now_us = min(until_us, made.now_us + 50_000)
        if "device" not in who:
            made.hear()
        for line in ("player", "operator"):
            if line not in who:
                made.feed(Beat(line))
        made.feed(Tick())
    made.last = tuple(made.effects[since:])
    return made


def _trip_of(made: Stand) -> str:
    return made.guard.trip.fault if made.guard.trip else ""


def _notices(made: Stand) -> str:
    return " ".join(body["text"] for body in made.told("operator", "notice"))


# --- lines and reports ------------------------------------------------------------------------------------------------


def player_in(state: str, us: int) -> str:
    made = STANDS[state]()
    made.feed(Beat("player"))
    return _trip_of(without(made, {"player"}, us))


def operator_in(state: str, us: int) -> str:
    made = STANDS[state]()
    made.feed(Beat("operator"))
    return _trip_of(without(made, {"operator"}, us))


def report_in(state: str, us: int) -> str:
    made = STANDS[state]()
    made.hear()
    return _trip_of(without(made, {"device"}, us))


def disagreeing_in(state: str, us: int) -> str:
    """The device's last report disagrees, and no other comes."""
    made = STANDS[state]()
    made.hear()
    made.hear(replace(made.status, agrees=False, disagreement="it does"))
    return _trip_of(without(made, {"device"}, us))


def disagreeing_again_in(state: str, us: int) -> str:
    """Two reports disagree; those between them agree. In LIVE the output ends by itself after half a second."""
    made = STANDS[state]()
    odd = replace(made.status, agrees=False, disagreement="it does")
    made.hear(odd)
    if state == "LIVE":
        made.play(lease_ms=500)
        made.status = QUIET
    without(made, set(), us)
    made.hear(replace(odd, quiet=True))
    return _trip_of(made)


def found_and_mute(us: int) -> str:
    """Nobody on the lines beats after the device was found."""
    made = Stand().safe()
    return _trip_of(without(made, {"player", "operator"}, us))


def cleared_and_mute(us: int) -> str:
    made = tripped()
    made.feed(Clear())
    assert made.state == "SAFE"
    return _trip_of(without(made, {"player", "operator"}, us))


def held_up(us: int) -> str:
    """The guard itself does not run for so long after a tick that was due, and both lines beat at that tick."""
    made = STANDS["LIVE"]()
    made.now_us = made.guard.times.tick
    for line in ("player", "operator"):
        made.feed(Beat(line))
    made.now_us += us
    made.feed(Tick())
    return _trip_of(made) if _trip_of(made) == "held-up" else ""


def heard_one_line(us: int) -> str:
    """As before, and the player's last beat is 1 us younger than the operator's: a line that was heard is not late."""
    made = STANDS["LIVE"]()
    made.feed(Beat("operator"))
    tick_us = made.guard.times.tick
    made.guard = replace(made.guard, times=replace(made.guard.times, tick=0, player=tick_us, operator=tick_us - 1))
    made.now_us = us + tick_us - 1
    made.feed(Tick())
    return _trip_of(made) if _trip_of(made) == "held-up" else ""


def armed_late(us: int) -> str:
    made = STANDS["SAFE"]()
    made.hear()
    without(made, {"device"}, us).feed(Arm())
    return _notices(made)


def cleared_late(us: int) -> str:
    made = tripped()
    made.hear()
    made.now_us += us
    made.feed(Clear())
    return _notices(made)


def raised_late(us: int) -> str:
    made = STANDS["LIVE"]().run(200)
    made.hear()
    made.now_us += us
    made.feed(Raise("A", None))
    return _notices(made)


def recorded_after(us: int) -> str:
    """The record of a raise is durable so long after it was accepted; a report has just come."""
    made = live().run(200)
    made.feed(Raise("A", None))
    (record,) = [effect for effect in made.last if isinstance(effect, Record) and effect.wait]
    made.now_us += us
    made.hear()
    made.feed(Recorded(record.n))
    return _notices(made)


# --- following --------------------------------------------------------------------------------------------------------


def lowered(us: int) -> str:
    made = at_400()
    made.feed(Lower("A", "2"))
    return _trip_of(without(made, set(), us))


def lowered_again(us: int) -> str:
    """The first lower is followed at 200 ms, the second of 100 ms is not: it has its own 250 ms."""
    made = at_400()
    made.play(lease_ms=2000)
    made.feed(Lower("A", "2"))
    without(made, set(), 100_000)
    made.feed(Lower("A", "2"))
    without(made, set(), 100_000)
    made.play(lease_ms=1000, A2=300)
    assert made.wrote
    without(made, set(), 50_000)
    return _trip_of(without(made, set(), us))


def unheld(us: int) -> str:
    """A hold is asked, and the player goes on without it."""
    made = live()
    made.play()
    made.feed(Hold("100"))
    return _trip_of(without(made, set(), us))


def unreleased(us: int) -> str:
    """A hold was followed, its release is not."""
    made = live()
    made.feed(Hold("100"))
    made.play()
    made.feed(Hold(None))
    return _trip_of(without(made, set(), us))


def untaken(us: int) -> str:
    """A hold is asked for by the player, and the device never takes it up."""
    made = live()
    made.reader.old = [run("A", "100", 0)]
    made.feed(Hold("2"))
    for begin_us in range(0, us, 1_000_000):
        made.play(lease_ms=1500)
        without(made, set(), min(1_000_000, us - begin_us))
    return _trip_of(made)


def unhushed(us: int) -> str:
    made = live()
    made.feed(Pause())
    return _trip_of(without(made, set(), us))


def crossed_a_lower(us: int) -> str:
    """A renewal at the strength of before the lower, which was followed meanwhile."""
    made = at_400()
    made.play()
    made.feed(Lower("A", "2"))
    made.play()
    without(made, set(), us)
    made.play(A2=400)
    return _trip_of(made)


def crossed_a_release(us: int) -> str:
    """A renewal that holds kind 100, which was held until its release."""
    made = live()
    made.feed(Hold("100"))
    made.play()
    made.feed(Hold(None))
    made.play()
    without(made, set(), us)
    made.ask(b"play 500 100 A:2=100,A:100=0,B:2=0,B:100=0")
    return _trip_of(made)


def renewed_late(us: int) -> str:
    """A renewal so long after the last lease ended."""
    made = live()
    made.status = QUIET
    made.play()
    made.status = QUIET
    ends_us = made.guard.shadow.out.ends_us
    without(made, set(), ends_us - made.now_us + us)
    made.play()
    return _trip_of(made)


def still_sounding(us: int) -> str:
    """A report of current so long after the last lease ended."""
    made = live()
    made.play()
    ends_us, playing = made.guard.shadow.out.ends_us, made.status
    made.status = QUIET
    without(made, set(), ends_us - made.now_us + us)
    made.hear(playing)
    return _trip_of(made)


def in_hand_after_a_hush(us: int) -> str:
    """A report of current so long after the hush of a pause was answered."""
    made = live()
    playing = made.status
    made.feed(Pause())
    made.hush()
    made.now_us += us
    made.hear(replace(playing, quiet=False))
    return _trip_of(made)


def resumed_late(us: int) -> str:
    made = paused()
    without(made, set(), 300_000)
    made.hear()
    without(made, {"device"}, us).feed(Resume())
    return _trip_of(made) or _notices(made)


# --- the device's clock -----------------------------------------------------------------------------------------------


def _clocked(*reports: tuple[int, int]) -> str:
    """Silent, with nobody missed, and these reports: us after the first, and how much further the device's clock is."""
    made = live()
    made.status, begun_us = QUIET, made.now_us
    for at_us, counted_us in ((0, 0), *reports):
        leap(made, begun_us + at_us - made.now_us)
        made.hear(replace(QUIET, clock_us=70_000_000 + counted_us))
    return _trip_of(made)


def clock_fast_for(us: int) -> str:
    return _clocked((us, 10 * us))


def clock_off(passed_us: int, by_us: int) -> str:
    return _clocked((passed_us, passed_us + by_us))


def clock_marked(us: int) -> str:
    """480 ms ahead after q, right for 5 s, then 500 ms more in 1 s: too much since the first report, not since q."""
    ahead_us = us + 480_000
    return _clocked((us, ahead_us), (us + 5_000_000, ahead_us + 5_000_000), (us + 6_000_000, ahead_us + 6_500_000))
