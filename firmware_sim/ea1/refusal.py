"""Refusals: section 7 of the manual."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The codes of REFUSED."""

    VERSION = 1
    LENGTH = 2
    TYPE = 3
    STATE = 4
    SEQUENCE = 5
    EPOCH = 6
    RANGE = 7
    LIMIT = 8
    HASH = 9
    STEP = 10
    LEASE = 11
    FAULT_LATCHED = 12
    SPENT = 13
    BUSY = 14


class Refuse(Exception):
    """Carry a refusal out of the handling of a request; nothing of the request has taken effect."""

    def __init__(self, code: Code, detail: int) -> None:
        super().__init__(f"{code.name} ({detail})")
        self.code = code
        self.detail = detail
