"""H28: every number around 2^16 and 2^32: what is encoded, what is read, and sessions whose counters pass them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import proof.rig
from eastim.drivers.ea1 import codec, replies
from eastim.drivers.registry import make_driver
from eastim.safety.readers.ea1_parts.report import parse_report
from tests.sweeps.sitting import Sitting
from tests.sweeps.test_each_field_lied import FIELDS

U16, U32, U64 = 2**16 - 1, 2**32 - 1, 2**64 - 1
AROUND = {
    "H": (0, 1, 2**15 - 1, 2**15, U16 - 1, U16),
    "I": (0, U16, 2**16, 2**16 + 1, 2**31 - 1, 2**31, U32 - 1, U32),
    "Q": (0, U16, 2**16, U32, 2**32, 2**32 + 1, 2**63, U64),
    "h": (-(2**15), -1, 0, 2**15 - 1),
    "q": (-(2**63), -(2**32) - 1, -(2**32), -1, 2**32, 2**63 - 1),
}
# Boot and epoch are no 0; what else is missing here is no number.
NUMBERS = {name: place for name, place in FIELDS.items() if place[1] in AROUND and name != "bad"}


def found_in(report: Any, name: str) -> int:
    """A field of a parsed report by the name that the tests give it."""
    lead, _, own = name.rpartition(" ")
    row = report.leads[0] if lead else report
    return int(getattr(row if hasattr(row, own) else row.kinds[0], own))


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_of_a_status_is_read_whole_by_the_reader_and_by_the_driver(name: str) -> None:
    at, kind = NUMBERS[name]
    empty = struct.pack("<IIQQIBBBBHBBIHBBH", 1, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0xFF, 0, 0, 1, 4, 0) + bytes(4 * 36)
    for value in AROUND[kind][name in ("boot", "epoch") :]:
        body = empty[:at] + struct.pack("<" + kind, value) + empty[at + struct.calcsize("<" + kind) :]
        report = parse_report(body)

        assert report is not None and found_in(report, name) == value
        assert found_in(replies.parse(codec.Message(0xC0, 1, body)), name) == value


LEVELS = ((0, 0, 0, 0),)
ENCODERS: dict[str, tuple[int, Callable[[int], bytes]]] = {
    "number of a message": (U32, lambda n: codec.encode(codec.Message(1, n, b""))),
    "limit of a lead": (U16, lambda n: codec.LimitsBody((n, 0, 0, 0), 0, 0).pack()),
    "charge of a phase": (U32, lambda n: codec.LimitsBody((0, 0, 0, 0), n, 0).pack()),
    "time of play": (U32, lambda n: codec.LimitsBody((0, 0, 0, 0), 0, n).pack()),
    "repeats": (U16, lambda n: codec.ProgramBody(n, ()).pack()),
    "width": (U16, lambda n: codec.ProgramBody(1, (codec.Record(0, 1, 0, n, 0, 1, 1, 1, 1),)).pack()),
    "gap": (U16, lambda n: codec.ProgramBody(1, (codec.Record(0, 1, 0, 1, n, 1, 1, 1, 1),)).pack()),
    "rate above": (U32, lambda n: codec.ProgramBody(1, (codec.Record(0, 1, 0, 1, 0, n, 1, 1, 1),)).pack()),
    "rate below": (U32, lambda n: codec.ProgramBody(1, (codec.Record(0, 1, 0, 1, 0, 1, n, 1, 1),)).pack()),
    "count": (U32, lambda n: codec.ProgramBody(1, (codec.Record(0, 1, 0, 1, 0, 1, 1, n, 1),)).pack()),
    "duration": (U32, lambda n: codec.ProgramBody(1, (codec.Record(0, 1, 0, 1, 0, 1, 1, 1, n),)).pack()),
    "epoch of an arming": (U32, lambda n: codec.arm_body(n, bytes(8))),
    "level of a contact test": (U16, lambda n: codec.contact_body(1, 1, 1, n)),
    "step of a play": (U32, lambda n: codec.play_body(1, n, 500, None, LEVELS)),
    "lease": (U16, lambda n: codec.play_body(1, 1, n, None, LEVELS)),
    "hold": (0xFF, lambda n: codec.play_body(1, 1, 500, n, LEVELS)),
    "level": (U16, lambda n: codec.play_body(1, 1, 500, None, ((n, 0, 0, 0),))),
    "step of a hush": (U32, lambda n: codec.hush_body(1, n)),
}


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoder_raises_where_a_number_would_wrap(name: str) -> None:
    most, encode = ENCODERS[name]

    assert encode(most)
    for beyond in (most + 1, most + 2, 2 * (most + 1), -1):
        with pytest.raises(struct.error):
            encode(beyond)


def tally(sitting: Sitting, **counts: int) -> None:
    """Have the device's counts of lead A stand so high, as after days of play."""
    if sitting.rig:
        for name, value in counts.items():
            setattr(sitting.rig.device.stage.leads[0].tallies[0], name, value)
        # The guard has seen no jump: after days of play it would know the counts of seconds ago.
        sitting.rig.body.guard = replace(sitting.rig.body.guard, rates=())


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("ahead_us", [1_500_000, 2_500_000, 3_300_000])
def test_a_session_in_which_the_devices_clock_passes_2_32_us(ahead_us: int) -> None:
    sitting = Sitting()
    if sitting.rig:
        sitting.rig.device.boot_us -= 2**32 - ahead_us
    sitting.live().raised(5)

    assert (sitting.faults, sitting.notices, sitting.peaks(sitting.now_us - 50_000)) == ([], [], {"A": 500})


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("number", [2**16 - 20, 2**16 - 10])
def test_a_session_in_which_the_number_of_a_message_passes_2_16(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make: Any = make_driver
    monkeypatch.setattr(proof.rig, "make_driver", lambda *given: make(*given[:5], number))
    sitting = Sitting().live().raised(5)

    assert (sitting.faults, sitting.notices, sitting.peaks(sitting.now_us - 50_000)) == ([], [], {"A": 500})


@pytest.mark.hazard("H28")
def test_a_session_in_which_the_guards_clock_passes_2_32_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof.rig, "FIRST_US", 2**32 - 2_000_000)
    sitting = Sitting().live().raised(5)

    assert sitting.now_us > 2**32
    assert (sitting.faults, sitting.notices, sitting.peaks(sitting.now_us - 50_000)) == ([], [], {"A": 500})


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    "counts",
    [
        {"at_level": U16 - 50},
        {"at_level": U16},
        {"pulses": U16 - 50, "felt": U16 - 60},
        {"pulses": 2**31 - 50, "felt": 2**31 - 60},
        {"pulses": U32 - 500, "felt": U32 - 500},
    ],
    ids=str,
)
def test_a_session_in_which_pulses_pass_2_16_and_come_near_2_32(counts: dict[str, int]) -> None:
    sitting = Sitting().live().raised(1)
    tally(sitting, **counts)
    sitting.run(1_000_000).raised(1)

    assert (sitting.faults, sitting.notices, sitting.peaks(sitting.now_us - 50_000)) == ([], [], {"A": 200})


@pytest.mark.hazard("H28")
def test_a_session_in_which_blocks_pass_2_16() -> None:
    sitting = Sitting().live().raised(1)
    if sitting.rig:
        sitting.rig.device.session.blocks = U16 - 1
    sitting.run(1_000_000).raised(1)

    assert (sitting.faults, sitting.notices, sitting.peaks(sitting.now_us - 50_000)) == ([], [], {"A": 200})
