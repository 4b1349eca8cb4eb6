"""How bytes reach the device: a pty with a stable link, and TCP on loopback."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import termios
import tty

_MOST_WAITING = 1 << 16  # a host that does not read loses whole frames, as on a UART


class PtyWire:
    """A pseudo-terminal in raw mode; LINK points to the side a host opens, and may close and open again.

    Nobody having it open shows as a hang-up. Bytes sent then are lost, as on a cable without a host; the pty stays.
    """

    def __init__(self, link: str) -> None:
        self.link = link
        self._master, slave = os.openpty()
        try:
            tty.setraw(slave)
            self.name = os.ttyname(slave)
            os.set_blocking(self._master, False)
            _point(link, self.name)
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)  # from now on a hang-up says that no host is there
        self._poll = select.poll()
        self._poll.register(self._master, 0)
        self._had_host = False
        self._waiting = bytearray()

    def fileno(self) -> int:
        """Return what to wait on, edge-triggered (a hang-up would wake a level-triggered wait for ever)."""
        return self._master

    @property
    def attached(self) -> bool:
        """Say whether a host has it open."""
        hung_up = any(event & select.POLLHUP for _, event in self._poll.poll(0))
        if hung_up and self._had_host:
            self._forget()
        self._had_host = not hung_up
        return not hung_up

    def _forget(self) -> None:
        """Throw away what the host that left has not read; the next one must not find it."""
        self._waiting.clear()
        with contextlib.suppress(OSError, termios.error):
            slave = os.open(self.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            termios.tcflush(slave, termios.TCIFLUSH)
            os.close(slave)

    def read(self) -> bytes:
        """Return all bytes that have come."""
        got = bytearray()
        while True:
            try:
                piece = os.read(self._master, 65536)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EIO):
                    raise
                return bytes(got)
            if not piece:
                return bytes(got)
            got += piece

    def write(self, frame: bytes) -> int:
        """Send one frame; returns how many bytes went on the line: all or none."""
        if not self.attached or len(self._waiting) + len(frame) > _MOST_WAITING:
            return 0
        self._waiting += frame
        self.flush()
        return len(frame)

    def flush(self) -> bool:
        """Push on what the line has not taken yet; False while some is left."""
        while self._waiting:
            try:
                del self._waiting[: os.write(self._master, self._waiting)]
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    self._waiting.clear()
                break
        return not self._waiting

    def close(self) -> None:
        """Pull the cable: the host sees a hang-up, the link is gone."""
        os.close(self._master)
        if os.path.islink(self.link) and os.readlink(self.link) == self.name:
            os.unlink(self.link)


def _point(link: str, target: str) -> None:
    """Make the symlink, over one that a killed simulator left, never over anything else."""
    if os.path.lexists(link):
        if not os.path.islink(link) or not os.readlink(link).startswith("/dev/pts/"):
            raise FileExistsError(errno.EEXIST, "exists and is no link to a pty; name another --pty", link)
        if os.path.exists(link):
            raise FileExistsError(errno.EEXIST, "leads to a live pty, maybe another simulator's; remove it first", link)
        os.unlink(link)
    os.symlink(target, link)


class TcpWire:
    """One host at a time on 127.0.0.1; a second one is turned away, as by an open port."""

    def __init__(self, port: int) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port {port} is outside 0 to 65535; 0 is any free one")
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._host: socket.socket | None = None
        self._waiting = bytearray()

    def filenos(self) -> list[int]:
        """Return what to wait on."""
        return [self._listener.fileno(), *([self._host.fileno()] if self._host is not None else [])]

    @property
    def attached(self) -> bool:
        """Say whether a host is connected."""
        return self._host is not None

    def accept(self) -> None:
        """Take a host that is waiting."""
        while True:
            try:
                host, _ = self._listener.accept()
            except OSError:
                return
            if self._host is not None:
                host.close()
                continue
            host.setblocking(False)
            host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._host = host
            self._waiting.clear()

    def read(self) -> bytes:
        """Return all bytes that have come; notices a host that left."""
        got = bytearray()
        self.accept()
        while self._host is not None:
            try:
                piece = self._host.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            if not piece:
                self._drop()
                self.accept()
            got += piece
        return bytes(got)

    def write(self, frame: bytes) -> int:
        """Send one frame; returns how many bytes went on the line: all or none."""
        self.accept()
        if self._host is None or len(self._waiting) + len(frame) > _MOST_WAITING:
            return 0
        self._waiting += frame
        self.flush()
        return len(frame)

    def flush(self) -> bool:
        """Push on what the line has not taken yet; False while some is left."""
        while self._waiting and self._host is not None:
            try:
                del self._waiting[: self._host.send(self._waiting)]
            except BlockingIOError:
                break
            except OSError:
                self._drop()
        return not self._waiting

    def _drop(self) -> None:
        if self._host is not None:
            self._host.close()
            self._host = None
            self._waiting.clear()

    def close(self) -> None:
        """Close both the host's connection and the listener."""
        self._drop()
        self._listener.close()
