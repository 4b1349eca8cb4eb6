"""The boundaries of every field of every request of ea1, as data: values admitted, values refused, by which clause."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eastim.safety.readers.ea1_parts.shadow import Shadow
from tests.safety import ea1_words as words
from tests.safety.boundaries.ea1_bodies import (
    ARM,
    CLEAR,
    CONTACT,
    FAULTY,
    HELLO,
    HUSH,
    HUSHED,
    LIMITS,
    OF_FOUR,
    PLAY,
    PROGRAM_,
    WIDE_OPEN,
    block,
    clear,
    limits,
    loaded,
    one,
    play,
)
from tests.safety.ea1_states import ARMED, GREETED, LOADED, LOCKED, PLAYING, RAISED, TESTED, record
from tests.safety.ea1_words import EPOCH

MOST = 0xFFFFFFFF
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Field:
    """make: the body at a value of the field. clause: what refuses the bad ones."""

    name: str
    before: Shadow
    kind: int
    make: Callable[[int], bytes]
    good: tuple[int, ...]
    bad: tuple[int, ...]
    clause: str


def _changed(body: bytes) -> Callable[[int], bytes]:
    """The body with the lowest bit of byte n flipped."""
    return lambda n: body[:n] + bytes((body[n] ^ 1,)) + body[n + 1 :]


def _limits(name: str) -> Callable[[int], bytes]:
    return lambda value: limits(**{name: value})


def _record(name: str, **known: int) -> Callable[[int], bytes]:
    """A program of one section: 2 Hz, 600 us, 6 pulses in 3 s, but for what is named."""
    return lambda value: block(record(**{**known, name: value}))


def _second(name: str) -> Callable[[int], bytes]:
    """A program of two sections of one kind, the second's field changed."""
    return lambda value: block(record(), record(**{name: value}))


def _kinds(*kinds: int) -> bytes:
    return block(*(record(kind=kind, width=600 + kind) for kind in kinds))


def _contact(name: str) -> Callable[[int], bytes]:
    return lambda value: words.contact(**{name: value})


def _level(at: int, count: int = 8) -> Callable[[int], bytes]:
    return lambda level: play(9, one(at, level, count))


def _play(name: str) -> Callable[[int], bytes]:
    return lambda value: play(**{"step": 9, name: value})  # type: ignore[arg-type]


def _of_kinds(kinds: int) -> bytes:
    return play(9, (0,) * (4 * kinds))


def _epochs(name: str, before: Shadow, kind: int, make: Callable[[int], bytes]) -> Field:
    return Field(f"{name} epoch", before, kind, make, (EPOCH,), (EPOCH + 1, EPOCH - 1, 0, MOST, EPOCH ^ 1 << 31), "3.4")


def _bits(good: Iterable[int]) -> tuple[int, ...]:
    return tuple(good)


HELLOS = (Field("HELLO byte", GREETED, HELLO, _changed(b"EA1?"), (), (0, 1, 2, 3), "4.1"),)

LIMITS_ = (
    *(
        Field(f"LIMITS level {x}", GREETED, LIMITS, _limits(x), (0, 1, 1999, 2000), (2001, 65535), "4.2")
        for x in "abcd"
    ),
    Field("LIMITS phase", GREETED, LIMITS, _limits("phase_pc"), (0, 1, MOST), (), "4.2"),
    Field("LIMITS play", GREETED, LIMITS, _limits("play_ms"), (0, 1, 4_294_966, 4_294_967), (4_294_968, MOST), "4.2"),
    # locked: 200, 200, 0, 0, 6 uC, 1800 s
    Field("LIMITS again a", LOCKED, LIMITS, _limits("a"), (0, 199, 200), (201, 2000), "4.2"),
    Field("LIMITS again b", LOCKED, LIMITS, _limits("b"), (0, 199, 200), (201, 2000), "4.2"),
    Field("LIMITS again c", LOCKED, LIMITS, _limits("c"), (0,), (1, 2000), "4.2"),
    Field("LIMITS again d", LOCKED, LIMITS, _limits("d"), (0,), (1, 2000), "4.2"),
    Field("LIMITS again phase", LOCKED, LIMITS, _limits("phase_pc"), (0, 6_000_000), (6_000_001, MOST), "4.2"),
    Field("LIMITS again play", LOADED, LIMITS, _limits("play_ms"), (0, 1_800_000), (1_800_001,), "4.2"),
)

