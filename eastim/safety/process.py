"""The guard process: `python -m eastim.safety.process --player-fd N --operator-fd M`.

It lives in a session of its own, holds the port, and ends by itself when the session is over and zero is proven or
given up.

The first message on the operator's line is `order`; what can't be opened is answered with `failed`. What came with
the order is kept for the loop: a stop that was said before we were there counts.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eastim.clock import SystemClock
from eastim.errors import AskedError, EastimError, Exit, PortError
from eastim.ledger import LedgerFile, LedgerWriter
from eastim.safety.door import drop_ledger, open_port
from eastim.safety.door_desk import Desk
from eastim.safety.door_guard import check_order, open_guard
from eastim.safety.door_loop import Loop, ProcessHands, say, say_trace
from eastim.safety.inputs import LineName
from eastim.safety.line import Line, Message
from eastim.safety.order import Order, order_from_json
from eastim.safety.priority import take_priority
from eastim.safety.room import StopSocket

_ORDER_S = 10.0


@dataclass(frozen=True, slots=True)
class Task:
    """What the first message asks for."""

    order: Order
    address: str
    ledger: Path
    session: str


def main(arguments: list[str]) -> int:
    """Guard one session; returns the exit code."""
    lines = _lines(arguments)
    signals = _catch_signals()
    try:
        task, early = _task(lines["operator"])
        with ExitStack() as opened:
            loop = _open(task, early, lines, signals, opened)
            opened.pop_all()
    except EastimError as error:
        return _fail(lines["operator"], str(error), error.exit)
    return _guard(loop)


def _lines(arguments: list[str]) -> dict[LineName, Line]:
    if len(arguments) != 4 or arguments[0] != "--player-fd" or arguments[2] != "--operator-fd":
        raise SystemExit("eastim starts this itself: --player-fd N --operator-fd M")
    fds: dict[LineName, int] = {"player": int(arguments[1]), "operator": int(arguments[3])}
    for fd in fds.values():
        os.set_inheritable(fd, False)
    return {name: Line(socket.socket(fileno=fd)) for name, fd in fds.items()}


def _catch_signals() -> int:
    """Make signals readable: SIGTERM and SIGHUP stop; SIGINT is the terminal's word to the session, not to us."""
    ours, theirs = os.pipe()
    for fd in (ours, theirs):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return ours


def _task(operator: Line) -> tuple[Task, list[Message]]:
    """Wait for the order; give it and what the operator said right behind it. Raises AskedError."""
    until = time.monotonic() + _ORDER_S
    while not operator.closed and (left_s := until - time.monotonic()) > 0:
        select.select([operator], [], [], left_s)
        for message in (messages := operator.receive()):
            if message.name != "order":
                raise AskedError(f"the first message is {message.name[:64]!r}, must be order")
            return _read_task(message.body), messages[1:]
    raise AskedError(f"no order came: {operator.fault or 'the session is gone or silent'}")


def _read_task(body: dict[str, Any]) -> Task:
    try:
        order = order_from_json(body["order"])
        address, ledger, session = body["address"], body["ledger"], body["session"]
    except (ValueError, KeyError) as error:
        raise AskedError(f"the order can't be read: {error!r:.300}") from error
    if not all(type(text) is str for text in (address, ledger, session)):
        raise AskedError("address, ledger and session must be text")
    return Task(order, address, Path(ledger), session)


def _open(task: Task, early: list[Message], lines: dict[LineName, Line], signals: int, opened: ExitStack) -> Loop[Any]:
    """Open everything, the port last, so that nothing fails any more once a device may be there. Raises EastimError."""
    profile = check_order(task.order)
    stops = StopSocket(task.session)
    opened.callback(stops.close)
    ledger = LedgerWriter(LedgerFile(task.ledger))
    opened.callback(ledger.close, 1.0)
    try:
        port = open_port(task.address, profile.baud)
    except PortError:
        drop_ledger(task.ledger)
        raise
    opened.callback(port.close)
    runs = take_priority()
    desk = Desk(task.session, task.order.device or profile.name, runs)
    clock = SystemClock()
    body = open_guard(task.order, profile, ProcessHands(port, lines, ledger, desk), clock.now_us(), runs)
    return Loop(body, port, lines, ledger, stops, desk, clock, signals, early)


def _fail(operator: Line, error: str, code: Exit) -> int:
    operator.send("failed", {"error": error, "exit": int(code)})
    if operator.waiting:
        select.select([], [operator], [], 1.0)
        operator.flush()
    return int(code)


def _guard(loop: Loop[Any]) -> int:
    # A collection may pause for tens of ms with many objects alive; nothing of the guard's is cyclic garbage.
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        loop.run()
    except BaseException:  # noqa: BLE001, whatever it is, it is said and ends the guard
        # The loop has cut already. What is left is to die loudly, with the ledger on disk; the lines' ends tell the
        # session.
        say_trace()
        with suppress(Exception):
            loop.leave()
        return int(Exit.BUG)
    code = loop.exit_code
    if not loop.leave():
        say("eastim guard: the ledger is not whole on disk\n")
        return int(Exit.BAD_LEDGER) if code in (Exit.DONE, Exit.STOPPED) else int(code)
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
