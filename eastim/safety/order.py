"""All that the guard is told, once: the order. Its hash opens the ledger."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, cast

from eastim.pulses.program import Program, Section
from eastim.pulses.shape import PulseShape
from eastim.pulses.train import PulseTrain
from eastim.safety.limits import Limits, limits_from_json

Use = Literal["human", "animal", "bench"]

# As `to_json` writes it, and nothing else that Fraction would take: it calculates 1e999999999 for hours.
_RATE = re.compile(r"[1-9][0-9]{0,18}(/[1-9][0-9]{0,18})?")


@dataclass(frozen=True, slots=True)
class LeadOrder:
    """One lead: its name (the device's output), what it is clipped to, and its highest strength in uA."""

    lead: str
    points: tuple[str, ...]
    max_ua: int


@dataclass(frozen=True, slots=True)
class Order:
    """One session as the guard knows it.

    session_us: stimulation ordered. profile: name of the device profile. device: the serial number that must answer, or
    None for any. limits: already tightened by every layer, each bound with who set it.
    """

    program: Program
    leads: tuple[LeadOrder, ...]
    limits: Limits
    use: Use
    session_us: int
    profile: str
    device: str | None = None

    def max_ua(self, lead: str) -> int:
        for ordered in self.leads:
            if ordered.lead == lead:
                return ordered.max_ua
        return 0

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.program.kinds

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, rates as "num/den"."""
        return json.dumps(_plain(self), sort_keys=True, separators=(",", ":"))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _plain(order: Order) -> dict[str, Any]:
    sections = [
        {
            "kind": s.train.kind,
            "width_us": s.train.shape.width_us,
            "gap_us": s.train.shape.gap_us,
            "sign": s.train.shape.sign,
            "rate_hz": str(s.train.rate_hz),
            "duration_us": s.duration_us,
            "count": s.count,
            "leads": list(s.leads),
        }
        for s in order.program.sections
    ]
    return {
        "program": {"name": order.program.name, "repeats": order.program.repeats, "sections": sections},
        "leads": [{"lead": x.lead, "points": list(x.points), "max_ua": x.max_ua} for x in order.leads],
        "limits": order.limits.to_json(),
        "use": order.use,
        "session_us": order.session_us,
        "profile": order.profile,
        "device": order.device,
    }


def order_from_json(text: str) -> Order:
    """Rebuild an order; raises ValueError or LimitError on anything that is not one, however deep it is nested.

    What an order of another version may say more, nobody here would keep to: it is refused, never left out (H39).
    """
    try:
        raw = json.loads(text)
        order = _order(raw)
        if _plain(order) != raw:
            raise ValueError("this order says more than this version keeps to; send what to_json gave")
        return order
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"this is no order: {error!r:.200}; send what to_json gave") from error


def _order(raw: Any) -> Order:
    program = raw["program"]
    sections = tuple(
        Section(
            PulseTrain(_text(s["kind"]), PulseShape(s["width_us"], s["gap_us"], s["sign"]), _rate(s["rate_hz"])),
            s["duration_us"],
            s["count"],
            tuple(map(_text, s["leads"])),
        )
        for s in program["sections"]
    )
    return Order(
        Program(_text(program["name"]), sections, program["repeats"]),
        tuple(LeadOrder(_text(x["lead"]), tuple(map(_text, x["points"])), _whole(x["max_ua"])) for x in raw["leads"]),
        limits_from_json(raw["limits"]),
        cast(Use, _text(raw["use"])),
        _whole(raw["session_us"]),
        _text(raw["profile"]),
        None if raw["device"] is None else _text(raw["device"]),
    )


# Programs and shapes check their own numbers; the bounds of the others, and that none is a bool, `check_order` judges.
def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r:.40} where text must be")
    if not value.isprintable():  # it will stand in messages and on a screen (H36)
        raise ValueError(f"{value!r:.40} has a character that does not print; send what to_json gave")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r:.40} where a whole number must be")
    return value


def _rate(text: Any) -> Fraction:
    if not _RATE.fullmatch(text):
        raise ValueError(f"rate_hz is {text!r:.40}, must be num or num/den; send what to_json gave")
    return Fraction(text)
