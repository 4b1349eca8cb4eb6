"""Whether an ea1 device answered as asked: the right kind of device, and every value as ordered."""

from __future__ import annotations

import re
from collections.abc import Callable

from eastim.drivers.ea1 import codec, replies
from eastim.drivers.ea1.codec import LimitsBody, Message, ProgramBody, Request
from eastim.drivers.ea1.program import differences
from eastim.errors import DeviceError, WrongDevice
from eastim.profiles.profile import Profile

# Clauses 4.4 and 1.5: a pulse that has begun is finished, also when the lease ends.
_LONGEST_PULSE_US = 5000


def check_identity(said: replies.Identity, profile: Profile, program: ProgramBody) -> None:
    """Raise WrongDevice unless this is an ea1 that can do what is ordered; whose serial it is, the guard judges."""
    if said.magic != b"EA1!":
        raise WrongDevice(f"the device calls itself {said.magic!r}, not EA1! (4.1); is this the right port?")
    if not re.fullmatch(rb"[A-Za-z0-9-]{1,12}", said.serial):
        raise WrongDevice(f"the device's serial number is {said.serial!r}, must be letters, digits and hyphens (4.1)")
    _check_able(said, profile, program)


def _check_able(said: replies.Identity, profile: Profile, program: ProgramBody) -> None:
    lease_ms = profile.lease_us // 1000
    longest_ms = (profile.autonomous_us - _LONGEST_PULSE_US) // 1000
    kinds = 1 + max(record.kind for record in program.records)
    wants = (
        ("leads", said.leads == len(codec.LEADS), said.leads, str(len(codec.LEADS))),
        ("uA a step", said.level_ua == profile.level_step_ua, said.level_ua, str(profile.level_step_ua)),
        ("kinds", said.kinds >= kinds, said.kinds, f"at least {kinds}"),
        ("sections", said.sections >= len(program.records), said.sections, f"at least {len(program.records)}"),
        ("ms of shortest lease", said.lease_min_ms <= lease_ms, said.lease_min_ms, f"at most {lease_ms}"),
        ("ms of longest lease", said.lease_max_ms <= longest_ms, said.lease_max_ms,
         f"at most {longest_ms}, as profile {profile.name} says"),
    )  # fmt: skip
    for what, good, value, wanted in wants:
        if not good:
            raise WrongDevice(f"the device has {value} {what}, must be {wanted}; give the profile that fits it")


def check_answer(asked: Message, reply: replies.Reply) -> None:
    """Raise DeviceError unless the reply, of the right type, says what was asked."""
    check = _CHECKS.get(asked.type)
    if check is not None:
        check(asked, reply)


def _check_limits(asked: Message, reply: replies.Reply) -> None:
    ordered = LimitsBody.unpack(asked.body)
    if reply != ordered:
        raise DeviceError(f"the device locked other limits: ordered {ordered}, in force {reply}")


def _check_program(asked: Message, reply: replies.Reply) -> None:
    ordered = ProgramBody.unpack(asked.body)
    if not isinstance(reply, replies.Stored):
        raise DeviceError("PROGRAM was not answered with a program")
    found = differences(ordered, reply.body)
    if found:
        parts = "; ".join(f"{one.what}: ordered {one.ordered}, realised {one.realised}" for one in found)
        raise DeviceError(f"the device would play something else: {parts}")
    if reply.hash != ordered.hash:
        raise DeviceError(
            f"the device would play something else: hash of the program: ordered {ordered.hash.hex()}, "
            f"realised {reply.hash.hex()}"
        )


def _check_arm(asked: Message, reply: replies.Reply) -> None:
    if not isinstance(reply, replies.Armed) or codec.arm_body(reply.epoch, reply.hash) != asked.body:
        raise DeviceError(f"ARM was answered with another epoch or hash: {reply}")


def _check_contact(asked: Message, reply: replies.Reply) -> None:
    if not isinstance(reply, replies.Touched) or reply.leads != asked.body[4]:
        raise DeviceError(f"CONTACT on leads {asked.body[4]:04b} was answered with {reply}")


def _check_play(asked: Message, reply: replies.Reply) -> None:
    step, lease_ms = int.from_bytes(asked.body[4:8], "little"), int.from_bytes(asked.body[8:10], "little")
    if not isinstance(reply, replies.Played) or (reply.step, reply.lease_ms) != (step, lease_ms):
        raise DeviceError(f"PLAY, step {step}, lease {lease_ms} ms, was answered with {reply}")


def _check_hush(asked: Message, reply: replies.Reply) -> None:
    step = int.from_bytes(asked.body[4:], "little")
    if not isinstance(reply, replies.Hushed) or reply.step != step:
        raise DeviceError(f"HUSH, step {step}, was answered with {reply}")


_CHECKS: dict[int, Callable[[Message, replies.Reply], None]] = {
    Request.LIMITS: _check_limits,
    Request.PROGRAM: _check_program,
    Request.ARM: _check_arm,
    Request.CONTACT: _check_contact,
    Request.PLAY: _check_play,
    Request.HUSH: _check_hush,
}
