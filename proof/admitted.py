"""The allow-list swept whole, and every frame of a real driver: nothing beyond admitted, nothing of it refused (H47).

The same walks as in tests/safety/boundaries, over the whole product: every type and length in every state of the
reader; and for every mode, use, number of leads and hold, every strength that a raise can reach, judged as the guard
does. Then every mode once more through the guard itself (`admitted_live`).
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator

from eastim.pulses.modes import load_mode, mode_names
from eastim.safety.limits import Use
from proof.admitted_live import guarded
from proof.row import Finding, Say, Size
from tests.safety.boundaries.ea1_bodies import ADMITTED, STATES
from tests.safety.boundaries.real_driver import Treatment
from tests.safety.boundaries.test_allow_list_ea1 import LONGEST, is_admitted, request

# Uses with their highest strength and the size of a raise, all in uA.
USES: dict[Use, tuple[int, int]] = {"human": (10_000, 100), "animal": (10_000, 500), "bench": (20_000, 1000)}
LEADS = ("A", "AB", "ABC", "ABCD")
LEAST_WALKED = 20_000  # frames of a real driver in a full run; the sweep is counted apart
Case = tuple[str, Use, str, str | None]


def cases() -> Iterator[Case]:
    """Every mode, use, number of leads, and hold of one of the mode's kinds or of none."""
    for mode in mode_names():
        for hold in (None, *load_mode(mode).kinds):
            for use in USES:
                for leads in LEADS:
                    yield mode, use, leads, hold


def treat(case: Case) -> tuple[int, list[str]]:
    """One case: raised from zero to the highest and lowered again, step by step, then hushed. Frames, and refusals."""
    mode, use, leads, hold = case
    highest_ua, step_ua = USES[use]
    made = Treatment(mode, leads, highest_ua, use).live()
    for ua in (*range(0, highest_ua + 1, step_ua), *range(highest_ua, -1, -step_ua)):
        made.fire(ua, hold)
    made.say(made.driver.hush())
    return len(made.sent), [f"{case}: {why}" for why in made.refusals]


def read(mode: str) -> tuple[int, list[str]]:
    """Every strength the device knows, in steps of 10 uA, in every kind; by the reader alone."""
    made = Treatment(mode, "ABCD", 10_000).live()
    made.judging = False
    for level in range(1001):
        made.fire(level * 10)
    return len(made.sent), [f"{mode} read: {why}" for why in made.refusals]


def load(mode: str) -> tuple[int, list[str]]:
    """Every length of a session in whole blocks, up to half an hour."""
    sent, refusals = 0, []
    for blocks in range(1, 301):
        made = Treatment(mode, "AB", 10_000, session_us=6_000_000 * blocks).armed()
        sent += len(made.sent)
        refusals += [f"{mode}, {blocks} blocks: {why}" for why in made.refusals]
    return sent, refusals


def sweep(state: str) -> tuple[int, list[str]]:
    """Every type and every length of a body in one state of the reader."""
    return swept(state, range(LONGEST + 1))


def sweep_few(state: str) -> tuple[int, list[str]]:
    """Every type and every fourth length."""
    return swept(state, range(0, LONGEST + 1, 4))


def swept(state: str, lengths: range) -> tuple[int, list[str]]:
    tried, wrong = 0, []
    for kind in range(256):
        for length in lengths:
            tried += 1
            admitted = is_admitted(STATES[state], request.__wrapped__(kind, length))
            if admitted is not (length in ADMITTED[state].get(kind, ())):
                wrong.append(f"{state}: type {kind:02X} of {length} bytes is {'' if admitted else 'not '}admitted")
    return tried, wrong


Job = tuple[Callable[..., tuple[int, list[str]]], object]


def _job(job: Job) -> tuple[int, list[str]]:
    act, of = job
    return act(of)


def prove(size: Size, say: Say) -> Finding:
    """Sweep and treat; bounded: two states, and one case of each mode."""
    states = tuple(STATES) if size == "full" else ("armed",)
    treated = tuple(cases()) if size == "full" else tuple((mode, "animal", "A", None) for mode in mode_names())
    modes = mode_names() if size == "full" else ()
    live = [(mode, leads) for mode in mode_names() for leads in (LEADS if size == "full" else LEADS[:1])]
    sweeps: list[Job] = [(sweep if size == "full" else sweep_few, state) for state in states]
    walks: list[Job] = [*((treat, case) for case in treated), *((act, mode) for mode in modes for act in (read, load))]
    sessions: list[Job] = [(guarded, case) for case in live]
    counts = {"sweep": 0, "walk": 0, "live": 0}
    bad: list[str] = []
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for name, jobs in (("sweep", sweeps), ("walk", walks), ("live", sessions)):
            for done, (count, found) in enumerate(pool.imap_unordered(_job, jobs), 1):
                say(f"{name} {done} of {len(jobs)}")
                counts[name] += count
                bad += found
    if size == "full":
        bad += _too_little(counts["walk"])
    figures = {
        "types and lengths tried": f"{counts['sweep']:,} in {len(states)} states of the reader",
        "frames of the real driver": f"{counts['walk']:,} in {len(walks)} walks, none refused"
        if not bad
        else "refused",
        "and through the guard, at a device": f"{counts['live']:,} in {len(live)} whole sessions",
    }
    return Finding(sum(counts.values()), "frames", figures, tuple(bad))


def _too_little(walked: int) -> list[str]:
    """Say whether too few frames of a real driver were looked at for anything to be shown by them."""
    few = f"{walked} frames of a real driver were looked at, must be {LEAST_WALKED}"
    return [few] if walked < LEAST_WALKED else []
