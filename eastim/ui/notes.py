"""The prescription's notes: for people on the screen only; order and ledger never carry them (H34)."""

from __future__ import annotations

from collections.abc import Iterator

from eastim.prescription.model import MAX_NOTES
from eastim.text import safe_text

TAB = 4


def notes_lines(notes: str) -> Iterator[str]:
    """Give the notes line by line, safe to show; the model bounds them, so nothing is left out."""
    for line in notes.strip().splitlines():
        yield f"Notes: {safe_text(line.expandtabs(TAB), TAB * MAX_NOTES)}".rstrip()
