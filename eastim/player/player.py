"""The player: what the guard tells it becomes what it asks for, one request at a time.

Sans-I/O: messages of the player's line in, messages out; `loop` drives it. It plays the ceilings that the guard tells
it, lowers at once when told, and never goes up by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from eastim.drivers.base import Answered, DeviceFault, Driver, Event, Progress, Slice
from eastim.errors import AskedError, EastimError, Rejected
from eastim.frames import Frame
from eastim.player.deadlines import NEVER_US, Deadlines
from eastim.pulses.levels import Levels
from eastim.pulses.program import Program

Words = tuple[str, dict[str, Any], bytes]

TRIES = 5  # asked once, and up to four times again: 250 ms, within which a device that reports must have answered
# A board that restarts when its port is opened is deaf for a second or two; nothing is on yet, so there is time.
STARTUP_TRIES = 60
CHECK_THE_PORT = "check that this is the device's port, its cable, and that it is switched on"
REFUSALS = 3
# What was refused is asked anew at once, for it may have crossed a lower; from then on only after so long: a device
# that was reset, or is another, says so in its next report, within 100 ms, and the guard names that cause. A lower must
# be followed within 250 ms.
AGAIN_US = 150_000
PLAYS = frozenset({"ARMED", "LIVE"})
WAITS = frozenset({"OFF", "SAFE"})


class Player:
    """One session's player. Plays devices whose strength acts at any time ("live").

    zero: every (lead, kind) at level 0, with which each play begins. over: the guard has ended the session.
    """

    def __init__(self, driver: Driver, program: Program, zero: Levels) -> None:
        if driver.strength != "live":
            raise AskedError(f"this player plays devices of strength live, not {driver.strength}; use another profile")
        self._driver, self._program = driver, program
        self._zero: Levels = dict(zero)
        self._levels: Levels = dict(zero)
        self._hold: str | None = None
        self._state = "OFF"
        self._job = ""
        self._walk: Iterator[Frame] | None = None
        self._open: Frame | None = None
        self._asked_us = self._now_us = 0
        self._tries = self._refusals = 0
        self._again_us = 0
        self._loaded = self._ready = self._stopped = self._rest = False
        self._report = Progress(playing=False, ended=False, played_us=0)
        self._fault = False
        self._deadlines: Deadlines | None = None
        self._slice: Slice | None = None
        self._fired: tuple[Levels, str | None] | None = None
        self._outbox: list[Words] = []
        self.over = False

    def step(self, now_us: int, inbox: Sequence[Words]) -> list[Words]:
        """Take what the guard said; give what to say to it. The beat is the caller's, after the pass."""
        self._now_us, self._rest, self._outbox = now_us, False, []
        for name, body, data in inbox:
            self._take(name, body, data)
        self._ask_again()
        while self._may_ask() and self._advance():
            pass
        return self._outbox

    def next_us(self) -> int:
        """When `step` wants to run again, if nothing is heard before."""
        if self._stopped or self.over:
            return NEVER_US
        if self._open is not None:
            return self._asked_us + (self._open.within_us or 0)
        if self._rest or self._now_us < self._again_us:
            return max(self._now_us, self._again_us)
        return self._deadlines.due_us if self._deadlines is not None and self._may_fire() else NEVER_US

    # --- what it is told ----------------------------------------------------------------------------------------------

    def _take(self, name: str, body: dict[str, Any], data: bytes) -> None:
        if name == "set":
            self._set(body)
        elif name == "heard":
            self._hear(data)
        elif name == "refused":
            self._no(f"the guard refused a frame: {body['reason']}")
        elif name == "end":
            self.over = True
            self._drop()

    def _set(self, body: dict[str, Any]) -> None:
        was, self._state = self._state, body["state"]
        self._levels = {**self._zero, **{(lead, kind): ua for lead, kind, ua in body["levels"]}}
        self._hold = body["hold"]
        if self._job == "startup" and self._state in WAITS | PLAYS:
            return  # the last answer of the load may still be on its way when the guard has already seen its effect
        if self._state != was:
            self._again_us = 0
        if self._state in PLAYS and was in PLAYS:
            return
        if self._state in PLAYS | {"PAUSED"}:
            # What is open stays open until it is answered: one at a time; then comes the hush, or the new play.
            self._walk = self._fired = None
        else:
            self._drop()  # the guard has cut, which voids every request
        if self._state != "PAUSED":
            self._ready, self._deadlines = False, None

    def _hear(self, data: bytes) -> None:
        try:
            for event in self._driver.hear(data):
                self._event(event)
        except Rejected as error:
            if self._job == "startup":
                self._stop(str(error))
            elif self._report.ended or self._state not in PLAYS | {"PAUSED"}:
                self._drop()  # asked before the device's own end, or the guard's cut, was known here
            else:
                self._no(str(error))
        except EastimError as error:
            self._stop(str(error))

    def _event(self, event: Event) -> None:
        match event:
            case Answered():
                self._open = None
                self._tries = self._refusals = self._again_us = 0
            case Progress():
                self._report, self._fault = event, False
                if self._deadlines is not None and event.playing:
                    self._deadlines.heard(self._now_us, event.played_us)
            case DeviceFault():
                self._fault = True

    def _no(self, reason: str) -> None:
        """Drop what was refused. If the session is still live, the next pass asks anew, with the newest levels."""
        if self._job == "hush":
            self._deadlines = None  # not asked again: the guard cuts when silence does not come
        self._drop()
        self._rest = True
        self._refusals += 1
        self._again_us = self._now_us + (AGAIN_US if self._refusals > 1 else 0)
        if self._refusals == REFUSALS:
            self._stop(f"{REFUSALS} refusals in a row; the last: {reason}")

    def _stop(self, reason: str) -> None:
        """Give up, once: a device may answer each stop with what is one more reason to stop."""
        self._drop()
        if self._stopped:
            return
        self._stopped = True
        self._outbox.append(("stop", {"source": f"player: {reason}"}, b""))

    def _drop(self) -> None:
        self._walk = self._open = self._fired = None
        self._job, self._tries = "", 0

    # --- what it asks for ---------------------------------------------------------------------------------------------

    def _may_ask(self) -> bool:
        rests = self._rest or self._now_us < self._again_us
        return self._open is None and not (self._stopped or self.over or rests)

    def _ask_again(self) -> None:
        """Repeat an unanswered request byte for byte. The device may have done it: what is newer waits for its answer.

        Where the guard lets the repeat no longer pass (its levels were lowered), it refuses it, and `_no` asks anew.
        """
        frame = self._open
        if frame is None or self._now_us < self._asked_us + (frame.within_us or 0):
            return
        if self._job == "startup" and self._tries == STARTUP_TRIES:
            self._stop(f"no answer to {self._tries} askings; {CHECK_THE_PORT}")
        elif self._job != "startup" and self._tries == TRIES:
            self._stop(f"no answer to {self._tries} askings")
        else:
            self._ask(frame)

    def _ask(self, frame: Frame) -> None:
        self._outbox.append(("ask", {"within_us": frame.within_us}, frame.data))
        if frame.within_us is not None:
            self._open, self._asked_us = frame, self._now_us
            self._tries += 1

    def _advance(self) -> bool:
        """Take the next frame of what is being done, or begin the next thing; False when there is nothing to do."""
        if self._walk is None:
            self._walk = self._begin()
        if self._walk is None:
            return False
        try:
            frame = next(self._walk, None)
        except EastimError as error:
            self._stop(str(error))
            return False
        if frame is None:
            self._finish()
        else:
            self._ask(frame)
        return True

    def _begin(self) -> Iterator[Frame] | None:
        if not self._loaded:
            if self._state not in WAITS:
                return None
            self._job = "startup"
            return chain(self._driver.hello(), self._driver.load(self._program, self._zero))
        if self._state == "PAUSED" and self._deadlines is not None:
            self._job = "hush"
            return self._driver.hush()
        if self._state in PLAYS:
            if not self._ready:
                self._job = "contact"
                return self._driver.contact()
            if self._may_fire():
                return self._fire()
        return None

    def _may_fire(self) -> bool:
        return self._state in PLAYS and self._ready and not (self._report.ended or self._fault)

    def _fire(self) -> Iterator[Frame] | None:
        """Begin a play at zero; then renew at each deadline, and at once when levels or hold are new."""
        levels = self._levels
        if self._deadlines is None:
            levels = self._zero
            self._deadlines = Deadlines(self._driver, self._program, self._hold, self._now_us, self._report.played_us)
        elif self._deadlines.held != self._hold:
            self._deadlines.hold(self._hold)
        taken = self._deadlines.take(self._now_us)
        self._slice = taken or self._slice
        if self._slice is None or (taken is None and self._fired == (levels, self._hold)):
            return None
        self._job, self._fired = "fire", (levels, self._hold)
        return self._driver.fire(self._slice, levels)

    def _finish(self) -> None:
        self._loaded = self._loaded or self._job == "startup"
        self._ready = self._ready or self._job == "contact"
        if self._job == "hush":
            self._deadlines = None
        self._walk, self._job = None, ""
