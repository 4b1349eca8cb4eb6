"""The artefact: docs/proof/matrix.md, the table of outcomes with its legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from firmware_sim.faults import FAULTS
from proof.matrix.cells import PHASES, SEEDS, TRANSPORTS
from proof.matrix.excused import EXCUSED
from proof.matrix.tried import Tried

_HEAD = """# Fault x phase matrix

Rendered by `python -m proof matrix --record`; not edited by hand. One run: {cells} cells, which are {faults} faults of
the simulator's table (`firmware_sim/faults.py`) x {phases} phases x {transports} ways (a pty, a socket) x {seeds}
seeds. Each is a whole session of the product's own engine, guard, player and ledger, in virtual time, against the
simulator as a process of its own: 2 leads, 2 s of 2 Hz and 2 s of 100 Hz by turns, 12 s in all, with raises, lowerings,
a pause and a resume, within the limits of a person with needles. **Everything here is simulated**; nothing of it has
been seen on hardware. In virtual time nothing is late but by the fault itself.

## What is judged

By the scope at the loads, the ledger and the exit code, never by what the product shows:

- *envelope*: no raise in the ledger that the operator did not say at that very moment, and no current above one step
  (0.1 mA) x those raises, less the lowers; above 1 mA never;
- *restart*: none at all after a stop, a trip, a pause, an arming or a boot of the device, until the operator has raised
  again;
- *charge*, *shape*, *rate*: each pulse is of charge zero, as wide as ordered, and none comes too soon after another;
- *zero*: where zero is said to be confirmed, nothing flows;
- *felt*: when a fault begins in a phase after the raising, both kinds have flowed on both leads;
- *log*: each stop that reached the device has its trip or stop in the ledger before it, each trip that the operator was
  told of is in it, and it verifies and audits;
- *end*: each session ends within 60 s, with an exit code of `docs/exit-codes.md` that fits.

After a cut the output may go on for {pulse} ms (a pulse that has begun is finished), after a lower or a pause for 250
ms more. What a fault excuses beyond that is listed below, fault by fault; nothing else is. A late cut is excused from
the moment the fault begins until a lease (505 ms) after it is gone, not before and not after.

## How the seeds differ

| seed | the fault begins | it ends | after a trip the operator |
|---|---|---|---|
| 0 | at the very start of the phase | never | watches for 1.5 s and stops |
| 1 | anywhere in its first half | after 400 ms | watches for 1.5 s and stops |
| 2 | anywhere in its second half | after 400 ms | watches for 1.5 s, clears, arms, raises once, stops |

`lease-dead` comes with `unplug`: in any other session a stop ends the output before its lease does, and a lease that
never ends does nothing.

Moments, boot ids, epochs and the noise of the line are drawn from fault, phase, way and seed, so each cell repeats.

## Outcomes

`done` played to its end; `stopped` by the operator; `held: F` went on with a lead at zero by fault F of the interlock;
`tripped: F` cut, F the first cause, zero confirmed; `uncertain: F` zero not confirmed, "take the leads off" was said;
`no device` never started. *never acted*: the simulator says that the fault changed nothing until the session was over
(nobody stopped a deaf device), so the session went as one without it. It was judged, but it is no success: it shows
nothing. These are {idle} of the cells; a fault that acts in no phase at all is a failure. A number is that of
the {each} cells with this outcome; without one it is all of them. The last column is the longest time from the first
trip or stop of a cell to the last current, of all cells of the row.

"""

_EXCUSES = """
## What a fault excuses

A breach below is by the device's own doing; the product can only see it and say so. It is excused until the fault is
taken away; of `stuck-on` and `reboot-with-output` longer, for the device goes on by itself then. Counted are the
breaches that were excused. *Late* is how long the output may go on after a cut.

| fault | excused | late, ms | what the ledger must say of it | why |
|---|---|---|---|---|
"""


def page(tried: Sequence[Tried], pulse_us: int) -> str:
    """Render a full run."""
    faults = list(dict.fromkeys(one.cell.fault for one in tried))
    counts = {"cells": len(tried), "faults": len(faults), "phases": len(PHASES), "pulse": pulse_us // 1000}
    counts["idle"] = sum(not one.acted for one in tried)
    head = _HEAD.format(**counts, transports=len(TRANSPORTS), seeds=len(SEEDS), each=len(TRANSPORTS) * len(SEEDS))
    lines = [_row(["fault", *PHASES, "to zero, ms"]), _row(["---"] * (len(PHASES) + 2))]
    lines += [_row([fault, *_outcomes(tried, fault), _zero_ms(tried, fault)]) for fault in faults]
    lines += _refuted(tried)
    return head + "\n".join(lines) + "\n" + _EXCUSES + "\n".join(_excuses(tried, faults)) + "\n" + _legend(faults)


def _refuted(tried: Sequence[Tried]) -> Iterable[str]:
    """Say first of all what does not hold, if anything."""
    bad = [one for one in tried if one.breaches]
    if bad:
        yield f"\n**{len(bad)} cells refute the claim.** The first breach of each:\n"
        yield from (f"- {one.breaches[0]}" for one in bad)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _outcomes(tried: Sequence[Tried], fault: str) -> Iterable[str]:
    for phase in PHASES:
        yield merged([word(one) for one in tried if (one.cell.fault, one.cell.phase) == (fault, phase)])


def word(one: Tried) -> str:
    """Give the outcome of a cell; where its fault never acted it is that of a session without one, and says nothing."""
    return one.outcome if one.acted else NEVER_ACTED


NEVER_ACTED = "*never acted*"


def merged(outcomes: Sequence[str]) -> str:
    """Give one word when all agree; else each, with its number, the most frequent first."""
    counts = Counter(outcomes)
    if len(counts) == 1:
        return outcomes[0]
    return ", ".join(f"{word} {count}" for word, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])))


def _zero_ms(tried: Sequence[Tried], fault: str) -> str:
    times = [one.zero_us for one in tried if one.cell.fault == fault and one.zero_us is not None]
    if not times:
        return "-"
    return "goes on" if max(times) >= GOES_ON_US else f"{max(times) / 1000:.1f}"


GOES_ON_US = 2_500_000  # the scope looks on for 3 s


def _excuses(tried: Sequence[Tried], faults: Sequence[str]) -> Iterable[str]:
    for fault in faults:
        excused = EXCUSED.get(fault)
        if excused is not None:
            counts = Counter[str]()
            for one in tried:
                if one.cell.fault == fault:
                    counts.update(one.excused)
            rules = ", ".join(f"{rule} {counts[rule]}" for rule in sorted(excused.rules)) or "-"
            yield _row(
                [fault, rules, str(excused.late_us // 1000), ", ".join(sorted(excused.tells)) or "-", excused.why]
            )


def _legend(faults: Sequence[str]) -> str:
    rows = [_row([fault, FAULTS[fault].does, FAULTS[fault].breaks or "-"]) for fault in faults]
    head = ["", "## The faults", "", "| fault | what happens | clause of docs/wire/ea1.md it breaks |", "|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"
