"""What both engines share: session time, the guard's messages as happenings, the operator's acts as words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eastim.errors import Exit
from eastim.front import Act, Happened
from eastim.safety.line import Message
from eastim.safety.operator import Operator
from eastim.treatment.ending import NEVER_STARTED, unguarded_end

TICK_OVERDUE_US = 500_000
"""The guard ticks every 100 ms from its first word on; five in a row missing is no hiccup (H42)."""

FROZEN_US = 10_000_000
"""A guard that has not ticked for so long is given up: the device's own lease has ended the output long before."""

STARTS_US = 20_000_000
"""A guard that has not said a word by then will not; it has opened no port, or its device's lease has long run out."""

COUNTS = ("pulses", "pulses_felt", "net_charge_pc", "peak_ua")
LOST = "the guard is gone, so zero is not confirmed: take the leads off"
FROZEN = "the guard has not answered for 10 s, so zero is not confirmed: take the leads off"
NEVER_AWAKE = "the guard has not said a word in 20 s, so zero is not confirmed: take the leads off"


class Watch:
    """Follow one session from the guard's messages.

    Session time is 0 until the session first is LIVE, and then the time since, pauses included: one axis for every
    event and for the `at_us` of commands. (How long was stimulated is the device's count, `elapsed_us`.)
    """

    def __init__(self, ledger: str) -> None:
        self._ledger = ledger
        self._began_us: int | None = None
        self._ticked_us: int | None = None  # before its first word the guard is starting, which takes up to STARTS_US
        self._counted: dict[str, Any] = {}
        self.state = "OFF"
        self.end: dict[str, Any] | None = None

    def session_us(self, now_us: int) -> int:
        return 0 if self._began_us is None else now_us - self._began_us

    def engine_us(self, session_us: int) -> int | None:
        """The engine's clock at a session time; None while the session has not begun."""
        return None if self._began_us is None else self._began_us + session_us

    def hear(self, messages: Sequence[Message], now_us: int) -> list[Happened]:
        """Turn what the guard said into happenings; its ticks stay here."""
        happened = []
        for message in messages:
            # Its first word says that it runs by now; from then on only its ticks do, which come by its own deadlines.
            if message.name == "tick" or self._ticked_us is None:
                self._ticked_us = now_us
            if message.name != "tick":
                happened.append(self._happening(message, now_us))
        return happened

    def _happening(self, message: Message, now_us: int) -> Happened:
        name, body = message.name, dict(message.body)
        if name == "state":
            self.state = str(body["state"])
            if self.state == "LIVE" and self._began_us is None:
                self._began_us = now_us
        if name == "status":
            self._counted = {field: body[field] for field in COUNTS if field in body}
        if name == "failed":
            return self.fail(str(body["error"]), Exit(body["exit"]), now_us, ledger=None)
        if name == "end":
            body |= {"ledger": self._ledger, "error": None}
            self.end = body
        return Happened(name, self.session_us(now_us), body)

    def fail(
        self, error: str, exit_: Exit, now_us: int, *, ledger: str | None, reason: str = NEVER_STARTED
    ) -> Happened:
        """End the session without the guard's own word for it."""
        elapsed_us = self.session_us(now_us)
        self.end = unguarded_end(error, exit_, reason=reason, elapsed_us=elapsed_us, ledger=ledger)
        return Happened("end", elapsed_us, self.end)

    def guard_lost(self, now_us: int, *, frozen: bool = False) -> Happened:
        """The guard is gone without a word, or frozen. Nobody else may touch the port: the device's own lease ends it.

        A guard that wakes after all finds its lines closed, and cuts.
        """
        still = NEVER_AWAKE if self._ticked_us is None else FROZEN
        error, reason = (still, "guard frozen") if frozen else (LOST, "guard gone")
        happened = self.fail(error, Exit.UNCERTAIN, now_us, ledger=self._ledger, reason=reason)
        # What the device had last counted by then; the lease may have let a little more through.
        self.end = {**happened.body, **self._counted}
        return Happened("end", happened.at_us, self.end)

    def guard_late(self, now_us: int) -> bool:
        return self._overdue(now_us, TICK_OVERDUE_US)

    def guard_frozen(self, now_us: int, begun_us: int) -> bool:
        """Whether to give the guard up. begun_us: when it was started."""
        if self._ticked_us is None:
            return self.end is None and now_us - begun_us > STARTS_US
        return self._overdue(now_us, FROZEN_US)

    def _overdue(self, now_us: int, us: int) -> bool:
        return self.end is None and self._ticked_us is not None and now_us - self._ticked_us > us


def carry_out(operator: Operator, act: Act) -> None:
    """Say one act of the operator to the guard, which alone decides what comes of it."""
    lead, kind = act.body.get("lead"), act.body.get("kind")
    if act.name == "raise":
        operator.raise_(str(lead), kind)
    elif act.name == "lower":
        operator.lower(str(lead), kind)
    elif act.name == "hold":
        operator.hold(kind)
    elif act.name == "stop":
        operator.stop(str(act.body.get("source", "operator")))
    elif act.name in ("arm", "pause", "resume", "clear"):
        getattr(operator, act.name)()
    else:
        raise ValueError(f"no act {act.name!r}")
