"""What must have come out at the loads, by the manual alone: from the bytes that the door wrote and when it wrote them.

A copy of the rules of docs/wire/ea1.md in closed form, for mode 2/100; it shares no line with driver, reader or
simulator. Clauses are the manual's. Pulses are counted by (lead, width in us, uA).
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cobs import cobs

Pulses = Counter[tuple[str, int, int]]

SECTION_US = 3_000_000  # 3 s of each kind by turns
WIDTH_US = (600, 200)  # of kind 0 (2 Hz) and of kind 1 (100 Hz)
PERIOD_US = (500_000, 10_000)
COUNT = (6, 300)  # pulses in a section; as many when held, for their whole periods fill it (5.4)
PLAY, HUSH, CONTACT = 6, 7, 5
LEAD_IN_US, ACTS_AFTER_US = 1_000, 100  # 5.1, 5.3


@dataclass(frozen=True, slots=True)
class Said:
    """One PLAY as it was read: levels by kind and lead A-D in uA; hold: a kind's number, 255 for none."""

    at_us: int
    hold: int
    levels: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Start:
    """One start: its PLAYs, and the moment of its HUSH, or None when it went on to the end."""

    plays: tuple[Said, ...]
    hush_us: int | None


def starts(log: Sequence[tuple[int, bytes]]) -> list[Start]:
    """Read the door's log: which PLAY starts, and which HUSH ends it."""
    found: list[Start] = []
    plays: list[Said] = []
    for at_us, data in log:
        body = cobs.decode(data.strip(b"\0")) if len(data) > 3 else b"\0\0"
        if body[1] == PLAY:
            plays.append(_play(at_us, body[6:-4]))
        elif body[1] == HUSH and plays:
            found.append(Start(tuple(plays), at_us))
            plays = []
    return [*found, Start(tuple(plays), None)] if plays else found


def _play(at_us: int, body: bytes) -> Said:
    hold, kinds = body[10], body[11]
    rows = tuple(struct.unpack_from("<4H", body, 12 + 8 * kind) for kind in range(kinds))
    return Said(at_us, hold, tuple(tuple(10 * level for level in row) for row in rows))


def contact_pulses(log: Sequence[tuple[int, bytes]]) -> Pulses:
    """The pulses of every contact test: 100 us a phase (4.8)."""
    found: Pulses = Counter()
    for _, data in log:
        body = cobs.decode(data.strip(b"\0")) if len(data) > 3 else b"\0\0"
        if body[1] == CONTACT:
            mask, pulses, level = struct.unpack_from("<BBH", body, 10)
            found.update({(lead, 100, 10 * level): pulses for i, lead in enumerate("ABCD") if mask >> i & 1})
    return found


def played_pulses(log: Sequence[tuple[int, bytes]], leads: str, session_us: int) -> tuple[Pulses, int]:
    """All pulses of a session that was played to its end, those of 0 uA included; and the play time that was used."""
    found: Pulses = Counter()
    played_us = 0
    for start in starts(log):
        from_us = start.plays[0].at_us + LEAD_IN_US
        end_us = from_us + session_us - played_us
        until_us = end_us if start.hush_us is None else min(end_us, start.hush_us)
        for section_us, kind in _sections(start, from_us, until_us):
            _section(found, start.plays, leads, section_us, kind, until_us, end_us)
        played_us += max(0, until_us - from_us)
    return found, played_us


def _sections(start: Start, from_us: int, until_us: int) -> Iterator[tuple[int, int]]:
    """When each section begins and which kind sounds in it: the hold of the last PLAY read before it (5.4)."""
    moments = [play.at_us for play in start.plays]
    for number, section_us in enumerate(range(from_us, until_us + 1, SECTION_US)):
        hold = start.plays[max(0, bisect_left(moments, section_us) - 1)].hold
        yield section_us, number % 2 if hold == 0xFF else hold


def _section(
    found: Pulses, plays: Sequence[Said], leads: str, section_us: int, kind: int, until_us: int, end_us: int
) -> None:
    """Count one section: between two PLAYs every pulse has the level of the earlier one (5.3)."""
    moments = [play.at_us + ACTS_AFTER_US for play in plays]
    # A pulse that has begun is finished (1.5), but at the end of play none begins that can't end by then (5.2).
    last_us = min(until_us, end_us - 2 * WIDTH_US[kind], section_us + SECTION_US - 1)
    at, from_us = bisect_left(moments, section_us), section_us - 1
    while from_us < last_us:
        to_us = min(last_us, moments[at]) if at < len(moments) else last_us
        pulses = _onsets(section_us, kind, to_us) - _onsets(section_us, kind, from_us)
        if pulses:
            levels = plays[max(0, at - 1)].levels[kind]
            found.update({(lead, WIDTH_US[kind], levels["ABCD".index(lead)]): pulses for lead in leads})
        at, from_us = at + 1, max(from_us, to_us)


def _onsets(section_us: int, kind: int, until_us: int) -> int:
    """Onsets of a section at or before a moment."""
    return min(COUNT[kind], max(0, (until_us - section_us) // PERIOD_US[kind] + 1))
