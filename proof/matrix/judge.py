"""Judge one cell from what came out at the loads, the ledger and the end; from nothing that the product says of itself.

What the operator has allowed is counted here anew, from the acts of raising and everything that takes them away: a
raise counts when the operator said it and the ledger has it. The product may be late in lowering, by as much as its
bounds say; it may never be early, higher, or awake again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from eastim.ledger_verify import LedgerRecord
from proof.matrix.ceilings import Ceilings
from proof.matrix.evidence import MAX_UA, PERIODS, ROUNDED_US, WIDTHS, Breach, Evidence, Late, Pulse, Rule, pulses

ON_TIME = Late()


def breaches(
    evidence: Evidence, exits: frozenset[int], late: Late = ON_TIME, asked_within_us: int = 0
) -> Iterator[Breach]:
    """Everything that must not be, in no order.

    exits: the documented exit codes; late: of a cut, by this fault; asked_within_us: how long after the operator's
    raise its record may come.
    """
    ceilings = Ceilings(late, evidence.raises, asked_within_us)
    ceilings.read(evidence.records, evidence.rebooted_us)
    yield from ceilings.breaches
    until_us = max([evidence.ended_us, *(t_us for t_us, _, _ in evidence.edges)])
    before: dict[tuple[str, str], Pulse] = {}
    for pulse in pulses(evidence.edges, until_us):
        yield from _level(pulse, ceilings)
        yield from _shape(pulse)
        yield from _rate(pulse, before.get((pulse.lead, pulse.kind)))
        yield from _zero(pulse, evidence)
        before[pulse.lead, pulse.kind] = pulse
    yield from _log(evidence)
    yield from _stops(evidence)
    yield from _end(evidence, exits)


def unfelt(evidence: Evidence, leads: Sequence[str], kinds: Sequence[str]) -> Iterator[Breach]:
    """Each kind that has not flowed on a lead before the fault: there the fault could harm nothing."""
    began_us = evidence.began_us or 0
    flowed = {(pulse.lead, pulse.kind) for pulse in pulses(evidence.edges, evidence.ended_us) if pulse.at_us < began_us}
    for lead in leads:
        for kind in kinds:
            if (lead, kind) not in flowed:
                yield Breach("felt", began_us, f"no pulse of {kind} on lead {lead} before the fault at {began_us} us")


def _level(pulse: Pulse, ceilings: Ceilings) -> Iterator[Breach]:
    most_ua = min(MAX_UA, ceilings.most_ua(pulse.lead, pulse.kind, pulse.at_us))
    if pulse.peak_ua <= most_ua:
        return
    rule: Rule = "envelope"
    if not most_ua and pulse.peak_ua <= ceilings.once_ua(pulse.lead, pulse.kind, pulse.at_us):
        rule = "restart"
    elif pulse.peak_ua <= 2 * most_ua:
        rule = "double"
    what = f"{pulse.peak_ua} uA of {pulse.kind} on lead {pulse.lead} at {pulse.at_us} us, {most_ua} uA allowed"
    yield pulse.breaks(rule, what)


def _shape(pulse: Pulse) -> Iterator[Breach]:
    where = f"pulse on lead {pulse.lead} at {pulse.at_us} us"
    if not pulse.ended:
        yield pulse.breaks("zero", f"{where} never ends")
        return
    if pulse.charge_pc:
        yield pulse.breaks("charge", f"{where} leaves {pulse.charge_pc} pC")
    width_us = WIDTHS[pulse.kind]
    if [us for _, us in pulse.phases] != [width_us, width_us]:
        yield pulse.breaks("shape", f"{where} has phases {pulse.phases}, not 2 x {width_us} us")


def _rate(pulse: Pulse, before: Pulse | None) -> Iterator[Breach]:
    """No kind comes sooner than its rate says. A contact test has none: it is over after ten pulses."""
    if before is None or pulse.kind == "contact":
        return
    after_us, period_us = pulse.at_us - before.at_us, PERIODS[pulse.kind]
    if after_us < period_us - ROUNDED_US:
        what = f"{pulse.kind} on lead {pulse.lead} at {pulse.at_us} us comes {after_us} us after the one before"
        yield pulse.breaks("rate", f"{what}, not {period_us} us", before.at_us)


def _zero(pulse: Pulse, evidence: Evidence) -> Iterator[Breach]:
    if evidence.end.get("zero") and pulse.ends_us > evidence.ended_us:
        text = f"zero was said at {evidence.ended_us} us, lead {pulse.lead} flows at {pulse.at_us} us"
        yield pulse.breaks("zero", text)


def _log(evidence: Evidence) -> Iterator[Breach]:
    """Nothing ends or trips that the ledger does not tell, and the ledger holds."""
    at_us, exit_ = evidence.ended_us, evidence.end.get("exit")
    types = [record.type for record in evidence.records]
    states = [record.body.get("state") for record in evidence.records if record.type == "state"]
    for problem in evidence.problems:
        yield Breach("log", at_us, f"the ledger: {problem}")
    if evidence.records and types[-1] != "close":
        yield Breach("log", at_us, "the ledger has no closing record")
    elif evidence.records and evidence.records[-1].body.get("exit") != exit_:
        yield Breach("log", at_us, f"exit {exit_}, the ledger says {evidence.records[-1].body.get('exit')}")
    if not evidence.records and exit_ != 3:
        yield Breach("log", at_us, f"exit {exit_} without a ledger")
    if types.count("trip") < max(evidence.trips_told, exit_ == 5):
        yield Breach("log", at_us, f"{evidence.trips_told} trips, the ledger has {types.count('trip')}")
    yield from _moves(evidence.records)
    if exit_ == 6 and "UNCERTAIN" not in states:
        yield Breach("log", at_us, "it is uncertain, and the ledger does not say so")
    if exit_ == 4 and "stop" not in types:
        yield Breach("log", at_us, "it was stopped, and the ledger has no stop")


def _stops(evidence: Evidence) -> Iterator[Breach]:
    """A stop that reached the device has its trip or stop in the ledger before it, and no arming or resuming since.

    The guard may repeat a stop until it is answered, and a line may bring it late or twice: one record is for all.
    """
    rows = [record for record in evidence.records if record.type in _FOR_A_STOP or record.type in _FOR_PLAYING]
    for at_us in evidence.stops:
        last = next((record for record in reversed(rows) if record.t_us <= at_us + ROUNDED_US), None)
        if last is None or last.type not in _FOR_A_STOP:
            said = "nothing" if last is None else f"{last.type} at {last.t_us} us"
            yield Breach(
                "log", at_us, f"unlogged: a stop reached the device at {at_us} us; before it the ledger has {said}"
            )


_FOR_A_STOP = ("trip", "stop")
_FOR_PLAYING = ("arm", "resume", "raise", "clear")


def _moves(records: Sequence[LedgerRecord]) -> Iterator[Breach]:
    """Each move of the interlock to a stop has its reason just before it in the ledger."""
    reason = ""
    for record in records:
        by = str(record.body.get("by")) if record.type == "state" else ""
        if by in _REASONS and reason != _REASONS[by]:
            yield Breach("log", record.t_us, f"{record.body['state']} by {by}, and the ledger has no {_REASONS[by]}")
        reason = record.type if record.type in ("trip", "stop") else reason


_REASONS = {"fault": "trip", "lost": "trip", "stop": "stop"}


def _end(evidence: Evidence, exits: frozenset[int]) -> Iterator[Breach]:
    at_us, exit_ = evidence.ended_us, evidence.end.get("exit")
    if evidence.error:
        yield Breach("end", at_us, f"it broke: {evidence.error}")
    if exit_ not in exits or exit_ == 1:
        yield Breach("end", at_us, f"exit code {exit_}")
    if evidence.began_us is None:
        yield Breach("end", at_us, "the fault never began")
    if exit_ != 3 and evidence.end.get("zero") != (exit_ != 6):
        yield Breach("end", at_us, f"zero is {evidence.end.get('zero')} at exit {exit_}")
