"""What the line does to chunks: lost, bent, doubled, late, out of order; both ways, and the same for the same seed."""

from __future__ import annotations

import itertools

import pytest

from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import Active
from firmware_sim.line_noise import NEVER_US, Line
from firmware_sim.simulation import Simulation
from tests.firmware_sim.host import ARMED, HELLO, PLAYING, READY, STOP, Host, frame, messages, onsets, program, section

DENSE = program(1, section(0, 3, 200, (100, 1), 300, 3_000_000))
UP = (100, 100, 0, 0)


def line(name: str, seed: int = 0) -> Line:
    active = Active(seed)
    active.begin(name, None)
    return Line(active)


def arrivals(name: str, seed: int, every_us: int = 100_000, count: int = 1000) -> list[tuple[int, int]]:
    """Send chunk n at n * every_us to the device; returns (when, which) of each one that arrives."""
    noisy, found = line(name, seed), []
    for n in range(count):
        sent_us = n * every_us
        while noisy.next_us() < sent_us:
            at_us = noisy.next_us()
            found += [(at_us, chunk) for chunk in noisy.to_device(at_us)]
        found += [(sent_us, chunk) for chunk in noisy.chunk(n.to_bytes(2, "big"), sent_us)]
    while noisy.next_us() < NEVER_US:
        at_us = noisy.next_us()
        found += [(at_us, chunk) for chunk in noisy.to_device(at_us)]
    return [(at_us, int.from_bytes(chunk, "big")) for at_us, chunk in found]


def test_without_a_fault_a_chunk_arrives_when_it_is_sent() -> None:
    quiet = Line(Active(1))

    assert (quiet.chunk(b"a", 5), quiet.frame(b"b", 6), quiet.next_us()) == ([b"a"], [b"b"], NEVER_US)


@pytest.mark.parametrize("name", ["drop", "corrupt", "duplicate", "delay", "reorder"])
def test_chance_is_the_same_for_the_same_seed(name: str) -> None:
    assert arrivals(name, 3) == arrivals(name, 3) != arrivals(name, 4)


def test_drop_loses_about_one_in_ten() -> None:
    assert 870 <= len(arrivals("drop", 3)) <= 930


def test_corrupt_turns_one_bit_over_in_about_one_in_ten() -> None:
    noisy = line("corrupt", 1)
    sent = bytes(range(1, 60))
    got = [noisy.frame(sent, 0)[0] for _ in range(1000)]

    changed = [int.from_bytes(g, "big") ^ int.from_bytes(sent, "big") for g in got if g != sent]
    assert 70 <= len(changed) <= 130
    assert all(bits.bit_count() == 1 for bits in changed)


def test_duplicate_brings_about_one_in_ten_twice_at_once() -> None:
    found = arrivals("duplicate", 2)

    twice = [one for one, two in itertools.pairwise(found) if one == two]
    assert 70 <= len(twice) <= 130
    assert len(found) == 1000 + len(twice)
    assert all(at_us == n * 100_000 for at_us, n in found)


def test_delay_is_up_to_40_ms_or_60_to_100_and_keeps_the_order() -> None:
    found = arrivals("delay", 5)

    late_us = [at_us - n * 100_000 for at_us, n in found]
    beyond = [late for late in late_us if late >= 60_000]
    assert [n for _, n in found] == list(range(1000))
    assert 70 <= len(beyond) <= 130
    assert max(late_us) <= 100_000 and not [late for late in late_us if 40_000 < late < 60_000]


def test_delay_keeps_the_order_of_what_is_sent_close_together() -> None:
    assert [n for _, n in arrivals("delay", 5, every_us=5_000)] == list(range(1000))


def test_reorder_lets_the_next_one_pass_about_one_in_ten() -> None:
    found = arrivals("reorder", 6)

    order = [n for _, n in found]
    passed = [n for n, after in itertools.pairwise(order) if after == n - 1]
    assert sorted(order) == list(range(1000))
    assert 70 <= len(passed) <= 130
    assert max(at_us - n * 100_000 for at_us, n in found) == 100_000


def test_reorder_holds_one_for_150_ms_when_nothing_passes_it() -> None:
    found = arrivals("reorder", 6, every_us=1_000_000)

    assert {at_us - n * 1_000_000 for at_us, n in found} == {0, 150_000}


