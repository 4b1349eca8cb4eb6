"""One session whose loads are judged pulse by pulse while it is played and harmed.

The judge knows what the operator was told and what the ledger holds, and reads the current at the loads from the scope;
no register of device, reader or guard is looked at. Its bounds are those of docs/safety.md, as literals.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from eastim.ledger import Entry
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.safety.inputs import Recorded
from eastim.safety.order import Order
from firmware_sim.faults import FAULTS
from firmware_sim.scope import Train
from proof.asked import Asked, steps_ua
from proof.rig import Probe, Rig

KIND_OF = {600: "2", 200: "100"}  # by the width of a phase, in us; 100 us is the contact test's
STOP = bytes.fromhex("001800")
SILENT = frozenset({"STOPPING", "TRIPPED", "UNCERTAIN", "OFF"})
PERMITTED = frozenset({"ARMED", "LIVE", "PAUSED"})
FOLLOW_US = 255_000  # a lower is followed within 250 ms, or cut; a pulse that has begun is finished
# The player's lease is 500 ms from a PLAY that a bad line may bring 250 ms late; a pulse that has begun is finished.
ALONE_US = 755_000
LONGEST_US = 2_300_000  # a rogue player's lease of 2 s, and as late
# What these do is over with them; of the others a device may keep something.
TRACELESS = frozenset({"leak", "unbalanced", "twice", "level-lie", "clock-fast", "clock-slow", "rate-fast"})
SWAPS = frozenset({"swap", "other-serial"})  # another device answers after these; the first goes on, seen by nobody
PULSE_US = 5_000  # the longest pulse
GONE_US = 14_000_000  # from a stop to the end of the session, with nobody to answer


class Broken(AssertionError):
    """Say what the loads, the operator or the ledger showed that must not be."""


class Paper:
    """A ledger in memory that can be made to fail.

    asked: the operator's raises, as they were said. raises: on record with an act of its own, by (lead, kind); wrong:
    the first raise on record that nobody asked for.
    """

    def __init__(self) -> None:
        self.asked = Asked()
        self.wrong = ""
        self.raises: Counter[tuple[str, str]] = Counter()
        self.accepted_ua: dict[tuple[str, str], int] = {}
        self.fails = False

    def put(self, entry: Entry) -> Recorded | None:
        body = entry.body
        if body["type"] == "raise":
            self._raise(entry)
        if self.fails:
            return Recorded(entry.n, "no space left")
        return Recorded(entry.n) if entry.wait else None

    def _raise(self, entry: Entry) -> None:
        key = (entry.body["lead"], entry.body["kind"])
        if not self.asked.take(entry.t_us, *key):
            self.wrong = self.wrong or f"{key} is raised on record at {entry.t_us} us, and nobody asked for it"
        elif not self.fails:
            self.raises[key] += 1
            self.accepted_ua[key] = entry.body["to_ua"]


class Bedside:
    """A rig with its judge. Every act goes through here; raises Broken at the first thing that is wrong.

    clean: nobody harms anything, so nothing may trip. begun: faults of the simulator that were ever on.
    """

    def __init__(self, order: Order, seed: int, load: str, *, clean: bool) -> None:
        self.order, self.clean = order, clean
        self.state, self.ended, self.tripped = "OFF", False, False
        self.paper = Paper()
        self.pulses = self.felt = 0  # felt: with a current of the program, the contact test's not counted
        self._ceilings: Counter[tuple[str, str]] = Counter()
        self._past: deque[tuple[int, tuple[str, str], int]] = deque()  # until when a higher ceiling still counts
        self._felt: Counter[tuple[str, str]] = Counter()
        self._ups: Counter[tuple[str, str]] = Counter()
        self._silent_us: int | None = None  # since when nothing may begin
        self._zero_us: int | None = None  # since when zero is claimed as read back
        self._harmed_us = -ALONE_US  # until when the way to the device was not what it must be
        self._beyond_us = 0  # until when the device may do more than it was asked for
        self._traceless = True
        self._swapped = False
        self._wrong = ""
        self.rig = Rig(order, seed, load=load, ledger=self.paper, told=self._told, scope=Probe(self._saw, self._rests))
        self.rig.cable.saw = self._written

    # --- what is done to it -------------------------------------------------------------------------------------------

    def act(self, name: str, **body: Any) -> None:
        """An act of the operator, as on the line."""
        if name == "raise":
            self.paper.asked.say(self.rig.now_us, body["lead"], body["kind"])
        self.rig.give("operator", name, body)
        self.judge()

    def ask(self, data: bytes) -> None:
        """A frame on the player's line, whoever asks."""
        self.clean = False
        self.rig.give("player", "ask", {"within_us": 50_000}, data)
        self.judge()

    def run(self, for_us: int) -> None:
        """Let time pass; every pulse in it is judged."""
        self.rig.run_to(self.rig.now_us + for_us)
        self.judge()

    def harm(self, do: Callable[[], None]) -> None:
        """Do something that no line and no device does in health."""
        self.clean = False
        self._harmed_us = 1 << 62
        do()
        self.judge()

    def fault(self, name: str, lead: str | None) -> None:
        """Begin a fault of the simulator's table."""
        row = FAULTS[name]
        if row.beyond:
            self._beyond_us = 1 << 62
            self._traceless = self._traceless and name in TRACELESS
        self._swapped = self._swapped or name in SWAPS
        if row.beyond:
            self._zero_us = None  # what was true of the device before it broke says nothing of what it does now
        self.harm(lambda: self.rig.simulation.begin(name, lead if row.per_lead else None))

    def heal(self) -> None:
        """End every fault; lines and beats are whole again. What is still on its way may count for a lease."""
        simulation = self.rig.simulation
        for name in list(simulation.faults.names()):
            simulation.end(name)
        self.rig.cable.up = True
        self.rig.beats = {"player": True, "operator": True}
        self.rig.plays = True
        if self._harmed_us == 1 << 62:
            self._harmed_us = self.rig.now_us + ALONE_US
        if self._beyond_us and self._traceless:
            self._beyond_us = min(self._beyond_us, self.rig.now_us + PULSE_US)
        self.judge()

    def close(self, stop: bool) -> None:
        """See the session to its end: by a stop, or with everybody gone from the lines."""
        if stop and not self.rig.body.finished:
            self.act("stop")
        if not stop:
            self.clean = False
            self.rig.beats = {"player": False, "operator": False}
            self.rig.plays = False
            self.run(300_001)
            if not self._tells_silence():
                self._wrong = self._wrong or f"nobody on the lines for 300 ms, and the session is {self.state}"
            self.judge()
            self.act("stop")
        self.rig.run_to(self.rig.now_us + GONE_US, lambda: self.rig.body.finished)
        if not self.rig.body.finished:
            self._wrong = self._wrong or f"{GONE_US} us after a stop the session is {self.state}"
        self.run(2 * LONGEST_US)

    def _tells_silence(self) -> bool:
        return self.state in SILENT or self.state == "SAFE" or self.rig.body.finished

    def judge(self) -> None:
        """Raise what was seen since the last time."""
        if self.paper.wrong or self._wrong:
            raise Broken(self.paper.wrong or self._wrong)

    # --- what the operator is told ------------------------------------------------------------------------------------

    def _told(self, name: str, body: dict[str, Any]) -> None:
        if name == "state":
            self._moved(body["state"], body["cause"])
        elif name == "level":
            self._level((body["lead"], body["kind"]), body["ua"])
        elif name == "trip":
            self.tripped = True
            if self.clean:
                self._break(f"nobody did anything wrong, and it tripped: {body['text']}")
        elif name == "end":
            self._over(body)

    def _moved(self, state: str, cause: str) -> None:
        now_us = self._now_us
        if state in SILENT and self.state in PERMITTED:
            self._silent_us = now_us
        elif state in PERMITTED:
            self._silent_us = self._zero_us = None
        if state == "TRIPPED" or (state == "SAFE" and cause):
            self._zero_us = now_us
        self.state = state

    def _over(self, body: dict[str, Any]) -> None:
        if self.ended:
            self._break("the end was told twice")
        self.ended = True
        if body["zero"]:
            self._zero_us = self._now_us
        if body["elapsed_us"] > self.order.session_us:
            self._break(f"{body['elapsed_us']} us told, {self.order.session_us} us ordered")
        if self.clean and not body["reason"].startswith(("completed", "stopped by ")):
            self._break(f"nobody did anything wrong, and it ended so: {body['reason']}")

    def _level(self, key: tuple[str, str], ua: int) -> None:
        was = self._ceilings[key]
        if ua > was:
            step = 100 if was < 1000 else 200
            if self.state != "LIVE" or ua - was > step or self.paper.accepted_ua.get(key) != ua:
                self._break(f"{key} rose from {was} to {ua} uA in {self.state} without a raise that is on record")
        else:
            self._past.append((self._now_us, key, was))
        self._ceilings[key] = ua

    @property
    def _now_us(self) -> int:
        return self.rig.now_us if hasattr(self, "rig") else 0

    def _break(self, text: str) -> None:
        self._wrong = self._wrong or text

    # --- what leaves the door, and what comes out at the loads --------------------------------------------------------

    def _written(self, now_us: int, data: bytes) -> None:
        if self.state in ("STOPPING", "TRIPPED", "UNCERTAIN") and data != STOP:
            self._break(f"{data.hex()} was written at {now_us} us in {self.state}")

    def _rests(self, t_us: int, lead: str, ua: int) -> None:
        if ua and t_us >= self._beyond_us:
            self._break(f"{ua} uA rest on lead {lead} at {t_us} us")

    def _saw(self, train: Train) -> None:
        first_us, last_us = train.onset_us(train.first), train.onset_us(train.last - 1)
        self.pulses += train.last - train.first
        ua = max(abs(train.first_ua), abs(train.second_ua))
        # A device that plays on beyond its lease, and that another stands in for, nobody can see: no claim is about it.
        beyond = first_us < self._beyond_us
        unseen = self._swapped and beyond
        if self._zero_us is not None and last_us > self._zero_us and not unseen:
            self._break(f"zero was claimed at {self._zero_us} us, and {ua} uA flow on {train.lead} at {last_us} us")
        if beyond:
            return  # a device that does more than it was asked for is not the host's doing; it must only be told
        if train.first_ua + train.second_ua:
            self._break(f"unbalanced on lead {train.lead}: {train.first_ua} and {train.second_ua} uA")
        slack_us = ALONE_US if last_us < self._harmed_us else 0
        if self._silent_us is not None and last_us > self._silent_us + slack_us:
            self._break(f"silent since {self._silent_us} us, and {ua} uA begin on {train.lead} at {last_us} us")
        if train.width_us not in KIND_OF:
            self._contact(ua)
        else:
            self.felt += train.last - train.first
            self._strength(train, ua, first_us, last_us, max(slack_us, FOLLOW_US))

    def _contact(self, ua: int) -> None:
        if ua > 100:
            self._break(f"{ua} uA in a contact test")

    def _strength(self, train: Train, ua: int, first_us: int, last_us: int, slack_us: int) -> None:
        key = (train.lead, KIND_OF[train.width_us])
        while self._past and self._past[0][0] < first_us - LONGEST_US:
            self._past.popleft()
        lately = (was for at_us, of, was in self._past if of == key and at_us >= last_us - slack_us)
        allowed = max((self._ceilings[key], *lately))
        if ua > allowed:
            self._break(f"{ua} uA on {key} at {last_us} us, where at most {allowed} uA were allowed lately")
        self._ups[key] += ua > self._felt[key]
        self._felt[key] = ua
        if self._ups[key] > self.paper.raises[key] or ua > steps_ua(self.paper.raises[key]):
            self._break(f"{key}: {self._ups[key]} steps up at the load, to {ua} uA, by {self.paper.raises[key]} raises")


def order_of(leads: str, minutes: str) -> Order:
    """An order of mode 2/100 on these leads, at most 2 mA each."""
    return read_prescription(Words("2/100", minutes=minutes, leads=tuple(f"{lead}:2mA" for lead in leads))).order