PROGRAMS = (
    Field("repeats", LOCKED, PROGRAM_, lambda n: block(record(), repeats=n), (1, 2, 65535), (0,), "4.4"),
    Field("sections", LOCKED, PROGRAM_, lambda n: block(*[record()] * n), (1, 2, 15, 16), (17, 20), "4.4"),
    Field("no sections", LOCKED, PROGRAM_, lambda n: block(sections=n), (), (0,), "4.4"),
    Field("sections said", LOCKED, PROGRAM_, lambda n: block(record(), sections=n), (1,), (0, 2, 255), "4.3"),
    Field("pad of the head", LOCKED, PROGRAM_, lambda n: block(record(), pad=n), (0,), (1, 255), "4.3"),
    Field("kind", LOCKED, PROGRAM_, _record("kind"), (0,), (1, 3), "4.5"),
    Field("kind out of range", LOCKED, PROGRAM_, _record("kind"), (), (4, 255), "4.4"),
    Field("leads", LOCKED, PROGRAM_, _record("leads"), _bits(range(1, 16)), (0, 16, 255), "4.4"),
    Field("sign", LOCKED, PROGRAM_, _record("sign"), (0, 1), (2, 255), "4.4"),
    Field("pad", LOCKED, PROGRAM_, _record("pad"), (0,), (1, 255), "4.4"),
    Field("width", LOCKED, PROGRAM_, _record("width"), (20, 21, 1999, 2000), (0, 19, 2001, 65535), "4.4"),
    Field("gap", LOCKED, PROGRAM_, _record("gap"), (0, 1, 999, 1000), (1001, 65535), "4.4"),
    # 6 pulses of 1200 us; the sixth begins after five periods
    Field("count", LOCKED, PROGRAM_, _record("count"), (1, 5, 6), (0, 7, 10_000_000, 10_000_001, MOST), "4.4"),
    Field("duration", LOCKED, PROGRAM_, _record("duration"), (2_501_200, HOUR_US), (0, 2_501_199, HOUR_US + 1), "4.4"),
    Field("duration with a gap", LOCKED, PROGRAM_, _record("duration", gap=7), (2_501_207,), (2_501_206,), "4.4"),
    # 1/3 Hz: onset of the second is 3000000; 3 Hz: of the third 666667 (rounded up), of the second 333333 (down)
    Field("duration, round up", LOCKED, PROGRAM_, _record("duration", num=3, count=3), (667_867,), (667_866,), "4.4"),
    Field("duration, round down", LOCKED, PROGRAM_, _record("duration", num=3, count=2), (334_533,), (334_532,), "4.4"),
    Field("rate, low", LOCKED, PROGRAM_, _record("den", num=1, count=1), (1, 99, 100), (0, 101, MOST), "4.4"),
    Field("rate, high", LOCKED, PROGRAM_, _record("num", width=20, count=1), (1, 999, 1000), (0, 1001, MOST), "4.4"),
    Field("rate, low, of 7", LOCKED, PROGRAM_, _record("den", num=7, count=1), (700,), (701,), "4.4"),
    Field("rate, high, of 7", LOCKED, PROGRAM_, _record("num", den=7, width=20, count=1), (7000,), (7001,), "4.4"),
    Field("half a period", LOCKED, PROGRAM_, _record("width", num=1000, count=1), (249, 250), (251,), "4.4"),
    Field("half a period, gap", LOCKED, PROGRAM_, _record("gap", num=1000, width=200, count=1), (100,), (101,), "4.4"),
    # half of the period of 999 Hz is 500.5 us
    Field("half a period, odd", LOCKED, PROGRAM_, _record("gap", num=999, width=200, count=1), (100,), (101,), "4.4"),
    Field("block", LOCKED, PROGRAM_, _second("duration"), (3_597_000_000,), (3_597_000_001,), "4.4"),
    Field("one kind's width", LOCKED, PROGRAM_, _second("width"), (600,), (599, 601), "4.5"),
    Field("one kind's gap", LOCKED, PROGRAM_, _second("gap"), (0,), (1,), "4.5"),
    Field("one kind's sign", LOCKED, PROGRAM_, _second("sign"), (0,), (1,), "4.5"),
    Field("one kind's rate", LOCKED, PROGRAM_, _second("num"), (2,), (3,), "4.5"),
    Field("one kind's leads", LOCKED, PROGRAM_, _second("leads"), (1, 2, 15), (), "4.5"),
    Field("one kind's count", LOCKED, PROGRAM_, _second("count"), (1, 6), (), "4.5"),
    Field("kinds in order", LOCKED, PROGRAM_, lambda n: _kinds(*range(n)), (1, 2, 3, 4), (), "4.5"),
    Field("kinds with a hole", LOCKED, PROGRAM_, lambda n: _kinds(0, n), (0, 1), (2, 3), "4.5"),
    Field("kinds in another order", LOCKED, PROGRAM_, lambda n: _kinds(n, 0), (0,), (1,), "4.5"),
)  # fmt: skip

