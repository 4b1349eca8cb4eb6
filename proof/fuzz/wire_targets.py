"""Bytes of the wire, both ways, at all three readings of the manual: the guard's reader, the driver, the device."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from eastim.drivers.base import DeviceFault
from eastim.errors import DeviceError, Refused
from eastim.frames import Frame
from eastim.safety.readers.base import Output, Run
from firmware_sim.ea1.firmware import Ea1Device
from proof.fuzz.moment import Moment
from proof.fuzz.target import Broken, Target, framed, printable, unframed
from tests.drivers import ea1_wire
from tests.safety import ea1_states as states
from tests.safety import ea1_words as words

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
    before = states.READER.output(shadow)
    for piece in (frame[: len(frame) // 2], frame[len(frame) // 2 :]):
        shadow, statuses = states.READER.heard(shadow, piece, _NOW_US)
        for status in statuses:
            printable(status.device, status.disagreement, *status.faults, status.hold or "")
    after = states.READER.output(shadow)
    more = [] if after == before else list(_more(before, after))
    if more:
        raise Broken(f"what the device said made the guard believe in more output: {more[:3]}")


def _more(before: Output, after: Output) -> Iterator[str]:
    """What of an output was not there before: another train, a stronger one, a longer lease."""
    known: dict[object, int] = {}
    for run in before.runs:
        known[_train(run)] = max(known.get(_train(run), 0), _peak_ua(run))
    for run in after.runs:
        if _peak_ua(run) > known.get(_train(run), 0):
            yield f"{run}"
    if after.runs and after.ends_us > before.ends_us:
        yield f"it ends at {after.ends_us} us, not {before.ends_us} us"
    if abs(after.rest_ua) > abs(before.rest_ua):
        yield f"{after.rest_ua} uA between pulses"


def _train(run: Run) -> tuple[object, ...]:
    return run.lead, run.onset_us, run.period_us, run.count, tuple(width for _, width in run.phases)


def _peak_ua(run: Run) -> int:
    return max((abs(int(ua)) for ua, _ in run.phases), default=0)


DRIVERS = (Moment(ea1_wire.driver()), Moment(ea1_wire.ready()))


def driver(data: bytes) -> None:
    """The device's bytes at the driver: events, or a DeviceError (Garbled, Rejected, WrongDevice)."""
    one = DRIVERS[data[0] % 2 if data else 0].again()
    next(one.poll(), None)
    try:
        for event in one.hear(framed(data[1:])):
            printable(event.what if isinstance(event, DeviceFault) else "")
    except DeviceError as error:
        printable(str(error))


# One session of the manual's vectors: greeted, locked, loaded; armed; playing 0.1 mA on lead A for 500 ms.
_SESSION = tuple(
    ea1_wire.framed(kind, number, body)
    for number, (kind, body) in enumerate(
        ((1, b"EA1?"), (2, words.limits()), (3, words.PROGRAM), (4, words.arm()), (6, words.play(1, 10, 10))), 1
    )
)
_ARMED, _PLAYING = 4, 5
# How long it is left alone then: one that plays until shortly before its second pulse, which comes 501 ms after PLAY.
_ALONE_US, _PLAYS_US = 10_000, 460_000
# How much of it the device has been told, by the first byte: the quick states more often.
_TOLD = (*(0,) * 6, *(1,) * 5, 3, 3, 4, 4, 5, 5)
# At a device that plays: the next PLAY, twice as strong.
_LOUDER = bytes([len(_TOLD) - 1]) + unframed(ea1_wire.framed(6, 6, words.play(2, 20, 20)))
# What the locked limits let through, A to D, in uA: nothing of what is sent may be above it. Unarmed: nothing at all.
_LOCKED_UA, _UNARMED_UA = (2000, 2000, 0, 0), (0, 0, 0, 0)


def device_told(told: int) -> Ea1Device:
    """Give a device that has been told so many frames of the session, and was left alone then."""
    one = Ea1Device(draw=_epoch)
    for frame in _SESSION[:told]:
        one.receive(frame, one.now_us)
    one.run_to(one.now_us + (_PLAYS_US if told == _PLAYING else _ALONE_US))
    one.take()
    return one


def _epoch() -> int:
    return words.EPOCH


DEVICES = {told: Moment(device_told(told)) for told in set(_TOLD)}


def device(data: bytes) -> None:
    """Anybody's bytes at the simulated device and 60 ms after them: never more current than it is locked to.

    Unarmed: none. Its boot id and epoch are always those of the vectors, so their frames fit.
    """
    told = _TOLD[data[0] % len(_TOLD)] if data else 0
    one = DEVICES[told].again()
    one.receive(framed(data[1:]), one.now_us)
    one.run_to(one.now_us + 60_000)
    most = _LOCKED_UA if told >= _ARMED else _UNARMED_UA
    for lead, most_ua in zip(one.stage.leads, most, strict=True):
        if lead.measured.peak_ua > most_ua:
            raise Broken(f"{lead.measured.peak_ua} uA came out where {most_ua} uA may")
    vars(one).clear()  # its parts name one another: else they wait for the collector, which walks through all of them


TARGETS = (
    Target("frames", asked, seeds(len(_SHADOWS)), _LONGEST),
    Target("answers", heard, seeds(len(_SHADOWS)), _LONGEST),
    Target("driver", driver, seeds(2), _LONGEST),
    Target("device", device, (*seeds(len(_TOLD)), _LOUDER), _LONGEST),
)
