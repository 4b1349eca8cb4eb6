"""The json front end: every stdout line an event, every stdin line a command. It never opens a terminal.

Commands are carried out in the order of their lines; one with `at_us` waits for that session time (0 at the operator's
go). Nothing but a stop is carried out before the device is found (the first SAFE). A stop, and EOF, voids
every command that is held: after it, only another stop is carried out.

With `fast` the commands are read to EOF first. There nobody waits for an answer, so a command without `at_us` follows
one second of session time after the command before it (a first arm comes at once).
"""

from __future__ import annotations

import json
import os
import select
from collections.abc import Sequence
from typing import Any, TextIO

from eastim.front import Act, Happened
from eastim.ui.commands import MAX_LINE, BadCommand, Command, read_command
from eastim.ui.sentences import never_started

PACE_US = 1_000_000
EVENTS = ("state", "level", "section", "status", "notice", "trip", "end")
_STOP_EOF = Act("stop", {"source": "stdin closed"})


class Lines:
    """Whole lines out of a file descriptor, without ever blocking; a line is at most 128 kB."""

    def __init__(self, fd: int) -> None:
        self.fd, self._rest, self._skip = fd, b"", False
        self.closed = False

    def take(self) -> list[bytes]:
        """Give the whole lines of one read: a flood must not hold the loop.

        A line too long comes once, cut, so that it can be named.
        """
        lines: list[bytes] = []
        if not self.closed and select.select([self.fd], [], [], 0)[0]:
            self._add(self._read(), lines)
        return lines

    def take_all(self) -> list[bytes]:
        """Give everything up to EOF; waits for it."""
        lines: list[bytes] = []
        while not self.closed:
            self._add(self._read(), lines)
        return lines

    def _read(self) -> bytes:
        try:
            data = os.read(self.fd, MAX_LINE)
        except OSError:  # the terminal or the parent is gone: as good as EOF
            data = b""
        self.closed = not data
        return data

    def _add(self, data: bytes, lines: list[bytes]) -> None:
        *whole, self._rest = (self._rest + data).split(b"\n")
        if self.closed and self._rest:
            whole, self._rest = [*whole, self._rest], b""
        for line in whole:
            if not self._skip:
                lines.append(line)
            self._skip = False
        if len(self._rest) > MAX_LINE:
            if not self._skip:
                lines.append(self._rest)
            self._rest, self._skip = b"", True


class JsonFront:
    """Events out, commands in. notices: what is to be known of the prescription, said before all else."""

    def __init__(self, stdin: int, out: TextIO, *, fast: bool, notices: Sequence[str] = ()) -> None:
        self._lines, self._out, self._fast = Lines(stdin), out, fast
        self._line = 0
        self._held: list[Command] = []
        self._state, self._ready, self._begun = "OFF", False, False
        self._armed = self._stopping = self._stopped = False
        self._notices: list[str] = []
        for text in notices:
            self._emit("notice", 0, {"text": text, "priority": "low"})
        if fast:
            self._held = _paced(self._commands(self._lines.take_all()))

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        for event in happened:
            self._see(event)
        acts: list[Act] = []
        if not self._fast:
            self._held += self._commands(self._lines.take())
            acts += self._eof()
        acts += self._due(now_us)
        for text in self._notices:
            self._emit("notice", now_us, {"text": text, "priority": "low"})
        self._notices.clear()
        return acts + self._nothing_left(acts)

    def fds(self) -> list[int]:
        return [] if self._fast or self._lines.closed else [self._lines.fd]

    def next_us(self) -> int | None:
        times = [command.at_us for command in self._held if command.at_us is not None]
        return min(times, default=None)

    def close(self) -> None:
        self._out.flush()

    def _see(self, event: Happened) -> None:
        body = dict(event.body)
        if event.name == "state":
            self._state = str(body.get("state"))
            self._ready = self._ready or self._state == "SAFE"
            self._begun = self._begun or self._state == "LIVE"
        if event.name == "hold":
            kind = body.get("kind")
            text = "hold is released" if kind is None else f"kind {kind} is held on all leads"
            self._emit("notice", event.at_us, {"text": text, "priority": "low", "hold": kind})
        elif event.name in EVENTS:
            self._emit(event.name, event.at_us, _end(body) if event.name == "end" else body)

    def _emit(self, name: str, at_us: int, body: dict[str, Any]) -> None:
        try:
            self._out.write(json.dumps({"event": name, "at_us": at_us, **body}) + "\n")
            self._out.flush()
        except (BrokenPipeError, ValueError):
            # Nobody reads the events any more: then nobody watches the session.
            self._lines.closed = True

    def _commands(self, lines: list[bytes]) -> list[Command]:
        commands = []
        for data in lines:
            self._line += 1
            if not data.strip():
                continue
            try:
                command = read_command(data, self._line)
                self._check_first_arm(command)
                commands.append(command)
            except BadCommand as error:
                self._notices.append(f"line {self._line} does nothing: {error}")
        return commands

    def _check_first_arm(self, command: Command) -> None:
        if command.act.name == "arm":
            if not self._armed and command.at_us:
                raise BadCommand("session time begins at the first arm; leave its at_us away")
            self._armed = True

    def _eof(self) -> list[Act]:
        if not self._lines.closed or self._stopping:
            return []
        self._stopping = self._stopped = True
        return [_STOP_EOF]

    def _due(self, now_us: int) -> list[Act]:
        due = [command for command in self._held if self._is_due(command, now_us)]
        self._held = [command for command in self._held if command not in due]
        acts = [command.act for command in due]
        stops = [act for act in acts if act.name == "stop"]
        self._stopped = self._stopped or bool(stops)
        if not self._stopped:
            return acts
        self._held.clear()
        return stops

    def _is_due(self, command: Command, now_us: int) -> bool:
        if command.act.name == "stop" and command.at_us is None:
            return True
        if not self._ready:
            return False
        if command.at_us is None or (command.act.name == "arm" and command.at_us == 0):
            return True
        return self._begun and now_us >= command.at_us

    def _nothing_left(self, acts: list[Act]) -> list[Act]:
        """End a fast session that waits for an act which is not among its commands: nobody else will come."""
        wanted = {"SAFE": "arm", "TRIPPED": "clear", "UNCERTAIN": "stop"}.get(self._state)
        # Before its first arm, session time stands still, and nothing but that arm can be waited for.
        left = [command for command in self._held if self._begun or command.at_us in (None, 0)]
        if not self._fast or wanted is None or acts or self._stopping or wanted in (c.act.name for c in left):
            return []
        self._stopping = True
        return [Act("stop", {"source": f"end of commands: no {wanted} among them"})]


def _end(body: dict[str, Any]) -> dict[str, Any]:
    """The end with `error` exactly when the start failed."""
    error = body.pop("error", None)
    if error is None and never_started(body):
        error = body["reason"]
    return body if error is None else {**body, "error": error}


def _paced(commands: list[Command]) -> list[Command]:
    """Give each command without a time its own, one second after the one before; order by time."""
    timed, last_us, begun = [], 0, False
    for command in commands:
        at_us = command.at_us
        if at_us is None:
            at_us = last_us + PACE_US if begun else 0
        begun = begun or command.act.name == "arm"
        last_us = at_us
        timed.append(Command(command.act, at_us, command.line))
    return sorted(timed, key=_at_us)


def _at_us(command: Command) -> int:
    return command.at_us or 0
