"""A session process for drills: `python session.py ADDRESS LEDGER SESSION`. It is there to be harmed.

Guard, player and an operator in the way of a real one; the operator arms, raises every 300 ms up to 600 uA and prints
what the guard says, one JSON object a line. A word on stdin (stop, hang, spin) is done at once.
"""

from __future__ import annotations

import json
import select
import signal
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

from eastim.clock import SystemClock
from eastim.drivers.registry import make_driver
from eastim.player import Player, run_player
from eastim.profiles.profile import load_profile
from eastim.pulses.levels import zero_levels
from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.door_start import GuardHandle, start_guard
from eastim.safety.limits import envelope
from eastim.safety.operator import Operator
from eastim.safety.order import LeadOrder, Order

HIGH = Section(PulseTrain("100", PulseShape(200), Fraction(100)), 3_000_000, 300, ("A",))
ORDER = Order(
    Program("100", (HIGH,), 20),
    (LeadOrder("A", (), 600),),
    envelope("human", "needle"),
    "human",
    60_000_000,
    "ea1",
)


def main(address: str, ledger: str, session: str) -> int:
    """Run until the guard says `end`, or is gone."""
    profile = load_profile(ORDER.profile)
    charge_pc = ORDER.limits.bound("phase_charge_pc").value
    driver = make_driver(profile, ORDER.program, {"A": 600}, ORDER.session_us, charge_pc)
    player = Player(driver, ORDER.program, zero_levels(("A",), ORDER.kinds))
    with start_guard(ORDER, address, Path(ledger), session) as guard:
        say({"name": "guard", "pid": guard.pid})
        threading.Thread(target=run_player, args=(guard.player, SystemClock(), player), daemon=True).start()
        operate(guard)
        code = guard.wait(15)
        say({"name": "left", "code": code})
    return 0


def operate(guard: GuardHandle) -> None:
    operator = Operator(guard.operator)
    live, raise_s = False, 0.0
    while not guard.operator.closed:
        ready = select.select([guard.operator, sys.stdin], [], [], 0.05)[0]
        for name, body, _ in guard.operator.receive():
            if name != "tick":
                say({"name": name, **body})
            if (name, body.get("state")) == ("state", "SAFE") and not body.get("cause"):
                operator.arm()
            live = body["state"] == "LIVE" if name == "state" else live
            if name == "end":
                return
        if live and time.monotonic() >= raise_s:
            operator.raise_("A")
            raise_s = time.monotonic() + 0.3
        if sys.stdin in ready:
            obey(sys.stdin.readline().strip(), operator)
        operator.beat()


def obey(word: str, operator: Operator) -> None:
    if word in ("stop", ""):
        operator.stop(word or "stdin")
    elif word == "hang":
        time.sleep(60)
    elif word == "spin":
        # One long C call that keeps the interpreter lock: no thread of this process runs meanwhile (H04).
        str(7**400_000)


def say(words: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # 7**400000 has more digits than Python turns into text by default.
    sys.set_int_max_str_digits(0)
    sys.exit(main(*sys.argv[1:]))
