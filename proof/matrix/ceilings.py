"""What the operator has allowed, counted anew from the ledger: the raises, and everything that takes them away."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from eastim.ledger_verify import LedgerRecord
from proof.asked import Act, Asked
from proof.matrix.evidence import CONTACT_UA, CONTACT_US, FOLLOW_US, PULSE_US, STEP_UA, Breach, Late


@dataclass(frozen=True, slots=True)
class Allowed:
    """One ceiling of a (lead, kind), from a raise to the last moment at which it may still be heard."""

    lead: str
    kind: str
    ua: int
    from_us: int
    until_us: int


class Ceilings:
    """Count what is allowed, record by record.

    late: how long after a cut the output may go on. asked: the operator's raises; one on record that nobody asked for
    allows nothing. within_us: how long after its act a record may come.
    """

    def __init__(self, late: Late, asked: Sequence[Act], within_us: int = 0) -> None:
        self._late = late
        self._acts, self._asked = deque(asked), Asked(within_us)
        self._now: dict[tuple[str, str], tuple[int, int]] = {}  # uA, since when
        self.past: list[Allowed] = []
        self.tests: list[tuple[int, int]] = []  # when a contact test may sound
        self.breaches: list[Breach] = []
        self._raised: dict[int, tuple[str, str]] = {}
        self._void_us: int | None = None
        self._armed_us: int | None = None

    def read(self, records: Sequence[LedgerRecord], rebooted_us: int | None) -> None:
        """Take all records; a device that boots is silent, whatever was allowed, until the operator arms again."""
        for record in records:
            if rebooted_us is not None and record.t_us > rebooted_us and self._void_us is None:
                self._void_us = rebooted_us
                self._zero(rebooted_us, PULSE_US)
            self._take(record)
        self._zero(1 << 62, 0)

    def most_ua(self, lead: str, kind: str, t_us: int) -> int:
        """The highest strength that may sound at a moment."""
        if kind == "contact":
            return CONTACT_UA if any(from_us <= t_us < until_us for from_us, until_us in self.tests) else 0
        fits = (a.ua for a in self.past if (a.lead, a.kind) == (lead, kind) and a.from_us <= t_us < a.until_us)
        return max(fits, default=0)

    def once_ua(self, lead: str, kind: str, t_us: int) -> int:
        """The highest strength that was ever allowed until a moment."""
        if kind == "contact":
            return CONTACT_UA if any(from_us <= t_us for from_us, _ in self.tests) else 0
        fits = (a.ua for a in self.past if (a.lead, a.kind) == (lead, kind) and a.from_us <= t_us)
        return max(fits, default=0)

    def _take(self, record: LedgerRecord) -> None:
        body, t_us = record.body, record.t_us
        if record.type == "raise":
            self._raise(record)
        elif record.type == "void" and body["n"] in self._raised:
            key = self._raised[body["n"]]
            self._set(key, self._ua(key) - STEP_UA, t_us, 0)
        elif record.type == "lower":
            self._lower(record)
        elif record.type in ("stop", "trip"):
            self._zero(t_us, self._late.us(t_us))
        elif record.type == "pause":
            self._zero(t_us, self._follow_us(t_us))
        elif record.type == "state":
            self._state(body["state"], t_us)
        elif record.type in ("arm", "resume"):
            self._zero(t_us, self._late.us(t_us))
            self._void_us = self._void_us if record.type == "resume" or self._void_us is None else 1 << 62

    def _state(self, state: str, t_us: int) -> None:
        """A contact test may sound while ARMED, and may end by itself in a pause."""
        if state == "ARMED":
            self._armed_us = t_us
        elif self._armed_us is not None:
            more_us = CONTACT_US if state == "PAUSED" else 0
            self.tests.append((self._armed_us, t_us + self._late.us(t_us, more_us) + more_us))
            self._armed_us = None

    def _raise(self, record: LedgerRecord) -> None:
        body = record.body
        key = (body["lead"], body["kind"])
        # A device that booted is at zero before the guard can know of it: the record says what the guard knew.
        counts = self._void_us is None or self._void_us == 1 << 62
        stood_ua = self._ua(key) if counts else body["from_ua"]
        if body["from_ua"] != stood_ua or body["to_ua"] - body["from_ua"] > STEP_UA:
            text = f"a raise of {key} from {body['from_ua']} to {body['to_ua']} uA; it stood at {stood_ua} uA"
            self.breaches.append(Breach("envelope", record.t_us, text))
        if not self._is_asked(record.t_us, *key):
            text = f"a raise of {key} at {record.t_us} us that nobody asked for"
            self.breaches.append(Breach("envelope", record.t_us, text))
        elif counts:
            self._raised[record.n] = key
            self._set(key, self._ua(key) + STEP_UA, record.t_us, 0)

    def _is_asked(self, at_us: int, lead: str, kind: str) -> bool:
        while self._acts and self._acts[0].at_us <= at_us:
            act = self._acts.popleft()
            self._asked.say(act.at_us, act.lead, act.kind)
        return self._asked.take(at_us, lead, kind)

    def _follow_us(self, t_us: int) -> int:
        """A lower or a pause at this moment: the player may follow it, or else it is cut."""
        return FOLLOW_US + self._late.us(t_us, FOLLOW_US)

    def _lower(self, record: LedgerRecord) -> None:
        body = record.body
        for key in list(self._now):
            if body["lead"] in (None, key[0]) and body["kind"] in (None, key[1]):
                to_ua = 0 if "fault" in body else self._ua(key) - STEP_UA
                self._set(key, max(0, to_ua), record.t_us, self._follow_us(record.t_us))

    def _ua(self, key: tuple[str, str]) -> int:
        return self._now.get(key, (0, 0))[0]

    def _set(self, key: tuple[str, str], ua: int, t_us: int, late_us: int) -> None:
        was_ua, since_us = self._now.get(key, (0, t_us))
        if was_ua:
            self.past.append(Allowed(*key, was_ua, since_us, t_us + late_us))
        self._now[key] = (ua, t_us)

    def _zero(self, t_us: int, late_us: int) -> None:
        for key in list(self._now):
            self._set(key, 0, t_us, late_us)
