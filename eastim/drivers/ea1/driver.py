"""The driver of wire ea1: a program becomes requests, the device's bytes become events.

Written from docs/wire/ea1.md alone; clauses are its. It serves one connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Literal

from eastim.drivers.base import Answered, DeviceFault, Event, Progress, Quantised, Realised, Slice
from eastim.drivers.ea1 import codec
from eastim.drivers.ea1.check import check_answer, check_identity
from eastim.drivers.ea1.codec import LEADS, LEVEL_UA, Cutter, Message, ProgramBody, Request, request_name
from eastim.drivers.ea1.program import limits_body, program_body
from eastim.drivers.ea1.replies import (
    CODES,
    FAULTS,
    REPLY,
    DeviceState,
    Identity,
    Refusal,
    Report,
    parse,
)
from eastim.errors import Garbled, LimitError, Rejected, WrongDevice
from eastim.frames import Frame
from eastim.profiles.profile import Profile
from eastim.pulses.levels import Levels
from eastim.pulses.program import Program

# The device answers within 5 ms, a contact test within 600 ms (2.5). The rest is for the way through the guard on a
# busy computer: a second asking is harmless (3.2), a hasty one is only noise.
HOST_US = 45_000
ANSWER_US = 5_000 + HOST_US
CONTACT_US = 600_000 + HOST_US
# Clause 4.9. A last lease of exactly the time left would end before the play does, by the 1 ms with which a play starts
# late (5.1) and by the way to the device, and latch the fault LEASE; the device itself never lets one outlive the play.
MIN_LEASE_MS = 200
TAIL_US = 100_000
# Clause 4.8: at most 0.1 mA and 10 pulses a lead.
CONTACT_LEVEL = 10
CONTACT_PULSES = 10


class Ea1Driver:
    """Speak ea1. It keeps what the device said (boot, epoch, state), and no level.

    leads_max: highest strength of each ordered lead in uA; a lead that is not named stays at 0.
    number: of the first request. An earlier session may have ended on a HELLO; the same bytes would be taken for its
    retry and answered with an old epoch (3.2, 3.3), so whoever makes sessions gives each another number.
    """

    strength: Literal["live", "fire", "load"] = "live"

    def __init__(
        self,
        profile: Profile,
        program: Program,
        leads_max: Mapping[str, int],
        session_us: int,
        phase_charge_pc: int,
        number: int = 1,
    ) -> None:
        self._profile = profile
        self._session_us = session_us
        self._limits = limits_body(profile, leads_max, session_us, phase_charge_pc)
        self._use(program)
        self._next_number = number
        self._step = 0
        self._cutter = Cutter()
        self._chunks: deque[bytes] = deque()
        self._events: list[Event] = []
        self._asked: Message | None = None
        self._boot: int | None = None
        self._epoch = 0
        self._armed_epoch: int | None = None
        self._tested_epoch: int | None = None
        self._fault = False

    def _use(self, program: Program) -> None:
        self._program = program
        self._body: ProgramBody = program_body(program)

    # --- what it says -------------------------------------------------------------------------------------------------

    def hello(self) -> Iterator[Frame]:
        """HELLO, CLEAR if a fault was left latched (LIMITS is refused in FAULT, 7), LIMITS."""
        yield self._ask(Request.HELLO, codec.hello_body())
        if self._fault:
            yield self._ask(Request.CLEAR, codec.clear_body(self._epoch))
        yield self._ask(Request.LIMITS, self._limits.pack())

    def load(self, program: Program, levels: Levels) -> Iterator[Frame]:  # noqa: ARG002
        """PROGRAM; it has no strength, so `levels` are not used."""
        self._use(program)
        yield self._ask(Request.PROGRAM, self._body.pack())

    def realised(self, program: Program, levels: Levels) -> Realised:
        """The program as it is (the quantum is 1 us, 4.6), levels rounded down to 10 uA; raises LimitError."""
        program_body(program)
        real = {key: self._level(*key, ua) * LEVEL_UA for key, ua in levels.items()}
        changes = [
            Quantised(f"level of lead {lead}, kind {kind}", f"{ua} uA", f"{real[lead, kind]} uA")
            for (lead, kind), ua in levels.items()
            if ua != real[lead, kind]
        ]
        if program.session_us > self._limits.play_ms * 1000:
            whole = f"{program.session_us} us", f"{self._limits.play_ms * 1000} us"
            changes.append(Quantised("length of the session", *whole))
        return Realised(program, real, tuple(changes))

    def contact(self) -> Iterator[Frame]:
        """CLEAR if a fault is latched; ARM unless still armed (a HUSH leaves it, 4.10); CONTACT unless done since then.

        A pause may come between the two: then the resume finds the device armed, and its leads untested.
        """
        if self._fault:
            yield self._ask(Request.CLEAR, codec.clear_body(self._epoch))
        if self._armed_epoch != self._epoch:
            self._step = 0
            yield self._ask(Request.ARM, codec.arm_body(self._epoch, self._body.hash))
        if self._tested_epoch == self._epoch:
            return
        highest = {LEADS[i]: level for i, level in enumerate(self._limits.max_level) if level > 0}
        level = min(CONTACT_LEVEL, *highest.values())
        body = codec.contact_body(self._epoch, codec.lead_mask(highest), CONTACT_PULSES, level)
        yield self._ask(Request.CONTACT, body, CONTACT_US)

    def slices(self, program: Program, hold: str | None = None) -> Iterator[Slice]:
        """One renewal every `renew_us` of the profile; the slice is the lease it buys, the last ones cut to the end."""
        end_us = min(program.session_us, self._session_us)
        for part, at_us in enumerate(range(0, end_us, self._profile.renew_us)):
            yield Slice(at_us, at_us, min(at_us + self._profile.lease_us, end_us), part, hold)

    def fire(self, slice_: Slice, levels: Levels) -> Iterator[Frame]:
        """PLAY: start, set and renew at once (4.9). Levels not named are 0; strength rounds down."""
        lease_us = min(slice_.ends_us - slice_.start_us + TAIL_US, self._profile.lease_us)
        kinds = self._program.kinds
        hold = None if slice_.hold is None else kinds.index(slice_.hold)
        self._step += 1
        body = codec.play_body(
            self._epoch, self._step, max(MIN_LEASE_MS, -(-lease_us // 1000)), hold, self._levels(levels)
        )
        yield self._ask(Request.PLAY, body)

    def hush(self) -> Iterator[Frame]:
        """HUSH (4.10)."""
        self._step += 1
        yield self._ask(Request.HUSH, codec.hush_body(self._epoch, self._step))

    def poll(self) -> Iterator[Frame]:
        """Nothing: the device reports by itself (6.1)."""
        return iter(())

    def _ask(self, request: Request, body: bytes, within_us: int = ANSWER_US) -> Frame:
        self._asked = Message(request, self._next_number, body)
        self._next_number += 1
        return Frame(codec.encode(self._asked), within_us)

    def _level(self, lead: str, kind: str, ua: int) -> int:
        if lead not in LEADS or kind not in self._program.kinds:
            raise LimitError(f"program {self._program.name} has no kind {kind} on lead {lead}")
        level, highest = ua // LEVEL_UA, self._limits.max_level[LEADS.index(lead)]
        if not 0 <= level <= highest:
            most_ua = highest * LEVEL_UA
            raise LimitError(f"lead {lead}, kind {kind}: {ua} uA, must be 0 to {most_ua} uA, the lead's locked limit")
        return level

    def _levels(self, levels: Levels) -> tuple[tuple[int, int, int, int], ...]:
        # Every level given is looked at, also one that would have no place in the frame: none is dropped unsaid.
        steps = {key: self._level(*key, ua) for key, ua in levels.items()}
        rows = []
        for kind in self._program.kinds:
            a, b, c, d = (steps.get((lead, kind), 0) for lead in LEADS)
            rows.append((a, b, c, d))
        return tuple(rows)

    # --- what it hears ------------------------------------------------------------------------------------------------

    def hear(self, data: bytes) -> tuple[Event, ...]:
        """Take bytes in any cut. Broken chunks are dropped (2.4): the player asks again.

        Raises Garbled for a whole message that is none of the wire, Rejected, WrongDevice, or DeviceError when the
        device would play something else. What stood behind the message that raised is told by the next call.
        """
        self._chunks += self._cutter.feed(data)
        while self._chunks:
            message = codec.decode(self._chunks.popleft())
            if message is not None:
                self._take(message)
        events, self._events = tuple(self._events), []
        return events

    def _take(self, message: Message) -> None:
        reply = parse(message)
        if isinstance(reply, Report):
            self._report(reply)
            return
        asked = self._asked
        if asked is None or asked.number != message.number:
            return  # a second answer to a question that was asked twice
        self._asked = None
        if isinstance(reply, Refusal):
            name = CODES.get(reply.code, f"code {reply.code}")
            raise Rejected(request_name(asked.type), name, reply.detail)
        if message.type != asked.type | REPLY:
            raise Garbled(f"{request_name(asked.type)} was answered by a message of type {message.type:02X}")
        if isinstance(reply, Identity):
            self._identity(reply)
        else:
            check_answer(asked, reply)
        self._note(asked)
        self._events.append(Answered())

    def _identity(self, said: Identity) -> None:
        check_identity(said, self._profile, self._body)
        self._boot, self._epoch = said.boot, said.epoch
        self._fault = said.state == DeviceState.FAULT

    def _note(self, asked: Message) -> None:
        if asked.type == Request.ARM:
            self._armed_epoch = int.from_bytes(asked.body[:4], "little")
        elif asked.type == Request.CONTACT:
            self._tested_epoch = int.from_bytes(asked.body[:4], "little")
        elif asked.type == Request.CLEAR:
            self._fault = False

    def _report(self, report: Report) -> None:
        if self._boot is not None and report.boot != self._boot:
            raise WrongDevice(
                f"the device restarted, or it is another one: its boot id was {self._boot:08X} and is {report.boot:08X}"
            )
        self._epoch = report.epoch
        self._fault = report.fault != 0
        state = report.state
        self._events.append(Progress(state == DeviceState.PLAYING, state == DeviceState.DONE, report.played_us))
        if self._fault:
            self._events.append(DeviceFault(FAULTS.get(report.fault, f"fault {report.fault}")))
