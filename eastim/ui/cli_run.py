"""What `run`, `demo`, `plan` and `explain` do once their words are read."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eastim.errors import EastimError, Exit, OrderError, Problem
from eastim.prescription.draft import Words
from eastim.prescription.order import Prescription, read_prescription
from eastim.profiles.profile import load_profile, profile_names
from eastim.text import safe_text
from eastim.ui.notes import notes_lines

UIS = ("plain", "json")


@dataclass(frozen=True, slots=True)
class Way:
    """How a session is run: front end, port, virtual time, where the ledger goes."""

    ui: str = "plain"
    port: str | None = None
    fast: bool = False
    record: Path | None = None


def play(words: Words, way: Way) -> int:
    """Run a session; give its exit code. With json, an order that can't begin is an `end` event, too."""
    try:
        prescription = _checked(words, way)
    except EastimError as error:
        if way.ui == "json":
            _emit_never_started(error)
        raise
    return _play_json(prescription, way) if way.ui == "json" else _play_plain(prescription, way)


def _checked(words: Words, way: Way) -> Prescription:
    """Read everything, so that the mistakes of order and way come together."""
    problems = tuple(_way_problems(words, way))
    try:
        prescription = read_prescription(words)
    except OrderError as error:
        raise OrderError(error.problems + problems) from error
    if problems:
        raise OrderError(problems)
    return prescription


def _way_problems(words: Words, way: Way) -> Iterator[Problem]:
    from eastim.treatment.way import way_problems

    if way.ui not in UIS:
        yield Problem("--ui", f"{safe_text(way.ui)!r} is no front end; there are {', '.join(UIS)}", "give one of them")
    if way.fast and way.ui == "plain":
        yield Problem("--fast", "nobody can press keys in virtual time", "say --ui json and give the commands on stdin")
    if words.device in profile_names():  # another name is the prescription's to report
        yield from way_problems(load_profile(words.device), way.port, fast=way.fast)


def _emit_never_started(error: EastimError) -> None:
    from eastim.treatment.ending import unguarded_end

    print(json.dumps({"event": "end", "at_us": 0, **unguarded_end(str(error), error.exit)}), flush=True)


def _play_json(prescription: Prescription, way: Way) -> int:
    from eastim.treatment.run import run
    from eastim.ui.jsonl import JsonFront

    notices = (*prescription.remarks, *prescription.notices)
    front = JsonFront(_stdin(), sys.stdout, fast=way.fast, notices=notices)
    return int(run(prescription.order, front, address=way.port, fast=way.fast, record=way.record).exit)


def _play_plain(prescription: Prescription, way: Way) -> int:
    from eastim.treatment.run import run
    from eastim.ui.plain import PlainFront
    from eastim.ui.summary import summary

    for line in (*prescription.remarks, *prescription.notices):
        print(f"Note: {line}.")
    for line in notes_lines(prescription.notes):
        print(line)
    order = prescription.order
    front = PlainFront(_stdin(), sys.stdout, order.program.leads)
    outcome = run(order, front, address=way.port, fast=False, record=way.record)
    _say_last(summary(order, outcome.end, outcome.ledger)[1:])
    return int(outcome.exit)


def _say_last(lines: Iterable[str]) -> None:
    """Print what comes after the session. A terminal that was closed is what ended it, so it is no mistake here."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except OSError:
        # Else Python's own flush at its end would fail once more, and change the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stdin() -> int:
    """The fd of stdin; where there is none, one that is at EOF: then nobody holds the session, and it stops."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def play_demo(record: Path | None) -> int:
    """Two whole blocks of 2/100 Hz on two leads, in real time, on the simulator, by script."""
    from eastim.treatment.run import run
    from eastim.ui.demo import ScriptedFront
    from eastim.ui.summary import summary

    words = Words("2/100", "0.2", ("A=ST36.L-SP6.L:2mA", "B=ST36.R-SP6.R:2mA"), "sim")
    order = read_prescription(words).order
    print("A 2/100 Hz session on the simulator, 12 s on two leads. No current flows anywhere; a script raises.")
    outcome = run(order, ScriptedFront(sys.stdout), address=None, fast=False, record=record)
    print()
    for line in summary(order, outcome.end, outcome.ledger)[1:]:
        print(line)
    return int(outcome.exit)


def plan_text(words: Words, *, wire: bool) -> Iterator[str]:
    """Give the plan's lines; ends in an error when the decoded bytes differ from the program."""
    from eastim.plan import plan_order, render_plan

    prescription = read_prescription(words)
    for line in prescription.remarks:
        yield f"Note: {line}."
    yield from notes_lines(prescription.notes)
    made = plan_order(prescription.order)
    yield from render_plan(made, wire=wire)
    if made.differences:
        raise PlanDiffers("the driver's bytes do not say what the program says; this must not be played, report it")


class PlanDiffers(EastimError):
    """Say that driver and reader disagree: a mistake of ours."""

    exit = Exit.BUG


def explained(words: Words) -> Iterator[str]:
    """Give the dose table, its notices and the prescription's notes."""
    from eastim.ui.explain import explain_text

    prescription = read_prescription(words)
    yield from explain_text(prescription)
    yield ""
    for line in (*prescription.remarks, *prescription.notices):
        yield f"Note: {line}."
    yield from notes_lines(prescription.notes)
