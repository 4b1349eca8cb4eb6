"""What comes from this machine: a guard's answer, the kernel's table, keys, json lines, commands to the simulator."""

from __future__ import annotations

import io
import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from random import Random
from typing import Any, Self, cast

from eastim.front import Act, Happened
from eastim.safety import room_client
from eastim.safety.room_table import Room, sockets
from eastim.ui import jsonl
from eastim.ui.cli_rooms import _line, _stopped
from eastim.ui.plain import PlainFront
from firmware_sim import control
from firmware_sim.clock import Clock
from firmware_sim.serve import Server
from firmware_sim.simulation import Simulation
from proof.fuzz.scratch import written
from proof.fuzz.target import Broken, Target, printable
from proof.fuzz.wire_targets import DEVICES

_ASKED = Room(1000, "20260101-asked")


class Said:
    """The other end of a stop socket: bytes in two pieces, then the end; a stand-in that is never late."""

    def __init__(self, data: bytes) -> None:
        self._pieces = [piece for piece in (data[: len(data) // 2], data[len(data) // 2 :]) if piece]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def settimeout(self, _: float) -> None:
        pass

    def recv(self, _: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def reply(data: bytes) -> None:
    """Anybody's bytes as a guard's answer: zero only where it is said, of the session that was asked, and one line."""
    # As to a status: the same reading, but no signal to a process when there is none.
    answer = room_client._heard(_ASKED, "status", cast(Any, Said(data)), math.inf)
    stopped, status = _stopped(answer), _line(answer)
    printable(stopped, status)
    if not (stopped.startswith(f"{_ASKED.session}: ") and status.startswith(f"{_ASKED.session}: ")):
        raise Broken(f"it speaks for another session: {stopped!r}")
    if "output zero confirmed" in stopped and not _says_zero(data):
        raise Broken("a zero that nobody said")


def _says_zero(data: bytes) -> bool:
    """Whether these bytes, or the piece that came first, say that zero is true, in UTF-8, 16 or 32: read once more."""
    for piece, encoding in product((data, data[: len(data) // 2]), _ENCODINGS):
        with suppress(ValueError, RecursionError):
            said = json.loads(piece.decode(encoding, "surrogatepass"))
            if type(said) is dict and said.get("zero") is True:
                return b"\n" in piece
    return False


_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


# A guard's own line of the table, and what is found of it.
_GUARD = b"0000000000000000: 00000002 00000000 00010000 0001 01 4711 @eastim/guard/1000/20260101-ours\n"
_FOUND = (Room(1000, "20260101-ours"), "4711")
_SESSION = re.compile(r"[a-z0-9-]{1,64}")


def table(data: bytes) -> None:
    """Anybody's names in the kernel's table: none hides a guard, before it or behind it, and none is made up."""
    first, *others, last = sockets(str(written("unix", b"%b%b\n%b" % (_GUARD, data, _GUARD))))
    if (first, last) != (_FOUND, _FOUND):
        raise Broken("a guard is hidden")
    names = data.decode("ascii", "replace")
    for room, inode in others:
        words = (f"/{room.session}", inode, str(room.uid))
        if not _SESSION.fullmatch(room.session) or not all(word in names for word in words):
            raise Broken(f"{room!r} with inode {inode!r} stands nowhere in the table")


# What a front end is told before the keys come; by the first byte.
_STATES: tuple[tuple[str, str], ...] = (
    ("SAFE", "human"), ("LIVE", "human"), ("PAUSED", "human"), ("TRIPPED", "human"), ("SAFE", "bench"),
)  # fmt: skip
_STOP_KEYS = (b" ", b"0", b"s", b"\x03", b"\x1a", "\u3000".encode())
_TICK_US = 10_000
_AT_MOST, _WITHIN_US = 2, 400_000
_STEPS = ({"lead": "A", "kind": None}, {"lead": "B", "kind": None})
_ACTS = {"arm", "raise", "lower", "hold", "pause", "resume", "clear", "stop"}


def keys(data: bytes) -> None:
    """Bytes of a keyboard, in reads (apart by FF); a read's first byte is the time since the one before, in 10 ms.

    Never more than two raises in 0.4 s, however the keys fall, so of what is pasted two steps at most; each is one step
    of a lead that there is; no key that stops is lost, and no stop comes of another; after it, nothing else.
    """
    ours, theirs = os.pipe()
    said, acts, now_us = io.StringIO(), list[tuple[int, Act]](), 0
    try:
        front = PlainFront(ours, said, ("A", "B"))
        front.pass_(0, list(_before(data)))
        for piece in data[1:].split(b"\xff"):
            now_us += piece[0] * _TICK_US if piece else 0
            if piece[1:]:
                os.write(theirs, piece[1:])
                acts += [(now_us, act) for act in front.pass_(now_us, [])]
    finally:
        os.close(theirs)
    try:
        _pressed(data, [act for _, act in acts])
        _in_steps([at_us for at_us, act in acts if act.name == "raise"])
        ends = [act.name for act in front.pass_(now_us, [])]
        if ends != ["stop"]:
            raise Broken(f"the end of the keys is {ends}, and no stop")
    finally:
        os.close(ours)
    printable(*said.getvalue().splitlines())


def _before(data: bytes) -> Iterator[Happened]:
    state, use = _STATES[data[0] % len(_STATES) if data else 0]
    yield Happened("state", 0, {"state": state, "use": use, "fault": "", "reason": ""})
    yield Happened("section", 0, {"kind": "2"})


def _pressed(data: bytes, acts: list[Act]) -> None:
    """Look at the acts of these keys, but for their times."""
    names = [act.name for act in acts]
    if set(names) - _ACTS or names.count("raise") > data.count(b"+"):
        raise Broken(f"{names} came of these keys")
    if any(act.name == "raise" and act.body not in _STEPS for act in acts):
        raise Broken("a raise that is no single step of a lead that there is")
    pressed = b"".join(piece[1:] for piece in data[1:].split(b"\xff"))
    stops = any(key in pressed for key in _STOP_KEYS)
    after = set(names[names.index("stop") :]) if "stop" in names else set()
    if after - {"stop"} or (after and not stops):
        raise Broken(f"{names}: an act after a stop, or a stop that nobody pressed")
    # A terminal's own sequence may hold a digit or a space that nobody pressed.
    if stops and not after and b"\x1b" not in pressed:
        raise Broken(f"{names}: a stop is lost")


def _in_steps(raised_us: list[int]) -> None:
    for first_us, third_us in zip(raised_us, raised_us[_AT_MOST:], strict=False):
        if third_us - first_us < _WITHIN_US:
            raise Broken(f"{_AT_MOST + 1} raises within {third_us - first_us} us")


_MOST = 32


@contextmanager
def _short_lines() -> Iterator[None]:
    """With lines of 32 bytes at most, not 64 kB, so that a fuzzer's inputs are as long as some, and longer."""
    names = vars(jsonl)
    most, names["MAX_LINE"] = names["MAX_LINE"], _MOST
    try:
        yield
    finally:
        names["MAX_LINE"] = most


def lines(data: bytes) -> None:
    """Command lines in pieces (apart by FF): each comes once, whole and in its order; of one too long its beginning.

    The first byte says whether they are read as they come, or to their end. No more is kept than one line.
    """
    pieces = data[1:].split(b"\xff")
    ours, theirs = os.pipe()
    try:
        with _short_lines():
            found = list(_cut(jsonl.Lines(ours), theirs, pieces, as_they_come=data[:1] < b"\x80"))
    finally:
        os.close(ours)
    wanted = b"".join(pieces).split(b"\n")
    wanted = wanted if wanted[-1] else wanted[:-1]
    if len(found) != len(wanted) or not all(map(_is_line, found, wanted)):
        raise Broken(f"{found} came of {wanted}")


def _cut(one: jsonl.Lines, theirs: int, pieces: Iterable[bytes], *, as_they_come: bool) -> Iterator[bytes]:
    for piece in pieces:
        os.write(theirs, piece)
        yield from _bounded(one, one.take()) if as_they_come else ()
    os.close(theirs)
    while as_they_come and not one.closed:
        yield from _bounded(one, one.take())
    yield from one.take_all()


def _bounded(one: jsonl.Lines, lines: list[bytes]) -> list[bytes]:
    kept = len(vars(one)["_rest"])
    if kept > _MOST or sum(map(len, lines)) > 2 * _MOST:
        raise Broken(f"{kept} bytes are kept, and one read of {_MOST} bytes gave {lines}")
    return lines


def _is_line(found: bytes, wanted: bytes) -> bool:
    """Whether it is the line; of one too long, a beginning will do that is too long, too: so it is no command."""
    return found == wanted or (_MOST < len(found) <= 2 * _MOST and wanted.startswith(found))


_AT_ONCE = 2  # commands of one input: one that sets something, and one that meets it
_HALF_SECOND_US = 500_000


class Steered(Server):
    """A simulator without a line: bytes that are promised never come, and nobody waits 5 s for them.

    Of an advance it goes the first half second: how a device plays on and reports is no matter of the command.
    """

    def advance(self, to_us: int, after_rx: int) -> None:
        super().advance(min(to_us, self.simulation.now_us + _HALF_SECOND_US), after_rx)

    def _read_until(self, after_rx: int) -> None:
        if self.rx < after_rx:
            raise control.Refused("no bytes come here")


def steering(data: bytes) -> None:
    """Anybody's commands to a simulated device, idle or playing (first byte): an answer to each, in one printable line.

    A refusal is a sentence, and time never goes back.
    """
    device = DEVICES[5 if data[:1] < b"\x80" else 0].again()
    device.faults.random = Random(0)
    server = Steered(Simulation(device), Clock(0))
    try:
        now_us = server.simulation.now_us
        for line in data[1:].split(b"\n")[:_AT_ONCE]:
            now_us = _answered(control.answer(server, line), now_us)
    finally:
        server.close()


def _answered(said: bytes, before_us: int) -> int:
    if not said.endswith(b"\n"):
        raise Broken(f"{said!r:.200} is no line")
    printable(said[:-1].decode("ascii"))
    told = json.loads(said)
    if (told["ok"] is True) is ("error" in told):
        raise Broken(f"{said!r:.200} neither is well nor says why not")
    printable(told.get("error", ""))
    if told["t_us"] < before_us:
        raise Broken(f"time went back from {before_us} us to {told['t_us']} us")
    return int(told["t_us"])


_ANSWERS = (
    {"session": "20260101-asked", "device": "EA1-000001", "pid": 4711, "guard": "as root", "state": "SAFE",
     "use": "human", "left_us": 1_800_000_000, "zero": True},
    {"zero": False}, {"error": "only stop and status can be asked here"}, {"error": [[{"\x1b": "\u202e"}]], "zero": 1},
    {"session": "20260101-other", "zero": True},
)  # fmt: skip


def _answers() -> tuple[bytes, ...]:
    texts = [f"{json.dumps(answer)}\n" for answer in _ANSWERS]
    return (
        *(text.encode() for text in texts),
        texts[1].encode("utf-16"),
        texts[0].replace("zero", r"\u007aero").encode(),
    )


_COMMANDS: tuple[tuple[dict[str, Any], ...], ...] = (
    ({"do": "advance", "to_us": 700_000, "after_rx": 0}, {"do": "scope", "since_us": 0}, {"do": "state"}),
    ({"do": "fault", "name": "open", "lead": "A"}, {"do": "clear", "name": "open", "lead": "A"}),
    ({"do": "fault", "name": "silent"}, {"do": "advance", "to_us": 2_000_000}),
    ({"do": "load", "lead": "B", "load": "600+1uF"}, {"do": "break"}, {"do": "quit"}),
)
_NAMES = (b"1: 00000002 00000000 00010000 0001 01 12 @eastim/guard/0/a\n", b"1: 00000003 00000000 00000000 0001 03 9\n")

TARGETS = (
    Target("reply", reply, _answers()),
    Target("table", table, (*_NAMES, b"".join(_NAMES)), 1024),
    Target("keys", keys, (b"\1\0+\xff\x20+\xff\x64+-ka+p", b"\4\0y\r", b"\0\0\r", b"\1\0+\x1b[A+s"), 1024),
    Target("jsonl", lines, (b"\0" + b'{"do": "stop"}\n' * 3, b"\xff" + b"x" * 40 + b"\n{}\n\xffab"), 1024),
    Target(
        "control",
        steering,
        tuple(
            first + b"\n".join(json.dumps(one).encode() for one in some)
            for first in (b"\0", b"\xfe")
            for some in _COMMANDS
        ),
        1024,
    ),
)
