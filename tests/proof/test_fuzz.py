"""The corpus that fuzzing found is replayed; and the fuzzer finds what is planted."""

from __future__ import annotations

import time

import pytest

from proof.fuzz import run
from proof.fuzz.target import Broken, framed
from proof.fuzz.targets import TARGETS
from proof.fuzz.wire_targets import FRAMES
from proof.rows import ROWS


@pytest.mark.hazard("H29", "H30", "H36")
@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_is_read_without_an_error_and_soon(name: str) -> None:
    target = TARGETS[name]
    for data in (*target.seeds, *run.kept(name)):
        began = time.thread_time()
        target.run(data)
        assert time.thread_time() - began < 1.0, data.hex()


def test_every_target_has_a_corpus_and_a_row() -> None:
    assert {name for name in TARGETS if len(run.kept(name)) < 4} == set()
    assert {row.part for row in ROWS if row.name.startswith("fuzz:")} == set(TARGETS)


@pytest.mark.hazard("H36")
def test_the_text_target_sees_an_escape_that_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proof.fuzz.document_targets.safe_text", lambda text: text[:72])
    with pytest.raises(Broken):
        TARGETS["text"].run(b"\x1b[2J")


def test_a_frame_is_put_together_from_what_the_fuzzer_changes() -> None:
    """The manual's own HELLO, number 1."""
    hello = next(frame for frame in FRAMES if framed(b"\1\1\1\0\0\0EA1?") == frame)
    assert hello.endswith(b"\0")


def test_a_fuzzer_that_dies_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TARGETS, "nowhere", TARGETS["text"])
    found = run.prove("bounded", lambda _: None, "nowhere")
    assert not found.ok
    assert "the fuzzer ended with" in found.failures[0]
