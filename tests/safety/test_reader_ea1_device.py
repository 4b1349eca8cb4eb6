"""The reader beside the simulated device: chance asks, the door admits, the scope judges.

Neither knows the other; both were written from the manual. Whatever chance does, what the reader admits the device does
not refuse, every status agrees, and no current flows at the load that the reader did not show beforehand.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest
from cobs import cobs

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.safety.readers.base import Output
from eastim.safety.readers.ea1_parts.shadow import Ask
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.load import parse_load, parse_loads
from tests.safety import ea1_words as words
from tests.safety.ea1_states import READER
from tests.safety.ea1_words import HASH, PROGRAM, frame

HELLO, LIMITS, LOAD, ARM, CONTACT, PLAY, HUSH, CLEAR = range(1, 9)
REFUSED = 0xFF
STOP = bytes.fromhex("001800")
PULSE_US = 5100  # a pulse that has begun is finished, and a PLAY acts after 100 us (1.5, 5.3)


class Table:
    """The device, the reader and chance at one table."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.device = Ea1Device(parse_loads("600"))
        self.shadow = READER.blank()
        self.now_us = 0
        self.refusals: set[tuple[str, int]] = set()  # request, code (7)
        self.disagreements: list[str] = []
        self.shown: list[tuple[int, Output]] = []  # with the moment until which it was shown
        self.admitted = dict.fromkeys(range(1, 9), 0)

    def hear(self, for_us: int) -> None:
        """Let time pass up to each word of the device, and hear it at its own moment."""
        end_us = self.now_us + for_us
        while self.now_us < end_us:
            since_us = self.now_us
            self.device.run_to(end_us, True)
            said = self.device.take()
            self.now_us = min(self.device.now_us, end_us) if said else end_us
            self._look(since_us)
            for _, data in said:
                self._take(data)

    def _take(self, data: bytes) -> None:
        message = cobs.decode(data[:-1])
        if message[1] == REFUSED:
            self.refusals.add((Ask(message[6]).name, message[7]))
        self.shadow, statuses = READER.heard(self.shadow, data, self.now_us)
        self.disagreements += [status.disagreement for status in statuses if not status.agrees]

    def _look(self, since_us: int) -> None:
        """No current at the load above what was shown, the pulse that has begun apart (1.5, 5.3)."""
        self.shown = [row for row in self.shown if row[0] >= since_us - PULSE_US]
        outputs = (READER.output(self.shadow), READER.contact(self.shadow))
        self.shown += [(self.now_us, output) for output in outputs if output.runs]
        for t_us, lead, ua in self.device.scope.edges(since_us + 1, self.now_us):
            fits = [out for until_us, out in self.shown if t_us <= min(until_us + PULSE_US, out.ends_us)]
            most_ua = max((abs(run.phases[0][0]) for out in fits for run in out.runs if run.lead == lead), default=0)
            assert abs(ua) <= most_ua, f"{ua} uA on {lead} at {t_us} us, shown {most_ua} uA"

    def ask(self, kind: int, body: bytes) -> bool:
        """Send one request if the reader admits it."""
        number = self.shadow.number + self.chance.randrange(1, 4)
        try:
            self.shadow = READER.sent(self.shadow, frame(kind, number, body), self.now_us)
        except Refused:
            return False
        self.admitted[kind] += 1
        self.device.receive(self.shadow.last, self.now_us)
        return True

    def stop(self) -> None:
        self.shadow = READER.stopped(self.shadow, self.now_us)
        self.device.receive(STOP, self.now_us)

    def again(self) -> None:
        if self.shadow.last:
            self.shadow = READER.sent(self.shadow, Frame(self.shadow.last, 5000), self.now_us)
            self.device.receive(self.shadow.last, self.now_us)

    def act(self) -> None:
        """One act of chance: mostly what a driver would do, sometimes what it would not."""
        chance, epoch, step = self.chance, self.shadow.epoch, self.shadow.step + 1
        levels = (chance.choice((0, 1, 50, 200, 201)), chance.choice((0, 5, 200)))
        hold, lease_ms = chance.choice((0xFF, 0xFF, 0, 1, 2)), chance.choice((199, 200, 500, 500, 2000))
        bought = words.play(step, *levels, epoch=epoch, hold=hold, lease_ms=lease_ms)
        acts: list[tuple[int, Callable[[], object]]] = [
            (1, lambda: self.ask(HELLO, b"EA1?")),
            (2, lambda: self.ask(LIMITS, words.limits())),
            (2, lambda: self.ask(LOAD, PROGRAM)),
            (4, lambda: self.ask(ARM, words.arm(epoch, HASH))),
            (
                2,
                lambda: self.ask(CONTACT, words.contact(chance.randrange(1, 16), chance.randrange(1, 11), epoch=epoch)),
            ),
            (16, lambda: self.ask(PLAY, bought)),
            (2, lambda: self.ask(HUSH, words.hush(step, epoch))),
            (1, self.stop),
            (2, self.again),
            (1, lambda: self._hang("open")),
            (2, lambda: self._hang("600")),
        ]
        if self.device.fault:
            acts.append((20, lambda: self.ask(CLEAR, struct.pack("<I", epoch))))
        chance.choices([act for _, act in acts], [weight for weight, _ in acts])[0]()

    def _hang(self, load: str) -> None:
        self.device.stage.leads[self.chance.randrange(4)].load = parse_load(load)


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("seed", range(24))
def test_reader_and_device_agree_whatever_chance_asks(seed: int) -> None:
    table = Table(seed)
    for kind, body in ((HELLO, b"EA1?"), (LIMITS, words.limits()), (LOAD, PROGRAM)):
        assert table.ask(kind, body)
        table.hear(10_000)
    for _ in range(400):
        table.act()
        table.hear(table.chance.choice((0, 1, 3000, 20_000, 150_000, 600_000)))

    # HUSH and CLEAR lower, or change nothing: the door lets them out though the device may refuse them.
    assert {code for code in table.refusals if code[0] not in ("HUSH", "CLEAR")} == set()
    assert table.disagreements == []
    assert min(table.admitted[kind] for kind in (HELLO, ARM, PLAY, HUSH)) > 0


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("seed", range(8))
def test_what_the_reader_admits_of_garbled_requests_the_device_takes(seed: int) -> None:
    """Right frames around wrong bodies: whatever gets past the reader is no surprise to the device, nor its answer."""
    table = Table(seed)
    for kind, body in ((HELLO, b"EA1?"), (LIMITS, words.limits()), (LOAD, PROGRAM)):
        assert table.ask(kind, body)
        table.hear(10_000)
    chance, past = table.chance, 0
    for _ in range(300):
        table.act()
        table.hear(chance.choice((1, 3000, 20_000)))
        epoch, step = table.shadow.epoch, table.shadow.step + 1
        kind, body = chance.choice(
            (
                (LIMITS, words.limits()),
                (LOAD, PROGRAM),
                (ARM, words.arm(epoch, HASH)),
                (CONTACT, words.contact(3, 5, epoch=epoch)),
                (PLAY, words.play(step, 10, 5, epoch=epoch)),
            )
        )
        garbled = bytearray(body)
        garbled[chance.randrange(len(garbled))] ^= 1 << chance.randrange(8)
        past += table.ask(kind, bytes(garbled))
        table.hear(10_000)

    assert past > 0
    assert {code for code in table.refusals if code[0] not in ("HUSH", "CLEAR")} == set()
    assert table.disagreements == []
