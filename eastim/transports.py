"""Open a port and hold it: a serial line (or a pty) or TCP on this machine. Only `safety.door` imports this.

Nothing here blocks beyond a stated bound: the file descriptor is non-blocking and the waiting is `poll`. Foreign
exceptions end here and become PortError.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import select
import socket
import stat
import sys
import termios
import time
from typing import Protocol

from eastim.errors import PortError

# A frame of 520 bytes needs 11.3 ms at 460800 baud; a port that takes longer has stalled.
WRITE_BOUND_US = 50_000
_CONNECT_S = 2.0
# So much is read at once: 89 ms of a line at 460800 baud, and it fits a message to the player. The rest waits.
READ_BYTES = 4096


class _Held(Protocol):
    """What keeps the port open: pyserial's Serial or a socket."""

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class Transport:
    """One open port. Made by `open_transport`."""

    def __init__(self, address: str, held: _Held, *, tty: bool, lock: socket.socket | None = None) -> None:
        self.address = address
        self._held = held
        self._tty = tty
        self._lock = lock
        self._fd = held.fileno()
        os.set_blocking(self._fd, False)

    def fileno(self) -> int:
        return self._fd

    def write(self, data: bytes, within_us: int = WRITE_BOUND_US) -> None:
        """Write all of `data` within `within_us`; raises PortError, and then a part of it may be out."""
        left = memoryview(data)
        until_ns = time.monotonic_ns() + within_us * 1000
        while left:
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                if not self._writable(until_ns):
                    out = len(data) - len(left)
                    raise PortError(
                        f"{self.address} took {out} of {len(data)} bytes in {within_us} us; is the device alive?"
                    ) from None
            except OSError as error:
                raise PortError(f"{self.address} is gone: {os.strerror(error.errno or 0)}; plug it in again") from error

    def read(self) -> bytes:
        """Give what has arrived, at most READ_BYTES, b"" for nothing; raises PortError when the port is gone."""
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortError(f"{self.address} is gone: {os.strerror(error.errno or 0)}; plug it in again") from error
        # VMIN is 1 (see _open_tty): no bytes here is the end, never "nothing yet".
        if not data:
            raise PortError(f"{self.address} is gone: the other end closed it; plug it in again")
        return data

    def cut(self, frames: tuple[bytes, ...]) -> bool:
        """Drop what waits to go out, then write these; never raises, False when they did not all go out."""
        if self._tty:
            # What still waits in the kernel would delay a stop by its line time.
            try:  # noqa: SIM105, `suppress` takes longer than the call
                termios.tcflush(self._fd, termios.TCOFLUSH)
            except (termios.error, ValueError):
                pass
        try:
            for frame in frames:
                self.write(frame)
        except (PortError, ValueError):
            return False
        return True

    def close(self) -> None:
        if self._fd < 0:
            return
        self._fd = -1
        with contextlib.suppress(OSError):
            self._held.close()
        if self._lock is not None:
            self._lock.close()

    def _writable(self, until_ns: int) -> bool:
        left_ms = (until_ns - time.monotonic_ns()) // 1_000_000
        if left_ms <= 0:
            return False
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        return bool(poll.poll(left_ms))


def open_transport(address: str, baud: int) -> Transport:
    """Open a port by its address, as its only owner. Raises PortError.

    address: `/dev/...`, any path of a serial line or pty, or `socket://127.0.0.1:PORT`. baud: of a serial line.
    """
    if sys.platform != "linux":
        raise PortError(f"real ports are supported on Linux only, not on {sys.platform}; use --device sim --fast")
    if address.startswith("socket://"):
        return _open_tcp(address)
    if address.startswith("/"):
        return _open_tty(address, baud)
    raise PortError(f"{address[:80]!r} is no port; give /dev/... or socket://127.0.0.1:PORT")


def _open_tty(address: str, baud: int) -> Transport:
    import serial  # lazy: TCP needs it not, and it is the one foreign package of the guard

    _check_tty(address)
    port = serial.Serial()
    port.port, port.baudrate, port.timeout = address, baud, 0
    # Set before opening: raising DTR resets boards of the Arduino family (H38). exclusive is the flock on which the
    # claim of a single owner rests (H23).
    port.dtr = port.rts = False
    port.exclusive = True
    try:
        port.open()
        # TIOCEXCL does not bind root, so it is the second fence, not the first. A pty (a simulator's) keeps the flag
        # after its last close: one killed guard would lock its user out of it for good.
        if not _is_pty(port.fileno()):
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
        settings = termios.tcgetattr(port.fileno())
        settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
        termios.tcsetattr(port.fileno(), termios.TCSANOW, settings)
        # What was typed at the port before it was ours is nobody's answer.
        termios.tcflush(port.fileno(), termios.TCIOFLUSH)
    except (OSError, ValueError, termios.error) as error:
        port.close()
        raise PortError(_why(address, error)) from error
    return Transport(address, port, tty=True)


def _is_pty(fd: int) -> bool:
    # Linux, Documentation/admin-guide/devices.txt: 136 to 143 are the Unix98 pty slaves.
    return 136 <= os.major(os.fstat(fd).st_rdev) <= 143


def _check_tty(address: str) -> None:
    try:
        mode = os.stat(address).st_mode
    except OSError as error:
        raise PortError(_why(address, error)) from error
    if not stat.S_ISCHR(mode):
        raise PortError(f"{address} is not a port; `ls /dev/serial/by-id` shows what is plugged in")


def _open_tcp(address: str) -> Transport:
    found = re.fullmatch(r"socket://(127\.0\.0\.1|localhost|\[::1\]):(\d{1,9})", address)
    if found and not 0 < int(found[2]) < 65_536:
        raise PortError(f"{address[:80]!r}: the port is {found[2]}, must be 1 to 65535")
    if not found:
        raise PortError(
            f"{address[:80]!r} is not on this machine; only socket://127.0.0.1:PORT is opened (a stimulator on a "
            "network has no authentication); bring a remote one here with a tunnel"
        )
    host, port = found[1].strip("[]"), int(found[2])
    lock = _tcp_lock(address, port)
    try:
        sock = socket.create_connection((host, port), timeout=_CONNECT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        lock.close()
        raise PortError(_why(address, error)) from error
    return Transport(address, sock, tty=False, lock=lock)


def _tcp_lock(address: str, port: int) -> socket.socket:
    # TCP knows no flock; an abstract socket's name is unique on the machine and goes with its owner (H23).
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        lock.bind(f"\0eastim/port/{port}")
    except OSError as error:
        lock.close()
        raise PortError(_why(address, error)) from error
    return lock


def _why(address: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code is None and error.args:
        # termios.error carries its number there; pyserial's flock failure has it only in its text.
        code = error.args[0]
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR):
        return f"no port at {address}; `ls /dev/serial/by-id` shows what is plugged in"
    if code in (errno.EACCES, errno.EPERM):
        return f"no permission for {address}; add yourself to its group (dialout): sudo usermod -aG dialout $USER"
    if code == errno.ECONNREFUSED:
        return f"nobody listens at {address}; is the simulator running?"
    if code in (errno.EBUSY, errno.EADDRINUSE, errno.EAGAIN) or "exclusively lock" in str(error):
        return f"{address} is held by another program; `eastim status` shows running sessions"
    if code in (errno.ENOTTY, errno.EINVAL) or "configure port" in str(error):
        return f"{address} is not a serial port; `ls /dev/serial/by-id` shows what is plugged in"
    return f"{address} can't be opened: {str(error)[:200]}; is it a stimulator?"
