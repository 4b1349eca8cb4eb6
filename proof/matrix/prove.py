"""The proof: try every cell and count what refutes the claim."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from firmware_sim.faults import FAULTS
from proof.cores import cores
from proof.matrix.cells import Cell, all_cells
from proof.matrix.evidence import PULSE_US
from proof.matrix.page import page
from proof.matrix.tried import Tried, try_cell
from proof.row import Finding, Say, Size

LEAST_FAULTS = 20
LONGEST_S = 120  # a cell takes half a second of a quiet machine
_SHOWN = 20
# A dozen for `make test`: one of each sort of fault, each phase once, both ways, all seeds.
BOUNDED = (
    Cell("unplug", "discover", "socket", 0),
    Cell("wrong-serial", "identify", "pty", 0),
    Cell("silent", "arm", "socket", 1),
    Cell("reset", "contact test", "pty", 2),
    Cell("drop", "raising", "socket", 0),
    Cell("unplug", "2 Hz", "pty", 1),
    Cell("reset", "100 Hz", "socket", 2),
    Cell("corrupt", "the switch", "pty", 0),
    Cell("torn", "pause", "socket", 1),
    Cell("reset", "resume", "pty", 1),
    Cell("open", "lowering", "socket", 1),
    Cell("deaf", "stop-confirm", "pty", 0),
)


def prove(size: Size, say: Say) -> Finding:
    """Try all cells, or a dozen."""
    cells = BOUNDED if size == "bounded" else tuple(all_cells())
    tried: list[Tried] = []
    for part in _spread(_parts(cells)):
        tried += part
        say(f"{len(tried)} of {len(cells)} cells")
    tried.sort(key=lambda one: cells.index(one.cell))
    failures = [text for one in tried for text in one.breaches]
    if size == "full" and len(FAULTS) < LEAST_FAULTS:
        failures.append(f"the simulator has {len(FAULTS)} faults, must have {LEAST_FAULTS}")
    failures += [f"{fault} never acted, in no phase" for fault in inert(tried)]
    artefacts = {"matrix.md": page(tried, PULSE_US)} if size == "full" else {}
    return Finding(len(tried), "cells", _figures(tried), tuple(_shortened(failures)), artefacts)


def inert(tried: Sequence[Tried]) -> list[str]:
    """The faults that did nothing in any of their cells: of these nothing has been tried."""
    acted = {one.cell.fault for one in tried if one.acted}
    return list(dict.fromkeys(one.cell.fault for one in tried if one.cell.fault not in acted))


def _spread(parts: list[list[Cell]]) -> Iterator[list[Tried]]:
    """Two cells a core: each is two processes of which one always waits for the other."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2 * cores(), context) as pool:  # says so when a worker dies, unlike a Pool
        for done in as_completed([pool.submit(_try_part, part) for part in parts]):
            yield done.result()


def _parts(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Share the cells so that each part has a bit of everything, and the last ones are not the slow ones."""
    count = min(64, max(4, len(cells) // 6))
    return [list(cells[start::count]) for start in range(count)]


def _try_part(cells: list[Cell]) -> list[Tried]:
    return [_within(cell) for cell in cells]


def _within(cell: Cell) -> Tried:
    """Try one cell; a session whose time stands still for ever is a failure, too."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LONGEST_S)
    try:
        return try_cell(cell)
    except TimeoutError:
        return Tried(cell, "endless", (f"{cell}: end: not done in {LONGEST_S} s of real time",))
    finally:
        signal.alarm(0)


def _too_long(_number: int, _frame: object) -> None:
    raise TimeoutError


def _figures(tried: Sequence[Tried]) -> dict[str, str]:
    broken = Counter(text.split(": ")[1] for one in tried for text in one.breaches)
    words = Counter(one.outcome.partition(":")[0] for one in tried)
    excused = sum(sum(one.excused.values()) for one in tried)
    return {
        "faults": str(len({one.cell.fault for one in tried})),
        "cells in which the fault never acted": _idle(tried),
        "outcomes": ", ".join(f"{word} {count}" for word, count in words.most_common()),
        "envelope breaches": str(
            broken["envelope"] + broken["double"] + broken["charge"] + broken["shape"] + broken["rate"]
        ),
        "self-restarts": str(broken["restart"] + broken["zero"]),
        "unlogged trips": str(broken["log"]),
        "stops that reached the device": str(sum(one.stops for one in tried)),
        "by the device itself": f"{excused} pulses, listed in docs/proof/matrix.md",
    }


def _idle(tried: Sequence[Tried]) -> str:
    """Their number, and by fault."""
    counts = Counter(one.cell.fault for one in tried if not one.acted)
    each = ", ".join(f"{fault} {count}" for fault, count in counts.most_common())
    return f"{counts.total()} ({each})" if counts else "0"


def _shortened(failures: Sequence[str]) -> list[str]:
    more = len(failures) - _SHOWN
    return [*failures[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
