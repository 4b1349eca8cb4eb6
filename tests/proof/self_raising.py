"""Guards that break the one invariant: one raises without an operator's act, one never raises at all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from eastim.safety import guard
from eastim.safety.guard_strength import raise_
from eastim.safety.inputs import Beat, Raise

_BEAT = guard._ACTS[Beat]


def raises_by_itself() -> AbstractContextManager[Any]:
    """Seed a guard that takes each beat of the operator's line for a raise of lead A, too."""
    return patch.dict(guard._ACTS, {Beat: _beat_and_raise})


def never_raises() -> AbstractContextManager[Any]:
    """Seed a guard that takes no raise, so that nothing but the contact test ever flows."""
    return patch.dict(guard._ACTS, {Raise: lambda _turn, _what: None})


def _beat_and_raise(turn: Any, what: Beat) -> None:
    _BEAT(turn, what)
    if what.line == "operator":
        raise_(turn, Raise("A", None))
