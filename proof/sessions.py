"""Whole sessions of 30 minutes in virtual time: each ends exactly at its budget, drifts by nothing, leaves nothing.

Each session has its own leads, load, raises, lowers, and some have holds and pauses, by its number. What came out at
the loads is counted by the scope and must be, pulse by pulse and level by level, what the manual says of the very bytes
that left the door (proof/expect.py).
"""

from __future__ import annotations

import functools
import gc
import os
import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eastim.errors import Exit
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.safety.audit import audit
from eastim.safety.order import Order
from eastim.safety.remembered import Remembered
from firmware_sim.scope import Train
from proof.asked import steps_ua
from proof.books import Disk
from proof.cores import cores, spread
from proof.expect import Pulses, contact_pulses, played_pulses
from proof.rig import SELDOM_US, Probe, Rig
from proof.row import Finding, Say, Size

MINUTES = {"bounded": 1, "full": 30}
SESSIONS = {"bounded": 12, "full": 200}  # of one row; five rows
# Leads of a session, by its number: most treatments have one to three. Four come early, for they take the most memory.
PAIRS = (1, 4, 2, 3, 1, 2, 1, 2, 1, 1)
SETTLED = 10  # after so many sessions nothing may be left behind any more
MOST_GROWTH_KB = 4096
# What the least lively share of these seeds passes by far: a proof over loads at which nothing flows proves nothing.
LEAST_RAISES = 5  # a session, on the average
LEAST_HOLDS, LEAST_PAUSES = 0.5, 0.25  # a session, on the average
LEAST_FELT = 500  # pulses with current a minute, the contact test's not counted, on the average
KIND_OF = {600: "2", 200: "100"}  # by the width of a phase, in us; 100 us is the contact test's
CONTACT_UA = 100


def prove(size: Size, say: Say, part: str = "1") -> Finding:
    """Play the sessions of one part on every core."""
    count, first = SESSIONS[size], (int(part) - 1) * SESSIONS["full"]
    shares = [range(first + core, first + count, cores()) for core in range(cores())]
    work = functools.partial(_share, MINUTES[size])
    done: list[Share] = []
    for share in spread(work, shares):
        done.append(share)
        say(f"{sum(found.sessions for found in done)} of {count} sessions")
    total = sum((Counter(found.totals) for found in done), Counter[str]())
    figures = {
        "virtual hours": f"{total['played_us'] / 3.6e9:.2f}",
        "pulses at the load, each expected": f"{total['pulses']}, of them {total['felt']} not of a contact test",
        "raises, lowers, holds, pauses": ", ".join(str(total[name]) for name in ("raise", "lower", "hold", "pause")),
        "sessions off their budget by 1 us or more": f"{total['off_budget']}",
        "largest drift, guard against device": f"{max(found.drift_us for found in done)} us",
        "objects left behind after the tenth session": f"{max(found.objects for found in done)}",
        "file descriptors left open": f"{max(found.fds for found in done)}",
        "growth of memory after the tenth session": f"{max(found.grown_kb for found in done)} kB",
    }
    failures = tuple(text for found in done for text in found.failures)
    failures += tuple(_too_little(total, count, MINUTES[size]))
    return Finding(sum(found.sessions for found in done), "sessions", figures, failures[:20])


def _too_little(total: Counter[str], sessions: int, minutes: int) -> list[str]:
    """Say whether too little happened for anything to be shown by it."""
    least = {
        "raise": LEAST_RAISES * sessions,
        "hold": LEAST_HOLDS * sessions,
        "pause": LEAST_PAUSES * sessions,
        "felt": LEAST_FELT * sessions * minutes,
    }
    words = {
        "raise": "raises accepted",
        "hold": "holds",
        "pause": "pauses",
        "felt": "pulses with current, the contact test's not counted",
    }
    return [
        f"{total[name]} {words[name]} in {sessions} sessions, must be {number:.0f}"
        for name, number in least.items()
        if total[name] < number
    ]


@dataclass(frozen=True, slots=True)
class Share:
    """What one core found. objects, fds, grown_kb: more at the end than after session number `SETTLED`."""

    sessions: int
    totals: dict[str, int]
    drift_us: int
    objects: int
    fds: int
    grown_kb: int
    failures: tuple[str, ...]


def _share(minutes: int, seeds: range) -> Share:
    totals: Counter[str] = Counter()
    failures: list[str] = []
    drift_us, settled = 0, _left_behind()
    with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
        for number, seed in enumerate(seeds, 1):
            one = Session(seed, minutes, Path(folder))
            one.play()
            failures += [f"session {seed}: {text}" for text in one.problems()]
            totals.update(one.totals())
            drift_us = max(drift_us, abs(one.drift_us))
            del one
            if number == min(SETTLED, len(seeds) - 1):
                settled = _left_behind()
    objects, fds, kb = (now - before for now, before in zip(_left_behind(), settled, strict=True))
    if objects > 0 or fds > 0 or kb > MOST_GROWTH_KB:
        failures.append(f"left behind: {objects} objects, {fds} file descriptors, {kb} kB")
    return Share(len(seeds), dict(totals), drift_us, objects, fds, kb, tuple(failures))


