"""Render docs/safety.md from the tables it speaks of: claims, interlock, limits, hazards.

    python -m tools.render_safety

A test compares the committed page with what this renders.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypedDict

from eastim.safety import interlock
from proof import table as proof_table
from proof.keep import finding, recorded
from proof.row import Result, Row
from proof.rows import ROWS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/safety.md"

HEAD = """\
# Safety

<!-- Rendered by `make safety-doc` from tests/claims.toml, tests/hazards.toml and the tables of eastim/safety. -->

eastim is research and bench software. It is not a medical device, has not been cleared by anybody, and has been run on
a simulated stimulator only: no hardware has been seen. What follows is what the program promises, and for each promise
the test that would fail if it were broken. What no test proves yet is called open.

**The one invariant**: only an operator's raise may raise; every other event keeps or lowers the output.

**What is assumed.** The device behaves as `docs/wire/ea1.md` says; the simulator is our own reading of that page.
Inside one process authority is a lint and not a wall: a program that imports the pieces by itself can go around the
door; the guard, which is another process and alone holds the port, is the wall. Exclusive use of a port rests on
flock; TIOCEXCL does not bind root. BREAK as a second way to stop is untried on a line.

**Current path.** For a person, a lead whose two points are named left and right is refused. A midline point goes with
either side, and a lead whose points are not named is not checked at all. Points are checked by channel and number
only: which regions a lead may join (an arm to a leg, say, or across the chest), points in pregnancy and the other
clinical gates are **not checked yet**; they come with the treatment-room work.
"""


class Claim(TypedDict):
    """One promise, the layer that keeps it, and the tests (file, or file::name) that would fail without it."""

    says: str
    layer: str
    tests: list[str]


def claims() -> list[Claim]:
    return list(tomllib.loads((ROOT / "tests/claims.toml").read_text("utf-8"))["claim"])


def hazards() -> list[dict[str, Any]]:
    return list(tomllib.loads((ROOT / "tests/hazards.toml").read_text("utf-8"))["hazard"])


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Lay out a Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def quoted(tests: list[str]) -> str:
    return "<br>".join(f"`{name}`" for name in tests)


def claim_rows() -> list[tuple[str, ...]]:
    return [(claim["layer"], claim["says"], quoted(claim["tests"])) for claim in claims()]


def hazard_rows() -> list[tuple[str, ...]]:
    return [
        (
            row["id"],
            f"{row['cause']} → {row['effect']}",
            row["control"] or "-",
            row["layer"],
            "<br>".join(filter(None, [quoted(row["tests"]), f"open: {row['open']}" if row.get("open") else ""])),
        )
        for row in hazards()
    ]


USES = ("human_needle", "human_pad", "animal", "bench")


def limit_rows() -> list[tuple[str, ...]]:
    bounds = tomllib.loads((ROOT / "eastim/safety/limits.toml").read_text("utf-8"))["bound"]
    return [
        (
            f"`{bound['name']}`",
            bound["says"],
            *(f"{bound[use]:,}" if use in bound else "-" for use in USES),
            bound["source"],
        )
        for bound in bounds
    ]


FIGURES = """\
## What was measured

Each row tries to refute its claim and counts the tries; the command makes the figures again, `make proof` makes all of
them. **A row is true of the sources that it names, and of no others**: those of the commit at which it was recorded,
with a `+` when something had been changed since that commit. Whether it holds for the sources you have, only its
command can say. Times are those of the machine that recorded them and are no promise.
"""


def figure_rows() -> list[tuple[str, ...]]:
    """The recorded result of each proof; a proof that was never run whole is said to be open."""
    kept = recorded()
    return [(row.claim, f"`{row.command}`", *_figure(row, kept.get(row.name))) for row in ROWS]


_OPEN = ("-", "open: not recorded yet", "-")


def _figure(row: Row, kept: dict[str, Any] | None) -> tuple[str, str, str]:
    """Say of one recorded row how often it was tried, what came of it, and of which sources that is true.

    Figures of another claim than the row's own say nothing of it.
    """
    if kept is None:
        return _OPEN
    if kept["claim"] != row.claim:
        return "-", f"open: what was recorded at `{kept['commit']}` was of another claim", "-"
    result = Result(finding(kept), kept["seconds"], kept["date"])
    word = proof_table.word(row, result, "full")
    more = [f"{name}: {text}" for name, text in result.found.figures.items()]
    count = f"{result.found.count:,} {result.found.unit}"
    at = f"`{kept['commit']}`, {result.date}, in {proof_table.span(result.seconds)}"
    return count, "<br>".join([word if word == "held" else f"NOT HELD: {word}", *more]), at


def together() -> str:
    """How long the rows took whose claim is recorded."""
    kept = recorded()
    times = [kept[row.name]["seconds"] for row in ROWS if row.name in kept and kept[row.name]["claim"] == row.claim]
    return f"{len(times)} of {len(ROWS)} rows are recorded; together they took {proof_table.span(sum(times))}."


def render() -> str:
    """The whole page."""
    uses = tuple(use.replace("_", ", ") for use in USES)
    parts = [
        HEAD,
        "## What is promised, and the test that proves it\n\n" + table(("layer", "promise", "tests"), claim_rows()),
        FIGURES
        + "\n"
        + table(("claim", "command", "tried", "result", "recorded at"), figure_rows())
        + f"\n\n{together()}",
        "## The envelope\n\nCompiled in; every layer may only tighten it. The unit is the end of the name (mhz is a "
        "thousandth of 1 Hz).\n\n" + table(("limit", "what it bounds", *uses, "source"), limit_rows()),
        "## The interlock\n\n" + interlock.render().strip(),
        "## Hazards\n\n" + table(("id", "cause → effect", "control", "layer", "tests"), hazard_rows()),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(), "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
