"""The demo's script: it arms once, raises only what sounds, and reads nobody."""

from __future__ import annotations

import io

import pytest

from eastim.front import Act, Happened
from eastim.ui.demo import SCRIPT, ScriptedFront
from tests.ui.screens import state, status


@pytest.fixture
def front() -> ScriptedFront:
    return ScriptedFront(io.StringIO())


def test_it_reads_no_stdin(front: ScriptedFront) -> None:
    assert front.fds() == []


def test_it_arms_once(front: ScriptedFront) -> None:
    assert front.pass_(0, [state("SAFE")]) == [Act("arm")]
    assert front.pass_(0, [state("SAFE")]) == []


def test_nothing_is_raised_before_it_is_live(front: ScriptedFront) -> None:
    front.pass_(0, [state("SAFE")])

    assert front.next_us() is None
    assert front.pass_(5_000_000, []) == []


def test_the_script_follows_session_time(front: ScriptedFront) -> None:
    front.pass_(0, [state("LIVE")])

    assert front.next_us() == 700_000
    assert front.pass_(900_000, []) == [
        Act("raise", {"lead": "A", "kind": None}),
        Act("raise", {"lead": "B", "kind": None}),
    ]


@pytest.mark.parametrize("lead", ["A", "B"])
def test_both_kinds_of_both_leads_are_raised(lead: str) -> None:
    times = [at_us % 6_000_000 for at_us, name, of in SCRIPT if name == "raise" and of == lead]

    assert any(at_us < 3_000_000 for at_us in times) and any(at_us > 3_000_000 for at_us in times)


def test_the_script_ends_within_two_blocks() -> None:
    assert max(at_us for at_us, _, _ in SCRIPT) < 12_000_000


def test_it_has_no_answer_to_a_fault(front: ScriptedFront) -> None:
    assert front.pass_(0, [state("TRIPPED", cause="reset")]) == [Act("stop", {"source": "demo"})]


def test_once_a_second_it_shows_what_is_measured() -> None:
    out = io.StringIO()
    front = ScriptedFront(out)
    front.pass_(0, [state("LIVE")])
    front.pass_(3_000_000, [status(9_000_000, 3_000_000), status(8_900_000, 3_100_000)])

    assert (
        out.getvalue().splitlines()[-1] == "  3.0 s  [######..................] 0:09 left  2 Hz    A +0.5 mA -0.49 mA"
    )


def test_changes_are_told_with_their_time() -> None:
    out = io.StringIO()
    ScriptedFront(out).pass_(
        1_000_000, [Happened("level", 1_000_000, {"lead": "A", "kind": "2", "ua": 100, "why": "raise"})]
    )

    assert out.getvalue() == "  1.0 s  Lead A, 2 Hz: 0.1 mA, raised.\n"
