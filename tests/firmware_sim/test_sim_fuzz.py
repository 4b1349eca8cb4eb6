"""Whatever whole frames a host sends, the device stands, answers each, finishes its pulses, and obeys the stop."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware_sim.host import (
    ARM,
    CONTACT,
    DENSE_DISPERSE,
    EPOCH,
    HELLO,
    LIMITS,
    PLAY,
    PROGRAM,
    STOP,
    Host,
    charge_pc,
    frame,
    play,
)

LEVELS = st.tuples(*[st.integers(0, 2100)] * 4)
BODIES = {
    HELLO: st.just(b"EA1?"),
    LIMITS: st.just(struct.pack("<HHHHII", 2000, 2000, 2000, 2000, 10_000_000, 60_000)),
    PROGRAM: st.just(DENSE_DISPERSE),
    ARM: st.just(struct.pack("<I", EPOCH) + bytes.fromhex("fcbf325b3aee6212")),
    CONTACT: st.tuples(st.integers(0, 16), st.integers(0, 11), st.integers(0, 11)).map(
        lambda t: struct.pack("<IBBH", EPOCH, *t)
    ),
    PLAY: st.tuples(st.integers(1, 50), LEVELS, LEVELS, st.integers(150, 2050), st.sampled_from([0, 1, 2, 255])).map(
        lambda t: play(t[0], t[1], t[2], lease_ms=t[3], hold=t[4])
    ),
    7: st.integers(1, 50).map(lambda step: struct.pack("<II", EPOCH, step)),
    8: st.just(struct.pack("<I", EPOCH)),
    9: st.binary(max_size=8),
}
ANY = st.sampled_from(sorted(BODIES)).flatmap(
    lambda kind: st.tuples(st.just(kind), BODIES[kind] | st.binary(max_size=50))
)
STEPS = st.lists(st.tuples(ANY, st.integers(0, 700_000)), max_size=25)
LOADS = st.sampled_from(["needle", "600", "A=open,B=2000", "short", "600+0.1uF:5V"])


@settings(derandomize=True, max_examples=150, deadline=None)
@given(STEPS, LOADS, st.booleans())
def test_any_whole_frames_leave_a_balanced_output_that_a_stop_ends(
    steps: list[tuple[tuple[int, bytes], int]], load: str, armed: bool
) -> None:
    host = Host(load)
    if armed:
        host.arm()
    for (kind, body), pause_us in steps:
        host.number += 1
        answers = host.send(frame(kind, host.number, body))
        assert [a.number for a in answers] == [host.number] or kind == CONTACT
        host.run(host.now_us + pause_us)
    host.send(STOP)
    stopped_us = host.now_us
    host.run(stopped_us + 2_000_000)

    for lead in "ABCD":
        edges = host.edges(lead)
        assert not edges or edges[-1][1] == 0
        assert all(t <= stopped_us + 5_000 for t, _ in edges)
        if load in ("600", "short"):
            assert charge_pc(edges) == 0
    assert host.statuses[-1].flags & 1


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400_000), max_size=12), st.booleans())
def test_how_time_is_cut_changes_nothing(cuts: list[int], first: bool) -> None:
    """The same two PLAYs give the same edges and counts, however often anybody looked in between."""

    def run(looks: list[int]) -> tuple[list[tuple[int, int]], object]:
        host = Host("needle")
        host.arm()
        host.play((100, 50, 0, 0), (80, 40, 0, 0), lease_ms=2000)
        for to_us in (1_900_000, 3_800_000):
            for look in looks:
                if host.now_us + look < to_us:
                    host.simulation.run_to(host.now_us + look, first)
            while host.now_us < to_us:
                host.simulation.run_to(to_us, first)
            host.play((120, 50, 0, 0), (90, 40, 0, 0), lease_ms=2000)
        host.run(4_000_000)
        return host.edges("A"), host.statuses[-1].leads[0].kinds

    assert run(cuts) == run([])
