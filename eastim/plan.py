"""What a driver would send, and what the guard's reader understood of it: printable without a device.

Two strangers meet here. The driver wrote the frames from the wire's manual; the reader, written from the same manual by
another hand, says what the device would put out. Where that is not the program, the plan says so, sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from eastim.drivers.base import Driver, Quantised, Realised
from eastim.drivers.registry import blank, make_driver, name
from eastim.frames import Frame
from eastim.profiles.profile import Profile, load_profile
from eastim.pulses.levels import Levels, zero_levels
from eastim.pulses.program import Program
from eastim.pulses.train import MICRO
from eastim.safety.dose import program_output
from eastim.safety.order import Order
from eastim.safety.preflight import compare
from eastim.safety.readers.base import Output, Reader, Run
from eastim.safety.readers.registry import make_reader
from eastim.units import format_current, format_rate, format_time

SHOWN_UA = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """One frame, and what the reader understood by it.

    stage: hello, load, contact, fire, hush. name: the manual's. blank: its bytes with number, epoch and CRC as 0.
    """

    stage: str
    name: str
    blank: bytes
    meaning: str


@dataclass(frozen=True, slots=True)
class Plan:
    """An order as frames and as decoded output.

    fires: how many a whole session takes, without those for new levels. levels: the examples of the second fire.
    output: what the reader understood then. rows: requested against realised, by section. differences: between the
    program and what was decoded, as sentences; empty when they are equal.
    """

    order: Order
    profile: Profile
    steps: tuple[Step, ...]
    fires: int
    levels: Levels
    output: Output
    realised: Realised
    rows: tuple[Quantised, ...]
    differences: tuple[str, ...]


def plan_order(order: Order) -> Plan:
    """Plan an order for the device of its profile; raises LimitError when the device can't play it."""
    profile = load_profile(order.profile)
    leads_max = {ordered.lead: ordered.max_ua for ordered in order.leads}
    driver = make_driver(profile, order.program, leads_max, order.session_us, order.limits.get("phase_charge_pc"))
    return make_plan(order, profile, driver, make_reader(order))


def make_plan(order: Order, profile: Profile, driver: Driver, reader: Reader[Any]) -> Plan:
    """Walk a session without a device: every question counts as answered as asked.

    Raises Refused when the reader would not let a frame of the driver's out.
    """
    program, zero = order.program, zero_levels(order.program.leads, order.program.kinds)
    shown = example_levels(order)
    slices = list(driver.slices(program))
    walk = _Walk(profile, reader)
    for stage, frames in (
        ("hello", driver.hello()),
        ("load", driver.load(program, zero)),
        ("contact", driver.contact()),
    ):
        walk.take(stage, frames)
    walk.take("fire", driver.fire(slices[0], zero))
    start_us, differences = walk.output.starts_us, walk.differences(program, zero)
    walk.take("fire", driver.fire(slices[0], shown))
    output = walk.output
    differences += walk.differences(program, shown)
    # Once more with a strength of its own for each lead and kind: equal ones would hide that two are exchanged.
    apart = _apart(shown, profile.level_step_ua)
    walk.look(driver.fire(slices[0], apart))
    differences += walk.differences(program, apart)
    walk.now_us = start_us + slices[-1].at_us
    walk.take("fire", driver.fire(slices[-1], shown))
    differences += _end(walk.output.ends_us - start_us, order.session_us)
    walk.take("hush", driver.hush())
    return Plan(
        order,
        profile,
        tuple(walk.steps),
        len(slices),
        shown,
        output,
        driver.realised(program, shown),
        tuple(_rows(program, output)),
        tuple(dict.fromkeys(differences)),
    )


class _Walk:
    """The reader's shadow, moved on frame by frame; `steps` keeps those that the plan shows."""

    def __init__(self, profile: Profile, reader: Reader[Any]) -> None:
        self._profile, self._reader = profile, reader
        self._shadow = reader.blank()
        self.now_us = 0
        self.steps: list[Step] = []

    @property
    def output(self) -> Output:
        return self._reader.output(self._shadow)

    def differences(self, program: Program, levels: Levels) -> list[str]:
        """What the reader now understands against the program at these levels; preflight's comparison."""
        return list(compare(program_output(program, levels), self.output))

    def look(self, frames: Iterator[Frame]) -> None:
        for frame in frames:
            self._send(frame)

    def take(self, stage: str, frames: Iterator[Frame]) -> None:
        for frame in frames:
            meaning = self._send(frame)
            self.steps.append(Step(stage, name(self._profile, frame), blank(self._profile, frame), meaning))

    def _send(self, frame: Frame) -> str:
        sent = self._reader.sent(self._shadow, frame, self.now_us)
        self._shadow = self._reader.settled(sent)
        # A contact test is over when it is answered, so it is seen in the shadow before that.
        meaning = _contact_text(self._reader.contact(sent)) or _play_text(self.output, self.now_us)
        self.now_us += frame.within_us or 0
        return meaning


