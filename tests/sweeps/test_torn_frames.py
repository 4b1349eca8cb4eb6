"""H11, H38: each request cut at each byte, and what is no request, in each state of the device: nothing changes."""

from __future__ import annotations

import struct

import pytest

from tests.firmware_sim.host import (
    ARM,
    CLEAR,
    CONTACT,
    HELLO,
    HUSH,
    LIMITS,
    PLAY,
    PROGRAM,
    STOP,
    Host,
    frame,
    onsets,
    play,
    program,
    section,
)

DENSE = program(300, section(0, 3, 200, (100, 1), 300, 3_000_000))
BRIEF = program(1, section(0, 3, 200, (100, 1), 10, 100_000))
UP = (100, 100, 0, 0)
LIMIT = struct.pack("<HHHHII", 2000, 2000, 2000, 2000, 0xFFFFFFFF, 4294967)
QUIET_US = 60_000  # half a frame is dropped after 50 ms


def idle(host: Host) -> None:
    host.ask(HELLO, b"EA1?")


def ready(host: Host) -> None:
    host.arm(DENSE)
    host.send(STOP)


def armed(host: Host) -> None:
    host.arm(DENSE)


def playing(host: Host) -> None:
    host.arm(DENSE)
    host.play(UP, lease_ms=2000)


def done(host: Host) -> None:
    host.arm(BRIEF)
    host.play(UP, lease_ms=2000)
    host.run(host.now_us + 200_000)


def fault(host: Host) -> None:
    host.arm(DENSE)
    host.play(UP, lease_ms=200)
    host.run(host.now_us + 300_000)


STATES = {"IDLE": idle, "READY": ready, "ARMED": armed, "PLAYING": playing, "DONE": done, "FAULT": fault}


def requests(host: Host) -> dict[str, bytes]:
    """Each request as it could come next: right in number, epoch, step and hash."""
    n, epoch, step = host.number + 1, host.device.epoch, host.step + 1
    digest = getattr(host, "hash", bytes(8))
    bodies = {
        HELLO: b"EA1?", LIMITS: LIMIT, PROGRAM: DENSE, ARM: struct.pack("<I", epoch) + digest,
        CONTACT: struct.pack("<IBBH", epoch, 3, 10, 10), PLAY: play(step, (900, 900, 0, 0), epoch=epoch),
        HUSH: struct.pack("<II", epoch, step), CLEAR: struct.pack("<I", epoch),
    }  # fmt: skip
    return {str(kind): frame(kind, n, body) for kind, body in bodies.items()}


def held(host: Host) -> tuple[object, ...]:
    device = host.device
    return device.state.name, device.epoch, device.fault.name, device.session.step


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("state", STATES)
def test_a_request_cut_at_any_byte_changes_nothing_and_moves_no_pulse(state: str) -> None:
    host = Host("600", vary_epoch=True)
    STATES[state](host)
    cuts = [data[:k] for data in requests(host).values() for k in range(1, len(data))]
    begun_us, before = host.now_us, held(host)
    for n, torn in enumerate(cuts):
        if state == "PLAYING" and n % 10 == 0:
            host.play(UP, lease_ms=2000)
            before = held(host)
        assert host.send(torn) == []
        host.run(host.now_us + QUIET_US)
        assert held(host) == before, torn.hex()

    pulses = onsets(host.edges("A", begun_us))
    # One each 10 ms from 1 ms on; none in any other state.
    assert pulses == (list(range(begun_us + 1_000, host.now_us, 10_000)) if state == "PLAYING" else [])
    # Bodies of 4, 16, 28, 12, 8, 20, 8 and 4 bytes, 12 more a frame, and the last byte of each is never sent.
    assert len(cuts) == 100 + 8 * 12 - 8
    assert max((abs(ua) for _, ua in host.edges("A", begun_us)), default=0) in (0, 1000)


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("state", STATES)
def test_the_next_whole_request_is_read_after_a_cut_one(state: str) -> None:
    host = Host("600", vary_epoch=True)
    STATES[state](host)
    whole = requests(host)[str(HUSH)]
    for k in range(1, len(whole)):
        host.send(whole[:k])
        host.run(host.now_us + QUIET_US)
        # An unknown type changes nothing, and is refused as such.
        assert host.refused(0x09, b"") == (3, 0)


def _stopped(data: bytes, k: int) -> tuple[list[int], str]:
    host = Host("600", vary_epoch=True)
    playing(host)
    host.run(100_000)
    host.send(data[:k])
    host.send(STOP)
    host.run(300_000)
    return onsets(host.edges("A", 100_000)), host.device.state.name


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("kind", [PLAY, HUSH])
def test_a_stop_right_behind_any_part_of_a_frame_is_a_stop(kind: int) -> None:
    host = Host("600", vary_epoch=True)
    playing(host)
    data = requests(host)[str(kind)]

    assert [_stopped(data, k) for k in range(1, len(data))] == [([], "READY")] * (len(data) - 1)


PROBES = (b"AT\r\n", b"AT+GCAP\r", b"ATI\r\n", b"+++", b"\r\n\r\n", b"*IDN?\n", b"~\x7e\x7d", bytes(range(1, 256)))


@pytest.mark.hazard("H38")
@pytest.mark.parametrize("state", STATES)
def test_what_other_programs_send_to_a_port_changes_nothing_in_any_state(state: str) -> None:
    host = Host("600", vary_epoch=True)
    STATES[state](host)
    begun_us, before = host.now_us, held(host)
    for probe in PROBES:
        assert host.send(probe) == []
        host.run(host.now_us + QUIET_US)
    pulses = onsets(host.edges("A", begun_us))

    assert held(host) == before
    assert pulses == (list(range(begun_us + 1_000, host.now_us, 10_000)) if state == "PLAYING" else [])
    assert host.refused(0x09, b"") == (3, 0)  # the next whole frame is read
