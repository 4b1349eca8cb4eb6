"""The plan: what the driver would send, read again by the guard's reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from eastim.drivers.base import Quantised, Slice
from eastim.drivers.ea1.driver import Ea1Driver
from eastim.errors import LimitError, Refused
from eastim.frames import Frame
from eastim.plan import Plan, example_levels, make_plan, plan_order, render_plan
from eastim.pulses.levels import Levels
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.safety.readers.base import Run
from eastim.safety.readers.registry import make_reader
from tests.drivers.ea1_wire import PROFILE, PROGRAM

LIMITS = envelope("human", "needle")
ORDER = Order(PROGRAM, (LeadOrder("A", (), 2000), LeadOrder("B", (), 2000)), LIMITS, "human", 1_800_000_000, "ea1")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_order(ORDER)


def run(lead: str, onset_us: int, ua: int, width_us: int, period_us: int, count: int) -> Run:
    one, other = Fraction(ua), Fraction(width_us)
    return Run(lead, onset_us, ((one, other), (-one, other)), Fraction(period_us), count)


DECODED = (
    run("A", 0, 1000, 600, 500_000, 6),
    run("B", 0, 1000, 600, 500_000, 6),
    run("A", 3_000_000, 1000, 200, 10_000, 300),
    run("B", 3_000_000, 1000, 200, 10_000, 300),
)


def test_the_order_of_the_frames(plan: Plan) -> None:
    assert [(step.stage, step.name) for step in plan.steps] == [
        ("hello", "HELLO"),
        ("hello", "LIMITS"),
        ("load", "PROGRAM"),
        ("contact", "ARM"),
        ("contact", "CONTACT"),
        ("fire", "PLAY"),
        ("fire", "PLAY"),
        ("fire", "PLAY"),
        ("hush", "HUSH"),
    ]


def test_a_session_of_30_minutes_takes_9000_fires(plan: Plan) -> None:
    assert plan.fires == 9000


def test_the_bytes_are_shown_without_number_epoch_and_crc(plan: Plan) -> None:
    assert plan.steps[0].blank == bytes.fromhex("03 01 01 01 01 01 05 45 41 31 3f 01 01 01 01 00")
    # type 04, number 0, epoch 0, the program's hash, CRC 0
    assert plan.steps[3].blank == bytes.fromhex("030104" + "01" * 7 + "09fcbf325b3aee6212" + "01" * 4 + "00")


def test_the_reader_understood_the_program(plan: Plan) -> None:
    assert set(plan.output.runs) == set(DECODED) and plan.output.block_us == 6_000_000
    assert plan.differences == ()


def test_every_frame_has_its_meaning(plan: Plan) -> None:
    assert [step.meaning for step in plan.steps] == [
        "silence",
        "silence",
        "silence",
        "silence",
        "contact test, in no count: A 10 pulses at 0.1 mA; B 10 pulses at 0.1 mA",
        "plays A 0 mA / 0 mA; B 0 mA / 0 mA; silent after 0.5012 s unless renewed",
        "plays A 1 mA / 1 mA; B 1 mA / 1 mA; silent after 0.5012 s unless renewed",
        "plays A 1 mA / 1 mA; B 1 mA / 1 mA; silent after 0.2 s unless renewed",
        "silence",
    ]


def test_requested_stands_beside_realised(plan: Plan) -> None:
    assert plan.rows == (
        Quantised("section 1", *2 * ("A B: 2 Hz, 600 us a phase, 6 pulses",)),
        Quantised("section 2", *2 * ("A B: 100 Hz, 200 us a phase, 300 pulses",)),
        Quantised("block", "6 s", "6 s"),
    )


@pytest.mark.parametrize(
    ("rate_hz", "shape", "duration_us", "count"),
    [
        (Fraction(1, 3), PulseShape(500), 9_000_000, 3),
        (Fraction(127), PulseShape(50, gap_us=30), 1_000_000, 127),
        (Fraction(80), PulseShape(1000, sign=-1), 1_500_000, 120),
    ],
)
def test_other_programs_are_understood_too(rate_hz: Fraction, shape: PulseShape, duration_us: int, count: int) -> None:
    program = Program("own", (Section(PulseTrain("own", shape, rate_hz), duration_us, count, ("C",)),), 4)
    found = plan_order(replace(ORDER, program=program, leads=(LeadOrder("C", (), 500),), session_us=4 * duration_us))

    assert found.differences == ()
    assert found.output.runs[0].phases[0] == (Fraction(shape.sign * 500), Fraction(shape.width_us))
    assert found.output.runs[0].count == count


def test_the_examples_keep_to_lead_and_charge() -> None:
    tight = replace(
        ORDER, limits=LIMITS.tighten("phase_charge_pc", 120_000, "test", "test"), leads=(LeadOrder("A", (), 500),)
    )

    assert example_levels(tight) == {("A", "2"): 200, ("A", "100"): 500, ("B", "2"): 0, ("B", "100"): 0}


def test_a_device_that_can_t_play_the_order_is_said() -> None:
    program = Program("own", (Section(PROGRAM.sections[0].train, 3_000_000, 6, ("E",)),), 1)
    with pytest.raises(LimitError, match="lead E is none of A, B, C, D"):
        plan_order(replace(ORDER, program=program, session_us=3_000_000))


# --- a driver that says something else --------------------------------------------------------------------------------


class Twice(Ea1Driver):
    """Fires twice the strength."""

    def fire(self, slice_: Slice, levels: Levels) -> Iterator[Frame]:
        return super().fire(slice_, {key: 2 * ua for key, ua in levels.items()})


class Exchanged(Ea1Driver):
    """Gives lead A what is B's."""

    def fire(self, slice_: Slice, levels: Levels) -> Iterator[Frame]:
        other = {"A": "B", "B": "A"}
        return super().fire(slice_, {(other[lead], kind): ua for (lead, kind), ua in levels.items()})


