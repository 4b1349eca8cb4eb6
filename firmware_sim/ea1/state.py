"""The states of the device and which request each of them takes: 5.8 and section 4 of the manual, as tables."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class State(IntEnum):
    """5.8 (manual)."""

    IDLE = 1
    READY = 2
    ARMED = 3
    PLAYING = 4
    DONE = 5
    FAULT = 6


class Fault(IntEnum):
    """6.6 (manual)."""

    NONE = 0
    LEASE = 1
    OUTPUT = 2
    BALANCE = 3


class Type(IntEnum):
    """The requests of section 4; the reply has 80 (hex) more."""

    HELLO = 0x01
    LIMITS = 0x02
    PROGRAM = 0x03
    ARM = 0x04
    CONTACT = 0x05
    PLAY = 0x06
    HUSH = 0x07
    CLEAR = 0x08


STATUS: Final = 0xC0
REFUSED: Final = 0xFF
REPLY: Final = 0x80

_QUIET = frozenset({State.IDLE, State.READY})
TAKEN_IN: Final = {
    Type.HELLO: frozenset(State) - {State.PLAYING},  # 4.1
    Type.LIMITS: _QUIET,  # 4.2
    Type.PROGRAM: _QUIET,  # 4.3
    Type.ARM: frozenset({State.READY}),  # 4.7
    Type.CONTACT: frozenset({State.ARMED}),  # 4.8
    Type.PLAY: frozenset({State.ARMED, State.PLAYING}),  # 4.9
    Type.HUSH: frozenset({State.ARMED, State.PLAYING}),  # 4.10
    Type.CLEAR: frozenset({State.FAULT}),  # 4.11
}
VOID_BY_EPOCH: Final = frozenset({Type.ARM, Type.CONTACT, Type.PLAY, Type.HUSH, Type.CLEAR})  # 3.4
LATCHED_REFUSES: Final = frozenset({Type.ARM, Type.CONTACT, Type.PLAY, Type.HUSH})  # 7, last line
AFTER_STOP: Final = {  # 5.7
    State.IDLE: State.IDLE,
    State.READY: State.READY,
    State.ARMED: State.READY,
    State.PLAYING: State.READY,
    State.DONE: State.READY,
    State.FAULT: State.FAULT,
}
BODY_BYTES: Final = {  # section 4; PROGRAM and PLAY depend on their content
    Type.HELLO: 4,
    Type.LIMITS: 16,
    Type.ARM: 12,
    Type.CONTACT: 8,
    Type.HUSH: 8,
    Type.CLEAR: 4,
}
