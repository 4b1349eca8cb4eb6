"""Whether an output sounds the kind that is held, and each section's own where none is: no more, and no less."""

from __future__ import annotations

from eastim.pulses.program import Program
from eastim.safety.judge_runs import places
from eastim.safety.readers.base import Output
from eastim.safety.remembered import Remembered

_DIFFERENCES: Remembered[str] = Remembered()


def differs(output: Output, program: Program, hold: str | None) -> str:
    """Say in what an output is another than this hold wants: what it lacks, or what strays; "" when in nothing.

    Of an output without alternatives (`Reader.asked`). Asked of every frame, so it is remembered.
    """
    same = (output.runs, program)
    return _DIFFERENCES.of(same, lambda: lacks(output, program, hold) or strays(output, program, hold), (hold,))


def lacks(output: Output, program: Program, hold: str | None) -> str:
    """Say in which section the kind does not sound that should: the held one, or the section's own; "" when in none.

    Other kinds may show there, too (`strays`): a device takes up a hold, or its release, only with its next section.
    """
    shown = {(place.section, place.kind) for run in output.runs for place in places(run, program)}
    for i, section in enumerate(program.sections):
        kind = hold or section.train.kind
        if program.sounding(section, hold)[1] > 0 and (i, kind) not in shown:
            return f"section {i} is not to sound {kind}, as it should"
    return ""


def strays(output: Output, program: Program, hold: str | None) -> str:
    """Say what may sound besides the held kind, or besides a section's own where none is held; "" when nothing."""
    for run in output.runs:
        found = places(run, program)
        if not any(place.kind == (hold or place.own) for place in found):
            kinds = " or ".join(place.kind for place in found) or "no ordered kind"
            return f"lead {run.lead} at {run.onset_us} us sounds {kinds}, which is not held there"
    return ""
