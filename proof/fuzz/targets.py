"""The parsers that meet bytes of somebody else; a test fails when one of these is no row of the table."""

from __future__ import annotations

from proof.fuzz.find import find_all

TARGETS = find_all()
