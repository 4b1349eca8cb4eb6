"""A session in the words of wire ea1: the bounds of a program, its PROGRAM and LIMITS bodies, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from fractions import Fraction
from itertools import chain, count

from eastim.drivers.base import Quantised
from eastim.drivers.ea1.codec import LEADS, LEVEL_UA, LimitsBody, ProgramBody, Record, lead_mask
from eastim.errors import LimitError
from eastim.profiles.profile import Profile
from eastim.pulses.program import Program, Section
from eastim.pulses.train import PulseTrain

MAX_KINDS = 4
MAX_SECTIONS = 16
LONGEST_US = 3_600_000_000
LONGEST_PLAY_MS = 4_294_967
U32 = 0xFFFFFFFF

# Which phase comes first (1.3).
_SIGNS = {1: 0, -1: 1}


def program_body(program: Program) -> ProgramBody:
    """The body as it is sent and as the device must answer it; raises LimitError when the wire can't hold it."""
    broken = list(_broken(program))
    if broken:
        raise LimitError(f"program {program.name} does not fit wire ea1: {'; '.join(broken)}")
    return ProgramBody(program.repeats, tuple(_record(section, program.kinds) for section in program.sections))


def _record(section: Section, kinds: tuple[str, ...]) -> Record:
    train = section.train
    return Record(
        kinds.index(train.kind),
        lead_mask(section.leads),
        _SIGNS[train.shape.sign],
        train.shape.width_us,
        train.shape.gap_us,
        train.rate_hz.numerator,
        train.rate_hz.denominator,
        section.count,
        section.duration_us,
    )


def _broken(program: Program) -> Iterator[str]:
    yield from _outside("number of kinds", len(program.kinds), 1, MAX_KINDS, "4.1")
    yield from _outside("number of sections", len(program.sections), 1, MAX_SECTIONS, "4.3")
    yield from _outside("repeats", program.repeats, 1, 65535, "4.3")
    yield from _outside("length of the block in us", program.block_us, 1, LONGEST_US, "4.4")
    for number, section in enumerate(program.sections, 1):
        for text in (*_broken_section(section), *_broken_train(section.train)):
            yield f"section {number}: {text}"


def _broken_section(section: Section) -> Iterator[str]:
    yield from _outside("count", section.count, 1, 10_000_000, "4.4")
    yield from _outside("duration_us", section.duration_us, 1, LONGEST_US, "4.4")
    for lead in section.leads:
        if lead not in LEADS:
            yield f"lead {lead} is none of {', '.join(LEADS)} (1.1)"


def _broken_train(train: PulseTrain) -> Iterator[str]:
    yield from _outside("width_us", train.shape.width_us, 20, 2000, "4.4")
    yield from _outside("gap_us", train.shape.gap_us, 0, 1000, "4.4")
    yield from _outside("rate in Hz", train.rate_hz, Fraction(1, 100), 1000, "4.4")
    yield from _outside("numerator of the rate", train.rate_hz.numerator, 1, U32, "4.3")
    yield from _outside("denominator of the rate", train.rate_hz.denominator, 1, U32, "4.3")
    if 2 * train.shape.length_us > train.period_us:
        yield f"a pulse of {train.shape.length_us} us is longer than half its period of {train.period_us} us (4.4)"


def _outside(what: str, value: int | Fraction, low: int | Fraction, high: int, clause: str) -> Iterator[str]:
    if not low <= value <= high:
        yield f"{what} is {value}, must be {low} to {high} ({clause})"


def limits_body(profile: Profile, leads_max: Mapping[str, int], session_us: int, phase_charge_pc: int) -> LimitsBody:
    """LIMITS of the session, rounded down to the wire's steps (4.2)."""
    for lead, ua in leads_max.items():
        if lead not in profile.leads or not LEVEL_UA <= ua <= profile.max_ua:
            raise LimitError(
                f"lead {lead} at most {ua} uA: {profile.title} has leads {', '.join(profile.leads)}, "
                f"{LEVEL_UA} to {profile.max_ua} uA each"
            )
    if not leads_max or phase_charge_pc < 1:
        raise LimitError(f"nothing to play: leads {list(leads_max)}, {phase_charge_pc} pC a phase")
    play_ms = session_us // 1000
    if not 1 <= play_ms <= LONGEST_PLAY_MS:
        raise LimitError(f"a session of {session_us} us: wire ea1 plays 1 to {LONGEST_PLAY_MS} ms (4.2)")
    steps = {lead: ua // LEVEL_UA for lead, ua in leads_max.items()}
    a, b, c, d = (steps.get(lead, 0) for lead in LEADS)
    return LimitsBody((a, b, c, d), min(phase_charge_pc, U32), play_ms)


def differences(ordered: ProgramBody, realised: ProgramBody) -> tuple[Quantised, ...]:
    """Every field in which two bodies differ; of the sections, those that both have."""
    return (
        *_differ("repeats", ordered.repeats, realised.repeats),
        *_differ("sections", len(ordered.records), len(realised.records)),
        *chain.from_iterable(map(_differ_in, count(1), ordered.records, realised.records)),
    )


def _differ_in(section: int, ordered: Record, realised: Record) -> Iterator[Quantised]:
    for name in (field.name for field in fields(Record)):
        what, unit = name.removesuffix("_us"), " us" if name.endswith("_us") else ""
        yield from _differ(f"{what} of section {section}", getattr(ordered, name), getattr(realised, name), unit)


def _differ(what: str, ordered: int, realised: int, unit: str = "") -> Iterator[Quantised]:
    if ordered != realised:
        yield Quantised(what, f"{ordered}{unit}", f"{realised}{unit}")
