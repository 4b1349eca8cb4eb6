"""A 24 s session of 2/100 Hz on two leads, judged by the simulator's edge log alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drills.bench import bench, charge_pc, pulses, session

pytestmark = pytest.mark.drill

BLOCK_US = 6_000_000
RAISES_US = {"2": (500_000, 1_500_000, 6_500_000), "100": (3_500_000, 4_500_000, 9_500_000)}


def test_two_leads_play_exactly_the_program_at_the_load(tmp_path: Path) -> None:
    leads = ("--lead", "A=ST36.L-SP6.L:2mA", "--lead", "B=ST36.R-SP6.R:2mA")
    with (
        bench(tmp_path) as device,
        session("2/100", "--minutes", "0.4", *leads, "--device", "ea1", "--port", str(device.pty)) as treatment,
    ):
        treatment.wait("state", state="SAFE")
        treatment.say("arm")
        for kind, moments in RAISES_US.items():
            for at_us in moments:
                for lead in "AB":
                    treatment.say("raise", lead=lead, kind=kind, at_us=at_us)
        end = treatment.wait("end", within_s=40)
        assert treatment.leave() == 0
        edges = device.settled_edges()

    assert (end["reason"], end["elapsed_us"]) == ("completed", 24_000_000)
    assert end["pulses"] == {"A": {"2": 24, "100": 1200}, "B": {"2": 24, "100": 1200}}
    assert end["net_charge_pc"] == {"A": 0, "B": 0}
    for lead in "AB":
        played = pulses(edges, lead)
        assert {charge_pc(phases) for _, phases in played} == {0}
        _check_blocks_three_and_four(played)


def _check_blocks_three_and_four(played: list[tuple[int, tuple[tuple[int, int], ...]]]) -> None:
    """Find the blocks, counted back from the last pulse: 100 Hz ends a block 10 ms before its end."""
    start_us = played[-1][0] + 10_000 - 4 * BLOCK_US
    for block in (2, 3):
        begin_us = start_us + block * BLOCK_US
        inside = [(onset - begin_us, phases) for onset, phases in played if begin_us <= onset < begin_us + BLOCK_US]
        assert [onset for onset, _ in inside] == [
            *(k * 500_000 for k in range(6)),
            *(3_000_000 + k * 10_000 for k in range(300)),
        ]
        assert [phases for _, phases in inside] == [
            *[((300, 600), (-300, 600))] * 6,
            *[((300, 200), (-300, 200))] * 300,
        ]