ARMS = (
    _epochs("ARM", LOADED, ARM, lambda epoch: words.arm(epoch=epoch)),
    Field("ARM hash byte", LOADED, ARM, _changed(words.arm()), (), tuple(range(4, 12)), "4.7"),
)

CONTACTS = (
    _epochs("CONTACT", ARMED, CONTACT, _contact("epoch")),
    Field("CONTACT leads", ARMED, CONTACT, _contact("leads"), _bits(range(1, 16)), (0, 16, 17, 255), "4.8"),
    Field("CONTACT pulses", ARMED, CONTACT, _contact("pulses"), _bits(range(1, 11)), (0, 11, 255), "4.8"),
    Field("CONTACT level", ARMED, CONTACT, _contact("level"), _bits(range(1, 11)), (0, 11, 65535), "4.8"),
    # A and B were tested
    Field("CONTACT again", TESTED, CONTACT, _contact("leads"), (4, 8, 12), (1, 2, 3, 5, 6, 9, 15), "4.8"),
    Field("CONTACT after a play", HUSHED, CONTACT, _contact("leads"), (), (4, 8), "4.8"),
)

PLAYS = (
    _epochs("PLAY", PLAYING, PLAY, _play("epoch")),
    Field("PLAY step, first", ARMED, PLAY, _play("step"), (1, 2, MOST), (0,), "3.6"),
    Field("PLAY step", RAISED, PLAY, _play("step"), (3, 4, MOST), (0, 1, 2), "3.6"),
    Field("PLAY lease", PLAYING, PLAY, _play("lease_ms"), (200, 201, 1999, 2000), (0, 199, 2001, 65535), "4.9"),
    Field("PLAY hold", PLAYING, PLAY, _play("hold"), (0, 1, 255), (2, 3, 254), "4.9"),
    Field("PLAY hold of four", OF_FOUR, PLAY, lambda n: play(9, (0,) * 16, hold=n), (0, 3, 255), (4, 254), "4.9"),
    Field("PLAY kinds", PLAYING, PLAY, _of_kinds, (2,), (0, 1, 3, 4), "4.9"),
    Field("PLAY kinds said", PLAYING, PLAY, _play("kinds"), (2,), (0, 1, 3, 255), "4.9"),
    # locked: 200, 200, 0, 0
    *(Field(f"level {at}", PLAYING, PLAY, _level(at), (0, 1, 200), (201, 2000, 65535), "4.9") for at in (0, 1, 4, 5)),
    *(Field(f"level {at}", PLAYING, PLAY, _level(at), (0,), (1, 200, 65535), "4.9") for at in (2, 3, 6, 7)),
    *(Field(f"level {at} of four", OF_FOUR, PLAY, _level(at, 16), (0, 2000), (2001, 65535), "4.9") for at in range(16)),
    *(Field(f"level {at} wide", WIDE_OPEN, PLAY, _level(at), (1999, 2000), (2001,), "4.9") for at in range(8)),
)  # fmt: skip

# A phase of 600,000 pC: 1 mA for 600 us, or 3 mA for 200 us.
TIGHT = loaded(locks=limits(a=2000, b=2000, c=2000, d=2000, phase_pc=600_000))
TIGHTER = loaded(locks=limits(a=2000, b=2000, c=2000, d=2000, phase_pc=599_999))
CHARGES = (
    *(Field(f"charge slow {at}", TIGHT, PLAY, _level(at), (99, 100), (101,), "4.9") for at in range(4)),
    *(Field(f"charge fast {at}", TIGHT, PLAY, _level(at), (299, 300), (301,), "4.9") for at in range(4, 8)),
    *(Field(f"charge slow {at}, 1 pC less", TIGHTER, PLAY, _level(at), (99,), (100,), "4.9") for at in range(4)),
    *(Field(f"charge fast {at}, 1 pC less", TIGHTER, PLAY, _level(at), (299,), (300,), "4.9") for at in range(4, 8)),
)

OTHERS = (
    _epochs("HUSH", PLAYING, HUSH, lambda epoch: words.hush(9, epoch)),
    Field("HUSH step", RAISED, HUSH, words.hush, (3, 4, MOST), (0, 1, 2), "3.6"),
    _epochs("CLEAR", LOADED, CLEAR, clear),
    Field("CLEAR after a fault", FAULTY, CLEAR, clear, (EPOCH + 1,), (EPOCH,), "3.4"),
    Field("PLAY after a fault", FAULTY, PLAY, _play("epoch"), (), (EPOCH + 1,), "4.9"),
)

FIELDS: tuple[Field, ...] = (*HELLOS, *LIMITS_, *PROGRAMS, *ARMS, *CONTACTS, *PLAYS, *CHARGES, *OTHERS)
