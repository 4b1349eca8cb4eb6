"""What the device's answers change in the shadow (clauses 4 and 7)."""

from __future__ import annotations

import re
import struct

from eastim.safety.changed import replace
from eastim.safety.readers.ea1_parts.block import block_hash
from eastim.safety.readers.ea1_parts.framing import Message
from eastim.safety.readers.ea1_parts.shadow import Ask, ContactTest, Is, Loaded, Locked, Play, Question, Shadow

ANSWER = 0x80  # an answer's type is its request's, with this bit (4)
REFUSED = 0xFF
_FADE_US = 50_000  # 100 us on the device; the rest is the way of a status to here
_IDENTITY = struct.Struct("<4s12sII2x3sc12s")
# leads, kinds, sections as bytes; max_level, level_ua, compliance_mv, lease_min_ms, lease_max_ms, status_ms (4.1)
_MANUAL = (b"\x04\x04\x10", bytes.fromhex("d007 0a00 3075 c800 d007 6400"))
_SILENT = {b"\x01": Is.IDLE, b"\x06": Is.FAULT}  # the states that a HELLO leaves behind (5.8)
# Text from outside: only these characters ever reach a screen or the ledger (H36).
_SERIAL = re.compile(rb"([A-Za-z0-9-]{1,12})\0*")


def answered(shadow: Shadow, message: Message, now_us: int) -> Shadow:
    """Take an answer; what answers no open question is dropped (a retry's second answer, say)."""
    question = shadow.open
    if question is None or message.number != question.number:
        return shadow
    if message.type == REFUSED:
        return _refused(shadow, question, message.body)
    if message.type != question.ask | ANSWER:
        return shadow
    if question.ask is Ask.HELLO:
        return _identified(replace(shadow, open=None), message.body)
    wrong = _contradiction(question, message.body)
    if wrong:
        # The question stays open: what was asked may be on, what was on may still be.
        return quarrel(shadow, f"{question.ask.name} was answered with {wrong}")
    return granted(_fading(shadow, question, now_us), question)


def _fading(shadow: Shadow, question: Question, now_us: int) -> Shadow:
    """Keep the levels of before a PLAY: it acts 100 us after it was read (5.3), and a status may fall into that."""
    if not isinstance(question.what, Play):
        return shadow
    old = shadow.play.levels if shadow.play else tuple((0,) * len(row) for row in question.what.levels)
    before = (old, *(play.levels for play in shadow.lost))
    fresh = tuple(row for row in shadow.faded if row[0] >= now_us)
    return replace(shadow, faded=(*fresh, *((now_us + _FADE_US, levels) for levels in before)))


def granted(shadow: Shadow, question: Question) -> Shadow:
    """The device after it did what was asked; HELLO apart, whose answer brings something new.

    A PLAY or HUSH that was done settles every PLAY before it: a device that had not read one yet refuses it now (3.6).
    """
    match question.what:
        case Locked() as locked:
            return replace(shadow, open=None, locked=locked)
        case Loaded() as loaded:
            return replace(shadow, open=None, loaded=loaded, state=Is.READY)
        case ContactTest():
            return replace(shadow, open=None, test=None)
        case Play() as play:
            return replace(shadow, open=None, play=play, lost=(), step_was=play.step, state=Is.PLAYING)
    if question.ask is Ask.ARM:
        return replace(shadow, open=None, armed=True, contacted=0, started=False, step=0, step_was=0, state=Is.ARMED)
    if question.ask is Ask.HUSH:
        state = Is.ARMED if shadow.armed else shadow.state
        return replace(shadow, open=None, play=None, lost=(), step_was=shadow.step, state=state)
    # CLEAR, the only other one that asks for nothing to hold
    return replace(shadow, open=None, state=Is.READY if shadow.loaded else Is.IDLE)


def greeted(shadow: Shadow, state: Is | None) -> Shadow:
    """The device after HELLO: limits, program, play time gone (4.1)."""
    return replace(
        shadow,
        open=None,
        locked=None,
        loaded=None,
        armed=False,
        contacted=0,
        started=False,
        step=0,
        step_was=0,
        played_us=0,
        holds=(None,),
        state=state,
    )


def forgotten(shadow: Shadow) -> Shadow:
    """The shadow when the open question's answer no longer counts: what it may have changed is unknown from now on."""
    match shadow.open and shadow.open.ask:
        case Ask.HELLO:
            return greeted(shadow, None)
        case Ask.LIMITS:
            return replace(shadow, open=None, locked=None)
        case Ask.PROGRAM:
            return replace(shadow, open=None, loaded=None)
    return replace(shadow, open=None)


def quarrel(shadow: Shadow, text: str) -> Shadow:
    """Remember the first contradiction; a device that contradicts once is not armed again."""
    return replace(shadow, quarrel=shadow.quarrel or text)


def _refused(shadow: Shadow, question: Question, body: bytes) -> Shadow:
    """A refused request changes nothing (7): what was before holds on."""
    if len(body) != 6 or body[0] != question.ask:
        return shadow
    return replace(shadow, open=None, test=None if question.ask is Ask.CONTACT else shadow.test)


def _identified(shadow: Shadow, body: bytes) -> Shadow:
    if len(body) != _IDENTITY.size:
        return quarrel(shadow, f"HELLO was answered with {len(body)} bytes, must be {_IDENTITY.size} (4.1)")
    magic, name, boot, epoch, counts, state, ranges = _IDENTITY.unpack(body)
    serial = _SERIAL.fullmatch(name)
    if magic != b"EA1!" or serial is None or not boot or not epoch or state not in _SILENT:
        return quarrel(shadow, "the answer to HELLO is none of this wire (4.1)")
    if (counts, ranges) != _MANUAL:
        return quarrel(shadow, "the device has other ranges than its manual (4.1)")
    text = serial[1].decode("ascii")
    if shadow.boot and boot != shadow.boot:
        shadow = quarrel(shadow, f"the device has restarted: boot {shadow.boot:08X} became {boot:08X} (3.5)")
    if shadow.serial and text != shadow.serial:
        shadow = quarrel(shadow, f"another device answers: {text}, not {shadow.serial} (4.1)")
    return replace(greeted(shadow, _SILENT[state]), serial=text, boot=boot, epoch=epoch, assumed=False)


def _contradiction(question: Question, body: bytes) -> str:
    """In what an answer differs from what was asked; "" when in nothing."""
    right = b""
    match question.ask:
        case Ask.LIMITS | Ask.ARM:
            right = question.body
        case Ask.PROGRAM:  # "the host decides": another quantisation is another program (4.6)
            right = block_hash(question.body) + question.body
        case Ask.PLAY:
            right = question.body[4:10]  # step and lease; the section behind them is only news
            body = body[:6] if len(body) == 8 and body[7] == 0 else b""
        case Ask.HUSH:
            right = question.body[4:]
        case Ask.CONTACT:
            right = question.body[4:5] + bytes(3)
            body = body[:4] if len(body) == 20 else b""
    return "" if body == right else f"{body[:12].hex() or 'nothing fitting'}, not {right[:12].hex() or 'nothing'}"
