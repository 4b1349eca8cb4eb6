"""Put one session together and run it: the only place that knows every part."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eastim.drivers.registry import make_driver
from eastim.errors import EastimError, Exit
from eastim.front import Front
from eastim.player import Player
from eastim.profiles.profile import Profile, load_profile
from eastim.pulses.levels import zero_levels
from eastim.safety.order import Order
from eastim.simulator import Simulator
from eastim.treatment.fast import run_fast
from eastim.treatment.live import run_live
from eastim.treatment.places import ledger_path, session_name
from eastim.treatment.watch import Watch
from eastim.treatment.way import check_way


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session went. end: the body of its `end` event; error: why it never started, or None."""

    exit: Exit
    end: dict[str, Any]
    ledger: Path | None
    error: str | None


def run(order: Order, front: Front, *, address: str | None, fast: bool, record: Path | None) -> Outcome:
    """Run one session; whatever happens, the front end gets an `end` and is closed.

    address: /dev/..., socket://127.0.0.1:PORT; None for the device that eastim starts itself (`way.starts_simulator`),
    and only that one may run `fast`, in virtual time. record: the folder for the ledger, or None for the user's own.
    """
    try:
        end = _run(order, front, address, fast, record)
    except EastimError as error:
        happened = Watch("").fail(str(error), error.exit, 0, ledger=None)
        front.pass_(0, [happened])
        end = dict(happened.body)
    finally:
        front.close()
    ledger = end.get("ledger")
    return Outcome(Exit(end["exit"]), end, Path(ledger) if ledger else None, end["error"])


def _run(order: Order, front: Front, address: str | None, fast: bool, record: Path | None) -> dict[str, Any]:
    profile = load_profile(order.profile)
    check_way(profile, address, fast=fast)
    session = session_name()
    ledger = ledger_path(record, session)
    if address is not None:
        return run_live(order, _player(order, profile), front, address, ledger, session)
    with Simulator(speed=0 if fast else 1) as simulator:
        if fast:
            return run_fast(order, profile, _player(order, profile), front, simulator, ledger)
        return run_live(order, _player(order, profile), front, simulator.address, ledger, session)


def _player(order: Order, profile: Profile) -> Player:
    leads_max = {ordered.lead: ordered.max_ua for ordered in order.leads}
    # Another first number in each session: on wires that know a repeated request by its number, a hello must not
    # look like one.
    number = 1 + secrets.randbelow(1 << 16)
    charge_pc = order.limits.get("phase_charge_pc")
    driver = make_driver(profile, order.program, leads_max, order.session_us, charge_pc, number)
    return Player(driver, order.program, zero_levels(order.program.leads, order.program.kinds))
