"""The one way of foreign text to a terminal, a log or a record (H36)."""

from __future__ import annotations

MAX_CHARS = 72


def safe_text(text: object, most: int = MAX_CHARS) -> str:
    """Keep what prints, put `?` for everything else, and cut at `most` characters.

    What prints is Python's `isprintable`: no control character (so no ESC and no C1), no bidi or zero-width mark, no
    line or paragraph separator, no lone surrogate.
    """
    clean = str(text)[: most + 1]
    if not clean.isprintable():
        clean = "".join(char if char.isprintable() else "?" for char in clean)
    return clean if len(clean) <= most else clean[: most - 3] + "..."
