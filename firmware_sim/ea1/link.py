"""The link of the device: chunks to messages, numbers, retries and refusals (sections 2, 3 and 7 of the manual)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from firmware_sim.ea1 import grammar, requests
from firmware_sim.ea1.refusal import Code, Refuse
from firmware_sim.ea1.state import BODY_BYTES, LATCHED_REFUSES, REFUSED, REPLY, TAKEN_IN, VOID_BY_EPOCH, State, Type

if TYPE_CHECKING:
    from firmware_sim.ea1.firmware import Ea1Device


class Link:
    """Hears bytes, has the device do what they ask, and answers; remembers the last request and its answer (3.2)."""

    def __init__(self, device: Ea1Device) -> None:
        self._device = device
        self._receiver = grammar.Receiver()
        self._dropped = 0
        self._last = -1  # 3.2 (manual): before the first request any number is larger than the last
        self._last_raw = b""
        self._last_answer = b""

    def bad(self, now_us: int) -> int:
        """Return how many chunks were dropped since boot (6.2)."""
        self._receiver.tick(now_us)
        return self._dropped + self._receiver.torn

    def hear(self, data: bytes, now_us: int) -> None:
        """Take bytes read at a moment and do what they ask, in order."""
        line = self._device.line
        for chunk in self._receiver.take(line.bytes_in(data, now_us), now_us):
            for arrived in line.chunk(chunk, now_us):
                self.chunk(arrived)

    def chunk(self, chunk: bytes) -> None:
        """Take one chunk and do what it asks."""
        if chunk == grammar.STOP_CHUNK:
            self._device.stop()  # 2.6: never refused
            return
        message = grammar.read(chunk)
        if message is None:
            self._dropped += 1  # 2.4: dropped whole, without answer
        elif message.raw == self._last_raw:
            self._device.send(self._last_answer)  # 3.2: not run again; nothing yet while its contact test runs
        else:
            self._answer(message)

    def _answer(self, message: grammar.Message) -> None:
        """Run one new request, answer it, then tell a change of state (6.1)."""
        try:
            body = self._run(message)
            answer = b"" if body is None else grammar.frame(message.type | REPLY, message.number, body)
        except Refuse as refused:
            body = struct.pack("<BBI", message.type, refused.code, refused.detail)
            answer = grammar.frame(REFUSED, message.number, body)
        if message.number > self._last or message.type == Type.HELLO:  # 3.3, 7: a refused one is the last, too
            self._last, self._last_raw, self._last_answer = message.number, message.raw, answer
        self._device.send(answer)
        self._device.tell_change()

    def answer_contact(self, number: int, body: bytes) -> None:
        """Send the late reply of a contact test (4.8)."""
        answer = grammar.frame(Type.CONTACT | REPLY, number, body)
        if number == self._last:
            self._last_answer = answer
        self._device.send(answer)

    def _run(self, message: grammar.Message) -> bytes | None:
        """Check in the order of section 7, then run; raises Refuse."""
        if message.type not in Type.__members__.values():
            raise Refuse(Code.TYPE, 0)
        kind = Type(message.type)
        if message.version != grammar.VERSION:
            raise Refuse(Code.VERSION, grammar.VERSION)
        if kind is not Type.HELLO and message.number <= self._last:
            raise Refuse(Code.SEQUENCE, self._last)
        self._check_length(kind, message.body)
        self._check_state(kind, message.body)
        if kind in VOID_BY_EPOCH and struct.unpack_from("<I", message.body)[0] != self._device.epoch:
            raise Refuse(Code.EPOCH, self._device.epoch)
        if kind is Type.CONTACT:
            requests.contact(self._device, message.body, message.number)
            return None
        return requests.RUN[kind](self._device, message.body)

    @staticmethod
    def _check_length(kind: Type, body: bytes) -> None:
        expected = BODY_BYTES.get(kind, 0)
        if len(body) != expected if expected else not requests.length_holds(kind, body):
            raise Refuse(Code.LENGTH, expected)

    def _check_state(self, kind: Type, body: bytes) -> None:
        device = self._device
        if device.contact is not None:
            raise Refuse(Code.BUSY, 0)
        if device.state is State.FAULT and kind in LATCHED_REFUSES:
            raise Refuse(Code.FAULT_LATCHED, device.fault)
        if device.state not in TAKEN_IN[kind]:
            raise Refuse(Code.STATE, device.state)
        if kind is Type.PROGRAM and not device.session.locked:
            raise Refuse(Code.STATE, device.state)
        if kind is Type.CONTACT and requests.tested_before(device, body):
            raise Refuse(Code.STATE, device.state)