def _memory_folder() -> str | None:
    """A folder that lies in memory, where there is one: not the disk is tried here."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _left_behind() -> tuple[int, int, int]:
    """Objects that Python tracks, open file descriptors, resident kB; what is only remembered for speed is dropped."""
    gc.collect()
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper | Remembered):
            thing.cache_clear()
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return len(gc.get_objects()), len(os.listdir("/proc/self/fd")), pages * os.sysconf("SC_PAGE_SIZE") // 1024


class Session:
    """One session, played to its end by an operator who acts by chance."""

    def __init__(self, seed: int, minutes: int, folder: Path) -> None:
        self._chance = random.Random(f"session {seed}")
        # The first of every four is what the mode is: no hold, no pause, every pulse of it.
        self.plain = seed % 4 == 0
        self.leads = "".join(sorted(self._chance.sample("ABCD", PAIRS[seed // 4 % len(PAIRS)])))
        self.order = order_of(self.leads, minutes)
        self._path = folder / f"{seed}.ledger"
        self._disk = Disk(self._path)
        self.seen: Pulses = Counter()
        self.net_pc = 0
        self.broken: list[str] = []
        self._state, self._ends = "OFF", list[dict[str, Any]]()
        load = self._chance.choice(("600", "needle", "1000+2uF"))
        self.rig = Rig(
            self.order,
            seed,
            load=load,
            ledger=self._disk,
            told=self._told,
            scope=Probe(self._saw, self._rests),
            beat_us=SELDOM_US,  # as seldom as the guard bears: harder for it, and sooner done
        )
        self._log: list[tuple[int, bytes]] = []
        self.rig.cable.saw = lambda now_us, data: self._log.append((now_us, data))

    # --- the operator -------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Arm, act at the moments that chance has set, and let it end by itself."""
        rig = self.rig
        rig.run_to(rig.now_us + 10_000_000, lambda: self._state == "SAFE")
        rig.give("operator", "arm")
        rig.run_to(rig.now_us + 1_000_000, lambda: self._state == "LIVE")
        began_us = rig.now_us
        for at_us, name in self._acts():
            rig.run_to(began_us + at_us, self._over)
            self._act(name)
        rig.run_to(rig.now_us + 2 * self.order.session_us, self._over)
        self._disk.close()

    def _over(self) -> bool:
        return self.rig.body.finished or bool(self.broken)

    def _acts(self) -> list[tuple[int, str]]:
        """The operator's moments, in us of the session; more raises than lowers, most of them early."""
        chance, end_us = self._chance, self.order.session_us - 5_000_000
        moments = [(chance.randrange(300_000, min(60_000_000, end_us)), "raise") for _ in range(8 * len(self.leads))]
        moments += [(chance.randrange(300_000, end_us), chance.choice(("raise", "raise", "lower"))) for _ in range(12)]
        if not self.plain:
            moments += [(chance.randrange(300_000, end_us), "hold") for _ in range(chance.randrange(4))]
            moments += [(chance.randrange(300_000, end_us), "pause") for _ in range(chance.randrange(3))]
        return sorted(moments)

    def _act(self, name: str) -> None:
        lead, rig = self._chance.choice(self.leads), self.rig
        if self._over():
            return
        if name == "raise":
            self._raise(lead)
        elif name == "lower":
            rig.give("operator", "lower", {"lead": lead, "kind": None})
        elif name == "hold":
            rig.give("operator", "hold", {"kind": self._chance.choice(("2", "100"))})
            rig.run_to(rig.now_us + self._chance.randrange(100_000, 8_000_000))
            rig.give("operator", "hold", {"kind": None})
        else:
            rig.give("operator", "pause")
            rig.run_to(rig.now_us + self._chance.randrange(400_000, 60_000_000))
            rig.give("operator", "resume")
            rig.run_to(rig.now_us + self._chance.randrange(400_000, 3_000_000))
            self._raise(lead)

    def _raise(self, lead: str) -> None:
        self._disk.asked.say(self.rig.now_us, lead, None)
        self.rig.give("operator", "raise", {"lead": lead, "kind": None})

    def _told(self, name: str, body: dict[str, Any]) -> None:
        if name == "state":
            self._state = body["state"]
        elif name == "end":
            self._ends.append(body)
        elif name in ("trip", "alarm"):
            self.broken.append(f"{name}: {body}")

    # --- what came out ------------------------------------------------------------------------------------------------

    def _saw(self, train: Train) -> None:
        pulses = train.last - train.first
        self.seen[train.lead, train.width_us, train.first_ua] += pulses
        self.net_pc += pulses * (train.first_ua + train.second_ua) * train.width_us
        if train.first_ua + train.second_ua:
            self.broken.append(f"unbalanced at the load: {train}")
        kind = KIND_OF.get(train.width_us)
        most_ua = CONTACT_UA if kind is None else steps_ua(self._disk.raises[train.lead, kind])
        if abs(train.first_ua) > most_ua:
            self.broken.append(f"{train.first_ua} uA on lead {train.lead}, {most_ua} by the raises asked for: {train}")

    def _rests(self, t_us: int, lead: str, ua: int) -> None:
        self.broken.append(f"{ua} uA rest on lead {lead} at {t_us} us")

    @property
    def drift_us(self) -> int:
        """Guard's count of stimulation less the device's, less the 1 ms that each start begins late by (5.1)."""
        return int(
            self.rig.body.guard.live_us - self.rig.device.session.played_us - 1_000 * self._disk.kept["resume"] - 1_000
        )

    @property
    def felt(self) -> int:
        """Pulses with current, the contact test's not counted."""
        return sum(pulses for (_, width_us, _), pulses in self.seen.items() if width_us in KIND_OF)

    def totals(self) -> dict[str, int]:
        """What this session adds to the figures."""
        kept, played_us = self._disk.kept, self.rig.device.session.played_us
        return {
            **{name: kept[name] for name in ("raise", "lower", "hold", "pause")},
            "played_us": played_us,
            "pulses": sum(self.seen.values()),
            "felt": self.felt,
            "off_budget": int(played_us != self.order.session_us),
        }

    def problems(self) -> list[str]:
        """Everything that is not as it must be, in words."""
        found = [*self.broken, *self._disk.alone[:3], *self._wrong_end(), *self._wrong_pulses()]
        if not self.felt:
            found.append("nothing but the contact test flowed")
        found += [f"ledger: {text}" for text in audit(self._path).problems]
        self._path.unlink()
        return found

    def _wrong_end(self) -> list[str]:
        """The end is said once, by the device's own count, at the microsecond."""
        device, session_us = self.rig.device, self.order.session_us
        ends = [(end["reason"], end["exit"], end["zero"], end["elapsed_us"]) for end in self._ends]
        found = [] if ends == [("completed", 0, True, session_us)] else [f"it ended with {ends}"]
        if self.rig.body.exit_code is not Exit.DONE:
            found.append(f"exit {self.rig.body.exit_code}")
        if device.session.played_us != session_us or device.state.name != "DONE" or not device.quiet:
            found.append(f"the device is {device.state.name} after {device.session.played_us} of {session_us} us")
        if self.drift_us:
            found.append(f"the guard's clock is {self.drift_us} us off")
        return found

    def _wrong_pulses(self) -> list[str]:
        """Each pulse at the loads is one that the written bytes ask for, and the reverse."""
        played, played_us = played_pulses(self._log, self.leads, self.order.session_us)
        felt = Counter({key: count for key, count in played.items() if key[2]}) + contact_pulses(self._log)
        found = [] if played_us == self.order.session_us else [f"by the bytes it played {played_us} us"]
        if felt != self.seen:
            found.append(f"at the load, not asked: {self.seen - felt}; asked, not there: {felt - self.seen}")
        if self.net_pc:
            found.append(f"{self.net_pc} pC net at the loads")
        if self.plain:
            found += self._wrong_counts(played)
        return found

    def _wrong_counts(self, played: Pulses) -> list[str]:
        """Without hold and pause: 60 pulses of 2 Hz and 3000 of 100 Hz a minute, 1,800 and 90,000 in 30 minutes.

        Those that the scope saw, and those that the bytes ask for with 0 uA, which no scope can see.
        """
        minutes, found = self.order.session_us // 60_000_000, []
        for lead in self.leads:
            seen, silent = _by_width(self.seen, lead), _by_width(played, lead, silent=True)
            if [felt + still for felt, still in zip(seen, silent, strict=True)] != [60 * minutes, 3000 * minutes]:
                found.append(f"lead {lead}: {seen} pulses seen and {silent} asked for at 0 uA in {minutes} min")
        return found


def _by_width(pulses: Pulses, lead: str, *, silent: bool = False) -> list[int]:
    """A lead's pulses of 2 Hz and of 100 Hz; silent: those of 0 uA alone."""
    return [
        sum(n for (name, us, ua), n in pulses.items() if (name, us) == (lead, width_us) and not (silent and ua))
        for width_us in KIND_OF
    ]


def order_of(leads: str, minutes: int) -> Order:
    """An order of mode 2/100 on these leads, at most 2 mA each."""
    words = Words("2/100", minutes=str(minutes), leads=tuple(f"{lead}:2mA" for lead in leads))
    return read_prescription(words).order
