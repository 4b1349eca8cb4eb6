"""The arithmetic of the benchmarks: percentiles, ratios, and how times are written."""

from __future__ import annotations

import pytest

from benchmarks import __main__
from benchmarks.figures import Line, Times, histogram, median, ms, percentile, ratio_line


@pytest.mark.parametrize(
    ("permille", "value"), [(1, 10), (250, 10), (251, 20), (500, 20), (501, 30), (750, 30), (751, 40), (1000, 40)]
)
def test_a_percentile_is_the_nearest_rank(permille: int, value: int) -> None:
    assert percentile([40, 10, 30, 20], permille) == value


def test_the_tail_of_a_thousand() -> None:
    values = list(range(1, 1001))
    assert Times.of(values) == Times(count=1000, p50_us=500, p99_us=990, p999_us=999, max_us=1000)


def test_one_value_is_every_percentile() -> None:
    assert Times.of([7]) == Times(1, 7, 7, 7, 7)
    assert median([7, 9]) == 7


@pytest.mark.parametrize("permille", [0, -1, 1001])
def test_a_rank_outside_is_refused(permille: int) -> None:
    with pytest.raises(ValueError, match="must be 1 to 1000"):
        percentile([1], permille)


def test_nothing_measured_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 500)


@pytest.mark.parametrize(
    ("us", "text"), [(0, "0.00"), (1, "0.01"), (10, "0.01"), (11, "0.02"), (1_991, "2.00"), (123_456, "123.46")]
)
def test_ms_never_look_better_than_measured(us: int, text: str) -> None:
    assert ms(us) == text


def test_a_histogram_counts_each_value_once_its_bound_included() -> None:
    assert histogram([0, 1_000, 1_001, 9_999, 100_000, 100_001]) == (
        "2 up to 1, 1 up to 2, 1 up to 10, 1 up to 100, 1 above 100 ms"
    )


@pytest.mark.parametrize(("candidate", "ok"), [(129, True), (130, True), (131, False)])
def test_a_ratio_that_may_be_at_most(candidate: int, ok: bool) -> None:
    line = ratio_line("stop", candidate, 100, at_most="1.3")
    assert (line.ok, line.goal) == (ok, "<= 1.3x")


@pytest.mark.parametrize(("candidate", "ok"), [(4_999, False), (5_000, True)])
def test_a_ratio_that_must_be_at_least(candidate: int, ok: bool) -> None:
    assert ratio_line("busy", candidate, 100, at_least="50").ok is ok


def test_a_miss_is_said() -> None:
    assert str(ratio_line("stop", 200, 100, at_most="1.3")).endswith("MISS")
    assert "2.00x (200 us against 100 us)" in str(ratio_line("stop", 200, 100, at_most="1.3"))


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (None, 0), (False, 1)])
def test_a_miss_is_the_exit_code(ok: bool | None, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__main__, "BENCHMARKS", {"one": lambda: [Line("stop", "2.00x", "<= 1.3x", ok)]})
    assert __main__.main(["one"]) == code


def test_a_benchmark_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["nowhere"]) == 2
    assert capsys.readouterr().err == "benchmarks: no nowhere; there are busy, stop, killed, pauses\n"
