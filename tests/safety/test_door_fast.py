"""The fast door: the real guard, reader, judge and ledger against a simulator that stands still until advanced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from eastim.clock import ManualClock
from eastim.drivers.registry import make_driver
from eastim.errors import AskedError, LedgerError, PortError
from eastim.player import Player
from eastim.profiles.profile import load_profile
from eastim.pulses.levels import zero_levels
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.audit import Delivery, audit
from eastim.safety.door_fast import FastDoor
from eastim.safety.limits import envelope
from eastim.safety.order import LeadOrder, Order
from eastim.simulator import Simulator

LOW = Section(PulseTrain("2", PulseShape(600), Fraction(2)), 3_000_000, 6, ("A",))
HIGH = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("A",))
ORDER = Order(
    Program("2/100", (LOW, HIGH), 2),
    (LeadOrder("A", (), 2000),),
    envelope("bench", "needle"),
    "bench",
    12_000_000,
    "sim",
)
BEAT_US = 80_000
PROFILE = load_profile("sim")
Says = tuple[str, dict[str, Any]]


class Stands:
    """Time that no longer goes on is an error, not a test without end: so many turns may be of one moment."""

    def __init__(self) -> None:
        self._at_us, self._turns = -1, 0

    def see(self, now_us: int) -> None:
        self._turns = self._turns + 1 if now_us == self._at_us else 0
        self._at_us = now_us
        if self._turns > 50:
            raise AssertionError(f"time stands still at {now_us} us")


class Rig:
    """A door, its player, and an operator who is a function of what was told."""

    def __init__(self, folder: Path, **simulator: Any) -> None:
        self.clock = ManualClock(1_000_000)
        self.simulator = Simulator(speed=0, **simulator)
        self.ledger = folder / "a.ledger"
        self.door = FastDoor(ORDER, PROFILE, self.simulator, self.ledger, self.clock)
        driver = make_driver(PROFILE, ORDER.program, {"A": 2000}, ORDER.session_us, 6_000_000)
        self.player: Player | None = Player(driver, ORDER.program, zero_levels(("A",), ORDER.kinds))
        self.told: list[Says] = []
        self._beat_us = 0

    def run(self, operator: Callable[[Says], list[Says]], until: Callable[[], bool] = lambda: False) -> None:
        """Go on until the guard has finished, at most 40 virtual seconds."""
        players, operators = self.door.line("player"), self.door.line("operator")
        end_us = self.clock.now_us() + 40_000_000
        stands = Stands()
        while not (self.door.finished or until()) and self.clock.now_us() < end_us:
            stands.see(self.clock.now_us())
            wanted_us = self._beat_us
            if self.player is not None:
                for words in self.player.step(self.clock.now_us(), players.receive()):
                    players.send(*words)
                wanted_us = min(wanted_us, self.player.next_us())
            for told in operators.receive():
                self.told.append((told.name, told.body))
                for name, body in operator(self.told[-1]):
                    operators.send(name, body)
            if self.clock.now_us() >= self._beat_us:
                self._beat_us = self.clock.now_us() + BEAT_US
                operators.send("beat")
                if self.player is not None:
                    players.send("beat")
            self.door.advance(max(wanted_us, self.clock.now_us() + 1))
        self.told += [(told.name, told.body) for told in operators.receive()]

    def read(self) -> int:
        """How many bytes the device has read, once all that were sent have come: a pty takes a moment."""
        here = self.simulator.control({"do": "state"})["t_us"]
        self.simulator.advance(here, self.door._sent_before + self.door._hands.sent)
        return int(self.simulator.control({"do": "state"})["rx"])

    def states(self) -> list[str]:
        return [body["state"] for name, body in self.told if name == "state"]

    @property
    def end(self) -> dict[str, Any]:
        return dict(self.told)["end"]

    def close(self) -> None:
        self.door.close()
        self.simulator.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def arms(told: Says) -> list[Says]:
    return [("arm", {})] if told == ("state", {"state": "SAFE", "use": "bench", "cause": ""}) else []


def arms_and_raises(told: Says) -> list[Says]:
    return [("raise", {"lead": "A", "kind": None})] if told[0] == "section" else arms(told)


def test_a_session_goes_from_off_to_its_end(rig: Rig) -> None:
    rig.run(arms)
    assert rig.states() == ["OFF", "SAFE", "ARMED", "LIVE", "OFF"]
    assert (rig.end["reason"], rig.end["zero"], rig.end["elapsed_us"]) == ("completed", True, 12_000_000)
    assert rig.door.exit_code == 0


def test_what_the_device_counted_is_what_was_ordered_and_the_ledger_proves_it(rig: Rig) -> None:
    rig.run(arms_and_raises)
    rig.close()
    books = audit(rig.ledger)
    assert books.problems == ()
    assert [(row.lead, row.kind, row.ordered, row.delivered) for row in books.deliveries] == [
        ("A", "2", 12, 12),
        ("A", "100", 600, 600),
    ]
    assert (books.raises, books.steps_up) == (4, 4)
    assert books.guard == "in the session's own process, in virtual time"


def test_a_session_at_zero_is_counted_and_not_felt(rig: Rig) -> None:
    rig.run(arms)
    rig.close()
    assert audit(rig.ledger).deliveries == (Delivery("A", "2", 12, 12, 0), Delivery("A", "100", 600, 600, 0))


def test_a_stop_is_zero_within_one_answer(rig: Rig) -> None:
    rig.run(arms_and_raises, until=lambda: ("section", {"section": 1, "kind": "100"}) in rig.told)
    stopped_us = rig.clock.now_us()
    rig.door.line("operator").send("stop", {"source": "space"})
    rig.run(lambda _: [])
    assert (rig.end["reason"], rig.end["zero"]) == ("stopped by space", True)
    assert rig.clock.now_us() - stopped_us <= 20_000


@pytest.mark.hazard("H03")
def test_without_a_beat_the_output_ends(rig: Rig) -> None:
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    silent_us, rig.player = rig.clock.now_us(), None
    rig.run(lambda _: [], until=lambda: "TRIPPED" in rig.states())
    assert rig.clock.now_us() - silent_us <= 320_000
    assert rig.simulator.control({"do": "state"})["state"] == "READY"


@pytest.mark.hazard("H13")
def test_a_device_that_ignores_the_stop_is_uncertain(tmp_path: Path) -> None:
    rig = Rig(tmp_path, faults=("deaf",))
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    rig.door.line("operator").send("stop", {"source": "space"})
    rig.run(lambda _: [])
    assert "UNCERTAIN" in rig.states()
    rig.close()


def test_a_session_runs_over_a_socket_as_over_a_pty(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tcp=True)
    rig.run(arms)
    rig.close()
    assert rig.simulator.address.startswith("socket://127.0.0.1:")
    assert (rig.end["reason"], rig.end["zero"], rig.end["elapsed_us"]) == ("completed", True, 12_000_000)


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("tcp", [False, True])
def test_a_cable_that_is_pulled_is_noticed_at_that_very_moment(tmp_path: Path, tcp: bool) -> None:
    rig = Rig(tmp_path, tcp=tcp)
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    pulled_us = rig.clock.now_us()
    rig.simulator.control({"do": "fault", "name": "unplug"})
    rig.door.line("player").send("beat")
    rig.run(lambda _: [], until=lambda: "UNCERTAIN" in rig.states())
    rig.close()
    assert dict(rig.told)["trip"]["cause"] == "port-gone"
    assert rig.clock.now_us() - pulled_us <= 100_000


def test_bytes_to_a_device_that_is_gone_are_waited_for_by_nobody(tmp_path: Path) -> None:
    """A socket takes them for a while; a simulator that was to read them first would never let time go on."""
    rig = Rig(tmp_path, tcp=True)
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    rig.simulator.control({"do": "fault", "name": "unplug"})
    rig.door.line("operator").send("stop", {"source": "space"})
    rig.run(lambda _: [])
    rig.close()
    assert (rig.end["zero"], rig.door.exit_code) == (False, 6)


def test_two_cuts_of_one_moment_both_reach_the_device(rig: Rig) -> None:
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    before = rig.read()
    for _ in range(2):
        rig.door.body.cut()
    rig.door.advance(rig.clock.now_us())
    # Two of the test, and the guard's own: two reports tell of stops that it never decided.
    assert rig.read() - before == 9


def test_nonsense_on_a_line_stops(rig: Rig) -> None:
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    rig.door.line("player").send("raise", {"lead": "A", "kind": None})
    rig.run(lambda _: [])
    assert rig.end["reason"].startswith("tripped: the player failed: player's line: unknown message 'raise'")


def test_a_frame_the_door_refuses_never_reaches_the_device(rig: Rig) -> None:
    rig.run(arms, until=lambda: "LIVE" in rig.states())
    before = rig.read()
    rig.door.line("player").send("ask", {"within_us": 5000}, b"\x01\x02\x03\x00")
    told = [message.name for message in rig.door.take("operator")]
    # What comes is the guard's own stop, three bytes long.
    assert (rig.read() - before, told) == (3, ["trip", "state"])


def test_time_never_goes_beyond_the_guards_next_moment(rig: Rig) -> None:
    next_us = rig.door.next_us()
    assert rig.door.advance(next_us + 10_000_000) <= next_us


def test_after_the_end_nothing_is_taken(rig: Rig) -> None:
    rig.run(arms)
    assert rig.door.line("operator").send("arm") is False


def test_a_ledger_that_exists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with Simulator(speed=0) as simulator, pytest.raises(LedgerError, match="File exists"):
        FastDoor(ORDER, PROFILE, simulator, tmp_path / "a", ManualClock())


def test_without_a_port_no_ledger_is_left(tmp_path: Path) -> None:
    with Simulator(speed=0) as simulator:
        simulator.address = "/dev/nowhere"
        with pytest.raises(PortError, match="no port at /dev/nowhere"):
            FastDoor(ORDER, PROFILE, simulator, tmp_path / "a", ManualClock())
    assert list(tmp_path.iterdir()) == []


def test_an_order_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    with Simulator(speed=0) as simulator, pytest.raises(AskedError, match="profile sim goes to 20000 uA"):
        FastDoor(replace(ORDER, leads=(LeadOrder("A", (), 99_000),)), PROFILE, simulator, tmp_path / "a", ManualClock())
