"""Documents of a person or of another program: prescriptions, command lines, profiles, ledgers, commands, messages."""

from __future__ import annotations

import contextlib
import json
import socket
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from eastim.errors import AskedError, LedgerError, OrderError
from eastim.ledger import FIRST_PREV, Entry, encode_line
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.profiles.profile import parse_profile
from eastim.safety.audit import audit
from eastim.safety.door_guard import check_order
from eastim.safety.door_inputs import parse
from eastim.safety.inputs import LineName, Lower, Raise, Stop
from eastim.safety.line import Line, Message, encode
from eastim.safety.order import order_from_json
from eastim.safety.room import Asker
from eastim.text import safe_text
from eastim.ui.cli_verify import proven
from eastim.ui.commands import BadCommand, read_command
from eastim.ui.notes import notes_lines
from eastim.ui.summary import checked
from firmware_sim.faults import parse_fault
from firmware_sim.load import parse_load
from proof.fuzz.scratch import scratch, written
from proof.fuzz.target import Broken, Target, printable
from proof.fuzz.wire_targets import FRAMES
from proof.ledger.made import ledger_of
from tests.safety import fake_wire

_PRESCRIPTION = """\
mode = "2/100"
minutes = 30
use = "human"
notes = "low back pain"
[leads.A]
points = ["ST36.L", "SP6.L"]
highest = "2 mA"
[needle]
diameter_mm = 0.25
length_mm = 15
"""
_COMMANDS = (
    b'{"do": "raise", "lead": "A", "kind": null, "at_us": 1000000}', b'{"do": "stop"}', b'{"do": "hold", "kind": "2"}',
    b'{"do": "arm"}', b'{"do": "lower", "lead": "A"}',
)  # fmt: skip


def prescription(data: bytes) -> None:
    _prescribed(Words(str(written("rx.toml", data))))


def _prescribed(words: Words) -> None:
    """Look at each mistake; or at all that an order says to people, and at its notes as they are shown."""
    try:
        found = read_prescription(words)
    except OrderError as error:
        printable(*map(str, error.problems))
        return
    order = found.order
    printable(*found.remarks, *found.notices, *notes_lines(found.notes), order.use, order.device or "")
    printable(*(word for lead in order.leads for word in (lead.lead, *lead.points)))


def words(data: bytes) -> None:
    """The command line: mode, minutes and leads, apart by newlines."""
    parts = [*data.decode("utf-8", "surrogateescape").split("\n"), *[""] * 6][:6]
    what = parts[0].removesuffix(".toml")
    _prescribed(Words(what, parts[1] or None, tuple(filter(None, parts[2:4])), parts[4] or "sim", parts[5] or None))


def profile(data: bytes) -> None:
    try:
        found = parse_profile(data.decode("utf-8", "replace"))
    except ValueError as error:
        printable(str(error))
    else:
        found.stop_frames  # noqa: B018, the guard's own bytes are made anew each time


def ledger(data: bytes) -> None:
    _verified(written("a.ledger", data))


def _verified(path: Path) -> None:
    """Look at all that is printed of a ledger: by `eastim verify`, and at the end of a session. Both read it alike."""
    found = audit(path)
    try:
        printable(*proven(found, path))
    except LedgerError as error:
        printable(str(error))
    printable(*checked(found, path))


def books(data: bytes) -> None:
    """Records whose chain is whole, and whose content somebody made up: one JSON body a line."""
    lines, prev = [], FIRST_PREV
    for n, text in enumerate(data.split(b"\n"), start=1):
        try:
            line, prev = encode_line(Entry(n, n, _body(text)), "", prev)
        except (ValueError, RecursionError, LedgerError):
            continue
        lines.append(line)
    _verified(written("b.ledger", b"".join(lines)))


@lru_cache(maxsize=500)  # of an input's lines most are as they were in the one before
def _body(text: bytes) -> dict[str, Any]:
    body = json.loads(text)
    return body if type(body) is dict else {"type": body}


def command(data: bytes) -> None:
    try:
        read_command(data, 1)  # what it takes goes to the guard, whose line reads it again (target `line`)
    except BadCommand as error:
        printable(str(error))


