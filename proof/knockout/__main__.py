"""Try the knock-outs of some hazards: `python -m proof.knockout H05 [H12 ...]`; all that are missing with no hazard."""

from __future__ import annotations

import sys

from proof.knockout.run import knock, unproven
from proof.knockout.table import knockouts

if __name__ == "__main__":
    for hazard, part in unproven():
        if not sys.argv[1:] or hazard in sys.argv[1:]:
            print(f"missing   {hazard} {part}")
    for one in knockouts():
        if one.hazard in sys.argv[1:]:
            print(f"{'caught' if (caught := knock(one)) else 'SURVIVED':9} {one.name}  {caught[0] if caught else ''}")
