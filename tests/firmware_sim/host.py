"""A host for these tests, apart from the simulator: messages by hand, COBS from a library, CRC from zlib."""

from __future__ import annotations

import struct
import tomllib
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from cobs import cobs

from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.load import parse_loads
from firmware_sim.simulation import Simulation

BOOT, EPOCH = 0x11223344, 0xA1B2C3D4
VECTORS: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[1] / "wire/vectors/ea1.toml").read_text(encoding="utf-8")
)
FRAMES = {frame["name"]: bytes.fromhex(frame["hex"]) for frame in VECTORS["frame"]}
BODIES = {frame["name"]: bytes.fromhex(frame["body"]) for frame in VECTORS["frame"]}
STOP = bytes.fromhex("00 18 00")
HELLO, LIMITS, PROGRAM, ARM, CONTACT, PLAY, HUSH, CLEAR = range(1, 9)
IDLE, READY, ARMED, PLAYING, DONE, FAULT = range(1, 7)


def frame(kind: int, number: int, body: bytes, version: int = 1) -> bytes:
    """Build one frame by hand (2.2, 2.3)."""
    message = struct.pack("<BBI", version, kind, number) + body
    message += struct.pack("<I", zlib.crc32(message))
    return bytes(cobs.encode(message)) + b"\x00"


@dataclass(frozen=True)
class Said:
    """One message of the device."""

    type: int
    number: int
    body: bytes


def messages(data: bytes) -> list[Said]:
    """Read what a device sent; every frame must be whole and right."""
    found = []
    for chunk in data.split(b"\x00")[:-1]:
        raw = cobs.decode(chunk)
        version, kind, number = struct.unpack_from("<BBI", raw)
        assert version == 1
        assert struct.unpack("<I", raw[-4:])[0] == zlib.crc32(raw[:-4])
        found.append(Said(kind, number, raw[6:-4]))
    return found


@dataclass(frozen=True)
class Kind:
    level: int
    at_level: int
    pulses: int
    felt: int


@dataclass(frozen=True)
class Lead:
    flags: int
    kind: int
    plus_ua: int
    minus_ua: int
    volt_mv: int
    residual_mv: int
    z_ohm: int
    net_pc: int
    peak_ua: int
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Status:
    """A STATUS, cut by the offsets of 6.2 and 6.3."""

    boot: int
    epoch: int
    clock_us: int
    played_us: int
    step: int
    state: int
    fault: int
    cause: int
    flags: int
    block: int
    section: int
    hold: int
    position_us: int
    lease_ms: int
    bad: int
    leads: tuple[Lead, ...]


def status(body: bytes) -> Status:
    """Read a STATUS body."""
    head = struct.unpack_from("<IIQQIBBBBHBBIHBBH", body)
    kinds, size = head[14], 24 + 12 * head[14]
    assert len(body) == 46 + 4 * size
    leads = []
    for at in range(46, len(body), size):
        own = tuple(Kind(*struct.unpack_from("<HHII", body, at + 24 + 12 * k)) for k in range(kinds))
        fields: list[Any] = [*struct.unpack_from("<BBHHHhIqH", body, at), own]
        leads.append(Lead(*fields))
    values: list[Any] = [*head[:14], head[16], tuple(leads)]
    return Status(*values)


def section(
    kind: int, leads: int, width: int, rate: tuple[int, int], count: int, duration: int, gap: int = 0, sign: int = 0
) -> bytes:
    """Build one section record (4.3)."""
    return struct.pack("<BBBBHHIIII", kind, leads, sign, 0, width, gap, rate[0], rate[1], count, duration)


def program(repeats: int, *sections: bytes) -> bytes:
    """Build a PROGRAM body (4.3)."""
    return struct.pack("<HBB", repeats, len(sections), 0) + b"".join(sections)


def play(
    step: int, *levels: tuple[int, int, int, int], lease_ms: int = 500, hold: int = 0xFF, epoch: int = EPOCH
) -> bytes:
    """Build a PLAY body (4.9): the levels of leads A-D for each kind."""
    flat = [level for kind in levels for level in kind]
    return struct.pack(f"<IIHBB{len(flat)}H", epoch, step, lease_ms, hold, len(levels), *flat)


DENSE_DISPERSE = program(300, section(0, 3, 600, (2, 1), 6, 3_000_000), section(1, 3, 200, (100, 1), 300, 3_000_000))


