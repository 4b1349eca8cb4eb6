"""Bytes of the wire, both ways, at all three readings of the manual: the guard's reader, the driver, the device."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from dataclasses import is_dataclass
from pathlib import Path
from random import Random

from eastim.drivers.base import DeviceFault
from eastim.errors import DeviceError, Refused
from eastim.frames import Frame
from firmware_sim.ea1.firmware import Ea1Device
from proof.fuzz.target import Broken, Target, framed, printable, unframed
from tests.drivers import ea1_wire
from tests.safety import ea1_states as states

_VECTORS = tomllib.loads((Path(__file__).parents[2] / "tests/wire/vectors/ea1.toml").read_text("utf-8"))["frame"]
FRAMES = [bytes.fromhex(frame["hex"]) for frame in _VECTORS]
_SHADOWS = (
    states.READER.blank(), states.GREETED, states.LOCKED, states.LOADED, states.ARMED, states.TESTED, states.PLAYING,
    states.RAISED, states.STOPPED,
)  # fmt: skip
_NOW_US = 50_000
# Both choices, and two chunks, each with its 00 and a byte more than the 520 that any end of the wire reads (2.4).
_LONGEST = 2 + 2 * (521 + 1)


def seeds(choices: int) -> tuple[bytes, ...]:
    """Every vector of the manual, whole and opened, in every state."""
    whole = [b"\0" + frame for frame in FRAMES]
    opened = [unframed(frame) for frame in FRAMES if frame.endswith(b"\0") and len(frame) > 10]
    return tuple(bytes([choice]) + data for choice in range(choices) for data in (*whole, *opened))


def asked(data: bytes) -> None:
    """The player's frame at the guard: understood, or Refused; and what is understood can be judged."""
    shadow = _SHADOWS[data[0] % len(_SHADOWS)] if data else _SHADOWS[0]
    frame = framed(data[1:])
    if not frame:  # a Frame has at least one byte; a message without is no message of the player's line
        return
    try:
        after = states.READER.sent(shadow, Frame(frame, 5000), _NOW_US)
    except Refused as refused:
        printable(str(refused))
        return
    states.READER.output(states.READER.settled(after))
    states.READER.locks(after)
    states.READER.contact(after)


def heard(data: bytes) -> None:
    """The device's bytes at the guard, in two pieces: never an error, and never more output than before."""
    shadow = _SHADOWS[data[0] % len(_SHADOWS)] if data else _SHADOWS[0]
    frame = framed(data[1:])
    before = _strongest(shadow)
    for piece in (frame[: len(frame) // 2], frame[len(frame) // 2 :]):
        shadow, statuses = states.READER.heard(shadow, piece, _NOW_US)
        for status in statuses:
            printable(status.device, status.disagreement, *status.faults, status.hold or "")
    if _strongest(shadow) > before:
        raise Broken("what the device said made the guard believe in more output")


def _strongest(shadow: object) -> int:
    runs = states.READER.output(shadow).runs  # type: ignore[arg-type]
    return max((abs(int(ua)) for run in runs for ua, _ in run.phases), default=0)


_DRIVERS = (ea1_wire.driver(), ea1_wire.ready())
# A driver changes none of its frozen parts: they are shared by all copies of it, and all else is each one's own.
_FROZEN = {id(part): part for one in _DRIVERS for part in vars(one).values() if is_dataclass(part)}


def driver(data: bytes) -> None:
    """The device's bytes at the driver: events, or a DeviceError (Garbled, Rejected, WrongDevice)."""
    one = deepcopy(_DRIVERS[data[0] % 2 if data else 0], dict(_FROZEN))
    next(one.poll(), None)
    try:
        for event in one.hear(framed(data[1:])):
            printable(event.what if isinstance(event, DeviceFault) else "")
    except DeviceError as error:
        printable(str(error))


_DRAW = Random()
_HELLO = ea1_wire.framed(1, 1, b"EA1?")


def _drawn() -> int:
    return _DRAW.randrange(1, 1 << 32)


def device(data: bytes) -> None:
    """Anybody's bytes at the simulated device, and 100 ms after them: never an error, and no current unarmed."""
    one = Ea1Device(draw=_drawn)
    if data and data[0] % 2:
        one.receive(_HELLO, one.now_us)
        one.run_to(10_000)
        one.take()
    one.receive(framed(data[1:]), one.now_us)
    one.run_to(one.now_us + 100_000)
    if any(lead.measured.peak_ua for lead in one.stage.leads):
        raise Broken("current out of one frame")


TARGETS = (
    Target("frames", asked, seeds(len(_SHADOWS)), _LONGEST),
    Target("answers", heard, seeds(len(_SHADOWS)), _LONGEST),
    Target("driver", driver, seeds(2), _LONGEST),
    Target("device", device, seeds(2), _LONGEST),
)
