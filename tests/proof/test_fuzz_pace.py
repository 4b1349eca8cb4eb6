"""How long an input takes: CPU counts at once, wall time when it comes each time; all on clocks of the test's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from proof.fuzz import run
from proof.fuzz.pace import SLOW_S, TRIES, Pace, too_slow


@dataclass
class Parser:
    """Takes of each input the CPU and waits as it is told; one (cpu, wait) for each time that it is run."""

    script: list[tuple[float, float]]
    cpu: float = 100.0
    wall: float = 500.0
    runs: list[bytes] = field(default_factory=list)

    def __call__(self, data: bytes) -> None:
        self.runs.append(data)
        cpu_s, waits_s = self.script.pop(0)
        self.cpu += cpu_s
        self.wall += cpu_s + waits_s

    def pace(self) -> Pace:
        return Pace(self, cpu_clock=lambda: self.cpu, wall_clock=lambda: self.wall)


def slow(found: dict[str, Any]) -> list[str]:
    """The seconds and the clock of each complaint."""
    return [text.partition(",")[0].partition(" on ")[0] for text in too_slow(found)]


@pytest.mark.hazard("H30")
def test_the_bounds_are_these() -> None:
    assert (SLOW_S, TRIES) == (1.0, 3)


@pytest.mark.hazard("H30")
def test_an_input_that_waits_each_time_is_slow() -> None:
    """Though it takes no CPU: the shortest of its waits is the parser's own."""
    parser = Parser([(0.0, 5.0), (0.0, 1.25), (0.0, 2.0)])
    pace = parser.pace()
    pace.take(b"\x01w")

    assert parser.runs == [b"\x01w"] * 3
    assert too_slow(pace.found()) == ["1.25 s of wall time, each time that it was tried on 0177"]


@pytest.mark.parametrize(
    ("waits", "runs"), [([3.0, 0.5], 2), ([3.0, 3.0, 1.0], 3), ([1.0], 1)], ids=["second", "third", "bound"]
)
def test_one_that_a_busy_machine_held_up_once_is_not(waits: list[float], runs: int) -> None:
    parser = Parser([(0.0, wait) for wait in waits])
    pace = parser.pace()
    pace.take(b"w")

    assert (too_slow(pace.found()), len(parser.runs), pace.wall_s) == ([], runs, waits[-1])


def test_a_second_of_cpu_is_slow_even_when_it_comes_once() -> None:
    pace = Parser([(1.5, 0.0), (0.0, 0.0)]).pace()
    pace.take(b"c")

    assert too_slow(pace.found()) == ["1.50 s of CPU on 63"]


def test_cpu_that_only_a_later_try_takes_counts_too() -> None:
    pace = Parser([(0.0, 2.0), (1.5, 0.0), (0.0, 0.0)]).pace()
    pace.take(b"c")

    assert slow(pace.found()) == ["1.50 s of CPU"]


def test_of_many_the_slowest_by_each_clock_are_kept() -> None:
    pace = Parser([(0.25, 0.0), (0.5, 0.0), (0.0, 0.75), (0.125, 0.0)]).pace()
    for data in (b"a", b"b", b"c", b"d"):
        pace.take(data)

    assert pace.found() == {"cpu_s": 0.5, "cpu_on": "62", "wall_s": 0.75, "wall_on": "63"}


def test_what_a_parser_raises_goes_through() -> None:
    def breaks(data: bytes) -> None:
        raise TypeError(f"a bug on {data!r}")

    with pytest.raises(TypeError, match="a bug on b'x'"):
        Pace(breaks).take(b"x")


FAST = {"tried": 10, "cpu_s": 0.25, "cpu_on": "61", "wall_s": 0.5, "wall_on": "62", "broke": "", "input": ""}


@pytest.mark.parametrize(
    ("other", "failures"),
    [
        ({}, ()),
        ({"cpu_s": 1.5}, ("1.50 s of CPU on 61",)),
        ({"wall_s": 2.5}, ("2.50 s of wall time, each time that it was tried on 62",)),
        ({"broke": "Broken: x", "input": "63"}, ("Broken: x on 63",)),
    ],
    ids=["fast", "cpu", "wall", "broke"],
)
def test_a_row_holds_when_both_processes_were_quick_and_whole(
    other: dict[str, Any], failures: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_fuzz", lambda *_: [FAST, {**FAST, **other}])
    found = run.prove("bounded", lambda _: None, "text")

    assert (found.count, found.failures) == (20, failures)


def test_the_figures_are_the_slowest_of_both_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_fuzz", lambda *_: [{**FAST, "cpu_s": 0.0015}, {**FAST, "cpu_s": 0.001, "wall_s": 0.75}])
    found = run.prove("bounded", lambda _: None, "text")

    assert found.figures == {"slowest": "1.5 ms of CPU, 750.0 ms of wall time"}
