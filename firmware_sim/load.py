"""What hangs on a lead: resistors, capacitors, needles, nothing; with the voltage they keep between pulses.

Currents are whole uA, times whole us; uA x ohm = uV and uA x us / uF = uV, so voltages are uV
(float: this is physics, not a setting).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

COMPLIANCE_UV = 30_000_000  # 1.1 (manual)
SHORT_OHM = 10.0  # (assumed): a shorted lead is its cable
OPEN_OHM = 0xFFFFFFFF  # 6.4 (manual)


@dataclass(frozen=True, slots=True)
class Shape:
    """One biphasic pulse without its strength: sign +1 or -1 of phase one, times in us (1.3)."""

    width_us: int
    gap_us: int
    sign: int

    @property
    def length_us(self) -> int:
        """Return the time from onset to the end of phase two."""
        return 2 * self.width_us + self.gap_us

    @property
    def read_us(self) -> int:
        """Return when voltage is taken: 75 us after the first edge, or at the end of a shorter phase (6.4)."""
        return min(75, self.width_us)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pulse did at the load: signed currents of both phases in uA, voltages in uV."""

    first_ua: int
    second_ua: int
    volt_uv: float
    residual_uv: float
    limited: bool

    @property
    def z_ohm(self) -> int:
        """Return (voltage - residual) / current, whole ohm; FFFFFFFF when the compliance was reached (6.4)."""
        if self.limited or not self.first_ua:
            return OPEN_OHM
        return min(max(round((self.volt_uv - self.residual_uv) / self.first_ua), 1), OPEN_OHM - 1)


@lru_cache(maxsize=256)
def _decay(tau_us: float, span_us: float) -> float:
    """Return what is left of a capacitor's voltage after a span."""
    return 1.0 if math.isinf(tau_us) else math.exp(-span_us / tau_us)


@dataclass(slots=True)
class Load:
    """A resistor in series with one capacitor that may leak, and the voltage that capacitor holds.

    Two equal electrodes in series carry the same current, so they act as one:
    2 x (2.4 uF || 20 kohm) is 1.2 uF || 40 kohm.
    """

    text: str
    r_ohm: float = 600.0
    c_uf: float | None = None
    leak_ohm: float = math.inf
    compliance_uv: float = COMPLIANCE_UV
    is_open: bool = False
    held_uv: float = field(default=0.0, compare=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.r_ohm) and 0 < self.r_ohm <= 1e9):
            raise ValueError(
                f"load {self.text!r}: resistance {self.r_ohm} ohm is outside 0 < R <= 1e9; write 'open' for none"
            )
        if self.c_uf is not None and not 1e-3 <= self.c_uf <= 1e6:
            raise ValueError(f"load {self.text!r}: capacitance {self.c_uf} uF is outside 0.001 to 1e6 uF")
        if not 0 < self.compliance_uv <= COMPLIANCE_UV:
            raise ValueError(f"load {self.text!r}: compliance {self.compliance_uv / 1e6} V is outside 0 to 30 V (1.1)")

    @property
    def tau_us(self) -> float:
        """Return the time constant of the electrodes; infinite for a capacitor that does not leak."""
        return math.inf if self.c_uf is None else self.leak_ohm * self.c_uf

    def gain(self, span_us: float) -> float:
        """Return the uV the capacitor gains per uA flowing for a span."""
        if self.c_uf is None:
            return 0.0
        return span_us / self.c_uf if math.isinf(self.tau_us) else self.leak_ohm * (1.0 - _decay(self.tau_us, span_us))

    def rest(self, span_us: float) -> None:
        """Let a span without current pass."""
        if self.held_uv:
            self.held_uv *= _decay(self.tau_us, span_us)

    def flow(self, ua: int, span_us: int) -> None:
        """Let a current flow for a span."""
        self.held_uv = self.held_uv * _decay(self.tau_us, span_us) + ua * self.gain(span_us)

    def _phase(self, wanted_ua: int, width_us: int) -> tuple[int, bool]:
        """Return the current that flows through one phase and whether the compliance was reached.

        (assumed) A phase that would reach the compliance part of the way flows, from its start, at the current that
        just reaches it at its worst moment.
        """
        if self.is_open:
            return 0, wanted_ua != 0
        sign = 1 if wanted_ua >= 0 else -1
        kept = sign * self.held_uv
        at_start = (self.compliance_uv - kept) / self.r_ohm
        at_end = (self.compliance_uv - kept * _decay(self.tau_us, width_us)) / (self.r_ohm + self.gain(width_us))
        most_ua = max(0, math.floor(min(at_start, at_end)))
        return sign * min(abs(wanted_ua), most_ua), abs(wanted_ua) > most_ua

    def pulse(self, ua: int, shape: Shape, second_part: float = 1.0) -> Reading:
        """Play one whole pulse and keep what it leaves; `second_part` < 1: a stage with a weak second phase."""
        residual = self.held_uv
        first, hit_one = self._phase(shape.sign * ua, shape.width_us)
        volt = residual * _decay(self.tau_us, shape.read_us) + first * (self.r_ohm + self.gain(shape.read_us))
        if hit_one:
            volt = shape.sign * self.compliance_uv
        self.flow(first, shape.width_us)
        self.rest(shape.gap_us)
        second, hit_two = self._phase(round(-shape.sign * ua * second_part), shape.width_us)
        self.flow(second, shape.width_us)
        return Reading(first, second, volt, residual, hit_one or hit_two)

    def train(self, ua: int, shape: Shape, pulses: int, period_us: float) -> bool:
        """Play whole periods of equal pulses in closed form; False, and nothing done, if one may be too much.

        The voltage before a pulse maps to that before the next one as v -> a v + b, so after n pulses it is
        a^n v + b (1 - a^n) / (1 - a), and moves one way only: if the first and the last pulse stay inside, all do.
        (assumed) The period is the mean one; onsets differ from it by less than 1 us.
        """
        if self.is_open:
            return False
        w, decay = shape.width_us, _decay(self.tau_us, shape.width_us)
        gain, signed = self.gain(w), shape.sign * ua
        a = _decay(self.tau_us, period_us)
        after = signed * gain * (decay * _decay(self.tau_us, shape.gap_us) - 1.0)
        b = after * _decay(self.tau_us, max(0.0, period_us - shape.length_us))
        most = self.compliance_uv
        left = a ** (pulses - 1)
        series = pulses - 1 if a >= 1.0 else (1.0 - left) / (1.0 - a)
        last = left * self.held_uv + b * series
        for v in (self.held_uv, last):
            one_end = v * decay + signed * gain
            two = one_end * _decay(self.tau_us, shape.gap_us)
            drop = signed * self.r_ohm
            if max(abs(v + drop), abs(one_end + drop), abs(two - drop), abs(two * decay - signed * gain - drop)) > most:
                return False
        self.held_uv = a * last + b
        return True


