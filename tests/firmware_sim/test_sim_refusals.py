"""What the device refuses: each row is a request, and the code and detail the manual gives for it."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tests.firmware_sim.host import (
    ARM,
    BODIES,
    CLEAR,
    CONTACT,
    DENSE_DISPERSE,
    EPOCH,
    HELLO,
    HUSH,
    LIMITS,
    PLAY,
    PROGRAM,
    STOP,
    Host,
    frame,
    play,
    program,
    section,
)

VERSION, LENGTH, TYPE, STATE, SEQUENCE, EPOCH_CODE, RANGE, LIMIT, HASH, STEP, LEASE, LATCHED, SPENT, BUSY = range(1, 15)
ZERO = (0, 0, 0, 0)
E32 = struct.pack("<I", EPOCH)
OWN = (2000, 2000, 2000, 2000, 0xFFFFFFFF, 4294967)
S = 1_000_000
AN_HOUR = section(0, 1, 200, (10, 1), 1, 3600 * S)
A_SECOND = section(0, 1, 200, (10, 1), 10, S)


def idle(host: Host) -> None:
    host.ask(HELLO, b"EA1?")


def locked(host: Host) -> None:
    idle(host)
    host.ask(LIMITS, struct.pack("<HHHHII", *OWN))


def ready(host: Host) -> None:
    locked(host)
    host.hash = host.ask(PROGRAM, DENSE_DISPERSE).body[:8]


def armed(host: Host) -> None:
    host.arm(limits=(200, 200, 0, 0, 600_000, 1_800_000))


def playing(host: Host) -> None:
    armed(host)
    host.play(ZERO, ZERO)


def fault(host: Host) -> None:
    playing(host)
    host.run(600_000)


def done(host: Host) -> None:
    host.arm(program(1, A_SECOND))
    host.play(ZERO, lease_ms=2000)
    host.run(1_100_000)


ROWS: list[tuple[str, Callable[[Host], None], int, bytes, tuple[int, int]]] = [
    ("an unknown type", idle, 0x09, b"", (TYPE, 0)),
    ("a reply's type", idle, 0x81, b"", (TYPE, 0)),
    ("a long hello", idle, HELLO, b"EA1?!", (LENGTH, 4)),
    ("a hello to another", idle, HELLO, b"EA2?", (RANGE, 0)),
    ("a hello while playing", playing, HELLO, b"EA1?", (STATE, 4)),
    ("short limits", idle, LIMITS, b"\0" * 15, (LENGTH, 16)),
    ("limits above the device's own", idle, LIMITS, struct.pack("<HHHHII", 0, 2001, 0, 0, 0, 0), (RANGE, 2)),
    ("a play time above the device's own", idle, LIMITS, struct.pack("<HHHHII", 0, 0, 0, 0, 0, 4294968), (RANGE, 12)),
    ("limits when armed", armed, LIMITS, struct.pack("<HHHHII", *OWN), (STATE, 3)),
    ("limits in fault", fault, LIMITS, struct.pack("<HHHHII", *OWN), (STATE, 6)),
    ("a program without limits", idle, PROGRAM, DENSE_DISPERSE, (STATE, 1)),
    ("a program when armed", armed, PROGRAM, DENSE_DISPERSE, (STATE, 3)),
    ("a program in fault", fault, PROGRAM, DENSE_DISPERSE, (STATE, 6)),
    ("a program one byte short", locked, PROGRAM, DENSE_DISPERSE[:-1], (LENGTH, 0)),
    ("a program of nothing", locked, PROGRAM, b"", (LENGTH, 0)),
    ("no repeats", locked, PROGRAM, program(0, A_SECOND), (RANGE, 0)),
    ("no sections", locked, PROGRAM, program(1), (RANGE, 2)),
    ("17 sections", locked, PROGRAM, program(1, *[A_SECOND] * 17), (RANGE, 2)),
    ("a spare byte", locked, PROGRAM, b"\x01\x00\x01\x01" + A_SECOND, (RANGE, 3)),
    ("kind 4", locked, PROGRAM, program(1, section(4, 1, 200, (10, 1), 1, S)), (RANGE, 4)),
    ("a first kind 1", locked, PROGRAM, program(1, section(1, 1, 200, (10, 1), 1, S)), (RANGE, 4)),
    ("no leads", locked, PROGRAM, program(1, section(0, 0, 200, (10, 1), 1, S)), (RANGE, 5)),
    ("a fifth lead", locked, PROGRAM, program(1, section(0, 16, 200, (10, 1), 1, S)), (RANGE, 5)),
    ("sign 2", locked, PROGRAM, program(1, section(0, 1, 200, (10, 1), 1, S, sign=2)), (RANGE, 6)),
    ("a width of 19", locked, PROGRAM, program(1, section(0, 1, 19, (10, 1), 1, S)), (RANGE, 8)),
    ("a width of 2001", locked, PROGRAM, program(1, section(0, 1, 2001, (10, 1), 1, S)), (RANGE, 8)),
    ("a gap of 1001", locked, PROGRAM, program(1, section(0, 1, 200, (10, 1), 1, S, gap=1001)), (RANGE, 10)),
    ("no rate", locked, PROGRAM, program(1, section(0, 1, 200, (0, 1), 1, S)), (RANGE, 12)),
    ("a rate over nothing", locked, PROGRAM, program(1, section(0, 1, 200, (1, 0), 1, S)), (RANGE, 16)),
    ("1001 Hz", locked, PROGRAM, program(1, section(0, 1, 20, (1001, 1), 1, S)), (RANGE, 12)),
    ("1/101 Hz", locked, PROGRAM, program(1, section(0, 1, 20, (1, 101), 1, S)), (RANGE, 12)),
    ("more than half the period", locked, PROGRAM, program(1, section(0, 1, 251, (1000, 1), 1, S)), (RANGE, 8)),
    ("no pulses", locked, PROGRAM, program(1, section(0, 1, 200, (10, 1), 0, S)), (RANGE, 20)),
    ("no time", locked, PROGRAM, program(1, section(0, 1, 200, (10, 1), 1, 0)), (RANGE, 24)),
    ("a last pulse too late", locked, PROGRAM, program(1, section(0, 1, 200, (10, 1), 2, 100_399)), (RANGE, 24)),
    ("a block over an hour", locked, PROGRAM, program(1, AN_HOUR, A_SECOND), (RANGE, 48)),
    ("a hole in the kinds", locked, PROGRAM, program(1, A_SECOND, section(2, 1, 200, (10, 1), 1, S)), (RANGE, 28)),
    ("a kind of two widths", locked, PROGRAM, program(1, A_SECOND, section(0, 1, 201, (10, 1), 1, S)), (RANGE, 32)),
    ("a kind of two rates", locked, PROGRAM, program(1, A_SECOND, section(0, 1, 200, (11, 1), 1, S)), (RANGE, 36)),
    ("the first of two wrong fields", locked, PROGRAM, program(1, section(1, 0, 19, (10, 1), 1, S)), (RANGE, 4)),
    ("arm without program", locked, ARM, E32 + b"\0" * 8, (STATE, 1)),
    ("arm another epoch", ready, ARM, b"\1\2\3\4" + b"\0" * 8, (EPOCH_CODE, EPOCH)),
    ("arm another hash", ready, ARM, E32 + b"\0" * 8, (HASH, 0)),
    ("arm in fault", fault, ARM, E32 + b"\0" * 8, (LATCHED, 1)),
    ("contact when ready", ready, CONTACT, E32 + b"\1\1\1\0", (STATE, 2)),
    ("contact after play", playing, CONTACT, E32 + b"\1\1\1\0", (STATE, 4)),
    ("contact of no lead", armed, CONTACT, E32 + b"\0\1\1\0", (RANGE, 4)),
    ("contact of 11 pulses", armed, CONTACT, E32 + b"\1\x0b\1\0", (RANGE, 5)),
    ("contact of 0.11 mA", armed, CONTACT, E32 + b"\1\1\x0b\0", (RANGE, 6)),
    ("play when ready", ready, PLAY, play(1, ZERO, ZERO), (STATE, 2)),
    ("play when done", done, PLAY, play(2, ZERO), (STATE, 5)),
    ("play in fault", fault, PLAY, play(2, ZERO, ZERO), (LATCHED, 1)),
    ("play of another epoch", armed, PLAY, play(1, ZERO, ZERO, epoch=1), (EPOCH_CODE, EPOCH)),
    ("play of an old step", playing, PLAY, play(1, ZERO, ZERO), (STEP, 1)),
    ("a lease of 199 ms", armed, PLAY, play(1, ZERO, ZERO, lease_ms=199), (LEASE, 2000)),
    ("a lease of 2001 ms", armed, PLAY, play(1, ZERO, ZERO, lease_ms=2001), (LEASE, 2000)),
    ("a hold of no kind", armed, PLAY, play(1, ZERO, ZERO, hold=2), (RANGE, 10)),
    ("one kind of two", armed, PLAY, play(1, ZERO), (RANGE, 11)),
    ("a play one byte short", armed, PLAY, play(1, ZERO, ZERO)[:-1], (LENGTH, 0)),
    ("a level above its lead's limit", armed, PLAY, play(1, ZERO, (0, 0, 1, 0)), (LIMIT, 24)),
    ("a charge above the limit", armed, PLAY, play(1, (101, 0, 0, 0), ZERO), (LIMIT, 12)),
    ("hush when ready", ready, HUSH, E32 + b"\1\0\0\0", (STATE, 2)),
    ("hush of an old step", playing, HUSH, E32 + b"\1\0\0\0", (STEP, 1)),
    ("clear of nothing", armed, CLEAR, E32, (STATE, 3)),
    ("clear of another epoch", fault, CLEAR, b"\1\0\0\0", (EPOCH_CODE, EPOCH)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "kind", "body", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_request_is_refused(
    before: Callable[[Host], None], kind: int, body: bytes, expected: tuple[int, int]
) -> None:
    host = Host("600")
    before(host)
    state = host.device.state

    assert host.refused(kind, body) == expected

    host.run(host.now_us + 10_000)
    assert host.device.state == state
    assert host.edges("A") == host.edges("C") == []


@pytest.mark.hazard("H39")
def test_another_version_is_refused_with_the_devices_own() -> None:
    host = Host()

    (reply,) = host.send(frame(HELLO, 1, b"EA1?", version=2))

    assert reply.body == struct.pack("<BBI", HELLO, VERSION, 1)


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("number", [4, 5])
def test_a_number_that_is_no_larger_is_refused_and_the_last_stays(number: int) -> None:
    host = Host()
    locked(host)
    host.number = 5
    host.send(frame(LIMITS, 5, struct.pack("<HHHHII", *OWN)))

    (reply,) = host.send(frame(PROGRAM, number, DENSE_DISPERSE))

    assert reply.body == struct.pack("<BBI", PROGRAM, SEQUENCE, 5)
    assert host.ask(PROGRAM, DENSE_DISPERSE).type == 0x83


def test_a_refusal_is_retried_by_its_number_and_stays_one() -> None:
    host = Host()
    idle(host)
    data = frame(PROGRAM, 7, DENSE_DISPERSE)
    (first,) = host.send(data)
    host.number = 6
    assert first.body == struct.pack("<BBI", PROGRAM, STATE, 1)

    (again,) = host.send(data)

    assert again == first


@pytest.mark.hazard("H28")
def test_nothing_of_a_play_above_the_limit_takes_effect() -> None:
    host = Host("600")
    armed(host)
    host.play((10, 0, 0, 0), ZERO)
    host.run(300_000)

    assert host.refused(PLAY, play(2, (20, 0, 0, 0), (0, 201, 0, 0), lease_ms=2000)) == (LIMIT, 22)

    host.run(1_000_000)
    assert host.statuses[-1].step == 1
    assert max(ua for _, ua in host.edges("A")) == 100
    assert next(s.clock_us for s in host.statuses if s.state == 6) == 500_000


def test_while_the_contact_test_runs_all_is_busy_but_the_stop() -> None:
    host = Host("600")
    armed(host)
    host.number += 1
    assert host.send(frame(CONTACT, host.number, E32 + b"\x03\x0a\x0a\x00")) == []
    host.run(100_000)
    assert host.refused(HELLO, b"EA1?") == (BUSY, 0)
    assert host.statuses[-1].flags == 0b1110

    host.send(STOP)

    assert host.statuses[-1].state == 2
    assert host.run(1_000_000) == []  # ended without reply
    assert len(host.edges("A")) == 3 * 10 and host.edges("B") == []


def test_a_contact_test_is_once_a_lead_and_its_pulses_are_in_no_count() -> None:
    host = Host("A=600,B=open,C=short")
    armed(host)
    host.number += 1
    host.send(frame(CONTACT, host.number, E32 + b"\x07\x02\x0a\x00"))
    (reply,) = host.run(60_000)

    assert reply.body == struct.pack("<B3xIIII", 7, 600, 0xFFFFFFFF, 10, 0)
    assert host.now_us == 60_000
    assert host.edges("A") == [(1000, 100), (1100, -100), (1200, 0), (11_000, 100), (11_100, -100), (11_200, 0)]
    assert host.edges("C")[0] == (41_000, 100)
    assert host.refused(CONTACT, E32 + b"\x04\x01\x01\x00") == (STATE, 3)
    leads = host.report().leads
    assert [(lead.kind, lead.net_pc, lead.peak_ua, lead.kinds[0].pulses) for lead in leads[:2]] == [(0xFE, 0, 0, 0)] * 2
    assert [lead.flags for lead in leads] == [0b1000, 0b1001, 0b1010, 0]


def test_clear_leads_back_to_ready_and_a_stop_does_not() -> None:
    host = Host()
    fault(host)
    host.send(STOP)
    assert host.device.state == 6

    assert host.ask(CLEAR, E32).type == 0x88

    assert host.device.state == 2


def test_hello_forgets_the_session_and_locks_nothing() -> None:
    host = Host("600")
    host.arm()
    host.play((10, 0, 0, 0), ZERO, lease_ms=2000)
    host.run(1_200_000)
    host.hush()
    idle(host)

    said = host.report()
    assert (said.state, said.flags, said.played_us, said.block, said.step) == (1, 0b1, 0, 0, 0)
    assert (said.leads[0].kind, said.leads[0].peak_ua, said.leads[0].kinds) == (0xFF, 0, ())


def test_a_hello_byte_for_byte_the_last_is_a_retry() -> None:
    host = Host(vary_epoch=True)
    (first,) = host.send(frame(HELLO, 1, b"EA1?"))
    (again,) = host.send(frame(HELLO, 1, b"EA1?"))
    (other,) = host.send(frame(HELLO, 0, b"EA1?"))

    assert again.body == first.body
    assert other.body != first.body


def test_identity_is_that_of_the_manual() -> None:
    host = Host()

    assert host.ask(HELLO, b"EA1?").body == BODIES["identity"]
