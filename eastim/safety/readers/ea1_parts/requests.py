"""What the door admits: the requests of clause 4, each against what the device holds. All else raises Refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from operator import gt
from typing import NoReturn

from eastim.errors import Refused
from eastim.profiles.profile import Profile
from eastim.safety.changed import replace
from eastim.safety.readers.ea1_parts.block import LEADS, LEVEL_UA, block_hash, parse_block
from eastim.safety.readers.ea1_parts.framing import MAX_CHUNK, Message, frame_of, message_of
from eastim.safety.readers.ea1_parts.shadow import Ask, ContactTest, Is, Loaded, Locked, Play, Question, Shadow, Wanted

_STOP_CHUNK = b"\x18"
_NO_HOLD = 0xFF
_LIMITS = struct.Struct("<4HII")
_CONTACT = struct.Struct("<4xBBH")  # the epoch is read for itself
_PLAY = struct.Struct("<4xIHBx")  # the epoch and the number of kinds are
# An answer comes within 5 ms (2.5); the rest is for its way here. What comes later still is as good as lost.
_LOST_US = 20_000
_LOST_MOST = 3  # a device that leaves more PLAYs unanswered is no device to go on with
_START_US = 1000  # playing begins so long after the PLAY was read (5.1)

Admission = Callable[[Shadow, bytes, int, Profile], Wanted]


def one_message(data: bytes) -> Message:
    """Decode the one message that a frame must be, to the byte; raises Refused."""
    if data.strip(b"\0") == _STOP_CHUNK:
        _refuse("the stop", "is the guard's own", "2.6")
    if len(data) > MAX_CHUNK or not data.endswith(b"\0") or b"\0" in data[:-1]:
        _refuse("the frame", f"of {len(data)} bytes is not one chunk with one 00 behind it", "2.3")
    message = message_of(data[:-1])
    if message is None:
        _refuse("the frame", "is broken: no COBS, a wrong length, CRC or version", "2.4")
    # Two byte strings with one meaning would let a retry look like a new request, or the reverse (3.2).
    if frame_of(message) != data:
        _refuse("the frame", "is not the shortest form of its message", "2.3")
    return message


def admit(shadow: Shadow, data: bytes, now_us: int, profile: Profile) -> Shadow:
    """The device after this request was sent; raises Refused. Nothing is off before it is answered."""
    message = one_message(data)
    if data == shadow.last:
        return _again(shadow, now_us)
    if message.type not in list(Ask):
        _refuse(f"type {message.type:02X}", "is no request of this wire", "4")
    ask = Ask(message.type)
    shadow = _given_up(shadow, ask, now_us)
    if shadow.open is not None:
        _refuse(ask.name, f"while {shadow.open.ask.name} number {shadow.open.number} is unanswered", "2.5")
    if ask is not Ask.HELLO and message.number <= shadow.number:
        _refuse(ask.name, f"number {message.number} is not above the last, {shadow.number}", "3.1")
    question = Question(ask, message.number, message.body, _ADMISSIONS[ask](shadow, message.body, now_us, profile))
    return _asked(replace(shadow, last=data, number=message.number, open=question), question, now_us)


def _given_up(shadow: Shadow, ask: Ask, now_us: int) -> Shadow:
    """Wait no longer for the answer to a PLAY when a PLAY or HUSH follows: what lowers must not wait for it.

    Its repeat may not pass any more (a lower, a pause), so it would never be answered. Whether it is in force stays
    open: it counts as such until a later one is answered (`Shadow.lost`).
    """
    asked = shadow.asked_play
    if asked is None or ask not in (Ask.PLAY, Ask.HUSH) or now_us - asked.sent_us < _LOST_US:
        return shadow
    if len(shadow.lost) == _LOST_MOST:
        _refuse(ask.name, f"while {_LOST_MOST + 1} PLAYs are unanswered, the last with step {asked.step}", "2.5")
    return replace(shadow, open=None, lost=(*shadow.lost, asked))


def _again(shadow: Shadow, now_us: int) -> Shadow:
    """A retry (3.2). If the first copy was lost this one acts, so the unanswered begins now at the latest."""
    if shadow.open is None or not isinstance(shadow.open.what, Play | ContactTest):
        return shadow
    question = replace(shadow.open, what=replace(shadow.open.what, sent_us=now_us))
    return _asked(replace(shadow, open=question), question, now_us)


def _asked(shadow: Shadow, question: Question, now_us: int) -> Shadow:
    """Take over at once what may come on; what goes off waits for its answer."""
    what = question.what
    if isinstance(what, ContactTest):
        return replace(shadow, test=what, contacted=shadow.contacted | what.leads)
    if question.ask is Ask.HUSH:
        return replace(shadow, step=_u32(question.body, 4))
    if question.ask in (Ask.ARM, Ask.HELLO):
        return replace(shadow, stops=0)
    if not isinstance(what, Play):
        return shadow
    if shadow.play is None:  # it starts, or starts again: a new block, at first without a hold (5.1)
        end_us = now_us + _START_US + shadow.total_us - shadow.played_us
        shadow = replace(shadow, play_end_us=end_us)
        if not shadow.lost:  # else one of those may have started it already; the next report tells its position
            shadow = replace(shadow, starts_us=now_us + _START_US, holds=(None,))
    holds = tuple(dict.fromkeys((*shadow.holds, what.hold)))
    return replace(shadow, step=what.step, started=True, holds=holds)


def _hello(shadow: Shadow, body: bytes, _now_us: int, _profile: Profile) -> None:
    if body != b"EA1?":
        _refuse("HELLO", "does not say EA1?", "4.1")
    _require_silence(shadow, "HELLO", "4.1")


def _limits(shadow: Shadow, body: bytes, _now_us: int, profile: Profile) -> Wanted:
    _require_idle(shadow, "LIMITS", "4.2")
    *levels, phase_pc, play_ms = _fields(_LIMITS, "LIMITS", body, "4.2")
    most = min(2000, profile.max_ua // LEVEL_UA)
    if max(levels) > most:
        _refuse("LIMITS", f"allows level {max(levels)}, above the device's {most}", "4.2")
    if play_ms > 4294967:
        _refuse("LIMITS", f"allows {play_ms} ms of play, above the device's 4294967 ms", "4.2")
    if shadow.locked:
        old = (*shadow.locked.max_level, shadow.locked.max_phase_pc, shadow.locked.play_ms)
        if any(map(gt, (*levels, phase_pc, play_ms), old)):
            _refuse("LIMITS", "raises a limit that is locked", "4.2")
    return Locked(tuple(levels), phase_pc, play_ms)


def _program(shadow: Shadow, body: bytes, _now_us: int, _profile: Profile) -> Wanted:
    _require_idle(shadow, "PROGRAM", "4.3")
    if shadow.locked is None:
        _refuse("PROGRAM", "before the limits are locked", "4.3")
    return Loaded(parse_block(body), block_hash(body))


def _arm(shadow: Shadow, body: bytes, _now_us: int, _profile: Profile) -> None:
    _require_idle(shadow, "ARM", "4.7")
    _require_epoch(shadow, "ARM", body)
    if shadow.loaded is None or shadow.locked is None:
        _refuse("ARM", "before limits and program are confirmed", "4.7")
    if body[4:] != shadow.loaded.hash:  # of 8 bytes, so the body has its 12
        _refuse("ARM", f"of program {body[4:].hex()}, but {shadow.loaded.hash.hex()} is loaded", "4.7")
    if shadow.quarrel:
        _refuse("ARM", f"after a contradiction ({shadow.quarrel})", "4.6")


def _contact(shadow: Shadow, body: bytes, now_us: int, _profile: Profile) -> Wanted:
    _require_armed(shadow, "CONTACT", body, "4.8")
    leads, pulses, level = _fields(_CONTACT, "CONTACT", body, "4.8")
    if shadow.started:
        _refuse("CONTACT", "after the first PLAY", "4.8")
    if not 1 <= leads <= 15 or leads & shadow.contacted:
        _refuse("CONTACT", f"of leads {leads:02X}; of {shadow.contacted:02X} it was done since ARM", "4.8")
    if not 1 <= pulses <= 10 or not 1 <= level <= 10:
        _refuse("CONTACT", f"with {pulses} pulses at level {level}, must be 1 to 10 of each", "4.8")
    return ContactTest(leads, pulses, level, now_us)


def _play(shadow: Shadow, body: bytes, now_us: int, profile: Profile) -> Wanted:
    _require_armed(shadow, "PLAY", body, "4.9")
    loaded, locked = shadow.loaded, shadow.locked
    if loaded is None or locked is None or shadow.quarrel:
        _refuse("PLAY", f"without a confirmed program ({shadow.quarrel or 'none is loaded'})", "4.7")
    if len(body) < _PLAY.size or len(body) != _PLAY.size + 8 * body[_PLAY.size - 1]:
        _refuse("PLAY", f"has a body of {len(body)} bytes, which fits no number of kinds", "4.9")
    (step, lease_ms, hold), kinds = _PLAY.unpack_from(body), body[_PLAY.size - 1]
    if kinds != loaded.block.kinds:
        _refuse("PLAY", f"of {kinds} kinds, but the program has {loaded.block.kinds}", "4.9")
    if step <= shadow.step:
        _refuse("PLAY", f"step {step} is not above the last, {shadow.step}", "3.6")
    if hold != _NO_HOLD and hold >= kinds:
        _refuse("PLAY", f"holds kind {hold}, but the program has {kinds}", "4.9")
    _require_lease(lease_ms, loaded.block.longest_us, profile)
    levels = tuple(struct.unpack_from("<4H", body, _PLAY.size + 8 * kind) for kind in range(kinds))
    for kind, row in enumerate(levels):
        _require_levels(row, kind, locked, loaded.block.first(kind).width_us)
    return Play(step, lease_ms * 1000, None if hold == _NO_HOLD else hold, levels, now_us)


def _hush(shadow: Shadow, body: bytes, _now_us: int, _profile: Profile) -> None:
    # Not only while armed: one that crosses the end of play or a fault lowers nothing and harms nobody.
    if len(body) != 8:
        _refuse("HUSH", f"has a body of {len(body)} bytes, must be 8", "4.10")
    _require_epoch(shadow, "HUSH", body)
    if _u32(body, 4) <= shadow.step:
        _refuse("HUSH", f"step {_u32(body, 4)} is not above the last, {shadow.step}", "3.6")


def _clear(shadow: Shadow, body: bytes, _now_us: int, _profile: Profile) -> None:
    if len(body) != 4:
        _refuse("CLEAR", f"has a body of {len(body)} bytes, must be 4", "4.11")
    _require_epoch(shadow, "CLEAR", body)
    _require_silence(shadow, "CLEAR", "4.11")


_ADMISSIONS: dict[Ask, Admission] = {
    Ask.HELLO: _hello,
    Ask.LIMITS: _limits,
    Ask.PROGRAM: _program,
    Ask.ARM: _arm,
    Ask.CONTACT: _contact,
    Ask.PLAY: _play,
    Ask.HUSH: _hush,
    Ask.CLEAR: _clear,
}


def _refuse(request: str, what: str, clause: str) -> NoReturn:
    raise Refused(f"{request} {what} (ea1 {clause})")


def _u32(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "little")


def _fields(form: struct.Struct, request: str, body: bytes, clause: str) -> tuple[int, ...]:
    if len(body) != form.size:
        _refuse(request, f"has a body of {len(body)} bytes, must be {form.size}", clause)
    return form.unpack(body)


def _require_silence(shadow: Shadow, request: str, clause: str) -> None:
    if not shadow.silent:
        _refuse(request, "while the output is not proven silent", clause)


def _require_idle(shadow: Shadow, request: str, clause: str) -> None:
    """IDLE or READY: silent, and not armed."""
    _require_silence(shadow, request, clause)
    if not shadow.boot and not shadow.assumed:
        _refuse(request, "before the device said who it is", "4.1")
    if shadow.armed or shadow.state not in (Is.IDLE, Is.READY):
        _refuse(request, f"in state {shadow.state.name if shadow.state else 'unknown'}, only in IDLE or READY", clause)


def _require_epoch(shadow: Shadow, request: str, body: bytes) -> None:
    if shadow.assumed:
        return
    if not shadow.epoch:
        _refuse(request, "while the epoch is unknown: the stop voids it until the device tells the next", "3.4")
    if _u32(body, 0) != shadow.epoch:
        _refuse(request, f"carries epoch {_u32(body, 0):08X}, but {shadow.epoch:08X} holds", "3.4")


def _require_armed(shadow: Shadow, request: str, body: bytes, clause: str) -> None:
    if not shadow.armed:
        _refuse(request, "while the device is not armed", clause)
    _require_epoch(shadow, request, body)


def _require_lease(lease_ms: int, longest_us: int, profile: Profile) -> None:
    if not 200 <= lease_ms <= 2000:
        _refuse("PLAY", f"lease {lease_ms} ms, must be 200 to 2000 ms", "4.9")
    alone_us = lease_ms * 1000 + longest_us  # a pulse that has begun is finished (1.5)
    if alone_us > profile.autonomous_us:
        _refuse("PLAY", f"runs {alone_us} us alone, profile {profile.name} says {profile.autonomous_us} us", "5.5")


def _require_levels(row: tuple[int, ...], kind: int, locked: Locked, width_us: int) -> None:
    for i, level in enumerate(row):
        lead, most = LEADS[i], locked.max_level[i]
        if level > most:
            _refuse("PLAY", f"level {level} of lead {lead}, kind {kind}, above its locked limit {most}", "4.9")
        charge_pc = level * LEVEL_UA * width_us
        if charge_pc > locked.max_phase_pc:
            said = f"{charge_pc} pC a phase on lead {lead}, kind {kind}, above the locked {locked.max_phase_pc} pC"
            _refuse("PLAY", said, "4.9")
