"""Whether the output sounds the kind that is held, or each section's own where none is."""

from __future__ import annotations

from eastim.pulses.program import Program
from eastim.safety.judge_runs import places
from eastim.safety.readers.base import Output


def lacks(output: Output, program: Program, hold: str | None) -> str:
    """Say in which section the kind does not sound that should: the held one, or the section's own; "" when in none.

    Other kinds may show there, too (`mixed`): a device takes up a hold, or its release, only with its next section.
    """
    shown = _shown(output, program)
    for i, section in enumerate(program.sections):
        kind = hold or section.train.kind
        if program.sounding(section, hold)[1] > 0 and (i, kind) not in shown:
            return f"section {i} is not to sound {kind}, as it should"
    return ""


def mixed(output: Output, program: Program, hold: str | None) -> bool:
    """Whether a section may sound another kind than the held one, or its own."""
    wanted = {(i, hold or section.train.kind) for i, section in enumerate(program.sections)}
    return not _shown(output, program) <= wanted


def _shown(output: Output, program: Program) -> set[tuple[int, str]]:
    return {(place.section, place.kind) for run in output.runs for place in places(run, program)}
