"""`python -m firmware_sim WIRE ...`: a simulated stimulator on a pty or on TCP."""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import textwrap
from typing import TextIO

from firmware_sim.clock import Clock
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import FAULTS, Active, parse_fault
from firmware_sim.load import parse_loads
from firmware_sim.scope import EdgeWriter, Scope
from firmware_sim.serve import Server
from firmware_sim.simulation import Simulation


def _faults() -> str:
    """Return the table of faults as text."""
    lines = ["faults (with :LEAD where marked, of one lead only):"]
    for row in FAULTS.values():
        does = row.does + (f" [breaks {row.breaks}]" if row.breaks else "")
        lines.append(f"  {row.name}{':LEAD' if row.per_lead else ''}")
        lines += textwrap.wrap(does, 100, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_sim",
        description="A simulated stimulator. Loopback only; nobody is stimulated.",
        epilog=_faults(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("wire", choices=["ea1"], help="the language it speaks (docs/wire/ea1.md)")
    parser.add_argument("--pty", metavar="LINK", help="make a pty and this symlink to it")
    parser.add_argument("--tcp", metavar="PORT", type=int, help="listen on 127.0.0.1; 0: any free port")
    parser.add_argument(
        "--load",
        default="needle",
        help="needle | OHM | open | short | 600+1uF | 600:10V, or A=600,B=open (default: needle)",
    )
    parser.add_argument(
        "--edges", metavar="FILE", help="write each change of current at the loads there, as JSON lines"
    )
    parser.add_argument("--control", metavar="SOCKET", help="make a Unix socket that takes commands")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="1: real time (default); 0: stands still until advanced"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:LEAD][@SECONDS]",
        help="from then on; again for more (the list is below)",
    )
    parser.add_argument("--serial", default="EA1-000001", help="its serial number, at most 12 characters")
    parser.add_argument("--seed", type=int, help="make boot id, epochs and noise repeatable")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when the parent closes stdin")
    return parser


def _build(asked: argparse.Namespace, edges: TextIO | None) -> Server:
    """Build what was asked for; raises ValueError and OSError."""
    clock = Clock(asked.speed)
    scope = Scope()
    scope.writer = EdgeWriter(edges) if edges is not None else None
    seeded = random.Random(asked.seed)
    device = Ea1Device(
        parse_loads(asked.load),
        serial=asked.serial,
        draw=None if asked.seed is None else lambda: seeded.randrange(1, 1 << 32),
        faults=Active(asked.seed or 0),
        scope=scope,
    )
    simulation = Simulation(device, [parse_fault(text) for text in asked.fault])
    return Server(simulation, clock, scope.writer)


def _serve(asked: argparse.Namespace) -> None:
    with contextlib.ExitStack() as stack:
        edges = stack.enter_context(open(asked.edges, "w", encoding="ascii")) if asked.edges else None
        server = _build(asked, edges)
        stack.callback(server.close)
        stack.enter_context(server.signals())
        server.open(asked.pty, asked.tcp, asked.control)
        if asked.until_stdin_closes:
            try:
                server.until_stdin_closes()
            except OSError:
                raise ValueError("--until-stdin-closes needs a pipe as stdin, not a file; leave it out") from None
        ready = {
            "ready": True,
            "wire": asked.wire,
            "pty": asked.pty,
            "tcp": server.tcp.port if server.tcp is not None else None,
            "control": asked.control,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        server.run()


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator until it is told to end; returns 0, or 2 when what was asked for cannot be."""
    asked = _arguments().parse_args(arguments)
    if asked.pty is None and asked.tcp is None:
        sys.stderr.write("firmware_sim: nothing to reach it by; give --pty LINK, --tcp PORT (0: any free), or both\n")
        return 2
    try:
        _serve(asked)
    except (ValueError, OSError, OverflowError) as error:
        sys.stderr.write(f"firmware_sim: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
