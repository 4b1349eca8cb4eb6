"""The literal vectors of the wire through the simulator's grammar and firmware."""

from __future__ import annotations

import struct

import pytest

from firmware_sim.ea1 import grammar
from firmware_sim.ea1 import status as layout
from firmware_sim.ea1.firmware import Ea1Device
from tests.firmware_sim.host import BODIES, EPOCH, FRAMES, IDLE, PLAYING, STOP, VECTORS, Host, frame, play


@pytest.mark.hazard("H44")
@pytest.mark.parametrize("vector", VECTORS["frame"], ids=lambda v: v["name"])
def test_a_vector_is_read(vector: dict[str, object]) -> None:
    chunk, _, rest = bytes.fromhex(str(vector["hex"])).partition(b"\x00")
    message = grammar.read(chunk)

    assert rest == b""
    assert message is not None
    assert (message.version, message.type, message.number) == (1, vector["type"], vector["number"])
    assert message.body.hex() == vector["body"]


@pytest.mark.parametrize("vector", VECTORS["frame"], ids=lambda v: v["name"])
def test_a_vector_is_written(vector: dict[str, object]) -> None:
    kind, number, body = vector["type"], vector["number"], vector["body"]
    assert isinstance(kind, int) and isinstance(number, int) and isinstance(body, str)

    assert grammar.frame(kind, number, bytes.fromhex(body)).hex() == vector["hex"]


def replies(host: Host, data: bytes) -> list[bytes]:
    """Send bytes; returns the frames that are no STATUS."""
    host.simulation.receive(data)
    return [out for out in host.simulation.take() if out[2] != 0xC0]


def test_the_requests_get_the_replies_of_the_vectors_byte_for_byte() -> None:
    host = Host("A=needle,B=600")

    for name, answer in (
        ("hello", "identity"),
        ("limits", "limits-reply"),
        ("program", "program-reply"),
        ("arm", "arm-reply"),
    ):
        assert replies(host, FRAMES[name]) == [FRAMES[answer]]
    assert replies(host, FRAMES["contact"]) == []
    said = [out for out in host.simulation.run_to(200_000) if out[2] != 0xC0]
    assert said == [FRAMES["contact-reply"]]  # 392 ohm at needles, 600 ohm at 600 ohm
    assert host.now_us == 200_000


def in_section_one() -> Host:
    """Bring a device to where PLAY number 6 renews in section 1, as the vectors tell it."""
    host = Host("A=needle,B=600")
    for name in ("hello", "limits", "program", "arm"):
        replies(host, FRAMES[name])
    for number, step in ((5, 5), (100, 6)):
        replies(host, frame(6, number, play(step, (10, 0, 0, 0), (5, 0, 0, 0), lease_ms=2000)))
        host.simulation.run_to(host.now_us + 1_700_000)
    # 3.3, 7: HELLO may carry any number; while playing it is refused, and its number is the last all the same.
    replies(host, frame(1, 5, b"EA1?"))
    host.simulation.run_to(3_150_000 + 1000)
    return host


def test_play_hush_and_refused_are_answered_as_in_the_vectors() -> None:
    host = in_section_one()

    assert replies(host, FRAMES["play"]) == [FRAMES["play-reply"]]
    assert replies(host, FRAMES["hush"]) == [FRAMES["hush-reply"]]


def test_a_level_above_the_limit_is_refused_as_in_the_vector() -> None:
    host = Host()
    for name in ("hello", "limits", "program", "arm"):
        replies(host, FRAMES[name])

    too_high = frame(6, 6, play(7, (201, 0, 0, 0), (0, 0, 0, 0)))

    assert replies(host, too_high) == [FRAMES["refused"]]


def test_clear_is_answered_as_in_the_vector() -> None:
    host = Host()
    for name in ("hello", "limits", "program", "arm"):
        replies(host, FRAMES[name])
    replies(host, frame(6, 5, play(1, (0, 0, 0, 0), (0, 0, 0, 0), lease_ms=200)))
    host.simulation.run_to(300_000)

    assert replies(host, FRAMES["clear"]) == [FRAMES["clear-reply"]]


def test_the_status_vector_is_what_such_a_device_reports() -> None:
    """What the vector's meaning says, set into the leads by hand, gives its bytes; the head is written out."""
    device = Ea1Device()
    device.stage.new_program(2)
    for lead, levels in zip(device.stage.leads, ((10, 5), (0, 0), (0, 0), (0, 0)), strict=True):
        for tally, level, pulses in zip(lead.tallies, levels, (6, 25), strict=True):
            own = pulses if lead.name in "AB" else 0
            tally.level, tally.at_level, tally.pulses, tally.felt = level, own, own, own if level else 0
    a = device.stage.leads[0].measured
    a.kind, a.plus_ua, a.minus_ua, a.volt_uv, a.residual_uv, a.z_ohm, a.net_pc, a.peak_ua = (
        1,
        50,
        50,
        19_622.0,
        -1_200.0,
        392,
        0,
        100,
    )
    head = layout.Head(
        boot=0x11223344, epoch=EPOCH, clock_us=9_876_543, played_us=3_250_000, step=7, state=PLAYING,
        fault=0, cause=0, flags=6, block=1, section=1, hold=0xFF, position_us=3_250_000, lease_ms=400, kinds=2, bad=0,
    )  # fmt: skip

    assert layout.body(head, device.stage.leads) == BODIES["status"]


@pytest.mark.parametrize("vector", VECTORS["dropped"], ids=lambda v: v["name"])
def test_a_dropped_vector_changes_nothing(vector: dict[str, str]) -> None:
    host = Host()
    for name in ("hello", "limits", "program", "arm"):
        replies(host, FRAMES[name])
    host.run(100_000)
    data = bytes.fromhex(vector["hex"])
    stops = vector["name"] == "torn-then-stop"
    chunks = 2 if vector["name"] == "play-one-bit" else 1  # the bit turns an 01 into a 00, which cuts the frame in two

    assert replies(host, data) == []
    host.run(200_000)

    last = host.statuses[-1]
    assert (last.state, last.step, last.bad) == (2 if stops else 3, 0, chunks)
    assert host.edges("A") == []


def test_the_stop_vector_stops() -> None:
    host = Host()
    replies(host, FRAMES["hello"])

    assert bytes.fromhex(VECTORS["stop"]["hex"]) == STOP
    host.send(STOP)

    (said,) = host.statuses
    assert (said.state, said.cause, said.flags & 1) == (IDLE, 2, 1)


def test_the_program_hash_of_the_vectors() -> None:
    host = Host()
    for name in ("hello", "limits"):
        replies(host, FRAMES[name])
    host.number = 2

    reply = host.ask(3, BODIES["program"])

    assert reply.body[:8].hex() == VECTORS["program_hash"]
    assert struct.unpack_from("<H", reply.body, 8) == (300,)
