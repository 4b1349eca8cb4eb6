"""The reader against the literal vectors of the wire: one connected session, built from no code of the reader."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from eastim.errors import Refused
from eastim.frames import Frame
from eastim.profiles.profile import load_profile
from eastim.safety.readers.base import Run, Status
from eastim.safety.readers.ea1 import Ea1Reader
from eastim.safety.readers.ea1_parts.framing import frame_of, message_of
from eastim.safety.readers.ea1_parts.shadow import Shadow

VECTORS = tomllib.loads((Path(__file__).parents[1] / "wire/vectors/ea1.toml").read_text("utf-8"))
HEX = {row["name"]: bytes.fromhex(row["hex"]) for row in (*VECTORS["frame"], *VECTORS["dropped"])}
UA = Fraction(1)
READER = Ea1Reader(load_profile("ea1"), ("2", "100"))


def walked(*names: str) -> tuple[Shadow, tuple[Status, ...]]:
    """Send and hear vectors by name, 1 ms apart, from a blank shadow."""
    shadow = READER.blank()
    statuses: tuple[Status, ...] = ()
    directions = {row["name"]: row["direction"] for row in VECTORS["frame"]}
    for i, name in enumerate(names):
        if directions[name] == "to device":
            shadow = READER.sent(shadow, Frame(HEX[name], 5000), i * 1000)
        else:
            shadow, statuses = READER.heard(shadow, HEX[name], i * 1000)
    return shadow, statuses


LOADED = ("hello", "identity", "limits", "limits-reply", "program", "program-reply")
PLAYING = (*LOADED, "arm", "arm-reply", "contact", "contact-reply", "play", "play-reply")


@pytest.mark.parametrize("row", VECTORS["frame"], ids=lambda row: row["name"])
def test_a_vector_decodes_to_its_type_number_and_body(row: dict[str, Any]) -> None:
    message = message_of(bytes.fromhex(row["hex"])[:-1])

    assert message is not None
    assert (message.type, message.number, message.body.hex()) == (row["type"], row["number"], row["body"])


@pytest.mark.parametrize("row", VECTORS["frame"], ids=lambda row: row["name"])
def test_a_vector_is_the_canonical_form_of_its_message(row: dict[str, Any]) -> None:
    message = message_of(bytes.fromhex(row["hex"])[:-1])

    assert message is not None
    assert frame_of(message).hex() == row["hex"]


def test_hello_tells_the_serial_number() -> None:
    shadow, _ = walked("hello", "identity")
    _, (status,) = READER.heard(shadow, HEX["status"], 0)

    assert (status.device, status.boot) == ("EA1-000001", 0x11223344)


def test_the_whole_session_of_the_vectors_is_admitted_and_agrees() -> None:
    _, (status,) = walked(*PLAYING, "status")

    assert status.disagreement == ""
    assert status.agrees
    assert status.ready
    assert status.playing
    assert not status.quiet
    assert (status.section, status.hold, status.played_us) == (1, None, 0x319750)


def test_the_status_counts_by_lead_and_kind() -> None:
    _, (status,) = walked(*PLAYING, "status")
    counts = {(c.lead, c.kind): (c.level_ua, c.sounded, c.pulses, c.felt) for c in status.counts}

    assert counts["A", "2"] == (100, True, 6, 6)
    assert counts["A", "100"] == (50, True, 25, 25)
    assert counts["B", "2"] == (0, True, 6, 0)
    assert counts["C", "100"] == (0, False, 0, 0)


def test_the_status_tells_what_was_measured() -> None:
    _, (status,) = walked(*PLAYING, "status")
    lead = status.measured[0]

    assert (lead.lead, lead.kind, lead.plus_ua, lead.minus_ua) == ("A", "100", 50, 50)
    assert (lead.volt_mv, lead.residual_mv, lead.z_ohm, lead.peak_ua, lead.fresh) == (20, -1, 392, 100, 25)
    assert (lead.open, lead.short, lead.parked) == (False, False, False)


def test_a_lead_that_was_not_measured_says_so() -> None:
    _, (status,) = walked(*PLAYING, "status")

    assert (status.measured[2].z_ohm, status.measured[2].plus_ua, status.measured[2].kind) == (None, None, None)


def test_play_buys_the_runs_of_the_program_at_its_levels() -> None:
    shadow, _ = walked(*PLAYING)
    a_slow, b_slow, a_fast, b_fast = READER.output(shadow).runs

    assert a_slow == Run("A", 0, ((100 * UA, 600 * UA), (-100 * UA, 600 * UA)), 500000 * UA, 6)
    assert b_slow == Run("B", 0, ((0 * UA, 600 * UA), (0 * UA, 600 * UA)), 500000 * UA, 6)
    assert a_fast == Run("A", 3000000, ((50 * UA, 200 * UA), (-50 * UA, 200 * UA)), 10000 * UA, 300)
    assert b_fast == Run("B", 3000000, ((0 * UA, 200 * UA), (0 * UA, 200 * UA)), 10000 * UA, 300)


def test_the_output_ends_with_the_lease_and_one_pulse() -> None:
    shadow, _ = walked(*PLAYING)
    output = READER.output(shadow)

    # PLAY is the 11th vector, sent at 10 ms; it starts 1 ms later; lease 500 ms, the longest pulse 1.2 ms.
    assert (output.starts_us, output.block_us, output.ends_us) == (11000, 6000000, 511200)


def test_the_status_moves_the_start_of_the_block() -> None:
    shadow, _ = walked(*PLAYING, "status")

    # Heard at 12 ms, 3.25 s into the block.
    assert READER.output(shadow).starts_us == 12000 - 3250000


def test_the_contact_test_is_shown_until_it_is_answered() -> None:
    shadow, _ = walked(*LOADED, "arm", "arm-reply", "contact")
    contact = READER.contact(shadow)

    assert [(run.lead, run.onset_us, run.count) for run in contact.runs] == [("A", 0, 10), ("B", 100000, 10)]
    assert contact.runs[0].phases == ((100 * UA, 100 * UA), (-100 * UA, 100 * UA))
    assert (contact.starts_us, contact.ends_us) == (9000, 209000)


def test_an_answered_contact_test_is_over() -> None:
    shadow, _ = walked(*LOADED, "arm", "arm-reply", "contact", "contact-reply")

    assert READER.contact(shadow).runs == ()


def test_hush_counts_once_it_is_answered() -> None:
    sent, _ = walked(*PLAYING, "hush")
    answered, _ = walked(*PLAYING, "hush", "hush-reply")

    assert len(READER.output(sent).runs) == 4
    assert READER.output(answered).runs == ()


def test_a_refused_play_leaves_what_was_before() -> None:
    shadow, _ = walked(*LOADED, "arm", "arm-reply", "contact", "contact-reply", "play", "refused")

    assert READER.output(shadow).runs == ()


@pytest.mark.parametrize("row", VECTORS["dropped"], ids=lambda row: row["name"])
def test_a_dropped_vector_is_refused_at_the_door(row: dict[str, Any]) -> None:
    shadow, _ = walked(*LOADED, "arm", "arm-reply")

    with pytest.raises(Refused):
        READER.sent(shadow, Frame(bytes.fromhex(row["hex"]), 5000), 0)


def test_the_stop_is_refused_at_the_door() -> None:
    with pytest.raises(Refused, match=r"the guard's own \(ea1 2\.6\)"):
        READER.sent(READER.blank(), Frame(bytes.fromhex(VECTORS["stop"]["hex"]), None), 0)


@pytest.mark.hazard("H09")
def test_every_single_bit_error_of_a_play_is_refused() -> None:
    shadow, _ = walked(*LOADED, "arm", "arm-reply")
    good = HEX["play"]
    READER.sent(shadow, Frame(good, 5000), 0)  # it is the flip that is refused, not the frame

    for bit in range(8 * len(good)):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refused):
            READER.sent(shadow, Frame(bytes(data), 5000), 0)


@pytest.mark.hazard("H09")
def test_every_single_bit_error_of_a_status_is_dropped() -> None:
    shadow, _ = walked(*PLAYING)
    good = HEX["status"]

    for bit in range(8 * len(good)):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        assert READER.heard(shadow, bytes(data), 0)[1] == ()


@pytest.mark.hazard("H09")
def test_bytes_in_any_cut_tell_the_same() -> None:
    shadow, _ = walked(*PLAYING)
    whole = READER.heard(shadow, HEX["status"], 0)
    for cut in range(1, len(HEX["status"])):
        half, none = READER.heard(shadow, HEX["status"][:cut], 0)
        rest, some = READER.heard(half, HEX["status"][cut:], 0)
        assert none == ()
        assert (rest, some) == whole