class Wider(Ea1Driver):
    """Loads a program with other widths."""

    def load(self, program: Program, levels: Levels) -> Iterator[Frame]:
        wide = PulseTrain("2", PulseShape(601), Fraction(2))
        return super().load(
            replace(program, sections=(replace(program.sections[0], train=wide), program.sections[1])), levels
        )


class Shorter(Ea1Driver):
    """Loads a repeat less."""

    def load(self, program: Program, levels: Levels) -> Iterator[Frame]:
        return super().load(replace(program, repeats=299), levels)


def planned(kind: Callable[..., Ea1Driver]) -> tuple[str, ...]:
    driver = kind(PROFILE, PROGRAM, {"A": 2000, "B": 2000}, 1_800_000_000, 6_000_000)
    return make_plan(ORDER, PROFILE, driver, make_reader(ORDER)).differences


UNLIKE = [
    (Twice, "lead A at 0 us, 6 x (2000 uA 600 us -2000 uA 600 us) every 500000 us"),
    # 980 uA are B's when each lead and kind has a strength of its own: 1000, 990, 980, 970.
    (Exchanged, "lead A at 0 us, 6 x (980 uA 600 us -980 uA 600 us) every 500000 us"),
    (Wider, "lead B at 0 us, 6 x (1000 uA 601 us -1000 uA 601 us) every 500000 us"),
]


@pytest.mark.parametrize(("kind", "train"), UNLIKE)
def test_a_driver_that_says_something_else_is_seen(kind: type[Ea1Driver], train: str) -> None:
    assert f"{train}: not ordered, but understood" in planned(kind)


def test_a_driver_with_a_repeat_less_is_seen() -> None:
    assert planned(Shorter)[-1] == (
        "the session is 1800000000 us, and after the last fire the output ends at 1794000000 us"
    )


def test_a_frame_that_the_reader_would_not_let_out_is_refused() -> None:
    class Torn(Ea1Driver):
        def load(self, program: Program, levels: Levels) -> Iterator[Frame]:
            return (Frame(frame.data[:-2], frame.within_us) for frame in super().load(program, levels))

    with pytest.raises(Refused):
        planned(Torn)


# --- as text ----------------------------------------------------------------------------------------------------------


def test_the_text_ends_with_the_verdict(plan: Plan) -> None:
    assert list(render_plan(plan, wire=False))[-1] == "decoded again, the bytes say exactly what the program says"


def test_the_text_of_a_bad_plan_names_each_difference(plan: Plan) -> None:
    lines = list(render_plan(replace(plan, differences=("the block is 1 us",)), wire=False))

    assert lines[-2:] == ["the bytes do NOT say what the program says:", "  the block is 1 us"]


def test_the_frames_are_printed_when_asked_for(plan: Plan) -> None:
    hello = "           03 01 01 01 01 01 05 45 41 31 3f 01 01 01 01 00"

    assert hello in list(render_plan(plan, wire=True)) and hello not in list(render_plan(plan, wire=False))