def line(data: bytes) -> None:
    """A peer's bytes on a line of the guard's, in two pieces, and what its messages ask for."""
    ours, theirs = socket.socketpair()
    with theirs, contextlib.closing(Line(ours)) as one:
        for piece in (data[: len(data) // 2], data[len(data) // 2 :]):
            theirs.send(piece)
            for message in one.receive():
                _ask(message)
        printable(one.fault)


def _ask(message: Message) -> None:
    """What is taken goes into records and sentences, and what is not into the reason of a stop."""
    names: tuple[LineName, LineName] = ("player", "operator")
    for name in names:
        try:
            taken = parse(name, message)
        except ValueError as error:
            printable(str(error))
            continue
        if isinstance(taken, Raise | Lower):
            printable(taken.lead or "", taken.kind or "")
        printable(taken.source if isinstance(taken, Stop) else "")


def order(data: bytes) -> None:
    """An order given to the guard: what is none is said so, as the guard does."""
    try:
        check_order(order_from_json(data.decode("utf-8", "replace")))
    except ValueError as error:
        printable(f"the order can't be read: {error!r:.300}")
    except AskedError as error:
        printable(*error.sentences)


def room(data: bytes) -> None:
    """Anybody's bytes at the stop socket."""
    ours, theirs = socket.socketpair()
    with theirs:
        asker = Asker(ours)
        theirs.send(data[:60_000])
        for _ in range(3):
            if asker.open and asker.take() == "stop" and b"stop" not in data and b"\\u" not in data:
                raise Broken("a stop that nobody said")
        asker.close()


def text(data: bytes) -> None:
    """A device's own words (*IDN?, a name, a fault): only what prints gets through, at most 72 characters."""
    for decoded in (data.decode("latin-1"), data.decode("utf-8", "surrogateescape"), data.decode("utf-16", "replace")):
        shown = safe_text(decoded)
        shown.encode("utf-8")
        if len(shown) > 72 or not shown.isprintable():
            raise Broken(f"{shown!r} would reach a terminal")


def simulator(data: bytes) -> None:
    """The simulator's own command line: faults and loads."""
    word = data.decode("utf-8", "replace")
    for read in (parse_fault, parse_load):
        try:
            read(word)
        except ValueError as error:
            printable(str(error))


def _ledger_seeds() -> tuple[bytes, ...]:
    lines = ledger_of(scratch() / "seed.ledger", 2000)
    return (b"".join(lines), b"".join(lines[:3]), lines[0])


def _books() -> bytes:
    order_ = fake_wire.order()
    bodies = (
        {"type": "open", "order": json.loads(order_.to_json()), "sha256": order_.sha256, "profile": "ea1"},
        {"type": "raise", "lead": "A", "kind": "2", "from_ua": 0, "to_ua": 100, "n": 2},
        *({"type": "frame", "hex": frame.hex()} for frame in FRAMES[:6]),
        {"type": "void", "n": 2},
        {"type": "lower", "lead": "A", "kind": None, "to_ua": {"A": {"2": 0}}},
        {"type": "close", "reason": "completed", "elapsed_us": 1, "pulses": {"A": {"2": 3}}, "pulses_felt": {}},
    )
    return b"\n".join(json.dumps(body).encode() for body in bodies)


_LINES = tuple(
    encode(name, body, tail)
    for name, body, tail in (
        ("arm", {}, b""), ("raise", {"lead": "A", "kind": None}, b""), ("ask", {"within_us": 5000}, b"\x01\x02"),
        ("stop", {"source": "x"}, b""), ("hold", {"kind": "2"}, b""), ("beat", {}, b""),
    )
)  # fmt: skip
_IDN = (b"ea1,EA1-000001", b"KEYSIGHT,33512B,MY1,3.05\n", b"\x1b[2J\x9b31m\xe2\x80\xae", b"a" * 100, "µA".encode())

TARGETS = (
    Target("prescription", prescription, (_PRESCRIPTION.encode(), b'mode = "2"\n')),
    Target("words", words, (b"2/100\n30\nA=ST36.L-SP6.L:2mA\nB=LI4.R-LI11.R\nsim\nhuman", b"2\n20min\nA=ST36.L")),
    Target("profile", profile, tuple((files("eastim.profiles") / f"{n}.toml").read_bytes() for n in ("ea1", "sim"))),
    Target("ledger", ledger, _ledger_seeds()),
    Target("books", books, (_books(),), 5120),
    Target("commands", command, _COMMANDS),
    Target("line", line, _LINES),
    Target("order", order, (fake_wire.order().to_json().encode(),)),
    Target("room", room, (b'{"do": "stop"}\n', b'{"do": "status"}\n')),
    Target("text", text, _IDN),
    Target("simulator", simulator, (b"open:A@1.5", b"reset", b"needle", b"600", b"r=600,c=1u")),
)
