"""The engine in real time: the guard in its own process, the player in a thread, the front end's loop here.

Two loops, two lines. Each beats as the last act of its own completed pass: a loop that hangs falls silent on its line,
and the guard cuts the output 300 ms later (H03).
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from eastim.clock import SystemClock
from eastim.errors import Exit
from eastim.front import Front, Happened
from eastim.player import Player, run_player
from eastim.safety.door_start import GuardHandle, start_guard
from eastim.safety.operator import Operator
from eastim.safety.order import Order
from eastim.treatment.awake import UNHELD, Awake
from eastim.treatment.ending import with_last_word
from eastim.treatment.watch import Watch, carry_out

PASS_MS = 50
GUARD_END_S = 6.0  # how long the guard may take to bring its ledger to disk, with the output long off
BEAT_US = 50_000  # at least; a pass takes at most PASS_MS of waiting, so a beat goes out every 100 ms
AWAKE_AFTER_US = 1_000_000


def run_live(order: Order, player: Player, front: Front, address: str, ledger: Path, session: str) -> dict[str, Any]:
    """Run one session in real time; give the body of its `end`."""
    clock = SystemClock()
    guard = start_guard(order, address, ledger, session)
    thread = threading.Thread(target=run_player, args=(guard.player, clock, player), name="player", daemon=True)
    try:
        with Awake() as awake:
            thread.start()
            end = FrontLoop(guard, front, Watch(str(ledger)), clock, awake).run()
    finally:
        # The player's thread ends with its line; the guard, which closes its ledger meanwhile, by itself.
        guard.operator.close()
        thread.join(1)
        code = guard.wait(GUARD_END_S)
        guard.player.close()
    return with_last_word(end, code)


class FrontLoop:
    """The front end's loop: the guard's messages up to the screen, the operator's acts down to the guard."""

    def __init__(self, guard: GuardHandle, front: Front, watch: Watch, clock: SystemClock, awake: Awake) -> None:
        self._guard, self._front, self._watch, self._clock, self._awake = guard, front, watch, clock, awake
        self._operator = Operator(guard.operator)
        self._began_us = clock.now_us()
        self._beat_us = 0
        self._signals: list[str] = []
        self._said_awake = self._said_late = False

    def run(self) -> dict[str, Any]:
        """Go on until the guard has said `end`, or is gone."""
        with _signals_into(self._signals) as wake_fd:
            while self._watch.end is None:
                self._wait(wake_fd)
                self._pass()
        return self._watch.end

    def _wait(self, wake_fd: int) -> None:
        poll = select.poll()
        for fd in (wake_fd, self._guard.operator.fileno(), *self._front.fds()):
            poll.register(fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(self._wait_ms())}
        if wake_fd in ready:
            _drain(wake_fd)

    def _wait_ms(self) -> int:
        wanted_us = self._front.next_us()
        due_us = None if wanted_us is None else self._watch.engine_us(wanted_us)
        if due_us is None:
            return PASS_MS
        return max(0, min(PASS_MS, -((self._clock.now_us() - due_us) // 1000)))

    def _pass(self) -> None:
        now_us = self._clock.now_us()
        happened = self._watch.hear(self._guard.operator.receive(), now_us)
        if self._guard.operator.closed and self._watch.end is None:
            happened.append(self._watch.guard_lost(now_us))
        elif self._watch.guard_frozen(now_us, self._began_us):
            happened.append(self._watch.guard_lost(now_us, frozen=True))
        happened += self._notices(now_us)
        acts = self._front.pass_(self._watch.session_us(now_us), happened)
        while self._signals:
            self._operator.stop(self._signals.pop())
        for act in acts:
            carry_out(self._operator, act)
        self._guard.operator.flush()
        if now_us - self._beat_us >= BEAT_US:
            self._beat_us = now_us
            self._operator.beat()  # the last act of a completed pass, and only here (H03)

    def _notices(self, now_us: int) -> Iterator[Happened]:
        if self._watch.guard_late(now_us) and not self._said_late:
            self._said_late = True
            self._operator.stop("guard silent")
            yield self._notice("the guard has not answered for half a second: take the leads off", "high", now_us)
        if not self._said_awake and now_us - self._began_us > AWAKE_AFTER_US:
            self._said_awake = True
            if not self._awake.held():
                yield self._notice(UNHELD, "low", now_us)

    def _notice(self, text: str, priority: str, now_us: int) -> Happened:
        return Happened("notice", self._watch.session_us(now_us), {"text": text, "priority": priority})


HANGS_S = 0.5  # ten passes
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)


@contextmanager
def _signals_into(names: list[str]) -> Iterator[int]:
    """Turn stop signals into names in the list and a byte on the yielded fd.

    The loop takes them from the list. Where it hangs (a front end whose stdout is full and not read, say), the next
    signal ends this process at once: the guard cuts at the end of its lines.
    """
    read_fd, write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    unheard_since_s = 0.0

    def note(number: int, _frame: FrameType | None) -> None:
        nonlocal unheard_since_s
        now_s = time.monotonic()
        if not names:
            unheard_since_s = now_s
        elif now_s - unheard_since_s > HANGS_S:
            os._exit(Exit.UNCERTAIN)  # nobody here will hear whether zero is confirmed
        names.append(signal.Signals(number).name.lower())

    old = {number: signal.signal(number, note) for number in STOP_SIGNALS}
    old_fd = signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
    try:
        yield read_fd
    finally:
        signal.set_wakeup_fd(old_fd)
        for number, handler in old.items():
            signal.signal(number, handler)
        os.close(read_fd)
        os.close(write_fd)


def _drain(fd: int) -> None:
    try:
        os.read(fd, 4096)
    except BlockingIOError:
        return
