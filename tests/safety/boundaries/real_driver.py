"""A real driver, a polite device, and the guard's reader and judge between them: what is refused of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from eastim.drivers.base import Slice
from eastim.drivers.registry import make_driver
from eastim.errors import Refused
from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.pulses.levels import Levels
from eastim.pulses.modes import load_mode
from eastim.safety.holds import differs
from eastim.safety.interlock import State
from eastim.safety.judge import Allowed, judge, judge_locks
from eastim.safety.judge_runs import SILENCE, silent
from eastim.safety.limits import Use, envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.registry import make_reader
from tests.drivers.ea1_wire import framed, identity, opened

PROFILE = load_profile("ea1")


def answer(frame: bytes, state: int = 1) -> bytes:
    """What a device of the manual answers to a request that it does; state: in which a HELLO finds it."""
    kind, number, body = opened(frame)
    if kind == 1:
        return identity(number, state)
    bodies = {
        2: body, 3: hashlib.sha256(body).digest()[:8] + body, 4: body, 5: body[4:5] + bytes(19),
        6: body[4:10] + bytes(2), 7: body[4:8], 8: b"",
    }  # fmt: skip
    return framed(kind | 0x80, number, bodies[kind])


class Treatment:
    """One order through the driver; every frame is read, judged and answered. refusals: what was refused, and why.

    Time stands still but where a test moves `now_us`: a lease that has ended is another test's matter.
    """

    def __init__(self, mode: str, leads: str, max_ua: int, use: Use = "human", session_us: int = 12_000_000) -> None:
        program = load_mode(mode).program(tuple(leads), session_us)
        limits = envelope(use, "needle")
        rows = tuple(LeadOrder(lead, (), max_ua) for lead in leads)
        self.order = Order(program, rows, limits, use, program.session_us, "ea1")
        charge_pc = limits.get("phase_charge_pc")
        self.driver = make_driver(PROFILE, program, dict.fromkeys(leads, max_ua), program.session_us, charge_pc)
        self.reader = make_reader(self.order)
        self.shadow = self.reader.blank()
        self.now_us = 0
        self.refusals: list[str] = []
        self.sent: list[tuple[int, bytes]] = []
        self.found_in = 1  # IDLE
        self.state, self.judging = State.SAFE, True
        self.ceilings: Levels = {}
        self.holds: tuple[str, ...] = ()

    def levels(self, ua: int) -> dict[tuple[str, str], int]:
        return {(lead, kind): ua for lead in self.order.program.leads for kind in self.order.kinds}

    def say(self, frames: Iterable[Frame]) -> None:
        """Let the driver say something, frame by frame."""
        for frame in frames:
            why = self._door(frame)
            if why:
                self.refusals.append(why)
                return
            kind, _, body = opened(frame.data)
            self.sent.append((kind, body))
            reply = answer(frame.data, self.found_in)
            self.shadow, _ = self.reader.heard(self.shadow, reply, self.now_us)
            self.driver.hear(reply)

    def _door(self, frame: Frame) -> str:
        """As the guard looks at a frame; "" when it is written."""
        try:
            sent = self.reader.sent(self.shadow, frame, self.now_us)
        except Refused as refused:
            return str(refused)
        before, after = self.reader.output(self.shadow), self.reader.output(self.reader.settled(sent))
        contact, asked = self.reader.contact(sent), self.reader.asked(sent)
        left_us = self.order.session_us
        allowed = Allowed(self.order, PROFILE, self.ceilings, self.state, left_us, self.holds)
        if not self.judging:
            self.shadow = sent
            return ""
        reason = judge_locks(self.reader.locks(sent), self.order).reason
        reason = reason or judge(before, after, contact if contact.runs else SILENCE, allowed, self.now_us).reason
        if self.state is State.LIVE and not silent(asked, self.now_us):
            reason = reason or differs(asked, self.order.program, next(iter(self.holds), None))
        self.shadow = self.shadow if reason else sent
        return reason

    # --- stories ------------------------------------------------------------------------------------------------------

    def armed(self) -> Treatment:
        self.say(self.driver.hello())
        self.say(self.driver.load(self.order.program, self.levels(0)))
        self.state = State.ARMED
        self.say(self.driver.contact())
        return self

    def live(self) -> Treatment:
        self.armed().fire(0)
        self.state = State.LIVE
        return self

    def fire(self, ua: int, hold: str | None = None, of: Slice | None = None) -> None:
        """Play every lead and kind at this strength, which is the ceiling, too."""
        self.play(self.levels(ua), hold, of)

    def play(self, levels: Levels, hold: str | None = None, of: Slice | None = None) -> None:
        self.ceilings, self.holds = levels, () if hold is None else (hold,)
        slice_ = of or next(iter(self.driver.slices(self.order.program, hold)))
        self.say(self.driver.fire(slice_, self.ceilings))
