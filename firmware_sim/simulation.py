"""A device, its scope, its faults and when they begin, in one: what every way to reach it drives. Sans I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firmware_sim import faults as table
from firmware_sim.ea1.firmware import Ea1Device
from firmware_sim.faults import Planned
from firmware_sim.load import Load, parse_load


class Simulation:
    """One simulated device with planned faults; `unplug` is called with True when the cable is pulled, else False."""

    def __init__(self, device: Ea1Device, planned: list[Planned] | None = None) -> None:
        self.device = device
        self.unplug: Callable[[bool], None] = lambda _out: None
        self._planned = sorted(planned or [], key=lambda p: p.at_us)
        self._own: dict[str, Load] = {lead.name: lead.load for lead in device.stage.leads}
        self._begin_planned()

    @property
    def now_us(self) -> int:
        """Return the simulator's time."""
        return self.device.now_us

    def next_us(self) -> int:
        """Return the next moment at which something happens by itself."""
        at = self.device.next_us()
        return min(at, self._planned[0].at_us) if self._planned else at

    def receive(self, data: bytes) -> None:
        """Have the device read bytes now."""
        self.device.receive(data, self.now_us)

    def run_to(self, to_us: int, first: bool = False) -> list[bytes]:
        """Let time pass, with `first` only up to the first us at which the device sends; returns the frames sent."""
        frames: list[bytes] = []
        while True:
            stop_us = min(to_us, self._planned[0].at_us) if self._planned else to_us
            self.device.run_to(stop_us, first)
            frames += self.take()
            if first and frames:
                return frames
            self._begin_planned()
            if stop_us >= to_us:
                return frames

    def take(self) -> list[bytes]:
        """Return the frames sent since last asked."""
        return [frame for _, frame in self.device.take()]

    def _begin_planned(self) -> None:
        while self._planned and self._planned[0].at_us <= self.now_us:
            planned = self._planned.pop(0)
            self.begin(planned.name, planned.lead)

    # -- faults and loads -----------------------------------------------------------------------------------------

    def begin(self, name: str, lead: str | None = None) -> None:
        """Begin a fault now; raises ValueError when there is none of that name."""
        row = table.known(name, lead)
        if name == "reset":
            self.device.reboot()
            return
        self.device.faults.begin(row.name, lead)
        self._follow(name)

    def end(self, name: str, lead: str | None = None) -> None:
        """End a fault now; raises ValueError when there is none of that name."""
        table.known(name, lead)
        self.device.faults.end(name, lead)
        self._follow(name)

    def _follow(self, name: str) -> None:
        """Let the world follow the faults that are not the device's own doing."""
        active = self.device.faults
        if name in ("open", "short"):
            for lead in self.device.stage.leads:
                broken = next((f for f in ("open", "short") if active.on(f, lead.name)), None)
                lead.load = parse_load(broken) if broken else self._own[lead.name]
        elif name == "unbalanced":
            self.device.stage.weak = active.on(name)
        elif name == "stuck-on" and not active.on(name):
            self.device.stuck = None
        elif name == "leak":
            self.device.look()
        elif name == "unplug":
            self.unplug(active.on(name))

    def set_load(self, lead: str, text: str) -> None:
        """Hang something else on a lead; raises ValueError. Acts from its next pulse on."""
        if lead not in self._own:
            raise ValueError(f"no lead '{lead[:8]}'; the leads are {', '.join(self._own)}")
        self._own[lead] = parse_load(text)
        self._follow("open")
        held = next(own for own in self.device.stage.leads if own.name == lead)
        if not any(self.device.faults.on(f, lead) for f in ("open", "short")):
            held.load = self._own[lead]

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
            "faults": device.faults.names(),
            "lost": device.faults.lost,
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