_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
_SPEC = re.compile(rf"(?P<r>{_NUMBER}|open|short|needle)(?:\+(?P<c>{_NUMBER})uF)?(?::(?P<v>{_NUMBER})V)?")


def parse_load(text: str) -> Load:
    """Read one load: `600`, `open`, `short`, `needle`, `600+1uF`, `600:10V` (compliance); raises ValueError."""
    found = _SPEC.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"load {text[:40]!r} is not one of: a number of ohm, open, short, needle, 600+1uF, 600:10V")
    if found["c"] and found["r"] in ("needle", "open"):
        raise ValueError(f"load {text[:40]!r}: {found['r']} takes no capacitor; write a number of ohm before it")
    base, c_uf = found["r"], float(found["c"]) if found["c"] else None
    load = Load(text.strip(), c_uf=c_uf, compliance_uv=float(found["v"] or 30) * 1e6)
    if base == "needle":
        # The reference needle pair: 330 ohm and twice 2.4 uF || 20 kohm.
        return replace(load, r_ohm=330.0, c_uf=1.2, leak_ohm=40_000.0)
    if base == "open":
        return replace(load, is_open=True)
    return replace(load, r_ohm=SHORT_OHM if base == "short" else float(base))


def parse_loads(text: str, leads: str = "ABCD") -> dict[str, Load]:
    """Read `needle` (every lead) or `A=600,B=open` (the rest needle); raises ValueError."""
    if "=" not in text:
        every = parse_load(text)
        return {lead: replace(every) for lead in leads}
    loads = {lead: parse_load("needle") for lead in leads}
    for part in text.split(","):
        lead, _, spec = part.strip().partition("=")
        if lead not in loads or len(lead) != 1:
            raise ValueError(f"load {part[:40]!r}: {lead[:8]!r} is no lead; the leads are {', '.join(leads)}")
        loads[lead] = parse_load(spec)
    return loads
