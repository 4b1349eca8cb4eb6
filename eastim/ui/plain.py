"""The plain front end: single keys in, one sentence per change out. Works on any terminal, and without one."""

from __future__ import annotations

from collections import deque
from typing import TextIO

from eastim.front import Act, Happened
from eastim.ui.keys import STOP_KEYS, Keys
from eastim.ui.sentences import sentence, strengths, time_left, tripped

HELP = "Keys: Enter begins; a-d choose the lead; + - one step; k hold; p pause; space, 0, s, Ctrl-C, Ctrl-Z stop."
BENCH = "Use bench: is a phantom connected, and no living thing? Press y if so."
# A held key repeats first after 0.25 to 0.7 s, then far faster than anybody presses. Faster than QUICK is held or
# pasted; and what comes within PRESS of the + before may be the first repeat, so it has no second step left.
QUICK_US = 400_000
PRESS_US = 800_000
STEPS_OF_A_PRESS = 2
SAY_LEFT_US = 30_000_000
LAST_MINUTE_US = 60_000_000
# For so long after a key, each change of the sounding kind is said: the operator is setting strengths.
TITRATING_US = 30_000_000


class PlainFront:
    """Keys to acts, happenings to sentences."""

    def __init__(self, stdin: int, out: TextIO, leads: tuple[str, ...]) -> None:
        self._keys, self._out, self._leads = Keys(stdin), out, leads
        self._lead = leads[0]
        self._state, self._use, self._kind, self._held = "OFF", "human", "", ""
        self._bench = self._stopping = self._stopped = False
        self._clears = True
        self._left_us: int | None = None
        self._said_left_us: int | None = None
        self._key_us = 0
        self._plus_us = -PRESS_US
        self._steps = 0
        self._say(HELP)

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        for event in happened:
            self._see(event)
        keys = deque(self._keys.take())
        acts: list[Act] = []
        while keys:
            act = self._press(keys.popleft(), now_us)
            if act is not None:
                acts.append(act)
        if self._keys.closed and not self._stopping:
            self._stopping = True
            acts.append(Act("stop", {"source": "stdin closed"}))
        # A stop voids what was pressed before it in the same moment, and all that is pressed after it.
        stops = [act for act in acts if act.name == "stop"]
        self._stopped = self._stopped or bool(stops)
        return stops if self._stopped else acts

    def fds(self) -> list[int]:
        return [] if self._keys.closed else [self._keys.fd]

    def next_us(self) -> int | None:
        return None

    def close(self) -> None:
        self._keys.restore()

    # --- what happened ------------------------------------------------------------------------------------------------

    def _see(self, event: Happened) -> None:
        said = sentence(event)
        if event.name == "state":
            self._state, self._use = str(event.body.get("state")), str(event.body.get("use"))
            if self._state == "TRIPPED":
                said = tripped(event.body, clears=self._clears)
            said = self._entered(said, event.at_us)
        elif event.name == "section":
            self._kind = str(event.body.get("kind") or "")
            said = said if event.at_us - self._key_us < TITRATING_US else None
        elif event.name == "trip":
            self._clears = event.body.get("clears") != "never"
        elif event.name == "hold":
            self._held = str(event.body.get("kind") or "")
        elif event.name == "status":
            said = self._status(event)
        if said is not None:
            self._say(said if event.name != "level" or self._left_us is None else f"{said} {self._left()}")

    def _entered(self, said: str | None, at_us: int) -> str | None:
        if self._state == "SAFE" and self._use == "bench" and not self._bench:
            return f"{said} {BENCH}"
        if self._state == "LIVE":
            self._key_us = at_us
            return f"{said} Lead {self._lead} is chosen; + raises it one step."
        return said

    def _status(self, event: Happened) -> str | None:
        """Every half minute, and once when the last minute begins, the time left and the strengths."""
        if self._state != "LIVE":
            return None
        self._left_us = left_us = int(event.body.get("left_us", 0))
        before_us = self._said_left_us
        begins_last = before_us is not None and before_us > LAST_MINUTE_US >= left_us
        if before_us is None or before_us - left_us >= SAY_LEFT_US or begins_last:
            self._said_left_us = left_us
            last = "The last minute. " if begins_last else ""
            return f"{last}{self._left()} {strengths(event.body.get('levels', {}))}."
        return None

    def _left(self) -> str:
        return "" if self._left_us is None else f"{time_left(self._left_us)}."

    def _say(self, text: str) -> None:
        try:
            self._out.write(text + "\n")
            self._out.flush()
        except (BrokenPipeError, ValueError, OSError):
            self._keys.closed = True  # nobody reads any more: then nobody watches the session

    # --- what is pressed ----------------------------------------------------------------------------------------------

    def _press(self, key: str, now_us: int) -> Act | None:
        if key in STOP_KEYS:
            return Act("stop", {"source": "operator"})
        self._key_us = now_us
        match key:
            case "\r" | "\n":
                return self._go()
            case "+":
                return self._plus(now_us)
            case "-":
                return Act("lower", {"lead": self._lead, "kind": None})
            case "a" | "b" | "c" | "d":
                self._choose(key.upper())
            case "k":
                return self._hold()
            case "p":
                return {"LIVE": Act("pause"), "PAUSED": Act("resume")}.get(self._state)
            case "y" if self._state == "SAFE" and self._use == "bench":
                self._bench = True
                self._say("Confirmed: no living thing is connected. Press Enter to begin.")
        return None

    def _go(self) -> Act | None:
        """Enter: the operator's go, or after a trip its acknowledgement."""
        if self._state == "SAFE" and self._use == "bench" and not self._bench:
            self._say(BENCH)
            return None
        if self._state == "PAUSED":
            self._say("The session is paused; press p to resume.")
        return {"SAFE": Act("arm"), "TRIPPED": Act("clear")}.get(self._state)

    def _plus(self, now_us: int) -> Act | None:
        pressed_us, self._plus_us = self._plus_us, now_us
        gap_us = now_us - pressed_us
        self._steps = self._steps + 1 if gap_us < QUICK_US else 2 if gap_us < PRESS_US else 1
        if self._steps <= STEPS_OF_A_PRESS:
            return Act("raise", {"lead": self._lead, "kind": None})
        if self._steps == STEPS_OF_A_PRESS + 1:
            self._say("Not raised further: let go of +, feel the step, then press again.")
        return None

    def _choose(self, lead: str) -> None:
        if lead in self._leads:
            self._lead = lead
            self._say(f"Lead {lead} is chosen.")
        else:
            self._say(f"There is no lead {lead} in this order; there are {', '.join(self._leads)}.")

    def _hold(self) -> Act | None:
        if self._held:
            return Act("hold", {"kind": None})
        return Act("hold", {"kind": self._kind}) if self._kind else None
