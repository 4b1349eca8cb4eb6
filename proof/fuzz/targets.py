"""The parsers that meet bytes of somebody else; a test fails when one of these is no row of the table."""

from __future__ import annotations

from proof.fuzz import document_targets, local_targets, wire_targets

TARGETS = {target.name: target for target in (*wire_targets.TARGETS, *document_targets.TARGETS, *local_targets.TARGETS)}
