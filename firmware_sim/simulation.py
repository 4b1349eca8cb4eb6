"""A device, its scope, its faults and when they begin, in one: what every way to reach it drives. Sans I/O.

Its time is the world's. The device's own may drift from it (faults clock-fast, clock-slow); then the voltages at the
load are still reckoned in the device's us (assumed).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from firmware_sim import faults as table
from firmware_sim.drift import Drift
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import OTHER_SERIAL, Planned
from firmware_sim.load import Load, parse_load

BROWN_OUT_US: Final = 250_000
PLUGGED_AFTER_US: Final = 500_000  # `other-serial`
_RATES: Final = {"clock-fast": (6, 5), "clock-slow": (4, 5)}


class Simulation:
    """One simulated device with planned faults; `unplug` is called with True when the cable is pulled, else False.

    `device` is the one that the line leads to now: the given one, or another (faults other-serial, swap).
    """

    def __init__(self, device: Ea1Device, planned: list[Planned] | None = None) -> None:
        self.device = device
        self.faults = device.faults
        self.plugged = True
        self.unplug: Callable[[bool], None] = lambda _out: None
        self._home = device
        self._away: Ea1Device | None = None
        self._drift = device.scope.drift
        self._reached_us = device.now_us
        self._acts: list[tuple[int, int, Callable[[], None]]] = []
        self._numbered = 0
        self._own: dict[str, Load] = {lead.name: lead.load for lead in device.stage.leads}
        for plan in sorted(planned or [], key=lambda p: p.at_us):
            self._at(plan.at_us, partial(self.begin, plan.name, plan.lead))
        self._act()

    @property
    def now_us(self) -> int:
        """Return the simulator's time."""
        return max(self._reached_us, self._drift.world(self.device.now_us))

    def next_us(self) -> int:
        """Return the next moment at which something happens by itself."""
        at = self._drift.world(self.device.next_us())
        return min(at, self._acts[0][0]) if self._acts else at

    def receive(self, data: bytes) -> None:
        """Have the device read bytes now."""
        self.device.receive(data, max(self.device.now_us, self._drift.device(self.now_us)))

    def run_to(self, to_us: int, first: bool = False) -> list[bytes]:
        """Let time pass, with `first` only up to the first us at which the device sends; returns the frames sent."""
        frames: list[bytes] = []
        while True:
            stop_us = min(to_us, self._acts[0][0]) if self._acts else to_us
            self._go(stop_us, first)
            frames += self.take()
            if first and frames:
                self._act()
                return frames
            self._reached_us = max(self._reached_us, stop_us)
            self._act()
            if stop_us >= to_us:
                return frames

    def take(self) -> list[bytes]:
        """Return the frames sent since last asked."""
        return [frame for _, frame in self.device.take()]

    def _go(self, to_us: int, first: bool) -> None:
        if to_us > self.now_us:
            for name in _RATES:
                self.faults.acts(name)
        self.device.run_to(self._drift.device(to_us), first)
        if self._away is not None:
            self._away.run_to(self.device.now_us)
            self._away.take()  # nobody hears it

    def _at(self, at_us: int, act: Callable[[], None]) -> None:
        self._numbered += 1
        insort(self._acts, (at_us, self._numbered, act))

    def _act(self) -> None:
        while self._acts and self._acts[0][0] <= self.now_us:
            self._acts.pop(0)[2]()

    # -- faults and loads -----------------------------------------------------------------------------------------

    def begin(self, name: str, lead: str | None = None) -> None:
        """Begin a fault now; raises ValueError when there is none of that name."""
        row = table.known(name, lead)
        if name in ("reset", "reboot-with-output"):
            self.device.reboot(keep_output=name != "reset")
            if name == "reset":
                self.faults.count(name)
            return
        was = self.faults.on(name)
        self.faults.begin(row.name, lead)
        self._follow(name, was)

    def end(self, name: str, lead: str | None = None) -> None:
        """End a fault now; raises ValueError when there is none of that name."""
        table.known(name, lead)
        was = self.faults.on(name)
        self.faults.end(name, lead)
        self._follow(name, was)

    def _follow(self, name: str, was: bool) -> None:
        """Let the world follow the faults that are not the device's own doing."""
        on = self.faults.on(name)
        if name in ("open", "short"):
            for lead in self._home.stage.leads:
                self._hang(lead.name)
        elif name == "stuck-on" and not on:
            self.device.stuck = None
        elif name == "unplug":
            self._plug(not self.faults.acts(name))
        elif name in _RATES:
            self._clock()
        elif name == "brown-out" and on and not was:
            self._at(self.now_us + BROWN_OUT_US, self._sagged)
        elif name in ("other-serial", "swap") and on is not was:
            self._swap(pull=name == "other-serial")
            self.faults.acts(name)
        for device in (self.device, self._away):
            if device is not None:
                device.follow_faults()

    def _plug(self, plugged: bool) -> None:
        self.plugged = plugged
        self.unplug(not plugged)

    def _clock(self) -> None:
        """Let the device's clock go on from here at another rate."""
        num, den = next((rate for name, rate in _RATES.items() if self.faults.on(name)), (1, 1))
        self._drift = self.device.scope.drift = Drift(self.now_us, self.device.now_us, num, den)

    def _sagged(self) -> None:
        """End a brown-out: the device boots."""
        if self.faults.acts("brown-out"):
            self.faults.end("brown-out", None)
            self.device.reboot()
            self.device.follow_faults()

    def _swap(self, pull: bool) -> None:
        """Let the line lead to the other device; the one it led to goes on, unheard."""
        if pull:
            self._plug(False)
            self._at(self.now_us + PLUGGED_AFTER_US, self._replug)
        if self._away is None:
            self._away = self._other()
        self.device, self._away = self._away, self.device
        self.device.take()

    def _replug(self) -> None:
        if not self.plugged and not self.faults.on("unplug"):
            self._plug(True)

    def _other(self) -> Ea1Device:
        home = self._home
        loads = {f"2{lead.name}": parse_load("needle") for lead in home.stage.leads}
        return Ea1Device(
            loads, serial=OTHER_SERIAL, draw=home.draw, faults=self.faults, scope=home.scope, now_us=home.now_us
        )

    def set_load(self, lead: str, text: str) -> None:
        """Hang something else on a lead; raises ValueError. Acts from its next pulse on."""
        if lead not in self._own:
            raise ValueError(f"no lead {lead[:8]!r}; the leads are {', '.join(self._own)}")
        self._own[lead] = parse_load(text)
        self._hang(lead)

    def _hang(self, name: str) -> None:
        """Hang on a lead what belongs there, or the fault that is in its place."""
        lead = next(lead for lead in self._home.stage.leads if lead.name == name)
        broken = next((fault for fault in ("open", "short") if self.faults.on(fault, name)), None)
        lead.load, lead.broken = parse_load(broken) if broken else self._own[name], broken or ""

    # -- what a test asks -----------------------------------------------------------------------------------------

    def picture(self) -> dict[str, Any]:
        """Return what the device holds, as the control socket's `state` answers it."""
        device = self.device
        return {
            "clock_us": device.now_us - device.boot_us,
            "boot": device.boot,
            "epoch": device.epoch,
            "fault": device.fault.name,
            "quiet": device.quiet,
            "step": device.session.step,
            "played_us": device.session.played_us + (device.playing.played_us(device.now_us) if device.playing else 0),
            "faults": self.faults.names(),
            "acted": dict(self.faults.acted),
            "stops": self._stops(),
            "lost": device.line.lost,
            "bad": device.link.bad(device.now_us),
            "leads": {
                lead.name: {
                    "load": lead.load.text,
                    "parked": lead.parked,
                    "net_pc": lead.measured.net_pc,
                    "peak_ua": lead.measured.peak_ua,
                    "levels": [tally.level for tally in lead.tallies],
                    "pulses": [tally.pulses for tally in lead.tallies],
                    "felt": [tally.felt for tally in lead.tallies],
                }
                for lead in device.stage.leads
            },
        }

    def _stops(self) -> list[int]:
        """Return when a stop reached this device or the other one, obeyed or not."""
        away = self._away.stops if self._away is not None else ()
        return sorted([*self.device.stops, *away])
