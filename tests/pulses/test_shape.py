"""The shape of one pulse."""

from __future__ import annotations

import pytest

from eastim.pulses.shape import Phase, PulseShape


def test_phases_of_a_plain_pulse() -> None:
    assert PulseShape(600).phases == (Phase(1, 600), Phase(-1, 600))


def test_a_gap_lies_between_the_phases_at_no_current() -> None:
    assert PulseShape(200, gap_us=50, sign=-1).phases == (Phase(-1, 200), Phase(0, 50), Phase(1, 200))


def test_length_is_from_first_edge_to_last() -> None:
    assert PulseShape(200, gap_us=50).length_us == 450


@pytest.mark.hazard("H22")
@pytest.mark.parametrize("shape", [PulseShape(600), PulseShape(1, 7, -1), PulseShape(200, 50)])
def test_a_pulse_is_balanced_in_integers(shape: PulseShape) -> None:
    assert sum(phase.weight * phase.width_us for phase in shape.phases) == 0 == shape.net_weight_us


@pytest.mark.parametrize(
    ("field", "value"),
    [("width_us", 0), ("width_us", -1), ("gap_us", -1), ("sign", 0), ("sign", 2), ("width_us", True), ("gap_us", 0.5)],
)
def test_a_bad_shape_is_refused_by_name(field: str, value: object) -> None:
    words: dict[str, object] = {"width_us": 600, field: value}

    with pytest.raises(ValueError, match=field):
        PulseShape(**words)  # type: ignore[arg-type]


@pytest.mark.parametrize(("weight", "width_us"), [(2, 100), (1, 0), (1, -5), (-1, 0.5)])
def test_a_bad_phase_is_refused(weight: int, width_us: int) -> None:
    with pytest.raises(ValueError, match="phase of weight"):
        Phase(weight, width_us)


def test_repr_builds_the_same_shape() -> None:
    assert repr(PulseShape(600)) == "PulseShape(width_us=600, gap_us=0, sign=1)"
