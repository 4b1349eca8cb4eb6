"""Loads, judged by closed forms written out here."""

from __future__ import annotations

import math

import pytest

from firmware_sim.load import Shape, parse_load, parse_loads
from tests.firmware_sim.host import Host, program, section

ZERO = (0, 0, 0, 0)


def test_a_needle_reads_its_resistance_and_the_first_rise_of_its_electrodes() -> None:
    """1 mA after 75 us: 330 ohm, and twice 20 kohm x (1 - exp(-75 us / 48 ms)); 48 ms = 20 kohm x 2.4 uF."""
    reading = parse_load("needle").pulse(1000, Shape(200, 0, 1))

    expected_uv = 1000 * (330 + 2 * 20_000 * (1 - math.exp(-75 / 48_000)))
    assert reading.volt_uv == pytest.approx(expected_uv, rel=1e-12)
    assert reading.z_ohm == 392  # 330 + 62.45


def test_a_phase_shorter_than_75_us_is_read_at_its_end() -> None:
    reading = parse_load("needle").pulse(1000, Shape(50, 0, 1))

    assert reading.volt_uv == pytest.approx(1000 * (330 + 40_000 * (1 - math.exp(-50 / 48_000))), rel=1e-12)


def test_a_capacitor_in_series_charges_by_current_times_time() -> None:
    """1 mA for 75 us into 1 uF is 75 mV, over 600 ohm it is 600 mV."""
    reading = parse_load("600+1uF").pulse(1000, Shape(200, 0, 1))

    assert reading.volt_uv == pytest.approx(675_000)


def test_the_electrodes_keep_a_residual_voltage_that_decays() -> None:
    """The second phase starts from a capacitor that leaked, so a pulse leaves a little of the other sign."""
    load = parse_load("needle")
    load.pulse(1000, Shape(600, 0, 1))
    e = math.exp(-600 / 48_000)
    left_uv = -1000 * 40_000 * (1 - e) ** 2
    assert load.held_uv == pytest.approx(left_uv, rel=1e-9)

    load.rest(48_000)

    assert load.held_uv == pytest.approx(left_uv / math.e, rel=1e-9)


@pytest.mark.parametrize("text", ["needle", "600", "600+1uF"])
def test_many_pulses_at_once_leave_what_they_leave_one_by_one(text: str) -> None:
    at_once, singly = parse_load(text), parse_load(text)
    shape = Shape(200, 50, -1)

    assert at_once.train(500, shape, 37, 10_000)
    for _ in range(37):
        singly.pulse(500, shape)
        singly.rest(10_000 - 450)

    assert at_once.held_uv == pytest.approx(singly.held_uv, rel=1e-9, abs=1e-6)


def test_many_pulses_are_not_done_at_once_when_one_would_reach_the_compliance() -> None:
    """15 mA into 2 kohm is just 30 V; 15.01 mA is not."""
    assert parse_load("2000").train(15_000, Shape(200, 0, 1), 5, 10_000)
    assert not parse_load("2000").train(15_010, Shape(200, 0, 1), 5, 10_000)


def test_a_capacitor_that_fills_within_a_phase_limits_the_whole_phase() -> None:
    """(assumed) 1 mA x 2 ms / 0.05 uF would be 40 V; 30 V at the end are 0.6 V + 40 V x I: I = 30 / 40.6 mA."""
    reading = parse_load("600+0.05uF").pulse(1000, Shape(2000, 0, 1))

    assert reading.limited
    assert reading.first_ua == math.floor(30_000_000 / (600 + 2000 / 0.05))


@pytest.mark.parametrize(
    "text", ["", "-600", "0", "600 ohm", "nan", "1e3", "A", "needle+1uF", "600:31V", "600:0V", "600+0uF", "9" * 12]
)
def test_what_is_no_load_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^load '"):
        parse_load(text)


@pytest.mark.parametrize("text", ["E=600", "A=600,AB=1", "A=", "=600", "A=600,,"])
def test_a_list_of_loads_names_leads_that_exist(text: str) -> None:
    with pytest.raises(ValueError, match=r"^load '"):
        parse_loads(text)


def test_leads_not_named_have_needles() -> None:
    loads = parse_loads("A=600, B=open")

    assert [load.text for load in loads.values()] == ["600", "open", "needle", "needle"]


def test_a_lower_compliance_is_the_loads_own() -> None:
    host = Host("600:10V")
    host.arm(program(1, section(0, 1, 200, (10, 1), 5, 500_000)))
    host.play((2000, 0, 0, 0))
    host.run(10_000)

    assert host.edges("A")[0] == (1000, 16_666)  # 10 V / 600 ohm, whole uA


def test_voltage_and_impedance_are_in_the_status() -> None:
    host = Host("A=600,B=needle")
    host.arm(program(1, section(0, 3, 600, (10, 1), 5, 500_000)))
    host.play((100, 200, 0, 0))
    a, b = host.report().leads[:2]

    assert (a.flags, a.kind, a.plus_ua, a.minus_ua, a.volt_mv, a.residual_mv, a.z_ohm) == (
        8,
        0,
        1000,
        1000,
        600,
        0,
        600,
    )
    assert (b.plus_ua, b.minus_ua, b.volt_mv, b.z_ohm, b.peak_ua) == (2000, 2000, 785, 392, 2000)
    host.run(250_000)
    residual_uv = -2000 * 40_000 * (1 - math.exp(-600 / 48_000)) ** 2 * math.exp(-(100_000 - 1200) / 48_000)
    assert host.report().leads[1].residual_mv == round(residual_uv / 1000) == -2
