"""What the mutation proof keeps of an earlier run: verdicts of these very sources, and the time they took."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.mutation import run, verdicts
from proof.mutation.cover import Cover
from proof.mutation.judge import Judge, Module, Verdict

FILE = "eastim/text.py"
KILLED = {"one": Verdict("killed", "a test", 0.1)}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The sources' name at the moment, for a test to change."""
    named = {"of": "these"}
    monkeypatch.setattr(verdicts, "KEPT", tmp_path)
    monkeypatch.setattr(verdicts, "sources", lambda: named["of"])
    monkeypatch.setattr(run, "sources", lambda: named["of"])
    return named


@pytest.mark.usefixtures("now")
def test_a_run_goes_on_with_the_verdicts_and_the_time_of_the_last() -> None:
    first = verdicts.Kept(FILE, "these")
    first.seconds = 100.0
    first.keep(KILLED, now=True)
    second = verdicts.Kept(FILE, "these")

    assert second.verdicts == KILLED and second.seconds >= 100.0


@pytest.mark.usefixtures("now")
def test_verdicts_of_other_sources_are_hints_alone() -> None:
    verdicts.Kept(FILE, "these").keep(KILLED, now=True)
    other = verdicts.Kept(FILE, "those")

    assert (other.verdicts, other.seconds, other.hints) == ({}, 0.0, {"one": "a test"})


def test_a_verdict_that_was_found_while_the_sources_changed_is_not_kept(now: dict[str, str]) -> None:
    kept = verdicts.Kept(FILE, "these")
    now["of"] = "edited"
    kept.keep(KILLED, now=True)
    now["of"] = "these"

    assert verdicts.Kept(FILE, "these").verdicts == {}


@pytest.mark.parametrize(("asked", "judged"), [({}, 0), ({"EASTIM_PROOF_AGAIN": "1"}, 1)])
def test_what_is_kept_is_judged_again_when_that_is_asked_for(
    asked: dict[str, str], judged: int, now: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Module(FILE, "def f(a):\n    return -a\n")
    all_killed = dict.fromkeys((mutant.id for mutant in module.mutants), KILLED["one"])
    before = verdicts.Kept(FILE, now["of"])
    before.seconds = 1_000.0
    before.keep(all_killed, now=True)
    calls = []

    def judge(_self: Judge, mutant: object, *_: object) -> Verdict:
        calls.append(mutant)
        return KILLED["one"]

    monkeypatch.setattr(run, "Module", lambda _: module)
    monkeypatch.setattr(run, "cover", lambda: Cover({}, {}))
    monkeypatch.setattr(run, "equivalents", lambda _: {})
    monkeypatch.setattr(Judge, "judge", judge)
    monkeypatch.delenv("EASTIM_PROOF_AGAIN", raising=False)
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    found = run.prove("full", lambda _: None, FILE)

    assert found.ok and len(calls) == judged * len(module.mutants)
    assert ("of them tried by an earlier run" in found.figures) is not bool(judged)
    assert (found.earlier_s >= 1_000.0, verdicts.Kept(FILE, "these").seconds >= 1_000.0) == (not judged, not judged)
