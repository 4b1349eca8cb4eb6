"""H14: each field of a STATUS lied about, one at a time, in a live session: seen, or harmless for a stated reason.

The bytes are bent on their way from an honest device, by foreign tools; offsets are those of clauses 6.2 and 6.3 for a
program of one kind. Three lies a field: 0, all bits, one more than the truth; and what stands still where time shows.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tests.sweeps.sitting import Sitting

FIELDS = {
    "boot": (0, "I"), "epoch": (4, "I"), "clock_us": (8, "Q"), "played_us": (16, "Q"), "step": (24, "I"),
    "state": (28, "B"), "fault": (29, "B"), "cause": (30, "B"), "flags": (31, "B"), "block": (32, "H"),
    "section": (34, "B"), "hold": (35, "B"), "position_us": (36, "I"), "lease_ms": (40, "H"), "kinds": (42, "B"),
    "leads": (43, "B"), "bad": (44, "H"),
    # Lead A, then its only kind.
    "A flags": (46, "B"), "A kind": (47, "B"), "A plus_ua": (48, "H"), "A minus_ua": (50, "H"), "A volt_mv": (52, "H"),
    "A residual_mv": (54, "h"), "A z_ohm": (56, "I"), "A net_pc": (60, "q"), "A peak_ua": (68, "H"),
    "A level": (70, "H"), "A at_level": (72, "H"), "A pulses": (74, "I"), "A felt": (78, "I"),
}  # fmt: skip
LIES = ("zero", "most", "one more")

# What each lie comes to: the fault that trips, or "lowered" where the guard takes the lead to zero.
SEEN = {
    ("boot", "zero"): "player", ("boot", "most"): "reset", ("boot", "one more"): "reset",
    ("epoch", "zero"): "refused", ("epoch", "most"): "refused", ("epoch", "one more"): "refused",
    ("clock_us", "zero"): "stale", ("clock_us", "most"): "clock", ("clock_us", "stands still"): "clock",
    ("step", "zero"): "disagrees", ("step", "most"): "disagrees", ("step", "one more"): "disagrees",
    ("step", "stands still"): "disagrees",
    ("state", "zero"): "stale", ("state", "most"): "stale", ("state", "one more"): "disagrees",
    ("fault", "most"): "device-fault", ("fault", "one more"): "device-fault",
    ("cause", "most"): "stale",
    ("flags", "zero"): "disagrees",
    ("played_us", "most"): "disagrees",
    ("section", "most"): "disagrees", ("section", "one more"): "disagrees",
    ("hold", "zero"): "disagrees", ("hold", "one more"): "disagrees",
    ("position_us", "most"): "disagrees",
    ("kinds", "zero"): "player", ("kinds", "most"): "player", ("kinds", "one more"): "player",
    ("leads", "zero"): "player", ("leads", "most"): "player", ("leads", "one more"): "player",
    ("A flags", "most"): "lowered", ("A flags", "one more"): "lowered",
    ("A plus_ua", "zero"): "imbalance", ("A plus_ua", "most"): "excess",
    ("A minus_ua", "zero"): "imbalance", ("A minus_ua", "most"): "excess",
    ("A residual_mv", "most"): "residual",
    ("A net_pc", "most"): "net-dc",
    ("A pulses", "most"): "rate",
    ("A level", "zero"): "disagrees", ("A level", "most"): "disagrees", ("A level", "one more"): "disagrees",
}  # fmt: skip

# Why a lie that is not seen can do no harm. A truth told is no lie, and 1 us, 1 uA or 1 mV more is within every bound.
HARMLESS = {
    "clock_us": "1 us more",
    "played_us": "the guard counts the session's time itself and ends it; a count that runs back disagrees once",
    "fault": "no fault is the truth",
    "cause": "that a state changed buys nothing; a stop is answered by cause 2 and a new epoch together",
    "flags": "quiet while PLAYING is believed of no stop: zero is taken from the answer to a stop alone",
    "block": "the guard counts no blocks",
    "section": "0 is the truth",
    "hold": "no hold is the truth",
    "position_us": "raises rest on what was felt, and a frame on the ceilings, wherever the device says it is",
    "lease_ms": "the guard counts the lease from its own writing",
    "bad": "a count of dropped bytes, for people",
    "A flags": "with no reading the levels are still read back, and the status no longer says measured",
    "A kind": "a reading of no kind, or of none that is ordered, is nothing to compare with",
    "A plus_ua": "1 uA more",
    "A minus_ua": "1 uA more",
    "A volt_mv": "the guard takes the impedance, not the voltage",
    "A residual_mv": "0 and 1 mV more drift by nothing",
    "A z_ohm": "open is believed of the flag, and the device parks by itself; none measured is none",
    "A net_pc": "no net charge is the truth; 1 pC more is within the bound",
    "A peak_ua": "a number of the summary",
    "A at_level": "too few: no raise is taken until it is felt; too many: the slope still holds",
    "A pulses": "fewer harm nobody, and one more may come at any time; the session's length is counted in time",
    "A felt": "it dates a reading: one that repeats is not judged twice",
}


def lie(field: str, how: str) -> Callable[[bytes], bytes]:
    """Write another value over one field of a body."""
    at, kind = FIELDS[field]
    size, kept = struct.calcsize("<" + kind), []

    def change(body: bytes) -> bytes:
        was = body[at : at + size]
        kept.append(was)
        more = (int.from_bytes(was, "little") + 1) % (1 << 8 * size)
        value = {
            "zero": bytes(size),
            "most": b"\xff" * size if kind.isupper() else b"\xff" * (size - 1) + b"\x7f",
            "one more": more.to_bytes(size, "little"),
            "stands still": kept[0],
        }[how]
        return body[:at] + value + body[at + size :]

    return change


def outcome(sitting: Sitting) -> str:
    """The first fault of a session, "lowered" when its lead was taken to zero, "" when nothing happened."""
    lowered = sitting.said("level")[-1]["ua"] == 0
    return next(iter(sitting.faults), "lowered" if lowered else "")


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(("field", "how"), SEEN, ids=str)
def test_a_lie_that_matters_is_seen_and_ends_the_current(field: str, how: str) -> None:
    sitting = Sitting().live().raised(1).bend(lie(field, how))
    at_us = sitting.now_us
    sitting.run(3_000_000 if field in ("clock_us", "A pulses") else 600_000)

    assert outcome(sitting) == SEEN[field, how]
    assert max(sitting.peaks(at_us).values()) == 100  # nothing above what was raised
    assert sitting.edges(sitting.now_us - 100_000) == []


@pytest.mark.hazard("H14")
def test_every_other_lie_trips_nothing_moves_no_current_and_a_stop_still_ends_it() -> None:
    sitting = Sitting().live().raised(2)
    truth = sitting.rig.cable.carry if sitting.rig else None
    done = []
    for field in FIELDS:
        for how in LIES:
            if (field, how) in SEEN or sitting.rig is None or truth is None:
                continue
            sitting.bend(lie(field, how)).run(350_000)
            sitting.rig.cable.carry = truth  # type: ignore[method-assign]
            sitting.run(100_000)
            done.append((field, how, sitting.state, sitting.faults, sitting.peaks(sitting.now_us - 50_000)))

    assert [one for one in done if one[2:] != ("LIVE", [], {"A": 200})] == []
    assert {field for field, *_ in done} == set(HARMLESS)
    assert sitting.finish()["zero"] is True
