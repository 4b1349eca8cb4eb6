"""Keep the machine awake during a session, where the system lets us; else say so."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from types import TracebackType
from typing import Self

UNHELD = (
    "this system does not let eastim hold off sleep; switch sleep off by hand, "
    "because a sleeping machine ends the session"
)


def _inhibitor(tool: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [tool, "--what=sleep:idle", "--who=eastim", "--why=a session is running", "--mode=block", "cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class Awake:
    """Hold a sleep inhibitor of systemd-logind while open.

    The inhibitor is a child that reads our pipe: it ends when we do, however we end.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        tool = shutil.which("systemd-inhibit")
        if tool is not None:
            with contextlib.suppress(OSError):  # can't be run: then nothing is held, and that is said, too
                self._child = _inhibitor(tool)
        return self

    def held(self) -> bool:
        """Whether the inhibitor is alive; it ends within a second where the system refuses it."""
        return self._child is not None and self._child.poll() is None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._child is None:
            return
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            self._child.wait(1)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
