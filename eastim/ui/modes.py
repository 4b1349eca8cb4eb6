"""The modes as text: timing, what they release, and what each number rests on."""

from __future__ import annotations

from collections.abc import Iterator

from eastim.pulses.modes import Mode, load_mode, mode_names
from eastim.pulses.train import PulseTrain
from eastim.units import format_rate, format_time


def modes_text(name: str | None) -> Iterator[str]:
    """Give all modes in short, or one in full; raises AskedError for one that there is not."""
    if name is not None:
        yield from _full(load_mode(name))
        return
    for mode in map(load_mode, mode_names()):
        yield f"{mode.name:<7}{mode.title}"
        yield f"       releases {mode.releases}"
    yield ""
    yield "eastim modes NAME says how a mode is timed, and what its numbers rest on."


def _full(mode: Mode) -> Iterator[str]:
    yield f"{mode.name}: {mode.title}"
    yield f"  releases: {mode.releases}"
    yield f"  block: {format_time(mode.block_us)}, repeated; a session is a whole number of blocks"
    for train, duration_us in mode.parts:
        yield f"    {_part(train, duration_us)}"
    yield "  read:"
    yield from (f"    {source}" for source in mode.sources)
    yield "  assumed, not read:"
    yield from (f"    {assumed}" for assumed in mode.assumed)


def _part(train: PulseTrain, duration_us: int) -> str:
    count = train.whole_pulses(duration_us)
    phases = f"two phases of {train.shape.width_us} us, equal and opposite"
    return f"kind {train.kind}: {format_rate(train.rate_hz)} for {format_time(duration_us)} ({count} pulses), {phases}"
