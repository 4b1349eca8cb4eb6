"""Start the guard process, and hold the session's ends of its two lines."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from eastim.child import child_environment
from eastim.safety.line import Line, PlayerLine
from eastim.safety.order import Order

END_S = 6.0


@dataclass(slots=True)
class GuardHandle:
    """A running guard, seen from the session. The guard outlives us on purpose: there is no way to kill it here."""

    player: PlayerLine
    operator: Line
    child: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.child.pid

    def poll(self) -> int | None:
        """Give its exit code, None while it runs."""
        return self.child.poll()

    def wait(self, within_s: float) -> int | None:
        """Wait for its end; None when it still runs then."""
        try:
            return self.child.wait(within_s)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """Hang up both lines: the guard cuts, unless it is done."""
        self.player.close()
        self.operator.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the end, which comes when the ledger is whole on disk; after an error hang up at once."""
        if error is None:
            self.wait(END_S)
        self.close()
        # Not ours to kill, and not to be waited for for ever: it ends by itself when zero is proven or given up.
        self.wait(END_S)


def start_guard(order: Order, address: str, ledger_path: Path, session_id: str) -> GuardHandle:
    """Start a guard for one session; it answers on the operator's line, with `failed` when it can't begin.

    It runs in a session of its own, so that a closed terminal or Ctrl-C reaches it only as the end of a line. Of the
    sockets, no other child of ours ever holds a copy: a copy would keep a dead session's line open.
    """
    player, players_end = socket.socketpair()
    operator, operators_end = socket.socketpair()
    ledger = os.path.abspath(ledger_path)
    line = Line(operator)
    # Said before anybody is there to hear it: an order that can't be sent starts nothing.
    line.send("order", {"order": order.to_json(), "address": address, "ledger": ledger, "session": session_id})
    fds = (players_end.fileno(), operators_end.fileno())
    with players_end, operators_end:
        child = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "eastim.safety.process"),
                *("--player-fd", str(fds[0]), "--operator-fd", str(fds[1])),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=fds,
            env=child_environment(),
            cwd="/",
            start_new_session=True,
        )
    return GuardHandle(PlayerLine(player), line, child)
