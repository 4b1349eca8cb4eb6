"""The parsers that meet bytes of somebody else; a test fails when one of these is no row of the table.

Not fuzzed yet: the answer on a stop socket, the kernel's table of sockets, keys on a terminal, the simulator's control.
"""

from __future__ import annotations

from proof.fuzz import document_targets, wire_targets

TARGETS = {target.name: target for target in (*wire_targets.TARGETS, *document_targets.TARGETS)}
