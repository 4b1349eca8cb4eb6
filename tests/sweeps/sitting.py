"""A whole session in virtual time, for sweeps: raised to a strength, judged at the loads, its line bent."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from cobs import cobs

from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.safety.order import Order
from firmware_sim.scope import Scope
from proof.rig import Rig

Edge = tuple[int, str, int]


def order(mode: str, leads: str, minutes: str = "1") -> Order:
    return read_prescription(Words(mode, minutes=minutes, leads=tuple(f"{lead}:2mA" for lead in leads))).order


class Sitting:
    """One session that can be made LIVE and raised; `told` is what its operator heard, with the moment of each."""

    def __init__(
        self, mode: str = "100", leads: str = "A", *, seed: int = 1, load: str = "600", ordered: Order | None = None
    ) -> None:
        self.told: list[tuple[int, str, dict[str, Any]]] = []
        self.state = "OFF"
        self.rig: Rig | None = None
        self._scope = Scope()
        self.rig = Rig(ordered or order(mode, leads), seed, load=load, told=self._told, scope=self._scope)

    # --- what is done -------------------------------------------------------------------------------------------------

    @property
    def now_us(self) -> int:
        return self.rig.now_us if self.rig else 0

    def safe(self) -> Sitting:
        return self.until("SAFE")

    def live(self) -> Sitting:
        self.safe().act("arm")
        return self.until("LIVE").run(300_000)

    def raised(self, steps: int = 3, leads: str = "A") -> Sitting:
        """Raise each lead so many steps of 100 uA, and let the last be felt."""
        for lead in leads * steps:
            self.act("raise", lead=lead, kind=None)
            self.run(400_000 // len(leads) + 10_000)
        return self.run(300_000)

    def act(self, name: str, **body: Any) -> Sitting:
        if self.rig:
            self.rig.give("operator", name, body)
        return self

    def run(self, us: int) -> Sitting:
        if self.rig:
            self.rig.run_to(self.rig.now_us + us)
        return self

    def until(self, state: str, within_us: int = 5_000_000) -> Sitting:
        if self.rig:
            self.rig.run_to(self.rig.now_us + within_us, lambda: self.state == state)
        if self.state != state:
            raise AssertionError(f"{self.state}, not {state}: {self.told[-4:]}")
        return self

    def finish(self) -> dict[str, Any]:
        """Stop, see the session to its end, and give what was said of it."""
        if self.rig and not self.rig.body.finished:
            self.act("stop", source="operator")
            rig = self.rig
            rig.run_to(rig.now_us + 20_000_000, lambda: rig.body.finished)
        return self.said("end")[-1]

    def bend(self, change: Callable[[bytes], bytes]) -> Sitting:
        """From now on the device's STATUS bodies arrive as `change` makes them, in frames that are whole and right."""
        if self.rig:
            cable, carry = self.rig.cable, self.rig.cable.carry
            cable.carry = lambda frames: bent(carry(frames), change)  # type: ignore[method-assign]
        return self

    # --- what came of it ----------------------------------------------------------------------------------------------

    def said(self, name: str) -> list[dict[str, Any]]:
        return [body for _, found, body in self.told if found == name]

    @property
    def faults(self) -> list[str]:
        """The causes of all trips."""
        return [str(body["cause"]) for body in self.said("trip")]

    @property
    def notices(self) -> list[str]:
        return [str(body["text"]) for body in self.said("notice")]

    def edges(self, since_us: int = 0, lead: str = "") -> list[Edge]:
        return [edge for edge in self._scope.edges(since_us) if lead in ("", edge[1])]

    def peaks(self, since_us: int = 0) -> dict[str, int]:
        """The largest current at each load since a moment, in uA; loads without any are left out."""
        found: dict[str, int] = {}
        for _, lead, ua in self.edges(since_us):
            found[lead] = max(found.get(lead, 0), abs(ua))
        return found

    def _told(self, name: str, body: dict[str, Any]) -> None:
        self.told.append((self.now_us, name, body))
        self.state = str(body["state"]) if name == "state" else self.state


def bent(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Frames with every STATUS body changed; put together with foreign tools."""
    return b"".join(_bent(chunk, change) + b"\0" for chunk in data.split(b"\0")[:-1])


def _bent(chunk: bytes, change: Callable[[bytes], bytes]) -> bytes:
    raw = cobs.decode(chunk)
    if len(raw) < 10 or raw[1] != 0xC0:
        return chunk
    message = raw[:6] + change(raw[6:-4])
    return bytes(cobs.encode(message + struct.pack("<I", zlib.crc32(message))))


def charge_pc(edges: list[Edge]) -> int:
    """The net charge of one lead's edges, which end at 0 uA."""
    if edges and edges[-1][2]:
        raise AssertionError(f"current is left at {edges[-1]}")
    return sum(ua * (end_us - at_us) for (at_us, _, ua), (end_us, _, _) in pairwise(edges))
