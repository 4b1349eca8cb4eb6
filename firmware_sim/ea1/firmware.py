"""The ea1 device, sans I/O: bytes and the time in, bytes and the current at the loads out.

It moves by time, not by questions: `run_to` brings it to a moment, `receive` hands it bytes at one.
Its clauses are those of docs/wire/ea1.md.
"""

from __future__ import annotations

import random
import re
import struct
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from firmware_sim.ea1 import grammar, status
from firmware_sim.ea1.leak import Leak
from firmware_sim.ea1.link import Link
from firmware_sim.ea1.output import Stage
from firmware_sim.ea1.program import Program
from firmware_sim.ea1.session import Session
from firmware_sim.ea1.state import AFTER_STOP, STATUS, Fault, State
from firmware_sim.ea1.timer import LEAD_IN_US, Contact, Levels, Playing, Stuck
from firmware_sim.faults import WRONG_SERIAL, Active
from firmware_sim.line_noise import Line
from firmware_sim.load import Load, parse_loads
from firmware_sim.scope import Scope

MOST_STOPS: Final = 1000


class Ea1Device:
    """One stimulator. Times are the simulator's us since its start; the device's own clock starts at each boot.

    stops: when stops reached it, obeyed or not, in the world's time; the last `MOST_STOPS` of them.
    """

    def __init__(
        self,
        loads: dict[str, Load] | None = None,
        *,
        serial: str = "EA1-000001",
        draw: Callable[[], int] | None = None,
        faults: Active | None = None,
        scope: Scope | None = None,
        now_us: int = 0,
    ) -> None:
        if not re.fullmatch(r"[A-Za-z0-9-]{1,12}", serial):
            raise ValueError(f"serial '{serial[:40]}' is not 1 to 12 letters, digits and hyphens (4.1)")
        self._serial = serial
        self.draw = draw or (lambda: random.SystemRandom().randrange(1, 1 << 32))
        self.faults = faults or Active()
        self.scope = scope or Scope()
        self.stage = Stage(loads or parse_loads("needle"), self.scope, self.faults)
        self.leak = Leak(self.stage, self.faults)
        self.line = Line(self.faults)
        self.now_us = now_us
        self.stops: deque[int] = deque(maxlen=MOST_STOPS)
        self._out: list[tuple[int, bytes]] = []
        self.reboot()

    def reboot(self, keep_output: bool = False) -> None:
        """Boot: silent, all forgotten (1.4), another boot id and epoch (3.4, 3.5), the clock again from 0.

        keep_output: the stage goes on as before (fault `reboot-with-output`).
        """
        by = partial(self.faults.count, "reboot-with-output")
        kept = self.playing.stuck(by) if keep_output and self.playing is not None else None
        self.boot_us = self.now_us
        self.boot, self.epoch = self.draw(), self.draw()
        self.state, self.fault = State.IDLE, Fault.NONE
        self.session = Session()
        self.playing: Playing | None = None
        self.contact: Contact | None = None
        self.stuck: Stuck | None = kept
        self._said = b""
        self._changed = self._stopped = False
        self._statuses = 0
        self._next_status_us = self.boot_us + status.EVERY_US  # 6.1 (manual): the first comes 100 ms after boot
        self.stage.reset()
        self.leak.forgive(self.now_us)
        self.link = Link(self)

    # -- time and bytes -----------------------------------------------------------------------------------------

    def receive(self, data: bytes, now_us: int) -> None:
        """Read bytes that arrived at a moment (not before the last one)."""
        self.run_to(now_us)
        self.link.hear(data, self.now_us)
        self.look()

    def take(self) -> list[tuple[int, bytes]]:
        """Return what was sent since the last call, as (us, the bytes of one frame)."""
        sent, self._out = self._out, []
        return sent

    def send(self, frame: bytes) -> None:
        """Put one frame on the line, through whatever is wrong with it."""
        if frame:
            self._out += [(self.now_us, arrived) for arrived in self.line.frame(frame, self.now_us)]

    def run_to(self, to_us: int, first: bool = False) -> None:
        """Let time pass up to a moment; with `first`, only up to the first microsecond at which something is sent."""
        while True:
            self._advance(max(self.now_us, min(self.next_us(), to_us)))
            self._due()
            next_us = self.next_us()
            if next_us > to_us and self.now_us >= to_us:
                return
            if first and self._out and next_us > self.now_us:
                return

    def next_us(self) -> int:
        """Return the next moment at which the device does something by itself that is more than a pulse."""
        at = min(self._next_status_us, self.line.next_us())
        if self.playing is not None:
            at = min(at, self.playing.until_us)
        if self.contact is not None:
            at = min(at, self.contact.end_us)
        if self._stopped and self.stuck is None and not self.leak.flows:
            at = min(at, max(self.now_us, self.stage.busy_until_us))
        if self.fault is Fault.NONE and self.leak.flows:
            at = min(at, self.leak.latches_us)
        if self.stage.weak:  # then the tenth odd pulse latches at its very end (6.6)
            at = min([at, *(flight.end_us for flight in self.stage.flights)])
            if self.playing is not None:
                at = min(at, max(self.now_us + 1, self.playing.next_onset_us()))
        return at

    def _advance(self, to_us: int) -> None:
        for source in (self.playing, self.contact, self.stuck):
            if source is not None:
                source.advance(to_us)
        self.stage.settle(to_us)
        self.now_us = to_us
        self.look()

    def _due(self) -> None:
        """Do what this moment asks for."""
        if self.playing is not None:
            if self.playing.lease_end_us <= self.now_us < self.playing.end_us:
                self.faults.acts("lease-dead")
            if self.now_us >= self.playing.end_us:  # 5.2; the lease never reaches over it (5.5)
                self._end_playing()
                self._enter(State.DONE)
            elif self.now_us >= self.playing.until_us:
                self._latch(Fault.LEASE)
        if self.contact is not None and self.now_us >= self.contact.end_us:
            self._end_contact(self.contact)
        if self.stage.unbalanced:
            self.stage.forget_odd()
            self._latch(Fault.BALANCE)
        if self.fault is Fault.NONE and self.leak.flows and self.now_us >= self.leak.latches_us:
            self._latch(Fault.OUTPUT)
        self.tell_change()
        if self._stopped and self._at_zero():
            self._stopped = False
            self._status(status.STOPPED)
        if self.now_us >= self._next_status_us:
            self._next_status_us += status.EVERY_US
            self._status(status.PERIODIC)
        for chunk in self.line.to_device(self.now_us):
            self.link.chunk(chunk)
        self._out += [(self.now_us, frame) for frame in self.line.to_host(self.now_us)]

    # -- the stop -----------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop: no further pulse begins, levels 0, a new epoch (2.6, 5.7). A BREAK does the same."""
        self.stops.append(self.scope.drift.world(self.now_us))
        if self.faults.acts("deaf") or self.faults.acts("wedge"):
            return
        if not self.faults.on("stuck-on"):
            self.stuck = None
        self.epoch = self.draw()
        self.contact = None  # ends without reply
        self._end_playing()
        self._enter(AFTER_STOP[self.state])
        self._stopped = not self._at_zero()
        if not self._stopped:
            self._changed = False  # the one STATUS tells both
            self._status(status.STOPPED)
        self.tell_change()

    # -- what requests do ---------------------------------------------------------------------------------------

    def new_session(self) -> None:
        """Forget the session before (4.1); a latched fault stays."""
        self.epoch = self.draw()
        self.session = Session()
        self.stage.new_session()
        if self.state is not State.FAULT:
            self._enter(State.IDLE)

    def load(self, program: Program) -> None:
        """Store a program (4.3)."""
        self.session.load(program)
        self.stage.new_program(program.kinds)
        self._enter(State.READY)

    def arm(self) -> None:
        """Arm: levels 0, step 0 (4.7)."""
        self.session.arm()
        self.stage.silence(self.now_us)
        self._enter(State.ARMED)

    def begin_contact(self, mask: int, pulses: int, level: int, number: int) -> None:
        """Begin a contact test; `number` is that of its request (4.8)."""
        self.session.contacted |= mask
        self.contact = Contact(self.stage, mask, pulses, level, self.now_us, number)

    def play(self, step: int, lease_ms: int, hold: int, levels: Levels) -> int:
        """Start, or set and renew; returns the section (4.9)."""
        self.session.step, self.session.contact_over = step, True
        if self.playing is None:
            # 5.1: 1000 us from now, or from the end of a pulse that is still being finished.
            start_us = max(self.now_us, self.stage.busy_until_us) + LEAD_IN_US
            by = partial(self.faults.count, "rate-fast")
            self.playing = Playing(self.session.loaded(), self.stage, start_us, self.session.left_us(), by)
            self.stuck = None  # (assumed) a stuck stage obeys again while it plays
            self._enter(State.PLAYING)
            self.follow_faults()
        self.playing.renew(self.now_us, levels, hold, lease_ms)
        return self.playing.section

    def hush(self, step: int) -> None:
        """Fall silent, stay armed (4.10)."""
        self.session.step = step
        self._end_playing()
        self._enter(State.ARMED)

    def follow_faults(self) -> None:
        """Let the stage and the lease be as the faults that are on have them."""
        on = self.faults.on
        self.stage.weak = on("unbalanced")
        self.stage.drive = (50 if on("brown-out") else 100) * (2 if on("twice") or on("level-lie") else 1)
        sense = 0 if on("measured-zero") else 200 if on("measured-double") else 100
        for lead in self.stage.leads:
            lead.sense = sense // 2 if on("level-lie") or on("measured-low") else sense
        if self.playing is not None:
            self.playing.lease_dead = on("lease-dead")
            self.playing.run_fast(on("rate-fast"))
        self.look()

    def clear_fault(self) -> None:
        """Clear a latched fault (4.11)."""
        self.fault = Fault.NONE
        self.leak.forgive(self.now_us)
        self._enter(State.READY if self.session.program is not None else State.IDLE)

    def answered_serial(self) -> bytes:
        """Return the serial number IDENTITY answers (4.1)."""
        return (WRONG_SERIAL if self.faults.acts("wrong-serial") else self._serial).encode("ascii")

    @property
    def quiet(self) -> bool:
        """Say whether it neither plays nor tests and the stage is at zero (6.2)."""
        return self.playing is None and self.contact is None and self._at_zero()

    # -- inside -------------------------------------------------------------------------------------------------

    def _at_zero(self) -> bool:
        # A stuck stage still drives its train: it is not at zero, between two pulses neither.
        return self.stage.busy_until_us <= self.now_us and self.stuck is None and not self.leak.flows

    def look(self) -> None:
        """Look whether current leaks now, where there should be none (6.6)."""
        resting = self.playing is None and self.contact is None and self.stage.busy_until_us <= self.now_us
        self.leak.watch(self.now_us, resting)

    def _enter(self, state: State) -> None:
        self._changed = self._changed or state is not self.state
        self.state = state

    def tell_change(self) -> None:
        """Send a STATUS if the state has changed since the last call (6.1)."""
        if self._changed:
            self._changed = False
            self._status(status.CHANGE)

    def _end_playing(self) -> None:
        """End playing now: no further pulse, levels 0; one under way is finished (1.5)."""
        if self.playing is not None:
            self.session.played_us += self.playing.played_us(self.now_us)
            self.session.blocks += self.playing.blocks
            by = partial(self.faults.count, "stuck-on")
            self.stuck = self.playing.stuck(by) if self.faults.on("stuck-on") else None
            self.playing = None
        self.stage.silence(self.now_us)

    def _end_contact(self, contact: Contact) -> None:
        self.contact = None
        z = [contact.z_ohm(lead) for lead in self.stage.leads]
        self.link.answer_contact(contact.number, struct.pack("<B3x4I", contact.mask, *z))

    def _latch(self, fault: Fault) -> None:
        """Latch a fault: silent, a new epoch (3.4); the first one stays."""
        self._end_playing()
        self.contact = None
        if self.fault is Fault.NONE:
            self.fault = fault
            self.epoch = self.draw()
        self._enter(State.FAULT)

    def _status(self, cause: int) -> None:
        self._statuses += 1
        if not (self._said and self.faults.acts("frozen-status")):
            self._said = self._body(cause)
        self.send(grammar.frame(STATUS, self._statuses, self._said))

    def _body(self, cause: int) -> bytes:
        head = status.head(self, cause)
        body = status.body(head, self.stage.leads)
        if self.faults.on("count-off"):
            off = status.body(head, self.stage.leads, 1)
            if off != body:
                self.faults.count("count-off")
            return off
        return body
