"""The trials of the guard's own times on the way to zero, and of the rest: let exactly so many us pass."""

from __future__ import annotations

from dataclasses import replace

from eastim.safety import guard as g
from eastim.safety.inputs import Alarm, Gone, Stop, Tell, Tick
from tests.safety.boundaries.relaxed import fault, leap, relaxed
from tests.safety.boundaries.relaxed import live as at_zero
from tests.safety.fake_wire import QUIET, Stand
from tests.safety.stories import live, stopping, uncertain

# --- the way to zero --------------------------------------------------------------------------------------------------


def _later(made: Stand, us: int) -> Stand:
    made.now_us += us
    made.feed(Tick())
    return made


def second_cut(us: int) -> str:
    return "a cut" if _later(stopping(), us).cut else ""


def third_cut(us: int) -> str:
    made = _later(stopping(), 250_000)
    return "a cut" if _later(made, us).cut else ""


def cuts_without_answer(cuts: int) -> str:
    """So many cuts, the first with the stop, each followed by its 250 ms."""
    made = stopping()
    for _ in range(cuts):
        _later(made, 250_000)
    return made.state if made.state != "STOPPING" else ""


def cut_while_uncertain(us: int) -> str:
    return "a cut" if _later(uncertain(), us).cut else ""


def mute_cuts(cuts: int) -> str:
    """A device that reports silence and answers no stop: the first report, so many cuts, and another report."""
    made = uncertain()
    made.hear(QUIET)
    for _ in range(cuts):
        _later(made, 250_000)
    made.hear(QUIET)
    return made.state if made.state != "UNCERTAIN" else ""


def alarm_again(us: int) -> str:
    made = _later(uncertain(), us)
    return "an alarm" if any(isinstance(effect, Alarm) for effect in made.last) else ""


def unconfirmed(us: int) -> str:
    """A stopped session whose device says nothing, so long after it was called uncertain."""
    made = stopping()
    for _ in range(3):
        _later(made, 250_000)
    assert made.state == "UNCERTAIN"
    return "over" if g.finished(_later(made, us).guard) else ""


def stopped_while_uncertain(us: int) -> str:
    """A tripped one waits for its operator, and gives up only so long after a stop."""
    made = uncertain()
    _later(made, 60_000_000)
    assert not g.finished(made.guard)
    made.feed(Stop("operator"))
    return "over" if g.finished(_later(made, us).guard) else ""


def without_a_port(us: int) -> str:
    made = live()
    made.feed(Gone("port"))
    return "over" if g.finished(_later(made, us).guard) else ""


# --- the rest ---------------------------------------------------------------------------------------------------------


def unfound(us: int) -> str:
    made = _later(Stand(), us)
    return made.guard.over.reason if made.guard.over else ""


def tick(us: int) -> str:
    made = _later(Stand(), us)
    return " ".join(effect.name for effect in made.last if isinstance(effect, Tell))


def next_tick(us: int) -> str:
    return tick_of(_later(_later(Stand(), 100_000), us))


def tick_of(made: Stand) -> str:
    return " ".join(effect.name for effect in made.last if isinstance(effect, Tell))


def counted(us: int) -> str:
    """The first section begins so long after the counts were last recorded, at the start."""
    made = Stand().live()
    made.hear(replace(made.status, section=1))
    made.now_us += us
    made.guard = replace(made.guard, times=replace(made.guard.times, player=1 << 62, operator=1 << 62, fresh=1 << 62))
    made.play()
    made.hear(replace(made.status, section=0))
    return "counts" if made.records("delivered") else ""


def charge_marked(us: int) -> str:
    """15 uC in the first q us, which a mark forgets only when they are 5 s; 15 uC more after 5 s."""
    made = at_zero(relaxed("human_needle", net_dc_ua=2))
    made.measure(net_pc=0)
    for pass_us, net_pc in ((us, 15_000_000), (5_000_000, 16_000_000), (0, 30_000_000)):
        leap(made, pass_us)
        made.play()
        made.measure(net_pc=net_pc)
    return fault(made)