class Host:
    """A device in virtual time, with its boot id and epoch fixed, and what it said."""

    def __init__(self, load: str = "needle", faults: str = "", vary_epoch: bool = False) -> None:
        self.drawn = [BOOT]
        self.vary_epoch = vary_epoch
        self.device = Ea1Device(parse_loads(load), draw=self._draw)
        self.simulation = Simulation(self.device)
        self.number = 0
        self.step = 0
        self.statuses: list[Status] = []
        if faults:
            self.simulation.begin(faults)

    def _draw(self) -> int:
        value = self.drawn[0] if len(self.drawn) == 1 else (EPOCH + len(self.drawn) if self.vary_epoch else EPOCH)
        self.drawn.append(value)
        return value

    @property
    def now_us(self) -> int:
        return self.simulation.now_us

    def send(self, data: bytes) -> list[Said]:
        """Send bytes now; returns the replies, keeps the statuses."""
        self.simulation.receive(data)
        return self._sort(self.simulation.take())

    def run(self, to_us: int) -> list[Said]:
        """Let time pass; returns the replies that came meanwhile."""
        return self._sort(self.simulation.run_to(to_us))

    def _sort(self, frames: list[bytes]) -> list[Said]:
        heard = messages(b"".join(frames))
        self.statuses += [status(said.body) for said in heard if said.type == 0xC0]
        return [said for said in heard if said.type != 0xC0]

    def ask(self, kind: int, body: bytes) -> Said:
        """Send one request; returns its reply."""
        self.number += 1
        (reply,) = self.send(frame(kind, self.number, body))
        assert reply.number == self.number
        return reply

    def refused(self, kind: int, body: bytes) -> tuple[int, int]:
        """Send one request that must be refused; returns code and detail (7)."""
        reply = self.ask(kind, body)
        assert reply.type == 0xFF
        assert reply.body[0] == kind
        code, detail = struct.unpack_from("<BI", reply.body, 1)
        return int(code), int(detail)

    def arm(
        self, body: bytes = DENSE_DISPERSE, limits: tuple[int, ...] = (2000, 2000, 2000, 2000, 0xFFFFFFFF, 4294967)
    ) -> None:
        """Bring the device from any state but PLAYING to ARMED."""
        assert self.ask(HELLO, b"EA1?").type == 0x81
        assert self.ask(LIMITS, struct.pack("<HHHHII", *limits)).type == 0x82
        self.hash = self.ask(PROGRAM, body).body[:8]
        assert self.ask(ARM, struct.pack("<I", self.device.epoch) + self.hash).type == 0x84
        self.step = 0

    def play(self, *levels: tuple[int, int, int, int], lease_ms: int = 500, hold: int = 0xFF) -> Said:
        """Send the next PLAY."""
        self.step += 1
        return self.ask(PLAY, play(self.step, *levels, lease_ms=lease_ms, hold=hold, epoch=self.device.epoch))

    def keep(self, to_us: int, *levels: tuple[int, int, int, int], hold: int = 0xFF) -> None:
        """Renew every 250 ms up to a moment."""
        while self.now_us < to_us:
            assert self.play(*levels, hold=hold).type == 0x86
            self.run(min(to_us, self.now_us + 250_000))

    def hush(self) -> Said:
        """Send the next HUSH."""
        self.step += 1
        return self.ask(HUSH, struct.pack("<II", self.device.epoch, self.step))

    def report(self) -> Status:
        """Return the next periodic STATUS."""
        self.statuses.clear()
        self.run(self.now_us - self.now_us % 100_000 + 100_000)
        return self.statuses[-1]

    def edges(self, lead: str, since_us: int = 0) -> list[tuple[int, int]]:
        """Return the changes of current at one load up to now."""
        return [(t, ua) for t, own, ua in self.device.scope.edges(since_us, self.now_us) if own == lead]


def onsets(edges: list[tuple[int, int]]) -> list[int]:
    """Return when pulses begin: each change away from 0 uA after a 0 (gapless pulses)."""
    found, before = [], 0
    for t_us, ua in edges:
        if before == 0 and ua != 0:
            found.append(t_us)
        before = ua
    return found


def charge_pc(edges: list[tuple[int, int]]) -> int:
    """Return the net charge of a trace that ends at 0 uA."""
    return sum(ua * (end - start) for (start, ua), (end, _) in pairwise(edges))


def playing(load: str = "600", body: bytes = DENSE_DISPERSE) -> Host:
    """Bring a device to the very PLAY that starts it, sent at 0 us: it plays from 1000 us on."""
    host = Host(load)
    host.arm(body)
    return host


# 3 s of 100 Hz on A and B, 200 us a phase; and 1 mA on both.
DENSE = program(1, section(0, 3, 200, (100, 1), 300, 3_000_000))
UP = (100, 100, 0, 0)
