"""The proof of the swapped device can fail: a guard that looks at no identity, and made-up swaps."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from proof import swap
from proof.swap import Swapped, wrong


@pytest.mark.hazard("H08")
def test_a_guard_that_takes_any_device_for_its_own_is_caught() -> None:
    """Both ways: by what it writes, and by the current at a device in which all fits but serial and boot."""
    with patch("eastim.safety.guard_status._is_ours", lambda _turn, _status: True):
        failures = swap.prove("bounded", lambda _: None).failures

    assert any(text.startswith("swap and a rogue, seed 1: ") for text in failures)
    assert any("of a twin and a rogue, seed 3: current at the other device: (" in text for text in failures)


@pytest.mark.hazard("H08")
def test_another_device_is_told_nothing_above_zero_once_it_is_heard() -> None:
    found = swap.prove("bounded", lambda _: None)

    assert (found.count, found.failures) == (15, ())


HEARD = Swapped(((900, "A", 100), (950, "2A", 0)), 1_000, 0, 0, 100)


@pytest.mark.parametrize(
    ("changes", "twin", "says"),
    [
        ({}, False, []),
        ({"early": 1}, True, []),
        ({"late": 1}, True, ["1 PLAYs above zero after the other device was heard"]),
        ({"edges": ((900, "2A", 100),)}, False, ["current at the other device: (900, '2A', 100)"]),
        ({"edges": ((6_000, "2A", 100),)}, True, []),
        ({"edges": ((6_001, "2A", -100),)}, True, ["current at the other device: (6001, '2A', -100)"]),
        ({"heard_us": None}, False, ["the other device was heard at None us"]),
        ({"before_ua": 0}, False, ["nothing flowed before the swap"]),
    ],
)
def test_what_refutes_a_swap(changes: dict[str, object], twin: bool, says: list[str]) -> None:
    assert wrong(replace(HEARD, **changes), "swap", twin) == says  # type: ignore[arg-type]


def test_at_a_line_that_was_pulled_nobody_may_be_heard() -> None:
    assert wrong(HEARD, "other-serial", False) == ["the other device was heard at 1000 us"]
    assert wrong(replace(HEARD, heard_us=None), "other-serial", False) == []


def test_without_a_twin_that_takes_a_play_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "WAYS", (("swap", False, True),))

    assert swap.prove("bounded", lambda _: None).failures == ("no twin ever took a PLAY: none was one",)
