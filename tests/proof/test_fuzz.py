"""The corpus that fuzzing found is replayed; and the fuzzer finds what is planted."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec
from typing import Any
from unittest.mock import Mock

import pytest

from eastim.drivers.ea1.driver import Ea1Driver
from eastim.errors import AskedError, DeviceError, LedgerError, OrderError, Problem, Refused
from eastim.safety.inputs import Raise, Stop
from eastim.safety.readers.base import Output, Run
from eastim.ui.commands import BadCommand
from firmware_sim.ea1.firmware import Ea1Device
from proof.fuzz import run
from proof.fuzz.counts import FEWER, whole
from proof.fuzz.pace import Pace, too_slow
from proof.fuzz.target import Broken, framed, printable
from proof.fuzz.targets import TARGETS
from proof.fuzz.traced import TRACED, UNTRACED
from proof.fuzz.wire_targets import _LOUDER, _SESSION, _TOLD, DEVICES, DRIVERS, FRAMES, device_told
from proof.rows import ROWS
from tests.drivers import ea1_wire
from tests.safety import ea1_words as words
from tests.safety import fake_wire

PARSERS = {
    "frames": "eastim.safety.readers.ea1_parts.framing",
    "answers": "eastim.safety.readers.ea1",
    "driver": "eastim.drivers.ea1.codec",
    "device": "firmware_sim.ea1.grammar",
    "prescription": "eastim.prescription.document",
    "words": "eastim.prescription.draft",
    "profile": "eastim.profiles.profile",
    "ledger": "eastim.ledger_verify",
    "books": "eastim.safety.audit",
    "commands": "eastim.ui.commands",
    "line": "eastim.safety.line",
    "order": "eastim.safety.order",
    "room": "eastim.safety.room",
    "text": "eastim.text",
    "simulator": "firmware_sim.faults",
    "reply": "eastim.safety.room_client",
    "table": "eastim.safety.room_table",
    "keys": "eastim.ui.keys",
    "jsonl": "eastim.ui.jsonl",
    "control": "firmware_sim.control",
}


def plain(driver: Ea1Driver) -> dict[str, Any]:
    """What a driver remembers, with the bytes of a chunk that is not whole yet."""
    cutter = vars(driver)["_cutter"]
    own = {key: value for key, value in vars(driver).items() if isinstance(value, int | list | None)}
    return own | {"part": bytes(vars(cutter)["_open"])}


@pytest.mark.hazard("H29", "H30", "H36")
@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_read_without_an_error_and_soon(name: str) -> None:
    target = TARGETS[name]
    pace = Pace(target.run)
    for data in (*target.seeds, *run.kept(name)):
        pace.take(data)
    assert too_slow(pace.found()) == []


def test_every_target_has_a_corpus_and_a_row() -> None:
    assert {name for name in TARGETS if len(run.kept(name)) < 4} == set()
    assert {row.part for row in ROWS if row.name.startswith("fuzz:")} == set(TARGETS)


def test_what_is_not_followed_is_named_as_it_is_imported() -> None:
    """A name that fits no module would leave nothing out, and nobody would see it."""
    assert set(UNTRACED) <= set(TARGETS)
    names = {name for left_out in UNTRACED.values() for name in left_out}
    assert {name for name in names if find_spec(name) is None or name.split(".")[0] not in TRACED} == set()


@pytest.mark.parametrize("name", TARGETS)
def test_the_parser_of_every_target_is_followed(name: str) -> None:
    assert find_spec(PARSERS[name]) is not None
    assert PARSERS[name] not in UNTRACED.get(name, ())
    assert PARSERS[name].split(".")[0] in TRACED


def test_what_one_driver_heard_no_other_knows() -> None:
    """Else an input would be judged by those before it."""
    frame, one = ea1_wire.status(2, epoch=ea1_wire.OTHER_EPOCH) + b"part of a frame", ea1_wire.ready()
    kept = [plain(driver.again()) for driver in DRIVERS]
    one.hear(frame)
    for choice in (b"\0", b"\1"):
        TARGETS["driver"].run(choice + b"\0" + frame)

    assert [plain(driver.again()) for driver in DRIVERS] == kept
    assert kept == [plain(ea1_wire.driver()), plain(ea1_wire.ready())]
    assert plain(one) != kept[1]


def sent_by(device: Ea1Device) -> tuple[list[tuple[int, bytes]], list[int]]:
    """What a device says and gives in the two seconds after the next PLAY, twice as strong as the last."""
    device.receive(framed(_LOUDER[1:]), device.now_us)
    device.run_to(device.now_us + 2_000_000)
    return device.take(), [lead.measured.peak_ua for lead in device.stage.leads]


@pytest.mark.parametrize(("told", "peak_ua"), [(0, 0), (1, 0), (3, 0), (4, 200), (5, 200)])
def test_a_device_given_out_is_one_that_was_told(told: int, peak_ua: int) -> None:
    """And what one of them hears, the next does not know."""
    frames, peaks = sent_by(device_told(told))
    assert (len(frames) >= 20, max(peaks)) == (True, peak_ua)
    assert [sent_by(DEVICES[told].again()) for _ in range(2)] == [(frames, peaks)] * 2


@pytest.mark.hazard("H36")
def test_the_text_target_sees_an_escape_that_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proof.fuzz.document_targets.safe_text", lambda text: text[:72])
    with pytest.raises(Broken):
        TARGETS["text"].run(b"\x1b[2J")


ESC = "\x1b[2J"
DOCUMENTS, WIRE = "proof.fuzz.document_targets.", "proof.fuzz.wire_targets.states.READER."
OPENED = b"\0" + FRAMES[0]


def says_esc(*_: object) -> list[str]:
    """Say what no terminal may get."""
    return [f"use {ESC}"]


@pytest.mark.parametrize("name", ["prescription", "words"])
def test_the_seeds_hold_an_order_that_is_taken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else only mistakes would be looked at."""
    taken = Mock(return_value=())
    monkeypatch.setattr(f"{DOCUMENTS}notes_lines", taken)
    for data in TARGETS[name].seeds:
        TARGETS[name].run(data)

    assert taken.called


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("name", "parser", "error"),
    [
        ("frames", f"{WIRE}sent", Refused(ESC)),
        ("driver", "tests.drivers.ea1_wire.Ea1Driver.hear", DeviceError(ESC)),
        ("prescription", f"{DOCUMENTS}read_prescription", OrderError((Problem("x", ESC, "y"),))),
        ("words", f"{DOCUMENTS}read_prescription", OrderError((Problem("x", ESC, "y"),))),
        ("profile", f"{DOCUMENTS}parse_profile", ValueError(ESC)),
        ("ledger", f"{DOCUMENTS}proven", LedgerError(ESC)),
        ("books", f"{DOCUMENTS}proven", LedgerError(ESC)),
        ("commands", f"{DOCUMENTS}read_command", BadCommand(ESC)),
        ("line", f"{DOCUMENTS}parse", ValueError(ESC)),
        ("order", f"{DOCUMENTS}check_order", AskedError(ESC)),
        ("simulator", f"{DOCUMENTS}parse_fault", ValueError(ESC)),
    ],
)
def test_an_escape_in_what_is_said_is_seen_and_another_error_is_a_bug(
    name: str, parser: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = OPENED if name in ("frames", "driver") else TARGETS[name].seeds[0]
    monkeypatch.setattr(parser, Mock(side_effect=error))
    with pytest.raises(Broken, match="a control character in"):
        TARGETS[name].run(data)

    monkeypatch.setattr(parser, Mock(side_effect=TypeError("a bug")))
    with pytest.raises(TypeError, match="a bug"):
        TARGETS[name].run(data)


def test_a_mistake_of_an_order_that_pretends_to_be_two_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    order = TARGETS["order"]
    monkeypatch.setattr(f"{DOCUMENTS}check_order", Mock(side_effect=AskedError("one", "another")))
    order.run(order.seeds[0])

    monkeypatch.setattr(f"{DOCUMENTS}check_order", Mock(side_effect=AskedError("one\nanother")))
    with pytest.raises(Broken, match="a control character in 'one"):
        order.run(order.seeds[0])


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("name", "parser", "instead"),
    [
        ("ledger", "proven", says_esc),
        ("books", "proven", says_esc),
        ("ledger", "checked", says_esc),
        ("books", "checked", says_esc),
        ("prescription", "notes_lines", lambda _: [f"Notes: {ESC}"]),
        ("line", "parse", lambda *_: Stop(ESC)),
        ("line", "parse", lambda *_: Raise("A", ESC)),
    ],
)
def test_an_escape_in_what_is_taken_is_seen(
    name: str, parser: str, instead: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{DOCUMENTS}{parser}", instead)
    with pytest.raises(Broken, match="a control character in"):
        TARGETS[name].run(TARGETS[name].seeds[0])


@pytest.mark.hazard("H36")
@pytest.mark.parametrize("field", [{"device": ESC}, {"disagreement": ESC}, {"faults": (ESC,)}])
def test_an_escape_in_a_report_is_seen(field: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    report = replace(fake_wire.QUIET, **field)
    monkeypatch.setattr(f"{WIRE}heard", lambda shadow, *_: (shadow, (report,)))
    with pytest.raises(Broken, match="a control character in"):
        TARGETS["answers"].run(OPENED)


@pytest.mark.hazard("H36")
def test_a_second_line_in_what_is_said_is_seen() -> None:
    with pytest.raises(Broken):
        printable("x\nLedger verified")


RUN = Run("A", 0, ((Fraction(100), Fraction(200)), (Fraction(-100), Fraction(200))), Fraction(10_000), 3)
KNOWN = Output((RUN,), 0, 30_000, 30_000)


@pytest.mark.parametrize(
    "after",
    [
        replace(KNOWN, runs=(replace(RUN, count=4),)),
        replace(KNOWN, runs=(replace(RUN, lead="B"),)),
        replace(KNOWN, runs=(replace(RUN, onset_us=1),)),
        replace(KNOWN, runs=(replace(RUN, period_us=Fraction(9_999)),)),
        replace(KNOWN, runs=(replace(RUN, phases=((Fraction(100), Fraction(201)), (Fraction(-100), Fraction(201)))),)),
        replace(KNOWN, runs=(replace(RUN, phases=((Fraction(100), Fraction(200)), (Fraction(-101), Fraction(200)))),)),
        replace(KNOWN, ends_us=30_001),
        replace(KNOWN, rest_ua=Fraction(-1)),
    ],
    ids=["count", "lead", "onset", "period", "width", "strength", "end", "rest"],
)
def test_more_output_that_the_guard_would_believe_is_seen(after: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = iter([KNOWN, after])
    monkeypatch.setattr(f"{WIRE}output", lambda _: next(outputs))
    with pytest.raises(Broken, match="more output"):
        TARGETS["answers"].run(OPENED)


def test_less_output_is_none_that_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for less in (Output(), replace(KNOWN, ends_us=5), KNOWN):
        outputs = iter([KNOWN, less])
        monkeypatch.setattr(f"{WIRE}output", lambda _, outputs=outputs: next(outputs))
        TARGETS["answers"].run(OPENED)


@pytest.mark.parametrize(("state", "most"), [(0, "0 uA may"), (13, "2000 uA may")])
def test_current_that_nobody_allowed_is_seen(state: int, most: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of a device that is unarmed; out of one that is armed and locked to 2 mA."""

    def receive(device: Ea1Device, *_: object) -> None:
        device.stage.leads[0].measured.peak_ua = 2_001

    monkeypatch.setattr(Ea1Device, "receive", receive)
    with pytest.raises(Broken, match=most):
        TARGETS["device"].run(bytes([state]) + OPENED)


@pytest.mark.parametrize(("locked_ua", "heard"), [(199, True), (200, False)])
def test_what_a_device_that_plays_is_told_is_heard_at_the_load(
    locked_ua: int, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It plays 100 uA, and takes 200 uA from its next pulse on."""
    monkeypatch.setattr("proof.fuzz.wire_targets._LOCKED_UA", (locked_ua, 0, 0, 0))
    with pytest.raises(Broken, match="200 uA came out where 199") if heard else nullcontext():
        TARGETS["device"].run(_LOUDER)


def test_what_a_device_is_told_before_takes_it_to_its_state() -> None:
    """Else each state would be the first."""
    device = Ea1Device(draw=lambda: words.EPOCH)
    states = []
    for frame in _SESSION:
        device.receive(frame, device.now_us)
        states.append(device.state.name)

    assert states == ["IDLE", "IDLE", "READY", "ARMED", "PLAYING"]
    assert (_TOLD[0], _TOLD[13], _TOLD[-1]) == (0, 4, len(_SESSION))


def test_a_frame_is_put_together_from_what_the_fuzzer_changes() -> None:
    """The manual's own HELLO, number 1."""
    hello = next(frame for frame in FRAMES if framed(b"\1\1\1\0\0\0EA1?") == frame)
    assert hello.endswith(b"\0")


def test_a_fuzzer_that_dies_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "nowhere", TARGETS["text"])
    found = run.prove("bounded", lambda _: None, "nowhere")
    assert not found.ok
    assert "the fuzzer ended with" in found.failures[0]


@pytest.mark.parametrize("name", TARGETS)
def test_no_seed_is_longer_than_an_input_may_be(name: str) -> None:
    target = TARGETS[name]
    assert max(map(len, target.seeds)) <= target.longest


def test_each_parser_that_is_asked_for_gets_two_million_inputs() -> None:
    assert {name: whole(name) for name in TARGETS if whole(name) != 2_000_000} == {
        "books": 1_000_000,
        "keys": 500_000,
        "control": 500_000,
    }
    assert set(FEWER) <= set(TARGETS)
