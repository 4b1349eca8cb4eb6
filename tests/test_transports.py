"""Transports on real ptys and real loopback TCP: bounded, exclusive, and every failure a clear sentence."""

from __future__ import annotations

import fcntl
import os
import pty
import socket
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from eastim.errors import PortError
from eastim.transports import Transport, open_transport

STOP = b"\x00\x18\x00"
TIOCGEXCL = 0x80045440  # linux/tty: read the exclusive flag


@pytest.fixture
def ends() -> Iterator[tuple[Transport, int]]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    port = open_transport(os.ttyname(slave), 460_800)
    os.close(slave)
    yield port, master
    port.close()
    os.close(master)


@pytest.fixture
def tcp() -> Iterator[tuple[Transport, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_transport(f"socket://127.0.0.1:{server.getsockname()[1]}", 460_800)
        device, _ = server.accept()
        with device:
            yield port, device
        port.close()


def soon(port: Transport) -> bytes:
    """Read what arrives within a second (a pty's data passes a kernel worker)."""
    until = time.monotonic() + 1
    data = b""
    while not data and time.monotonic() < until:
        data = port.read()
    return data


def test_bytes_go_through_a_pty_as_they_are(ends: tuple[Transport, int]) -> None:
    port, master = ends
    every = bytes(range(256))
    port.write(every)
    assert os.read(master, 1000) == every
    os.write(master, every)
    assert soon(port) == every


def test_nothing_there_is_not_the_end(ends: tuple[Transport, int]) -> None:
    assert ends[0].read() == b""


def test_tcp_carries_bytes_and_waits_for_no_more(tcp: tuple[Transport, socket.socket]) -> None:
    port, device = tcp
    port.write(STOP)
    assert device.recv(10) == STOP
    device.send(b"\x01\x02")
    assert soon(port) == b"\x01\x02"
    with socket.socket(fileno=os.dup(port.fileno())) as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


@pytest.mark.hazard("H07")
def test_a_pty_pulled_is_gone() -> None:
    master, slave = pty.openpty()
    port = open_transport(os.ttyname(slave), 460_800)
    os.close(slave)
    os.close(master)
    with pytest.raises(PortError, match="is gone"):
        port.read()
    with pytest.raises(PortError, match="is gone"):
        port.write(STOP)
    assert port.cut((STOP,)) is False
    port.close()


def test_a_closed_tcp_peer_is_gone(tcp: tuple[Transport, socket.socket]) -> None:
    port, device = tcp
    device.close()
    with pytest.raises(PortError, match="is gone"):
        soon(port)


def test_a_write_that_finds_no_room_ends_at_its_bound(ends: tuple[Transport, int]) -> None:
    port, _ = ends
    began = time.monotonic()
    with pytest.raises(PortError, match=r"took \d+ of 100000 bytes in 20000 us"):
        port.write(b"x" * 100_000, within_us=20_000)
    assert time.monotonic() - began < 1


@pytest.mark.hazard("H48")
def test_a_cut_overtakes_what_still_waits_in_the_kernel(ends: tuple[Transport, int]) -> None:
    port, master = ends
    with pytest.raises(PortError):
        port.write(b"x" * 100_000, within_us=1000)
    assert port.cut((STOP,)) is True
    data = b""
    while not data.endswith(STOP):
        data += os.read(master, 200_000)
    # The first 4 kB had already left for the other side; the remaining 18 of 22 kB are dropped.
    assert len(data) < 8_192


@pytest.mark.hazard("H23")
def test_a_port_has_one_owner(ends: tuple[Transport, int]) -> None:
    with pytest.raises(PortError, match="held by another program"):
        open_transport(ends[0].address, 460_800)


@pytest.mark.hazard("H24")
@pytest.mark.hazard("H23")
def test_a_port_held_by_another_process_is_busy() -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    code = "import fcntl,sys; f=open(sys.argv[1]); fcntl.flock(f,fcntl.LOCK_EX); print('held',flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(PortError, match="held by another program"):
            open_transport(name, 460_800)
        other.communicate(b"\n")
    os.close(master)
    os.close(slave)


@pytest.mark.hazard("H23")
def test_a_tcp_port_has_one_owner(tcp: tuple[Transport, socket.socket]) -> None:
    with pytest.raises(PortError, match="held by another program"):
        open_transport(tcp[0].address, 460_800)


@pytest.mark.hazard("H23")
def test_a_serial_line_is_marked_exclusive(mocker: MockerFixture) -> None:
    master, slave = pty.openpty()
    mocker.patch("eastim.transports._is_pty", return_value=False)
    port = open_transport(os.ttyname(slave), 460_800)
    assert fcntl.ioctl(slave, TIOCGEXCL, b"\0\0\0\0") == b"\1\0\0\0"
    port.close()
    os.close(master)
    os.close(slave)


@pytest.mark.hazard("H23")
def test_a_pty_is_not_for_the_flag_would_outlive_a_killed_guard(ends: tuple[Transport, int]) -> None:
    assert fcntl.ioctl(ends[0].fileno(), TIOCGEXCL, b"\0\0\0\0") == b"\0\0\0\0"


def test_a_closed_port_can_be_opened_again() -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    open_transport(name, 460_800).close()
    open_transport(name, 460_800).close()
    os.close(master)
    os.close(slave)


@pytest.mark.hazard("H38")
def test_dtr_and_rts_are_off_before_the_port_opens(mocker: MockerFixture) -> None:
    master, slave = pty.openpty()
    import serial

    opened = mocker.spy(serial.Serial, "open")
    open_transport(os.ttyname(slave), 460_800).close()
    port = opened.call_args.args[0]
    assert (port.dtr, port.rts, port.exclusive) == (False, False, True)
    os.close(master)
    os.close(slave)


def test_what_was_sent_before_the_port_was_ours_is_dropped() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.write(master, b"old")
    port = open_transport(os.ttyname(slave), 460_800)
    assert port.read() == b""
    port.close()
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/dev/nowhere", "no port at /dev/nowhere; `ls /dev/serial/by-id`"),
        ("/etc/passwd", "/etc/passwd is not a port"),
        ("/dev/null", "/dev/null is not a serial port"),
        ("/dev", "/dev is not a port"),
        ("COM3", "'COM3' is no port; give /dev/..."),
        ("", "'' is no port"),
        ("socket://192.0.2.1:5000", "not on this machine"),
        ("socket://192.0.2.1:5000", "no authentication"),
        ("socket://127.0.0.1.evil:5000", "not on this machine"),
        ("socket://0.0.0.0:5000", "not on this machine"),
        ("socket://127.0.0.1:0", "the port is 0, must be 1 to 65535"),
        ("socket://127.0.0.1:65536", "the port is 65536, must be 1 to 65535"),
        ("socket://127.0.0.1", "not on this machine"),
        ("socket://127.0.0.1:1", "nobody listens at socket://127.0.0.1:1"),
    ],
)
@pytest.mark.hazard("H35")
def test_what_is_no_port_is_refused_with_the_way_out(address: str, says: str) -> None:
    with pytest.raises(PortError) as caught:
        open_transport(address, 460_800)
    assert says in str(caught.value)


def test_no_permission_names_the_group(mocker: MockerFixture) -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    mocker.patch("serial.serialposix.os.open", side_effect=PermissionError(13, "Permission denied"))
    with pytest.raises(PortError, match="no permission for .* dialout"):
        open_transport(name, 460_800)
    mocker.stopall()
    os.close(master)
    os.close(slave)


def test_elsewhere_than_on_linux_ports_are_refused_with_a_sentence(mocker: MockerFixture) -> None:
    mocker.patch("sys.platform", "darwin")
    with pytest.raises(PortError, match="Linux only, not on darwin"):
        open_transport("/dev/ttyUSB0", 460_800)


def test_a_symlink_to_a_pty_is_a_port(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    link = tmp_path / "ea1"
    link.symlink_to(os.ttyname(slave))
    open_transport(str(link), 460_800).close()
    os.close(master)
    os.close(slave)


def test_a_cut_at_a_closed_port_raises_nothing(ends: tuple[Transport, int]) -> None:
    port, _ = ends
    port.close()

    assert port.cut((b"stop",)) is False
