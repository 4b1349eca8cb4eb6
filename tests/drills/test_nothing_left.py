"""H03, H35: after a session nothing of it is left, and while it runs nobody else's computer can reach it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from eastim.drivers.registry import make_driver
from eastim.front import Act, Happened
from eastim.player import Player
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.profiles.profile import load_profile
from eastim.pulses.levels import zero_levels
from eastim.simulator import Simulator
from eastim.treatment.live import run_live
from tests.drills.bench import session
from tests.treatment.fakes import Keeper

pytestmark = pytest.mark.drill

ORDER = read_prescription(Words("100", minutes="1", leads=("A:1mA",))).order


class Fails(Exception):
    pass


class Operator(Keeper):
    """Arm, raise, and then end it: by a stop, or by an exception."""

    def __init__(self, fails: bool) -> None:
        super().__init__()
        self._fails = fails
        self.threads: set[str] = set()

    def pass_(self, now_us: int, happened: list[Happened]) -> list[Act]:
        super().pass_(now_us, happened)
        self.threads |= {thread.name for thread in threading.enumerate()}
        return [act for event in happened for act in self._acts(event)]

    def _acts(self, event: Happened) -> Iterable[Act]:
        match event.name, event.body.get("state"):
            case "state", "SAFE":
                yield Act("arm")
            case "section", _:
                yield Act("raise", {"lead": "A", "kind": None})
            case "level", _ if event.body["ua"] == 100:
                if self._fails:
                    raise Fails
                yield Act("stop", {"source": "operator"})


def left() -> tuple[set[str], set[int], set[str]]:
    """Threads, children, and open file descriptors by what they are."""
    me = os.getpid()
    children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
    paths = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    fds = {os.readlink(path) for path in paths if os.path.lexists(path)}  # the listing's own is closed by now
    return {thread.name for thread in threading.enumerate()}, {int(pid) for pid in children}, fds


@pytest.mark.hazard("H03")
@pytest.mark.parametrize("fails", [False, True])
def test_no_thread_no_process_and_no_line_outlives_a_session(tmp_path: Path, fails: bool) -> None:
    profile = load_profile(ORDER.profile)
    charge_pc = ORDER.limits.bound("phase_charge_pc").value
    driver = make_driver(profile, ORDER.program, {"A": 1000}, ORDER.session_us, charge_pc)
    player, operator = Player(driver, ORDER.program, zero_levels(("A",), ORDER.kinds)), Operator(fails)
    with Simulator(speed=1) as simulator:
        before = left()
        with pytest.raises(Fails) if fails else nullcontext():
            run_live(ORDER, player, operator, simulator.address, tmp_path / "a.ledger", f"drill-{os.getpid()}-left")
        after = left()

    assert "player" in operator.threads  # there was one
    assert (after[0] - before[0], after[1] - before[1], after[2] - before[2]) == (set(), set(), set())


# --- who listens ------------------------------------------------------------------------------------------------------


def family(pid: int) -> Iterator[int]:
    """A process and everything below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def sockets_of(pids: Iterable[int]) -> set[str]:
    """The inodes of the sockets that processes hold."""
    links = {os.readlink(fd) for pid in pids for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def listening(inodes: set[str]) -> dict[str, list[str]]:
    """Their local addresses by protocol, in the kernel's own hex: what listens on tcp, whatever is bound on udp."""
    found: dict[str, list[str]] = {}
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        path = Path(f"/proc/net/{name}")
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            columns = line.split()
            if columns[9] in inodes and (not name.startswith("tcp") or columns[3] == "0A"):
                found.setdefault(name, []).append(columns[1].partition(":")[0])
    return found


@pytest.mark.hazard("H35")
def test_nothing_of_a_running_session_listens_on_a_network(tmp_path: Path) -> None:
    with session("100", "--minutes", "1", "--lead", "A:1mA", "--record", str(tmp_path)) as running:
        running.wait("state", state="SAFE")
        running.say("arm")
        running.wait("state", state="LIVE")
        pids = list(family(running.process.pid))
        held = sockets_of(pids)
        running.say("stop")
        found = listening(held)
        running.leave()

    assert len(pids) >= 3 and held  # session, guard, simulator; and they do hold sockets
    assert found == {}


@pytest.mark.hazard("H35")
def test_a_simulator_on_tcp_listens_on_loopback_alone() -> None:
    with Simulator(speed=1, tcp=True) as simulator:
        port = int(simulator.address.rpartition(":")[2])
        found = listening(sockets_of(family(os.getpid())))

    assert simulator.address == f"socket://127.0.0.1:{port}"
    assert found == {"tcp": ["0100007F"]}  # 127.0.0.1, as the kernel writes it


@pytest.mark.hazard("H35")
def test_the_scan_sees_a_listener_that_is_on_every_network() -> None:
    with socket.socket() as one:
        one.bind(("0.0.0.0", 0))
        one.listen()

        assert listening({str(os.fstat(one.fileno()).st_ino)}) == {"tcp": ["00000000"]}
