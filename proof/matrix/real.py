"""The same in real time for the two faults that no protocol can soften: a pulled cable and a reset, in every phase.

Simulator, guard and session are processes of their own, the way to the device is a pty, and `eastim run` is the command
that users type. The moments are those at which the session says that a phase has begun.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from proof.asked import Act
from proof.matrix.cells import FELT_FIRST, PHASES
from proof.matrix.evidence import LEASE_US, PULSE_US, Evidence, Late
from proof.matrix.judge import breaches, unfelt
from proof.matrix.outcome import outcome
from proof.matrix.play import read
from proof.matrix.tried import exits
from proof.row import Finding, Say, Size
from tests.drills.bench import Bench, Session, bench

FAULTS = ("unplug", "reset")
SIDE_BY_SIDE = 4  # they mostly wait
SLACK_US = 150_000  # for processes that wait for one another on a busy machine
ASKED_US = 2_000_000  # from the operator's raise to its record, on such a machine
EARLY_US = 2_000  # how well the two clocks are compared
TRIES = 6


class Noted(Session):
    """A session whose raises are noted as they are said, by the kernel's monotonic clock, which is the guard's."""

    def __init__(self, *words: str) -> None:
        super().__init__(*words)
        self.raises: list[Act] = []

    def say(self, do: str, **fields: Any) -> None:
        if do == "raise":
            self.raises.append(Act(time.monotonic_ns() // 1000, fields["lead"], fields["kind"]))
        super().say(do, **fields)


def _found(treatment: Session) -> None:
    treatment.wait("state", state="SAFE")


def _arms(treatment: Session) -> None:
    _found(treatment)
    treatment.say("arm")


def _raises(treatment: Session) -> None:
    _arms(treatment)
    treatment.wait("section")
    treatment.say("raise", lead="A", kind=None)


def _feels(treatment: Session) -> None:
    _raises(treatment)
    treatment.wait("level", lead="A", kind="2", ua=100)
    time.sleep(0.8)  # until a pulse at that strength has sounded


def _tests(treatment: Session) -> None:
    _arms(treatment)
    treatment.wait("state", state="ARMED")
    time.sleep(0.03)


def _feels_100(treatment: Session) -> None:
    _feels(treatment)
    treatment.wait("section", kind="100")
    treatment.say("raise", lead="A", kind=None)
    treatment.wait("level", lead="A", kind="100", ua=100)
    time.sleep(0.3)


def _switches(treatment: Session) -> None:
    _feels(treatment)
    treatment.wait("section", kind="100")


def _says(name: str, **fields: str | None) -> Callable[[Session], None]:
    def act(treatment: Session) -> None:
        _feels(treatment)
        treatment.say(name, **fields)

    return act


def _resumes(treatment: Session) -> None:
    _says("pause")(treatment)
    treatment.wait("state", state="PAUSED")
    time.sleep(0.5)
    treatment.say("resume")


# "discover" has none: the fault is there before the session is.
WAYS: dict[str, Callable[[Session], None]] = {
    "identify": lambda _: None,
    "arm": _arms,
    "contact test": _tests,
    "raising": _raises,
    "2 Hz": _feels,
    "100 Hz": _feels_100,
    "the switch": _switches,
    "pause": _says("pause"),
    "resume": _resumes,
    "lowering": _says("lower", lead="A", kind=None),
    "stop-confirm": _says("stop"),
}


def prove(size: Size, say: Say) -> Finding:
    """Try both faults in every phase, or each in one."""
    tries = [(fault, phase) for fault in FAULTS for phase in PHASES]
    tries = tries if size == "full" else [("unplug", "2 Hz"), ("reset", "100 Hz")]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        done = list(pool.map(lambda one: _try(one[0], one[1], say), tries))
    words = {f"{fault}, {phase}": word for (fault, phase), (word, _, _) in zip(tries, done, strict=True)}
    again = sum(more for _, _, more in done)
    words["sessions that ended before their phase, begun again"] = str(again)
    failures = [text for _, texts, _ in done for text in texts]
    failures += needless(again, len(done), size)
    return Finding(len(done), "sessions", words, tuple(failures))


def needless(again: int, counted: int, size: Size) -> list[str]:
    """Bound the sessions that ended before their phase: each may be a needless stop.

    Four run side by side, so some are kept from their beats: one in four and three more; in a bounded run, which
    shares its machine with other tests, as many as were counted, and three.
    """
    most = (counted // 4 if size == "full" else counted) + 3
    return [f"{again} sessions ended before their phase, at most {most} may"] if again > most else []


def _try(fault: str, phase: str, say: Say) -> tuple[str, list[str], int]:
    """Try until the phase is reached: on a machine that is too busy a session trips by itself, before the fault."""
    for again in range(TRIES):
        say(f"{fault} / {phase}")
        with tempfile.TemporaryDirectory(prefix="matrix-") as name, bench(Path(name)) as device:
            evidence = _session(device, Path(name), fault, phase)
        if evidence is not None:
            from_us = (evidence.began_us or 0) - 2 * EARLY_US
            late = Late(PULSE_US + SLACK_US, LEASE_US + SLACK_US, from_us, 1 << 62)
            found = breaches(evidence, exits(), late, ASKED_US)
            return outcome(evidence), [f"{fault} / {phase}: {breach}" for breach in found], again
    return "not reached", [f"{fault} / {phase}: not reached in {TRIES} sessions"], TRIES


def _session(device: Bench, folder: Path, fault: str, phase: str) -> Evidence | None:
    """One session; None when it ended before its phase was reached, or no current had flowed by then."""
    ahead_us = _ahead_us(device)
    where = ("--device", "ea1", "--port", str(device.pty), "--record", str(folder))
    began_us = _harm(device, fault) if phase == "discover" else 0
    with closing(Noted("2/100", "--minutes", "1", "--lead", "A:1mA", *where)) as treatment:
        if phase != "discover":
            if not _reach(device, treatment, phase):
                return None
            began_us = _harm(device, fault)
        code, end = _leave(treatment)
    ended_us = device.now_us()
    edges = tuple(device.settled_edges())
    ledgers = list(folder.glob("*.ledger.jsonl"))
    records, problems = read(ledgers[0]) if ledgers else ((), ())
    shifted = tuple(replace(record, t_us=record.t_us - ahead_us - EARLY_US) for record in records)
    rebooted_us = began_us if fault == "reset" else None
    raises = tuple(replace(act, at_us=act.at_us - ahead_us - EARLY_US) for act in treatment.raises)
    end = {**end, "exit": code}
    evidence = Evidence(edges, shifted, problems, end, "", began_us, rebooted_us, ended_us, raises=raises)
    return evidence if _is_reached(phase, evidence) else None


def _is_reached(phase: str, evidence: Evidence) -> bool:
    """Whether current had flowed when the fault began, where it must have."""
    return phase not in FELT_FIRST or not [*unfelt(evidence, "A", ("2",))]


def _reach(device: Bench, treatment: Session, phase: str) -> bool:
    """Wait until a phase has begun; False when the session ended before."""
    while phase == "identify" and not device.control("state")["rx"]:
        time.sleep(0.001)
    with suppress(AssertionError, BrokenPipeError):
        WAYS[phase](treatment)
        return not [event for event in treatment.events if event["event"] in ("trip", "end")]
    return False


def _harm(device: Bench, fault: str) -> int:
    return int(device.control("fault", name=fault)["t_us"])


def _leave(treatment: Session) -> tuple[int, dict[str, object]]:
    """See the session out: what does not end by itself is stopped."""
    with suppress(AssertionError):
        treatment.wait("end", within_s=4)
    with suppress(BrokenPipeError):
        treatment.say("stop")
    code = treatment.leave(20)
    ends = [event for event in treatment.events if event["event"] == "end"]
    return code, ends[-1] if ends else {}


def _ahead_us(device: Bench) -> int:
    """How far the guard's clock, the kernel's monotonic one, is ahead of the device's."""
    looks = []
    for _ in range(10):
        before_us = time.monotonic_ns() // 1000
        device_us = device.now_us()
        after_us = time.monotonic_ns() // 1000
        looks.append((after_us - before_us, before_us - device_us))
    return min(looks)[1]
