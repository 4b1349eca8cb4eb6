"""Every parser that meets bytes of somebody else. A test fails when a row of the table misses one."""

from __future__ import annotations

from proof.fuzz import document_targets, wire_targets

TARGETS = {target.name: target for target in (*wire_targets.TARGETS, *document_targets.TARGETS)}
