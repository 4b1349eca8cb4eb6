"""The boundaries of every limit as data: for each place where it is looked at, and each use, the last and the first.

A row: the limit, who looks at it, the trial, what is said against the first refused, what else must be kept (all other
limits are as wide as can be), and by column of limits.toml the value, the last admitted and the first refused quantity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from eastim.safety.limits import Limits
from tests.safety.boundaries import guard_trials as g
from tests.safety.boundaries import limit_trials as t

Cells = dict[str, tuple[int, int, int]]
ALL = ("human_needle", "human_pad", "animal", "bench")


@dataclass(frozen=True)
class Row:
    """cells: column -> (value in limits.toml, last admitted, first refused); where it is absent there is no limit."""

    name: str
    who: str
    trial: Callable[[Limits, int], str]
    said: str
    cells: Cells
    kept: dict[str, int] = field(default_factory=dict)


def needle_animal(value: int, last: int, first: int) -> Cells:
    return dict.fromkeys(("human_needle", "animal"), (value, last, first))


def patients(value: int, last: int, first: int) -> Cells:
    return dict.fromkeys(ALL[:3], (value, last, first))


def everyone(value: int, last: int, first: int) -> Cells:
    return dict.fromkeys(ALL, (value, last, first))


PEAK: Cells = {
    "human_needle": (10_000, 10_000, 10_001),
    "human_pad": (50_000, 50_000, 50_001),
    "animal": (10_000, 10_000, 10_001),
    "bench": (100_000, 100_000, 100_001),
}
CHARGE: Cells = needle_animal(6_000_000, 6_000_000, 6_000_001) | {"human_pad": (25_000_000, 25_000_000, 25_000_001)}
RMS: Cells = needle_animal(2_500, 5_000, 5_001) | {"human_pad": (12_000, 24_000, 24_001)}
MEAN: Cells = needle_animal(500, 5_000, 5_001) | {"human_pad": (2_500, 25_000, 25_001)}
# 1 A for 600 us into 500 ohm is 0.3 J.
ENERGY = patients(300_000_000, 1_000_000, 1_000_001)
# 2 x 500 us in 10 ms.
DUTY = patients(100_000, 500, 501)
# At 2 Hz and 2 x 600 us: r.m.s. = level * sqrt(0.0024), mean = level * 0.0024, energy = level^2 * 1200 us * 500 ohm.
RAISE_CHARGE: Cells = needle_animal(6_000_000, 10_000, 10_001) | {"human_pad": (25_000_000, 41_666, 41_667)}
RAISE_RMS: Cells = needle_animal(2_500, 51_031, 51_032) | {"human_pad": (12_000, 244_948, 244_949)}
RAISE_MEAN: Cells = needle_animal(500, 208_333, 208_334) | {"human_pad": (2_500, 1_041_666, 1_041_667)}
COMPLIANCE: Cells = {
    "human_needle": (30_000, 30_000, 30_001),
    "human_pad": (150_000, 150_000, 150_001),
    "animal": (60_000, 60_000, 60_001),
    "bench": (400_000, 400_000, 400_001),
}
SESSION: Cells = dict.fromkeys(ALL[:2], (1_800_000_000, 1_800_000_000, 1_800_000_001)) | dict.fromkeys(
    ALL[2:], (28_800_000_000, 28_800_000_000, 28_800_000_001)
)
OPEN: Cells = needle_animal(5_000, 5_000, 5_001) | {"human_pad": (20_000, 20_000, 20_001)}
STEP: Cells = {
    "human_needle": (100, 100, 101),
    "human_pad": (1_000, 1_000, 1_001),
    "animal": (500, 500, 501),
}
# 100 uA at 500 or 2000 uA/s.
SLOPE: Cells = {"human_needle": (500, 200_000, 199_999)} | dict.fromkeys(ALL[1:3], (2_000, 50_000, 49_999))

ROWS: tuple[Row, ...] = (
    # --- how strong
    Row("peak_ua", "preflight", t.preflight_peak, "peak_ua is bounded by", PEAK),
    Row("peak_ua", "preflight, dose", t.preflight_peak, "peak current of one lead is", PEAK),
    Row("peak_ua", "judge", t.judged, "peak current of one lead is", PEAK),
    Row("peak_ua", "raise", g.after_a_raise, "above the ceiling", PEAK, {"step_ua": 10**15}),
    Row(
        "default_max_ua", "prescription", t.unsaid, "highest strength",
        {"human_needle": (5_000, 5_000, 5_001), "animal": (3_000, 3_000, 3_001)},
    ),
    Row("phase_charge_pc", "preflight", t.preflight_charge, "charge of one phase is", CHARGE),
    Row("phase_charge_pc", "judge", t.judge_charge, "charge of one phase is", CHARGE),
    Row("phase_charge_pc", "locks", t.locked, "a phase would be locked at", CHARGE),
    Row("phase_charge_pc", "raise", g.raised_to, "charge of one phase is", RAISE_CHARGE),
    # k = 1.85 of 0.2 x 10 mm: sqrt(10^1.85 * pi * 0.02) uC = 2.10906485 uC
    Row(
        "shannon_k_milli", "notice", t.notice_of_charge, "Shannon k 1.85 with",
        {"human_needle": (1_850, 2_109_064, 2_109_065)},
    ),
    Row("rms_ua", "preflight", t.preflight_rms, "r.m.s. current in any window is", RMS),
    Row("rms_ua", "judge", t.judge_rms, "r.m.s. current in any window is", RMS),
    Row("rms_ua", "raise", g.raised_to, "r.m.s. current in any window is", RAISE_RMS),
    Row("mean_rectified_ua", "preflight", t.preflight_mean, "mean rectified current in any window is", MEAN),
    Row("mean_rectified_ua", "judge", t.judge_mean, "mean rectified current in any window is", MEAN),
    Row("mean_rectified_ua", "raise", g.raised_to, "mean rectified current in any window is", RAISE_MEAN),
    Row("energy_nj", "preflight", t.preflight_energy, "energy of one pulse into 500 ohm is", ENERGY),
    Row("energy_nj", "judge", t.judge_energy, "energy of one pulse into 500 ohm is", ENERGY),
    Row(
        "energy_nj", "raise", g.raised_to, "energy of one pulse into 500 ohm is",
        patients(300_000_000, 707_106, 707_107),
    ),
    Row("compliance_mv", "preflight", t.on_device, "compliance_mv is bounded by", COMPLIANCE),
    # 2 mA/cm2 on pi * 0.02 cm2 is 125.66 uA r.m.s.
    Row(
        "density_notice_ua_per_cm2", "notice", t.notice_of_density, "mA/cm2 r.m.s.",
        needle_animal(2_000, 250, 251),
    ),
    Row(
        "window_us", "dose", t.two_pulses, "mean rectified current in any window is",
        everyone(1_000_000, 1_000_000, 999_999), {"mean_rectified_ua": 1},
    ),
    # --- what a train may be
    Row(
        "min_rate_mhz", "preflight", t.at_rate, "min_rate_mhz is bounded by",
        patients(500, 500, 499) | {"bench": (10, 10, 9)},
    ),
    Row(
        "max_rate_mhz", "preflight", t.at_rate, "max_rate_mhz is bounded by",
        patients(200_000, 200_000, 200_001) | {"bench": (10_000_000, 10_000_000, 10_000_001)},
    ),
    Row(
        "min_width_us", "preflight", t.at_width, "min_width_us is bounded by",
        patients(50, 50, 49) | {"bench": (10, 10, 9)},
    ),
    Row(
        "max_width_us", "preflight", t.at_width, "max_width_us is bounded by",
        patients(1_000, 1_000, 1_001) | {"bench": (1_000_000, 1_000_000, 1_000_001)},
    ),
    Row("duty_ppm", "preflight", t.preflight_duty, "(sum of phases + gap) x rate is", DUTY),
    Row("duty_ppm", "judge", t.judged_width, "(sum of phases + gap) x rate is", DUTY),
    # --- how long
    Row("session_us", "preflight", t.for_session, "session_us is bounded by", SESSION),
    Row(
        "wall_us", "guard", g.armed_for, "the session's time by the clock is over",
        dict.fromkeys(ALL[:2], (2_700_000_000, 2_699_999_999, 2_700_000_000)),
    ),
    Row("session_grace_us", "judge", t.judged_time, "left of the ordered", everyone(1_000_000, 1_000_000, 1_000_001)),
    Row("session_grace_us", "guard", g.live_for, "overrun", everyone(1_000_000, 6_999_999, 7_000_000)),
    Row("pause_us", "guard", g.paused_for, "paused too long", everyone(300_000_000, 299_999_999, 300_000_000)),
    # --- how strength moves
    Row("step_ua", "raise", g.after_a_raise, "above the ceiling", STEP),
    Row(
        "step_above_ua", "raise", g.after_two_raises, "above the ceiling of 300 uA",
        {"human_needle": (200, 300, 301)}, {"step_ua": 100},
    ),
    Row("slope_ua_per_s", "raise", g.raised_again_after, "too fast", SLOPE, {"step_ua": 100, "step_above_ua": 100}),
    # --- the contact test
    Row("contact_ua", "judge", t.tested_ua, "101 uA, at most 100, set by test", everyone(100, 100, 101)),
    Row("contact_width_us", "judge", t.tested_us, "101 us, at most 100, set by test", everyone(100, 100, 101)),
    Row("contact_pulses", "judge", t.tested_pulses, "11 pulses, at most 10, set by test", everyone(10, 10, 11)),
    # --- what is measured
    Row("short_ohm", "reading", g.short, "short", patients(50, 50, 49)),
    Row("short_ohm", "contact test", g.contact_of, "contact", patients(50, 50, 49)),
    Row("short_percent_of_start", "reading", g.short_of_start, "short", patients(30, 300, 299)),
    Row("open_ohm", "reading", g.open_twice, "open", OPEN),
    Row("open_ohm", "contact test", g.contact_of, "contact", OPEN),
    # 20 % and 20 uA above a level of 100 uA, and of 1 mA
    Row("excess_ppm", "reading", g.current_at_100, "excess", everyone(200_000, 140, 141), {"excess_ua": 20}),
    Row("excess_ppm", "at 1 mA", g.current_at_1000, "excess", everyone(200_000, 1220, 1221), {"excess_ua": 20}),
    Row("excess_ua", "reading", g.one_phase_at_100, "excess", everyone(20, 140, 141), {"excess_ppm": 200_000}),
    # 40 % below
    Row("weak_ppm", "reading", g.current_at_100, "weak-notice", everyone(400_000, 60, 59), {"weak_from_ua": 100}),
    Row("weak_from_ua", "reading", g.half_of, "weak-notice", everyone(100, 99, 100), {"weak_ppm": 400_000}),
    # 1 A: 1 % is 10,000 uA, and 1 uA more may be rounding
    Row(
        "imbalance_notice_ppm", "reading", g.phases_of_1_a, "imbalance-notice",
        patients(10_000, 989_999, 989_998),
    ),
    Row(
        "imbalance_notice_ppm", "reading, negative", g.phases_the_other_way, "imbalance-notice",
        patients(10_000, 989_999, 989_998),
    ),
    Row(
        "imbalance_stop_ppm", "reading", g.phases_of_1_a, "imbalance",
        patients(30_000, 969_999, 969_998), {"imbalance_pulses": 1},
    ),
    Row(
        "imbalance_stop_ppm", "reading, negative", g.phases_the_other_way, "imbalance",
        patients(30_000, 969_999, 969_998), {"imbalance_pulses": 1},
    ),
    Row(
        "imbalance_pulses", "reading", g.bad_pulses, "imbalance", patients(10, 9, 10), {"imbalance_stop_ppm": 30_000}
    ),
    Row(
        "imbalance_pulses", "residual", g.residual_after, "residual", patients(10, 10, 9), {"residual_stop_mv": 500}
    ),
    # 2 uA for 10 s
    Row("net_dc_ua", "reading", g.net_charge, "net-dc", patients(2, 20_000_000, 20_000_001)),
    Row("net_dc_ua", "reading, negative", g.net_charge_below, "net-dc", patients(2, 20_000_000, 20_000_001)),
    Row("net_dc_ua", "dose", t.unbalanced, "of net direct current, must be 0", patients(2, 0, 1)),
    Row(
        "net_dc_notice_ua", "reading", g.net_charge, "net-dc-notice", {"bench": (50, 500_000_000, 500_000_001)}
    ),
    Row(
        "net_dc_us", "reading", g.net_charge, "net-dc",
        everyone(10_000_000, 10_000_000, 10_000_001), {"net_dc_ua": 1},
    ),
    Row("net_dc_us", "dose", t.net_of_two, "2000 nA", everyone(10_000_000, 10_000_000, 9_999_999)),
    Row("residual_notice_mv", "reading", g.residual, "residual-notice", patients(100, 100, 101)),
    Row("residual_notice_mv", "reading, negative", g.residual_below, "residual-notice", patients(100, 100, 101)),
    Row("residual_stop_mv", "reading", g.residual, "residual", patients(500, 500, 501)),
    Row("residual_stop_mv", "reading, negative", g.residual_below, "residual", patients(500, 500, 501)),
)  # fmt: skip
