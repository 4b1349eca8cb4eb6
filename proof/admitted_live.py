"""Every mode through the real player and guard at a device: raised to 2 mA, held, paused, lowered, to its end.

`admitted` asks reader and judge alone; here the guard's state, times and ceilings are its own, as an operator brings
them about. Of an honest player nothing may be refused, and of an honest device nothing may trip.
"""

from __future__ import annotations

from collections import Counter

from eastim.errors import Exit
from eastim.ledger import Entry
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.safety.inputs import Recorded
from eastim.safety.interlock import State
from eastim.safety.order import Order
from proof.rig import Memory, Rig

HIGHEST_UA = 2_000
RAISES = 20  # more than a lead needs: some come before the held kind sounds, and those do nothing
STEP_US = 800_000  # a lead takes a raise every 500 ms, and once a whole pulse has sounded: 500 ms at 2 Hz

Live = tuple[str, str]
"""A mode, and leads."""


class Book(Memory):
    """The records, and what they say against the player or the device."""

    def __init__(self) -> None:
        super().__init__()
        self.against: list[str] = []

    def put(self, entry: Entry) -> Recorded | None:
        if entry.body["type"] in ("refused", "trip"):
            self.against.append(f"at {entry.t_us} us {entry.body}")
        return super().put(entry)


def guarded(case: Live) -> tuple[int, list[str]]:
    """Play one mode for a minute and a half; give the frames that the door wrote, and what was wrong."""
    mode, leads = case
    words = Words(mode, minutes="1.5", leads=tuple(f"{lead}:{HIGHEST_UA} uA" for lead in leads))
    order, book, written = read_prescription(words).order, Book(), list[bytes]()
    rig = Rig(order, 1, ledger=book)
    rig.cable.saw = lambda _now_us, data: written.append(data)
    operate(rig, order)
    rig.run_to(rig.now_us + 120_000_000, lambda: rig.body.finished)
    found = [*book.against, *_unlike(order, rig, book)]
    return len(written), [f"{mode} on {leads} at the guard: {text}" for text in found]


def operate(rig: Rig, order: Order) -> None:
    """Do all that an operator can do, on every lead and in every kind."""

    def wait(us: int = STEP_US) -> None:
        rig.run_to(rig.now_us + us)

    wait(1_000_000)
    rig.give("operator", "arm")
    wait(1_000_000)
    leads = [ordered.lead for ordered in order.leads]
    for kind in order.program.kinds:
        rig.give("operator", "hold", {"kind": kind})
        for lead in leads * RAISES:
            rig.give("operator", "raise", {"lead": lead, "kind": kind})
            wait(STEP_US // len(leads))
        rig.give("operator", "hold", {"kind": None})
        wait()
    rig.give("operator", "pause")
    wait(3_000_000)
    rig.give("operator", "resume")
    wait(1_000_000)
    for lead in leads * 3:
        rig.give("operator", "raise", {"lead": lead, "kind": None})
        wait()
    for lead in leads:
        rig.give("operator", "lower", {"lead": lead, "kind": None})
        wait()


def _unlike(order: Order, rig: Rig, book: Book) -> list[str]:
    """Say what did not come about: without raises that arrive and an end by its own, nothing was shown."""
    reached = {(body["lead"], body["kind"]): body["to_ua"] for body in _raises(book) if body["to_ua"] == HIGHEST_UA}
    found = [
        f"{kind} of lead {ordered.lead} never reached {HIGHEST_UA} uA"
        for ordered in order.leads
        for kind in order.program.kinds
        if (ordered.lead, kind) not in reached
    ]
    played_us = rig.device.session.played_us
    state, code = rig.body.guard.state, rig.body.exit_code
    if state is not State.OFF or code is not Exit.DONE or played_us != order.session_us:
        found.append(f"it ended {state.value} with {code} after {played_us} of {order.session_us} us")
    kinds, leads = len(order.program.kinds), len(order.leads)
    done = Counter(entry.body["type"] for entry in book.entries)
    wanted = {"hold": 2 * kinds, "pause": 1, "resume": 1, "lower": leads}
    return found + [f"{done[name]} {name} on record, must be {n}" for name, n in wanted.items() if done[name] != n]


def _raises(book: Book) -> list[dict[str, object]]:
    return [entry.body for entry in book.entries if entry.body["type"] == "raise"]