def example_levels(order: Order) -> dict[tuple[str, str], int]:
    """1 mA for each lead and kind, or what its lead and the charge of a phase allow."""
    charge_pc = order.limits.get("phase_charge_pc")
    levels = zero_levels(order.program.leads, order.program.kinds)
    for lead, kind in levels:
        width_us = order.program.train(kind).shape.width_us
        most_ua = SHOWN_UA if charge_pc is None else min(SHOWN_UA, charge_pc // width_us)
        levels[lead, kind] = min(most_ua, order.max_ua(lead))
    return levels


def _apart(levels: Levels, step_ua: int) -> dict[tuple[str, str], int]:
    """Strengths that differ, each at most the one given, as far as the device's steps allow."""
    return {key: max(ua - i * step_ua, ua % step_ua) // step_ua * step_ua for i, (key, ua) in enumerate(levels.items())}


def _end(decoded_us: int, ordered_us: int) -> Iterator[str]:
    if decoded_us != ordered_us:
        yield f"the session is {ordered_us} us, and after the last fire the output ends at {decoded_us} us"


# --- as text ----------------------------------------------------------------------------------------------------------


def _contact_text(contact: Output) -> str:
    """Say what a contact test puts out; "" when there is none."""
    strengths = sorted({(run.lead, _peak_ua(run), run.count) for run in contact.runs})
    tests = "; ".join(f"{lead} {count} pulses at {format_current(ua)}" for lead, ua, count in strengths)
    return f"contact test, in no count: {tests}" if tests else ""


def _play_text(output: Output, now_us: int) -> str:
    if not output.runs:
        return "silence"
    levels: dict[str, list[str]] = {}
    for run in output.runs:
        levels.setdefault(run.lead, []).append(format_current(_peak_ua(run)))
    strengths = "; ".join(f"{lead} {' / '.join(some)}" for lead, some in levels.items())
    return f"plays {strengths}; silent after {format_time(output.ends_us - now_us)} unless renewed"


def _peak_ua(run: Run) -> int:
    return max(abs(int(ua)) for ua, _ in run.phases)


def _rows(program: Program, decoded: Output) -> Iterator[Quantised]:
    """Section by section, what was ordered and what the reader decoded."""
    ordered, start_us = program_output(program, {}), 0
    for number, section in enumerate(program.sections, 1):
        end_us = start_us + section.duration_us
        yield Quantised(f"section {number}", *(_trains(output, start_us, end_us) for output in (ordered, decoded)))
        start_us = end_us
    yield Quantised("block", format_time(ordered.block_us), format_time(decoded.block_us))


def _trains(output: Output, start_us: int, end_us: int) -> str:
    """The trains that begin in a stretch of the block, equal ones on several leads together."""
    texts = sorted((_train_text(run), run.lead) for run in output.runs if start_us <= run.onset_us < end_us)
    grouped = groupby(texts, key=lambda pair: pair[0])
    return "; ".join(f"{' '.join(lead for _, lead in pairs)}: {text}" for text, pairs in grouped) or "silence"


def _train_text(run: Run) -> str:
    gap = f", gap {int(run.phases[1][1])} us" if len(run.phases) == 3 else ""
    return f"{format_rate(MICRO / run.period_us)}, {int(run.phases[0][1])} us a phase{gap}, {run.count} pulses"


def render_plan(plan: Plan, *, wire: bool) -> Iterator[str]:
    """The plan as lines; wire: with the bytes of every frame, number, epoch and CRC as 0."""
    order = plan.order
    yield f"{order.program.name} for {format_time(order.session_us)} on {plan.profile.title}"
    yield ""
    for row in (*plan.rows, *plan.realised.changes):
        yield f"{row.what}"
        yield f"  requested  {row.ordered}"
        yield f"  realised   {row.realised}"
    yield ""
    yield f"what the driver sends, and what the reader understood ({plan.fires} fires in all, one each renewal)"
    for step in plan.steps:
        yield f"  {step.stage:<8} {step.name:<8} {step.meaning}"
        if wire:
            yield f"           {step.blank.hex(' ')}"
    yield ""
    if plan.differences:
        yield "the bytes do NOT say what the program says:"
        yield from (f"  {sentence}" for sentence in plan.differences)
    else:
        yield "decoded again, the bytes say exactly what the program says"
