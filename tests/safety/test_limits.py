"""The envelope as docs/safety.md has it, and that layers only ever tighten it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eastim.errors import LimitError
from eastim.safety import limits
from eastim.safety.limits import (
    Bound,
    Electrode,
    Limits,
    Use,
    _Row,
    envelope,
    is_within,
    limits_from_json,
    min_gap_us,
    says,
    step_for,
)

COLUMNS: tuple[tuple[Use, Electrode], ...] = (
    ("human", "needle"),
    ("human", "pad"),
    ("animal", "needle"),
    ("bench", "needle"),
)
TABLE: dict[str, tuple[int | None, int | None, int | None, int | None]] = {
    "peak_ua": (10_000, 50_000, 10_000, 100_000),
    "default_max_ua": (5_000, None, 3_000, None),
    "phase_charge_pc": (6_000_000, 25_000_000, 6_000_000, None),
    "shannon_k_milli": (1850, None, None, None),
    "rms_ua": (2_500, 12_000, 2_500, None),
    "mean_rectified_ua": (500, 2_500, 500, None),
    "energy_nj": (300_000_000, 300_000_000, 300_000_000, None),
    "compliance_mv": (30_000, 150_000, 60_000, 400_000),
    "density_notice_ua_per_cm2": (2000, 2000, 2000, None),
    "window_us": (1_000_000,) * 4,
    "min_rate_mhz": (500, 500, 500, 10),
    "max_rate_mhz": (200_000, 200_000, 200_000, 10_000_000),
    "min_width_us": (50, 50, 50, 10),
    "max_width_us": (1000, 1000, 1000, 1_000_000),
    "duty_ppm": (100_000, 100_000, 100_000, None),
    "session_us": (1_800_000_000, 1_800_000_000, 28_800_000_000, 28_800_000_000),
    "wall_us": (2_700_000_000, 2_700_000_000, None, None),
    "session_grace_us": (1_000_000,) * 4,
    "pause_us": (300_000_000,) * 4,
    "step_ua": (100, 1000, 500, None),
    "step_above_ua": (200, None, None, None),
    "step_above_from_ua": (1000, None, None, None),
    "slope_ua_per_s": (500, 2000, 2000, None),
    "contact_ua": (100,) * 4,
    "contact_width_us": (100,) * 4,
    "contact_pulses": (10,) * 4,
    "short_ohm": (50, 50, 50, None),
    "short_percent_of_start": (30, 30, 30, None),
    "open_ohm": (5000, 20_000, 5000, None),
    "excess_ppm": (200_000,) * 4,
    "excess_ua": (20,) * 4,
    "weak_ppm": (400_000,) * 4,
    "weak_from_ua": (100,) * 4,
    "imbalance_notice_ppm": (10_000, 10_000, 10_000, None),
    "imbalance_stop_ppm": (30_000, 30_000, 30_000, None),
    "imbalance_pulses": (10, 10, 10, None),
    "net_dc_ua": (2, 2, 2, None),
    "net_dc_notice_ua": (None, None, None, 50),
    "net_dc_us": (10_000_000,) * 4,
    "residual_notice_mv": (100, 100, 100, None),
    "residual_stop_mv": (500, 500, 500, None),
}
CELLS = [(name, *column, row[i]) for name, row in TABLE.items() for i, column in enumerate(COLUMNS)]


def human() -> Limits:
    """Built inside each test: what fails then is a test, and not the reading of this file."""
    return envelope("human", "needle")


@pytest.mark.parametrize(("name", "use", "electrode", "value"), CELLS)
def test_the_envelope_has_this_value(name: str, use: Use, electrode: Electrode, value: int | None) -> None:
    assert envelope(use, electrode).get(name) == value


@pytest.mark.parametrize(("use", "electrode"), COLUMNS)
def test_the_envelope_has_no_other_bounds(use: Use, electrode: Electrode) -> None:
    assert {bound.name for bound in envelope(use, electrode).bounds} <= set(TABLE)


@pytest.mark.parametrize(("use", "electrode"), COLUMNS)
def test_every_bound_says_who_set_it_and_why(use: Use, electrode: Electrode) -> None:
    assert all(bound.who == "eastim" and len(bound.source) > 5 for bound in envelope(use, electrode).bounds)


@pytest.mark.parametrize("name", ["peak_ua", "energy_nj", "phase_charge_pc"])
def test_a_bound_says_in_words_what_it_bounds(name: str) -> None:
    assert " " in says(name)


@pytest.mark.hazard("H31")
@pytest.mark.parametrize(
    ("name", "last", "first"),
    [
        ("peak_ua", 10_000, 10_001),
        ("session_us", 1_800_000_000, 1_800_000_001),
        ("min_width_us", 50, 49),
        ("min_rate_mhz", 500, 499),
        ("short_ohm", 50, 49),
        ("step_above_from_ua", 1000, 999),
    ],
)
def test_a_layer_may_go_to_the_bound_and_not_beyond(name: str, last: int, first: int) -> None:
    assert human().tighten(name, last, "layer", "test").get(name) == last
    with pytest.raises(LimitError, match=f"layer asks {name} {first}, but eastim set {last}"):
        human().tighten(name, first, "layer", "test")


@pytest.mark.parametrize("value", [999_999, 1_000_001])
def test_a_definition_is_moved_by_no_layer(value: int) -> None:
    with pytest.raises(LimitError, match="is a definition"):
        human().tighten("window_us", value, "layer", "test")


def test_a_layer_may_bound_what_the_use_leaves_free() -> None:
    assert envelope("bench", "needle").tighten("rms_ua", 7, "layer", "test").get("rms_ua") == 7


def test_a_tightened_bound_says_the_layer() -> None:
    assert str(human().tighten("peak_ua", 2000, "prescription", "line 3").bound("peak_ua")) == (
        "peak_ua 2000, set by prescription: line 3"
    )


def test_an_equal_bound_stays_with_who_set_it_first() -> None:
    assert human().tighten("peak_ua", 10_000, "layer", "test").bound("peak_ua").who == "eastim"


LAYERS = st.lists(st.tuples(st.sampled_from(sorted(TABLE)), st.integers(0, 20_000)), max_size=12)


@pytest.mark.hazard("H31")
@given(LAYERS, st.randoms(use_true_random=False))
def test_the_effective_limits_are_within_every_layer_in_any_order(layers: list[tuple[str, int]], random: Any) -> None:
    def effective(rows: list[tuple[str, int]]) -> tuple[Limits, list[tuple[str, int]]]:
        tight, taken = human(), []
        for name, value in rows:
            try:
                tight = tight.tighten(name, value, "layer", "test")
                taken.append((name, value))
            except LimitError:
                continue
        return tight, taken

    tight, taken = effective(layers)
    shuffled = random.sample(layers, len(layers))
    other, _ = effective(shuffled)

    assert all(is_within(tight.bound(bound.name).value, bound) for bound in human().bounds)
    assert all(is_within(tight.bound(name).value, Bound(name, value, "x", "y")) for name, value in taken)
    assert {b.name: b.value for b in tight.bounds} == {b.name: b.value for b in other.bounds}


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("value", [-1, True, 1.0, float("nan"), float("inf"), "5", None])
def test_a_bound_is_a_whole_number(value: Any) -> None:
    with pytest.raises(LimitError):
        human().tighten("peak_ua", value, "layer", "test")


def test_a_slope_of_nothing_is_refused() -> None:
    with pytest.raises(LimitError, match="1 or more"):
        human().tighten("slope_ua_per_s", 0, "layer", "test")


def test_an_unknown_name_does_not_read_as_no_limit() -> None:
    with pytest.raises(LimitError, match="no limit is named 'peek_ua'"):
        human().get("peek_ua")


def test_asking_for_a_bound_that_is_not_there_says_so() -> None:
    with pytest.raises(LimitError, match="use bench has no limit rms_ua"):
        envelope("bench", "needle").bound("rms_ua")


@pytest.mark.hazard("H36")
@pytest.mark.parametrize(
    ("who", "source", "said"),
    [
        ("me\x1b[2J", "line 3", r"peak_ua, set by 'me\x1b[2J': 'line 3' do not print; say it in plain text"),
        ("me", "line\n3", r"peak_ua, set by 'me': 'line\n3' do not print; say it in plain text"),
        ("m" * 99 + "\7", "s" * 99, f"peak_ua, set by '{'m' * 63}: '{'s' * 63} do not print; say it in plain text"),
    ],
    ids=["who", "source", "long"],
)
def test_who_set_a_bound_and_why_is_said_in_text_that_prints(who: str, source: str, said: str) -> None:
    with pytest.raises(LimitError) as refused:
        human().tighten("peak_ua", 2000, who, source)
    assert str(refused.value) == said


def test_limits_survive_json() -> None:
    tight = human().tighten("peak_ua", 2000, "prescription", "line 3")

    assert limits_from_json(json.loads(json.dumps(tight.to_json()))) == tight


def test_equal_limits_have_one_hash_and_show_each_bound_once() -> None:
    assert hash(human()) == hash(envelope("human", "needle"))
    assert repr(human()).count("'peak_ua'") == 1


def _raw(**changed: Any) -> dict[str, Any]:
    return {**human().to_json(), **changed}


def _without(name: str) -> dict[str, Any]:
    raw = human().to_json()
    return {**raw, "bounds": [row for row in raw["bounds"] if row[0] != name]}


def _with(name: str, value: Any) -> dict[str, Any]:
    raw = _without(name)
    return {**raw, "bounds": [*raw["bounds"], [name, value, "eastim", "design"]]}


@pytest.mark.hazard("H31")
@pytest.mark.parametrize(
    "raw",
    [
        lambda: _without("peak_ua"),
        lambda: _with("peak_ua", 10_001),
        lambda: _with("min_width_us", 49),
        lambda: _with("peak_ua", True),
        lambda: _with("peak_ua", 1e400),
        lambda: _with("nonsense", 1),
        lambda: _raw(use="god"),
        lambda: _raw(use=["human"]),
        lambda: _raw(electrode="wire"),
        lambda: _raw(bounds=human().to_json()["bounds"] * 2),
        lambda: _raw(bounds=[["peak_ua", 1]]),
        lambda: {"use": "human"},
        list,
        lambda: None,
        lambda: 7,
    ],
)
def test_limits_from_outside_that_are_wider_or_none_are_refused(raw: Callable[[], Any]) -> None:
    with pytest.raises(LimitError):
        limits_from_json(raw())


def test_a_limit_that_is_missing_is_named_with_what_the_envelope_has() -> None:
    with pytest.raises(LimitError, match="the limit peak_ua is missing; the envelope has 10000"):
        limits_from_json(_without("peak_ua"))


@pytest.mark.parametrize(
    ("who", "source"),
    [("", "test"), ("layer", ""), (7, "test"), ("layer", 7), (None, "test"), ("layer", None), ("", "")],
)
def test_a_bound_says_who_set_it_and_its_source(who: Any, source: Any) -> None:
    with pytest.raises(LimitError, match="peak_ua says neither who set it nor its source"):
        Bound("peak_ua", 5, who, source)


@pytest.mark.parametrize(("name", "least"), [("peak_ua", 0), ("slope_ua_per_s", 1)])
def test_the_least_value_of_a_bound(name: str, least: int) -> None:
    assert Bound(name, least, "layer", "test").value == least
    with pytest.raises(LimitError, match=f"{name} is {least - 1}, must be a whole number of {least} or more"):
        Bound(name, least - 1, "layer", "test")


ROW: dict[str, Any] = {"name": "peak_ua", "says": "peak", "tighter": "lower", "values": {"bench": 0}, "source": "IEC"}


def test_a_row_of_the_table_may_hold_zero() -> None:
    assert _Row(**ROW).values == {"bench": 0}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"tighter": "wider"}, "needs says, source and tighter"),
        ({"says": ""}, "needs says, source and tighter"),
        ({"source": ""}, "needs says, source and tighter"),
        ({"values": {}}, "has {}, must be whole numbers of 0 or more"),
        ({"values": {"bench": -1}}, "must be whole numbers of 0 or more"),
        ({"values": {"animal": 1, "bench": -1}}, "must be whole numbers of 0 or more"),
        ({"values": {"bench": True}}, "must be whole numbers of 0 or more"),
        ({"values": {"bench": 1.5}}, "must be whole numbers of 0 or more"),
        ({"values": {"animal": 1, "bench": "1"}}, "must be whole numbers of 0 or more"),
    ],
)
def test_a_row_of_the_table_that_is_not_whole_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        _Row(**{**ROW, **changed})


def test_a_table_with_a_bound_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = '[[bound]]\nname = "peak_ua"\nsays = "peak"\ntighter = "lower"\nbench = 1\nsource = "IEC"\n'
    (tmp_path / "limits.toml").write_text(row * 2, "utf-8")
    monkeypatch.setattr(limits, "files", lambda package: tmp_path)

    with pytest.raises(ValueError, match="a bound is given twice"):
        limits._table.__wrapped__()


@pytest.mark.parametrize("name", ["step_above_ua", "step_above_from_ua"])
def test_half_a_rule_for_greater_steps_gives_none(name: str) -> None:
    animal = envelope("animal", "needle").tighten(name, 200, "layer", "test")

    assert step_for(animal, 5000) == 500


@pytest.mark.parametrize(("level_ua", "step_ua"), [(0, 100), (900, 100), (1000, 100), (1001, 200), (5000, 200)])
def test_a_step_is_a_tenth_and_above_one_milliampere_two_tenths(level_ua: int, step_ua: int) -> None:
    assert step_for(human(), level_ua) == step_ua


@pytest.mark.parametrize(("use", "electrode", "step_ua"), [("human", "pad", 1000), ("animal", "needle", 500)])
def test_the_step_of_other_uses(use: Use, electrode: Electrode, step_ua: int) -> None:
    assert step_for(envelope(use, electrode), 5000) == step_ua


def test_a_step_on_the_bench_is_one_milliampere() -> None:
    assert step_for(envelope("bench", "needle"), 0) == 1000


@pytest.mark.parametrize(("step_ua", "gap_us"), [(100, 200_000), (200, 400_000), (1, 2000)])
def test_the_slope_gives_the_time_between_raises(step_ua: int, gap_us: int) -> None:
    # 0.5 mA/s
    assert min_gap_us(human(), step_ua) == gap_us


def test_the_time_between_raises_rounds_up() -> None:
    assert min_gap_us(human().tighten("slope_ua_per_s", 300, "layer", "test"), 100) == 333_334


def test_the_bench_has_no_slope() -> None:
    assert min_gap_us(envelope("bench", "needle"), 1000) == 0