def test_half_duplex_stalls_each_way_for_200_ms_of_every_second() -> None:
    def late_us(at_us: int) -> tuple[int, int]:
        """Send one each way at a moment; returns how late each arrives."""
        noisy = line("half-duplex")
        now_in, now_out = noisy.chunk(b"a", at_us), noisy.frame(b"b", at_us)
        then_us = noisy.next_us() - at_us
        return 0 if now_in else then_us, 0 if now_out else then_us

    assert [late_us(at_us) for at_us in (49_999, 50_000, 249_999, 250_000)] == [(0, 0), (200_000, 0), (1, 0), (0, 0)]
    assert [late_us(at_us) for at_us in (549_999, 550_000, 749_999, 750_000)] == [(0, 0), (0, 200_000), (0, 1), (0, 0)]
    assert late_us(7_150_000) == (100_000, 0)


def test_what_is_late_keeps_its_place_once_the_fault_has_ended() -> None:
    active = Active()
    slow = Line(active)
    active.begin("half-duplex", None)
    assert slow.chunk(b"a", 50_000) == []
    active.end("half-duplex", None)

    assert slow.chunk(b"b", 60_000) == []
    assert (slow.next_us(), slow.to_device(250_000)) == (250_000, [b"a", b"b"])


def test_half_write_reads_half_of_one_frame_and_nothing_for_200_ms() -> None:
    host = Host()
    host.simulation.begin("half-write")
    half, late, after = (frame(HELLO, number, b"EA1?") for number in (1, 2, 3))

    assert host.send(half) == []
    host.run(199_999)
    assert host.send(late) == []
    host.run(200_000)
    assert host.send(after)[0].number == 3
    assert host.device.link.bad(200_000) == 1  # the half, once it had stood for 50 ms (2.4)


@pytest.mark.hazard("H11")
def test_half_a_play_moves_no_level_and_no_edge() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.play(UP, lease_ms=2000)
    host.run(500_000)
    host.simulation.begin("half-write")
    host.simulation.receive(frame(6, 99, b"\1" * 20))
    host.run(1_000_000)

    assert onsets(host.edges("A")) == [1000 + 10_000 * k for k in range(100)]
    assert {abs(ua) for _, ua in host.edges("A")} == {0, 1000}


@pytest.mark.hazard("H10")
def test_a_late_stop_stops_late_and_once() -> None:
    """At 100 ms into a second the way to the device stands still until 250 ms."""
    host = Host("600")
    host.arm(DENSE)
    host.play(UP, lease_ms=2000)
    host.simulation.begin("half-duplex")
    host.run(100_000)
    host.send(STOP)
    assert host.device.state == PLAYING
    host.run(500_000)

    assert onsets(host.edges("A"))[-1] == 241_000
    assert host.device.state == READY
    assert [s.clock_us for s in host.statuses if s.cause == 2] == [250_000]


@pytest.mark.hazard("H10")
def test_a_doubled_play_is_answered_twice_and_acts_once() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.simulation.faults.begin("duplicate", None)
    answers: list[int] = []
    for _ in range(100):
        host.number += 1
        host.step += 1
        levels = b"".join(level.to_bytes(2, "little") for level in UP)
        head = host.device.epoch.to_bytes(4, "little") + host.step.to_bytes(4, "little")
        said = host.send(frame(6, host.number, head + (500).to_bytes(2, "little") + b"\xff\x01" + levels))
        answers.append(len(said))
        assert {reply.type for reply in said} == {0x86}
        host.run(host.now_us + 1000)

    assert set(answers) - {1} and set(answers) <= {1, 2, 3, 4}
    assert host.statuses[-1].state == PLAYING


def test_a_frame_under_way_outlives_a_reset_of_the_device() -> None:
    simulation = Simulation(Ea1Device())
    simulation.begin("half-duplex")
    simulation.run_to(50_000)
    simulation.receive(frame(HELLO, 1, b"EA1?"))
    simulation.begin("reset")
    frames = simulation.run_to(250_000)

    kinds = [said.type for said in messages(b"".join(frames))]
    assert kinds == [0xC0, 0xC0, 0x81]


def test_wedge_hears_and_says_nothing_and_its_lease_still_ends() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.play(UP, lease_ms=500)
    host.run(250_000)
    host.statuses.clear()
    host.simulation.begin("wedge")
    assert host.send(STOP) == []
    host.device.stop()
    host.run(1_000_000)

    assert (onsets(host.edges("A"))[-1], host.statuses) == (491_000, [])
    host.simulation.end("wedge")
    assert host.report().fault == 1


def test_a_silent_line_still_carries_what_the_host_says() -> None:
    host = Host("600")
    host.arm(DENSE)
    host.simulation.begin("silent")
    assert host.device.state == ARMED
    assert host.send(STOP) == []

    assert host.device.state == READY
