"""The strength that a frame sets, out of a ledger: no shadow, no judgement (clauses 4.9, 4.10)."""

from __future__ import annotations

import struct

from eastim.errors import Refused
from eastim.pulses.levels import Levels, zero_levels
from eastim.safety.readers.ea1_parts.block import LEADS, LEVEL_UA
from eastim.safety.readers.ea1_parts.requests import one_message
from eastim.safety.readers.ea1_parts.shadow import Ask

_PLAY_HEAD = 12  # bytes before the levels


def levels_set(data: bytes, kinds: tuple[str, ...]) -> Levels | None:
    """Give all levels in uA that hold after this frame; None where it sets none. Raises Refused on no frame of ea1."""
    message = one_message(data)
    # All but PLAY and the requests that change no strength end at zero: HELLO, PROGRAM, ARM, HUSH.
    if message.type in (Ask.HELLO, Ask.PROGRAM, Ask.ARM, Ask.HUSH):
        return zero_levels(LEADS, kinds)
    if message.type != Ask.PLAY:
        return None
    if len(message.body) != _PLAY_HEAD + 8 * len(kinds):
        raise Refused(f"a PLAY of {len(message.body)} bytes does not fit {len(kinds)} kinds (ea1 4.9)")
    levels = {}
    for number, kind in enumerate(kinds):
        row = struct.unpack_from("<4H", message.body, _PLAY_HEAD + 8 * number)
        levels.update({(LEADS[i], kind): level * LEVEL_UA for i, level in enumerate(row)})
    return levels
