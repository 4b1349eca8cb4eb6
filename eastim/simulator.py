"""Start the simulated stimulator as a child and speak its control socket. Never imports firmware_sim.

The simulator is a program of its own that shares nothing with eastim but the wire's manual. It ends when its stdin
closes, so it can't outlive us, and it has a session of its own: a Ctrl-C in the terminal must not kill the device
before the stop has reached it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from eastim.child import child_environment
from eastim.errors import DeviceError, PortError

_READY_S = 10.0
_ANSWER_S = 30.0
_END_S = 2.0
_MAX_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Advanced:
    """Where the device stands after an `advance`: its clock, and all bytes it has sent since boot."""

    t_us: int
    tx: int


class Simulator:
    """One simulated stimulator, from construction to `close`; a context manager.

    speed: 1 is real time, 0 stands still until `advance`. edges: file for the scope's edges. faults: "name" or
    "name@seconds". tcp: it is reached by a socket of this machine, not by a pty. seed: makes its boot ids, epochs and
    noise repeatable. Raises PortError when it does not come up.
    """

    def __init__(
        self,
        *,
        wire: str = "ea1",
        load: str | None = None,
        edges: Path | None = None,
        speed: int | None = None,
        faults: Sequence[str] = (),
        tcp: bool = False,
        seed: int | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="eastim-sim-")
        folder = Path(self._folder.name)
        arguments = ["--tcp", "0"] if tcp else ["--pty", str(folder / wire)]
        arguments += ["--control", str(folder / "control"), "--until-stdin-closes"]
        arguments += [] if load is None else ["--load", load]
        arguments += [] if edges is None else ["--edges", str(edges)]
        arguments += [] if speed is None else ["--speed", str(speed)]
        arguments += [] if seed is None else ["--seed", str(seed)]
        arguments += [part for fault in faults for part in ("--fault", fault)]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, lives as long as the child
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "firmware_sim", wire, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=child_environment(),
            start_new_session=True,
        )
        self._control: socket.socket | None = None
        self._rest = b""
        try:
            ready = self._ready()
            self.address = f"socket://127.0.0.1:{ready['tcp']}" if tcp else str(ready["pty"])
            self._control = _connect(str(ready["control"]))
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise self._failed(f"the simulator did not come up: {error}") from error

    @property
    def pid(self) -> int:
        return self._child.pid

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask one thing of the control socket; raises DeviceError on a refusal, PortError when it is dead."""
        if self._control is None:
            raise PortError("the simulator is closed")
        try:
            self._control.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(self._line(self._control))
        except (OSError, ValueError) as error:
            raise self._failed(f"the simulator no longer answers: {error}") from error
        if type(answer) is not dict or answer.get("ok") is not True:
            raise DeviceError(f"the simulator refused {request.get('do')}: {str(answer)[:200]}")
        return answer

    def advance(self, to_us: int, after_rx: int) -> Advanced:
        """Let the device's time go on to `to_us`, once it has read `after_rx` bytes.

        It ends sooner at the first byte that the device sends, and after a minute: `t_us` says how far it came.
        """
        answer = self.control({"do": "advance", "to_us": to_us, "after_rx": after_rx})
        return Advanced(int(answer["t_us"]), int(answer["tx"]))

    def close(self) -> None:
        """End the child: stdin closed, then terminated, then killed; each waits a moment."""
        if self._control is not None:
            self._control.close()
            self._control = None
        for act in (self._hang_up, self._child.terminate, self._child.kill):
            act()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(_END_S)
                break
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._said.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hang_up(self) -> None:
        if self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()

    def _ready(self) -> dict[str, Any]:
        """Wait for the first line on the child's stdout."""
        out = self._child.stdout
        data = b""
        until = time.monotonic() + _READY_S
        while out is not None and b"\n" not in data and len(data) < _MAX_LINE:
            if not select.select([out], [], [], max(0.0, until - time.monotonic()))[0]:
                raise ValueError(f"no ready line in {_READY_S:.0f} s")
            more = os.read(out.fileno(), 65_536)
            if not more:
                raise ValueError("it ended at once")
            data += more
        ready: dict[str, Any] = json.loads(data.split(b"\n", 1)[0])
        return ready

    def _line(self, control: socket.socket) -> bytes:
        while b"\n" not in self._rest:
            more = control.recv(65_536)
            if not more or len(self._rest) > _MAX_LINE:
                raise ValueError("it hung up" if not more else "a line without end")
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        return line

    def _failed(self, what: str) -> PortError:
        """Close, and give the error with the child's last words."""
        self._hang_up()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_END_S)
        self._said.seek(0)
        words = self._said.read()[-2000:].decode("utf-8", "replace").strip()
        self.close()
        return PortError(f"{what}; {words or 'it said nothing'}")


def _connect(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(_ANSWER_S)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock
